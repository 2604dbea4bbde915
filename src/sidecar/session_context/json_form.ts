/** The session context as JSON. The interfaces here are its documentation: keys, units, limits. */

import type { ListedRoute } from "../egress/route_list.ts";
import type { Mode } from "../settings.ts";
import { type AskedFor, dockerfileWords } from "./asked.ts";
import { type Depth, fit, type Fitted, type Limits } from "./depth.ts";
import { type AnsweredAsk, type Facts, type OpenAsk, type Reach, shownNotes } from "./facts.ts";
import { howToAsk, howToAskInOneLine } from "./how_to_ask.ts";
import { cut, shown } from "./quoted.ts";

/**
 * The body. All times are ISO 8601, UTC. Keys marked `?` are absent where they do not apply; the
 * lists are absent at depth minimal, which tells counts only. Texts are in one line, without secrets
 * that were recognised, and end with "…" where they were cut.
 */
export interface SessionContextJson {
  readonly bottle: string;
  readonly mode: Mode;
  readonly depth: Depth;
  readonly generated_at: string;
  readonly reach: ReachJson;
  readonly pending: PendingJson;
  readonly decided: DecidedJson;
  readonly how_to_ask: string;
}

/** What the bottle may reach through the egress proxy. */
export type ReachJson =
  | {
    readonly known: true;
    /** False: this is what the proxy said last; it cannot be asked now. */
    readonly is_fresh: boolean;
    readonly age_seconds: number;
    readonly host_count: number;
    readonly routes?: readonly RouteJson[];
    /** Routes that were left out for size, and entries that could not be read. */
    readonly left_out?: number;
  }
  | { readonly known: false; readonly why: string };

export interface RouteJson {
  readonly host: string;
  readonly every_path: boolean;
  /** Prefixes; absent with `every_path`. */
  readonly paths?: readonly string[];
  readonly paths_left_out?: number;
  /** The proxy adds a credential, which the bottle never sees. */
  readonly adds_credential: boolean;
  /** The table says more of it: see list-egress-routes. */
  readonly has_conditions?: true;
}

/** What waits for the operator, the oldest first. */
export interface PendingJson {
  readonly count: number;
  /** An operator is looking at these now. */
  readonly claimed_count: number;
  readonly asks?: readonly PendingAskJson[];
  readonly left_out?: number;
}

export interface AskJson {
  readonly proposal_id: string;
  readonly tool: string;
  readonly since: string;
  /** Only for a Dockerfile, of which nothing else is told: "a changed Dockerfile, 12 lines". */
  readonly asked_for?: string;
  readonly asks_for_credential?: true;
  /** All of it was written by the agent, and proves nothing. */
  readonly agent_text?: {
    readonly host?: string;
    readonly paths?: readonly string[];
    readonly paths_left_out?: number;
    /** Of pending asks, at depth deep. */
    readonly justification?: string;
  };
}

export interface PendingAskJson extends AskJson {
  readonly claimed: boolean;
}

/** What is over: what is not picked up first, then the last that ended first. */
export interface DecidedJson {
  readonly count: number;
  readonly not_picked_up_count: number;
  /** How to pick them up. */
  readonly next?: string;
  readonly asks?: readonly DecidedAskJson[];
  readonly left_out?: number;
}

export interface DecidedAskJson extends AskJson {
  /**
   * approved, modified or rejected; ended: it was approved, and what it granted no longer holds; or
   * how it ended without a decision, such as withdrawn.
   */
  readonly status: string;
  /** With ended: undone, expired or revoked. */
  readonly end_reason?: string;
  readonly ended_at?: string;
  readonly picked_up: boolean;
  /** What stands in the answer as the operator's words. */
  readonly notes?: string;
}

/** The body, of at most `facts.limits.bodyBytes` bytes. */
export function jsonForm(facts: Facts): string {
  const { bottle, mode, depth, generatedAt, limits, timeoutSeconds } = facts;
  const context: SessionContextJson = {
    bottle,
    mode,
    depth,
    generated_at: generatedAt,
    reach: reachJson(facts.reach, limits),
    pending: pendingJson(facts.pending, limits),
    decided: decidedJson(facts.decided, limits),
    how_to_ask: depth === "minimal" ? howToAskInOneLine(mode) : howToAsk(mode, timeoutSeconds),
  };
  return JSON.stringify(context) + "\n";
}

function reachJson(reach: Reach, limits: Limits): ReachJson {
  if (reach.kind === "unknown") return { known: false, why: reach.why };
  const { routes, notUnderstood, ageSeconds, isFresh } = reach;
  const head = {
    known: true,
    is_fresh: isFresh,
    age_seconds: ageSeconds,
    host_count: routes.length,
  } as const;
  const fitted = listOf(routes, limits.routesBytes, (route) => routeJson(route, limits));
  return { ...head, ...named("routes", fitted, notUnderstood) };
}

