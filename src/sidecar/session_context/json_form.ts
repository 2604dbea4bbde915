/** The session context as JSON. The interfaces here are its documentation: keys, units, limits. */

import type { Summary } from "../../queue/inbox.ts";
import type { ListedRoute } from "../egress/route_list.ts";
import type { Mode } from "../settings.ts";
import { type AskedFor, dockerfileWords } from "./asked.ts";
import type { Depth, Limits } from "./depth.ts";
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
    readonly routes?: readonly RouteJson[] | undefined;
    /** Routes that were left out for size, and entries that could not be read. */
    readonly left_out?: number | undefined;
  }
  | { readonly known: false; readonly why: string };

export interface RouteJson {
  readonly host: string;
  readonly every_path: boolean;
  /** Prefixes; absent with `every_path`. */
  readonly paths?: readonly string[] | undefined;
  readonly paths_left_out?: number | undefined;
  /** The proxy adds a credential, which the bottle never sees. */
  readonly adds_credential: boolean;
  /** The table says more of it: see list-egress-routes. */
  readonly has_conditions?: true | undefined;
}

/** What waits for the operator, the oldest first. */
export interface PendingJson {
  readonly count: number;
  /** An operator is looking at these now. */
  readonly claimed_count: number;
  readonly asks?: readonly PendingAskJson[] | undefined;
  readonly left_out?: number | undefined;
}

export interface AskJson {
  readonly proposal_id: string;
  readonly tool: string;
  readonly since: string;
  /** Only for a Dockerfile, of which nothing else is told: "a changed Dockerfile, 12 lines". */
  readonly asked_for?: string | undefined;
  readonly asks_for_credential?: true | undefined;
  /** All of it was written by the agent, and proves nothing. */
  readonly agent_text?: AgentTextJson | undefined;
}

interface AgentTextJson {
  readonly host?: string | undefined;
  readonly paths?: readonly string[] | undefined;
  readonly paths_left_out?: number | undefined;
  /** Of pending asks, at depth deep. */
  readonly justification?: string | undefined;
}

export interface PendingAskJson extends AskJson {
  readonly claimed: boolean;
}

/** What is over: what is not picked up first, then the last that ended first. */
export interface DecidedJson {
  readonly count: number;
  readonly not_picked_up_count: number;
  /** How to pick them up. */
  readonly next?: string | undefined;
  readonly asks?: readonly DecidedAskJson[] | undefined;
  readonly left_out?: number | undefined;
}

export interface DecidedAskJson extends AskJson {
  /**
   * approved, modified or rejected; ended: it was approved, and what it granted no longer holds; or
   * how it ended without a decision, such as withdrawn.
   */
  readonly status: string;
  /** With ended: undone, expired or revoked. */
  readonly end_reason?: string | undefined;
  readonly ended_at?: string | undefined;
  readonly picked_up: boolean;
  /** What stands in the answer as the operator's words. */
  readonly notes?: string | undefined;
}

export function routeJson(route: ListedRoute, limits: Limits): RouteJson {
  const { hasAuth, saysMore, isPlainEntry } = route;
  const paths = route.paths.slice(0, limits.paths).map((path) => shown(path, limits.pathBytes));
  return {
    host: shown(route.host, limits.hostBytes),
    every_path: route.paths.length === 0,
    paths: paths.length > 0 ? paths : undefined,
    paths_left_out: route.paths.length - paths.length || undefined,
    adds_credential: hasAuth,
    has_conditions: saysMore && !isPlainEntry || undefined,
  };
}

/** `asked`: undefined where it was not read. */
export function pendingAskJson(
  summary: Summary,
  asked: AskedFor | undefined,
  limits: Limits,
): PendingAskJson {
  const { claimed } = summary;
  return { ...askJson(summary, asked, limits, limits.justificationBytes), claimed };
}

/** `asked`: as above. `isPickedUp`: the agent has its answer. */
export function decidedAskJson(
  summary: Summary,
  asked: AskedFor | undefined,
  isPickedUp: boolean,
  limits: Limits,
): DecidedAskJson {
  const { status, endedAt, endReason, notes, notesCut } = summary;
  return {
    ...askJson(summary, asked, limits, 0),
    status: shown(status, 40),
    end_reason: endReason,
    ended_at: endedAt && shown(endedAt, 40),
    picked_up: isPickedUp,
    notes: notes ? shown(notes, limits.notesBytes, notesCut) : undefined,
  };
}

function askJson(
  { id, tool, since }: Summary,
  asked: AskedFor | undefined,
  limits: Limits,
  justificationBytes: number,
): AskJson {
  return {
    proposal_id: id,
    tool: shown(tool, 64),
    since: shown(since, 40),
    asked_for: asked?.lines === undefined ? undefined : dockerfileWords(asked.lines),
    asks_for_credential: asked?.wantsCredential || undefined,
    agent_text: asked && agentTextJson(asked, limits, justificationBytes),
  };
}

function agentTextJson(
  asked: AskedFor,
  limits: Limits,
  justificationBytes: number,
): AgentTextJson | undefined {
  const paths = asked.paths.slice(0, limits.paths).map((path) => cut(path, limits.pathBytes));
  const justification = cut(asked.justification, justificationBytes);
  const isToldWhy = justificationBytes > 0 && justification !== "";
  if (asked.host === undefined && !isToldWhy) return undefined;
  return {
    host: asked.host && cut(asked.host, limits.hostBytes),
    paths: paths.length > 0 ? paths : undefined,
    paths_left_out: asked.pathCount - paths.length || undefined,
    justification: isToldWhy ? justification : undefined,
  };
}
