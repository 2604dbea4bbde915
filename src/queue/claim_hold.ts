/** How long a claim keeps an ask open whose time is over: one rule for the sidecar and the operator. */

import type { Claim } from "./decision.ts";
import { removeIf } from "./durable.ts";
import { isoTime } from "./iso_time.ts";
import { type ProposalId, recordName } from "./layout.ts";
import type { Proposal } from "./proposal.ts";
import { readRecord } from "./read.ts";
import { parseWithdrawal } from "./withdrawal.ts";

/** Whoever claimed in time has at least so long to finish, in milliseconds. */
export const MIN_HOLD_MS = 10 * 60_000;

/**
 * A mark with the reason `expired` beside a claim that holds the proposal open goes: whoever wrote it
 * takes it away. After so long, in milliseconds, that hand was killed, and whoever sees it does.
 */
export const SETTLE_MS = 1_000;

/**
 * From then on no claim counts, else one of an operator who was killed would be for ever: as long
 * after the end as the ask may live, and at least ten minutes. All in milliseconds since 1970.
 */
export function heldUntilMs(expiresAtMs: number, sinceMs: number): number {
  return expiresAtMs + Math.max(expiresAtMs - sinceMs || 0, MIN_HOLD_MS);
}

/** From when on nobody can decide a proposal, as its own records say; Infinity: never. */
export function openUntilMs(
  claim: Claim | undefined,
  { expires_at: at, arrival_timestamp: arrived }: Proposal,
): number {
  if (at === undefined) return Infinity;
  // A claim that cannot be read keeps nothing open.
  if (!claim) return Date.parse(at);
  return heldUntilMs(Date.parse(at), Date.parse(isoTime(arrived) ?? arrived));
}

/**
 * Whether `claim` keeps a proposal open, be it overdue or marked as expired; one that cannot be read
 * does not.
 */
export function holdsOpen(claim: Claim | undefined, proposal: Proposal, now: Date): boolean {
  return claim !== undefined && now.getTime() < openUntilMs(claim, proposal);
}

/** Takes the withdrawal of `id` away if it is such a mark; the agent's own stays. */
export async function removeExpiredMark(directory: string, id: ProposalId): Promise<void> {
  await removeIf(directory, recordName(id, "withdrawn"), async (name) => {
    const read = await readRecord(directory, name, (file) => parseWithdrawal(file, id));
    return read.kind === "read" && read.value.reason === "expired";
  });
}
