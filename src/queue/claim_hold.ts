/** How long a claim keeps an ask open whose time is over: one rule for the sidecar and the operator. */

import type { Claim } from "./decision.ts";
import { isoTime } from "./iso_time.ts";
import type { Proposal } from "./proposal.ts";

/** Whoever claimed in time has at least so long to finish, in milliseconds. */
const MIN_HOLD_MS = 10 * 60_000;

/**
 * From then on no claim counts, else one of an operator who was killed would be for ever: as long
 * after the end as the ask may live, and at least ten minutes. All in milliseconds since 1970.
 */
export function heldUntilMs(expiresAtMs: number, sinceMs: number): number {
  return expiresAtMs + Math.max(expiresAtMs - sinceMs || 0, MIN_HOLD_MS);
}

/** Whether `claim` still keeps an overdue proposal open; one that cannot be read does not. */
export function holdsOpen(
  claim: Claim | undefined,
  { expires_at: at, arrival_timestamp: arrived }: Proposal,
  now: Date,
): boolean {
  if (!claim) return false;
  if (at === undefined) return true;
  const sinceMs = Date.parse(isoTime(arrived) ?? arrived);
  return now.getTime() < heldUntilMs(Date.parse(at), sinceMs);
}
