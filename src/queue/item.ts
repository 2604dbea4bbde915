/** A proposal as the operator sees it, and what a listing of them is asked for and leaves out. */

import type { Claim, Decision } from "./decision.ts";
import type { Slug } from "./layout.ts";
import type { Proposal } from "./proposal.ts";
import type { Repeat } from "./repeats.ts";
import type { TakenBack } from "./withdrawal.ts";

/**
 * `pending`: it waits for an operator. `claimed`: an operator is deciding, or a claim cannot be read.
 * `decided`: answered, but the agent has not picked the answer up. `withdrawn`: the agent took it
 * back. `expired`: no claim kept it open in time, whether it is marked or not. `delivered`: the agent
 * has the answer, and it is filed away. `undelivered`: it was filed away before that.
 */
export type ItemState = "pending" | "claimed" | "decided" | TakenBack | "delivered" | "undelivered";

/** One proposal as the operator sees it. */
export interface Item {
  readonly slug: Slug;
  readonly proposal: Proposal;
  readonly state: ItemState;
  readonly claim?: Claim | undefined;
  readonly decision?: Decision | undefined;
  /** With what other justifications the agent made the same ask again, oldest first. */
  readonly repeats: readonly Repeat[];
  /** Since when it is expired, in ISO 8601, as far as its records say. */
  readonly expiredAt?: string | undefined;
  /** Calls of the agent that wait for the answer right now; 0 also when the sidecar does not say. */
  readonly waiting: number;
  /** When the agent last asked for the answer, if that was within the last minute. ISO 8601, UTC. */
  readonly polledAt?: string | undefined;
}

/** How a proposal ended without a decision. `at`: since when it is expired, as far as is known. */
export interface End {
  readonly reason: TakenBack;
  readonly at?: string | undefined;
}

/** Whether it can still be decided. */
export function isOpen({ state }: Pick<Item, "state">): boolean {
  return state === "pending" || state === "claimed";
}

/** What was passed over, and why. */
export interface Skipped {
  readonly slug: Slug;
  /** A file or directory of the bottle; empty for its queue directory, or for many files. */
  readonly name: string;
  readonly why: string;
}

/** Which proposals a listing holds. */
export interface Selection {
  /** Also what was decided, withdrawn, expired and delivered. Default: only what can still be decided. */
  readonly all?: boolean | undefined;
  /** Also what was decided or withdrawn, or expired, and has not been filed away. */
  readonly undelivered?: boolean | undefined;
  /** Aborted, it ends the listing early; what was read until then is returned. */
  readonly signal?: AbortSignal | undefined;
}

/** The length of a reason, in characters: it may quote what the file holds. */
const MAX_WHY = 300;

/** How much text a proposal and its records hold, in characters. */
export function textLength(
  { proposal, repeats, claim, decision }: Pick<Item, "proposal" | "repeats" | "claim" | "decision">,
): number {
  let length = 0;
  for (const record of [proposal, ...repeats, claim, decision]) {
    for (const value of Object.values(record ?? {})) {
      if (typeof value === "string") length += value.length;
    }
  }
  return length;
}

/** A reason, which may quote what a file holds, cut to a length that can be shown. */
export function shortened(why: string): string {
  return why.length > MAX_WHY ? `${why.slice(0, MAX_WHY)}…` : why;
}
