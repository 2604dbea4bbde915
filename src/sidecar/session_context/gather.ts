/** Reads what a session is told: the routes, the open asks and the answers, within the limits. */

import type { Inbox, Summary } from "../../queue/inbox.ts";
import type { Slug } from "../../queue/layout.ts";
import { listRoutes } from "../egress/route_list.ts";
import type { RecentRead, RecentRoutes } from "../egress/recent_routes.ts";
import type { Mode } from "../settings.ts";
import type { AskReader } from "./asked.ts";
import { type Depth, fit, LIMITS, type Limits } from "./depth.ts";
import { howToAsk, howToAskInOneLine } from "./how_to_ask.ts";
import {
  decidedAskJson,
  pendingAskJson,
  type ReachJson,
  routeJson,
  type SessionContextJson,
} from "./json_form.ts";
import { shown } from "./quoted.ts";

export interface ContextSources {
  readonly slug: Slug;
  readonly mode: Mode;
  readonly inbox: Pick<Inbox, "list">;
  readonly routes: Pick<RecentRoutes, "read">;
  readonly tableWaitMs: number;
  readonly asks: AskReader;
  /** How long a call waits for the operator, in seconds. */
  readonly timeoutSeconds: number;
}

/** Of the proposals that are read, the share of the open ones where there are enough of both. */
const OPEN_SHARE = 0.6;

export async function gather(
  sources: ContextSources,
  depth: Depth,
  now: Date,
): Promise<SessionContextJson> {
  const { slug, mode, inbox, routes, asks, timeoutSeconds } = sources;
  const limits = LIMITS[depth];
  const reading = routes.read(sources.tableWaitMs);
  const list = inbox.list();
  const open = list.filter(({ status }) => status === "pending");
  const over = list.filter(({ status }) => status !== "pending");
  const waiting = over.filter(waitsForAgent);
  const decided = [...waiting, ...over.filter((one) => !waitsForAgent(one))];
  const readOfDecided = Math.min(decided.length, Math.floor(limits.reads * (1 - OPEN_SHARE)));
  const readOfOpen = Math.min(open.length, limits.reads - readOfDecided);
  const read = (from: readonly Summary[], count: number) =>
    Promise.all(from.slice(0, count).map(({ id }) => asks.read(id)));
  const [ofOpen, ofDecided, table] = await Promise.all([
    read(open, readOfOpen),
    read(decided, limits.reads - readOfOpen),
    reading,
  ]);
  const toldOpen = fit(
    open,
    limits.pendingBytes,
    (one, index) => pendingAskJson(one, ofOpen[index], limits),
  );
  const toldDecided = fit(
    decided,
    limits.decidedBytes,
    (one, index) => decidedAskJson(one, ofDecided[index], index >= waiting.length, limits),
  );
  return {
    bottle: slug,
    mode,
    depth,
    generated_at: now.toISOString(),
    reach: reachJson(table, limits),
    pending: {
      count: open.length,
      claimed_count: open.filter(({ claimed }) => claimed).length,
      asks: toldOpen?.values,
      left_out: toldOpen?.leftOut || undefined,
    },
    decided: {
      count: decided.length,
      not_picked_up_count: waiting.length,
      next: waiting.length > 0
        ? "call proposal-status with its proposal_id for the answer"
        : undefined,
      asks: toldDecided?.values,
      left_out: toldDecided?.leftOut || undefined,
    },
    how_to_ask: depth === "minimal" ? howToAskInOneLine(mode) : howToAsk(mode, timeoutSeconds),
  };
}

/** It has a decision that was not picked up. */
function waitsForAgent({ status, pickedUp }: Summary): boolean {
  return !pickedUp && ["approved", "modified", "rejected", "ended"].includes(status);
}

function reachJson(read: RecentRead, limits: Limits): ReachJson {
  if (read.kind === "unknown") return { known: false, why: shown(read.message, limits.whyBytes) };
  const list = listRoutes(read.table);
  if (!list) return { known: false, why: "the egress proxy's table has an unknown form" };
  const told = fit(list.routes, limits.routesBytes, (route) => routeJson(route, limits));
  const leftOut = told && told.leftOut + list.unread.length + list.leftOut;
  return {
    known: true,
    is_fresh: read.isFresh,
    age_seconds: Math.round(read.ageMs / 1_000),
    host_count: list.routes.length,
    routes: told?.values,
    left_out: leftOut || undefined,
  };
}
