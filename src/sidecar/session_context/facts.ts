/** What a session is told, before it has a form: the routes, the open asks, and the answers. */

import type { Inbox, Summary } from "../../queue/inbox.ts";
import type { Slug } from "../../queue/layout.ts";
import { type ListedRoute, listRoutes } from "../egress/route_list.ts";
import type { RecentRead, RecentRoutes } from "../egress/recent_routes.ts";
import type { Mode } from "../settings.ts";
import type { AskedFor, AskReader } from "./asked.ts";
import { type Depth, LIMITS, type Limits } from "./depth.ts";
import { shown } from "./quoted.ts";

export type Reach =
  | {
    readonly kind: "known";
    readonly routes: readonly ListedRoute[];
    /** Entries of the table that are not understood. */
    readonly notUnderstood: number;
    readonly ageSeconds: number;
    /** The proxy said so just now. */
    readonly isFresh: boolean;
  }
  /** One clause, as it may be shown. */
  | { readonly kind: "unknown"; readonly why: string };

export interface OpenAsk {
  readonly summary: Summary;
  /** Undefined where it was not read. */
  readonly asked: AskedFor | undefined;
}

export interface AnsweredAsk extends OpenAsk {
  /** The agent has its answer. */
  readonly isPickedUp: boolean;
}

export interface Facts {
  readonly generatedAt: string;
  readonly bottle: Slug;
  readonly mode: Mode;
  readonly depth: Depth;
  readonly limits: Limits;
  /** How long a call waits for the operator, in seconds. */
  readonly timeoutSeconds: number;
  readonly reach: Reach;
  /** Oldest first. */
  readonly pending: readonly OpenAsk[];
  /** Those that are not picked up first, then the last that ended first. */
  readonly decided: readonly AnsweredAsk[];
}

export interface FactSources {
  readonly slug: Slug;
  readonly mode: Mode;
  readonly inbox: Pick<Inbox, "list">;
  readonly routes: Pick<RecentRoutes, "read">;
  readonly tableWaitMs: number;
  readonly asks: AskReader;
  readonly timeoutSeconds: number;
}

/** Of the proposals that are read, the share of the open ones where there are enough of both. */
const OPEN_SHARE = 0.6;

export async function gather(sources: FactSources, depth: Depth, now: Date): Promise<Facts> {
  const { slug, mode, inbox, routes, timeoutSeconds } = sources;
  const limits = LIMITS[depth];
  const reading = routes.read(sources.tableWaitMs);
  const list = inbox.list();
  const open = list.filter(({ status }) => status === "pending");
  const over = list.filter(({ status }) => status !== "pending");
  const answered = [...over.filter(waitsForAgent), ...over.filter((one) => !waitsForAgent(one))];
  const forAnswered = Math.min(answered.length, Math.floor(limits.reads * (1 - OPEN_SHARE)));
  const ofOpen = Math.min(open.length, limits.reads - forAnswered);
  const [pending, decided, read] = await Promise.all([
    withAsked(open, ofOpen, sources.asks),
    withAsked(answered, limits.reads - ofOpen, sources.asks),
    reading,
  ]);
  return {
    bottle: slug,
    mode,
    depth,
    limits,
    timeoutSeconds,
    generatedAt: now.toISOString(),
    reach: reachOf(read, limits),
    pending,
    decided: decided.map((one) => ({ ...one, isPickedUp: !waitsForAgent(one.summary) })),
  };
}

/** It has a decision that was not picked up. */
function waitsForAgent({ status, pickedUp }: Summary): boolean {
  return !pickedUp && ["approved", "modified", "rejected", "ended"].includes(status);
}

async function withAsked(
  summaries: readonly Summary[],
  reads: number,
  asks: AskReader,
): Promise<readonly OpenAsk[]> {
  return await Promise.all(summaries.map(async (summary, index) => {
    return { summary, asked: index < reads ? await asks.read(summary.id) : undefined };
  }));
}

function reachOf(read: RecentRead, { whyBytes }: Limits): Reach {
  if (read.kind === "unknown") return { kind: "unknown", why: shown(read.message, whyBytes) };
  const list = listRoutes(read.table);
  if (!list) return { kind: "unknown", why: "the egress proxy's table has an unknown form" };
  return {
    kind: "known",
    routes: list.routes,
    notUnderstood: list.unread.length + list.leftOut,
    ageSeconds: Math.round(read.ageMs / 1_000),
    isFresh: read.isFresh,
  };
}

/** Notes as they may be shown. */
export function shownNotes(
  { notes, notesCut }: Pick<Summary, "notes" | "notesCut">,
  { notesBytes }: Limits,
): string {
  return shown(notes, notesBytes, notesCut);
}