export function routeJson(route: ListedRoute, limits: Limits): RouteJson {
  const { hasAuth, saysMore, isPlainEntry } = route;
  const paths = route.paths.slice(0, limits.paths).map((path) => shown(path, limits.pathBytes));
  const leftOut = route.paths.length - paths.length;
  return {
    host: shown(route.host, limits.hostBytes),
    every_path: route.paths.length === 0,
    ...route.paths.length > 0 ? { paths } : {},
    ...leftOut > 0 ? { paths_left_out: leftOut } : {},
    adds_credential: hasAuth,
    ...saysMore && !isPlainEntry ? { has_conditions: true } : {},
  };
}

function pendingJson(pending: readonly OpenAsk[], limits: Limits): PendingJson {
  const fitted = listOf(pending, limits.pendingBytes, (one) => pendingAskJson(one, limits));
  return {
    count: pending.length,
    claimed_count: pending.filter(({ summary }) => summary.claimed).length,
    ...named("asks", fitted),
  };
}

export function pendingAskJson(one: OpenAsk, limits: Limits): PendingAskJson {
  const { claimed } = one.summary;
  return { ...askJson(one, limits, limits.justificationBytes), claimed };
}

function decidedJson(decided: readonly AnsweredAsk[], limits: Limits): DecidedJson {
  const waiting = decided.filter(({ isPickedUp }) => !isPickedUp).length;
  const fitted = listOf(decided, limits.decidedBytes, (one) => decidedAskJson(one, limits));
  return {
    count: decided.length,
    not_picked_up_count: waiting,
    ...waiting > 0 ? { next: "call proposal-status with its proposal_id for the answer" } : {},
    ...named("asks", fitted),
  };
}

export function decidedAskJson(one: AnsweredAsk, limits: Limits): DecidedAskJson {
  const { status, endedAt, endReason, notes } = one.summary;
  return {
    ...askJson(one, limits, 0),
    status: shown(status, 40),
    ...endReason ? { end_reason: endReason } : {},
    ...endedAt ? { ended_at: shown(endedAt, 40) } : {},
    picked_up: one.isPickedUp,
    ...notes ? { notes: shownNotes(one.summary, limits) } : {},
  };
}

function askJson({ summary, asked }: OpenAsk, limits: Limits, justificationBytes: number): AskJson {
  const { id, tool, since } = summary;
  const agentText = asked && agentTextJson(asked, limits, justificationBytes);
  return {
    proposal_id: id,
    tool: shown(tool, 64),
    since: shown(since, 40),
    ...asked?.asked.kind === "dockerfile" ? { asked_for: dockerfileWords(asked.asked.lines) } : {},
    ...asked?.asked.kind === "route" && asked.asked.wantsCredential
      ? { asks_for_credential: true }
      : {},
    ...agentText && Object.keys(agentText).length > 0 ? { agent_text: agentText } : {},
  };
}

function agentTextJson(
  { asked, justification }: AskedFor,
  limits: Limits,
  justificationBytes: number,
): AskJson["agent_text"] {
  const paths = asked.kind === "route" ? asked.paths.slice(0, limits.paths) : [];
  const leftOut = asked.kind === "route"
    ? asked.pathsLeftOut + asked.paths.length - paths.length
    : 0;
  return {
    ...asked.kind === "route" || asked.kind === "host"
      ? { host: cut(asked.host, limits.hostBytes) }
      : {},
    ...paths.length > 0 ? { paths: paths.map((path) => cut(path, limits.pathBytes)) } : {},
    ...leftOut > 0 ? { paths_left_out: leftOut } : {},
    ...justificationBytes > 0 && justification
      ? { justification: cut(justification, justificationBytes) }
      : {},
  };
}

/** What fits; undefined where no list is told at all. */
function listOf<Item, Value>(
  items: readonly Item[],
  bytes: number,
  form: (item: Item) => Value,
): Fitted<Value> | undefined {
  return bytes === 0 ? undefined : fit(items, bytes, form, JSON.stringify);
}

function named<Name extends string, Value>(
  name: Name,
  list: Fitted<Value> | undefined,
  further = 0,
): { [key in Name]?: readonly Value[] } & { left_out?: number } {
  if (!list) return {};
  const leftOut = list.leftOut + further;
  const values: { [key in Name]?: readonly Value[] } = {};
  values[name] = list.values;
  return { ...values, ...leftOut > 0 ? { left_out: leftOut } : {} };
}
