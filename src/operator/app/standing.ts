/** Who claimed, who decided and what expired, in the words that every face uses. */

import type { Claim, Decision } from "../../queue/decision.ts";
import { cut } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import { instantAndAge } from "../when.ts";

/** A bottle can write names too: what is longer, in columns, is cut. */
const MAX_NAME_COLUMNS = 64;

/** `name` as it is when it is one plain word, else in quotes: it can then not pass for a sentence. */
export function named(name: string): string {
  const shown = cut(visibleLine(name), MAX_NAME_COLUMNS);
  return /^[A-Za-z0-9_.@+-]+$/.test(shown) ? shown : JSON.stringify(shown);
}

/** `claimed by bob@host since 2026-11-21T05:39:00Z (3m ago)` */
export function claimedBy(claim: Claim | undefined, now: Date): string {
  if (!claim) return "claimed by somebody: the claim's file cannot be read";
  return `claimed by ${named(claim.claimed_by)} since ${instantAndAge(claim.claimed_at, now)}`;
}

/** `approved by bob@host at 2026-11-21T05:39:00Z (3m ago)`; other writers may not say who. */
export function decidedBy(decision: Decision | undefined, now: Date): string {
  if (!decision) return "decided: the decision's file cannot be read";
  const by = decision.decided_by ? ` by ${named(decision.decided_by)}` : "";
  const at = decision.decided_at ? ` at ${instantAndAge(decision.decided_at, now)}` : "";
  return `${decision.status}${by}${at}`;
}

/** `expired at 2026-11-21T05:39:00Z (3m ago)` */
export function expiredAt(at: string | undefined, now: Date): string {
  return at === undefined ? "expired" : `expired at ${instantAndAge(at, now)}`;
}
