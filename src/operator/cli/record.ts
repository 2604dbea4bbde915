/** A proposal as `--json` prints it: a contract with scripts, so one form for every command. */

import type { Item, Skipped } from "../../queue/desk.ts";
import { oneLine } from "../review/one_line.ts";
import { reviewOf } from "../review/mod.ts";

/** Everything that is known. Names are those of the queue's files where they come from there. */
export function itemRecord(item: Item) {
  const { proposal, claim, decision } = item;
  const review = reviewOf(proposal);
  return {
    id: proposal.id,
    bottle_slug: proposal.bottle_slug,
    tool: proposal.tool,
    state: item.state,
    asks: oneLine(review),
    notices: review.kind === "understood"
      ? review.notices.map(({ label, text }) => `${label}: ${text}`)
      : [],
    /** Null, or why the proposed file cannot be approved. */
    problem: review.kind === "malformed" ? review.problem : null,
    proposed_file: proposal.proposed_file,
    justification: proposal.justification,
    arrival_timestamp: proposal.arrival_timestamp,
    waiting: item.waiting,
    claimed_by: claim?.claimed_by ?? null,
    claimed_at: claim?.claimed_at ?? null,
    decision: decision
      ? {
        status: decision.status,
        notes: decision.notes,
        final_file: decision.final_file,
        decided_by: decision.decided_by ?? null,
        decided_at: decision.decided_at ?? null,
      }
      : null,
  };
}

export function skippedRecord({ slug, name, why }: Skipped) {
  return { bottle_slug: slug, name, why };
}
