/** When a proposal has expired: one rule, from its own dates and its claim, for sidecar and operator. */

import { isoTime } from "./iso_time.ts";
import type { Proposal } from "./proposal.ts";

/** An operator who claimed in time has at least so long to finish, in milliseconds. */
const MIN_HOLD_MS = 10 * 60_000;

export interface Dates {
  /** When it arrived; ISO 8601. */
  readonly since: string;
  /** In milliseconds since 1970; Infinity: never. */
  readonly expiresAtMs: number;
}

/** What a proposal itself says. */
export function datesOf({ expires_at: at, arrival_timestamp: arrived }: Proposal): Dates {
  return {
    since: isoTime(arrived) ?? arrived,
    expiresAtMs: at === undefined ? Infinity : Date.parse(at),
  };
}

/**
 * When deciding ends, in milliseconds since 1970; Infinity: never. A claim keeps it open for as long
 * again as the ask could live, and not for ever: its operator may have been killed.
 * `isClaimed`: by a claim that can be read; another keeps nothing open.
 */
export function openUntilMs({ since, expiresAtMs }: Dates, isClaimed: boolean): number {
  if (!isClaimed) return expiresAtMs;
  return expiresAtMs + Math.max(expiresAtMs - Date.parse(since) || 0, MIN_HOLD_MS);
}

export function isExpired(dates: Dates, isClaimed: boolean, now: Date): boolean {
  return now.getTime() >= openUntilMs(dates, isClaimed);
}
