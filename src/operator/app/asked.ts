/** What an ask is about, in the plain words that the audit log keeps with every step of it. */

import type { Proposal } from "../../queue/proposal.ts";
import type { AskFields } from "../audit/entry.ts";
import { inWords, type Review } from "../review/kind.ts";
import { reviewOf } from "../review/mod.ts";

/** The host is that of `approved` where the operator changed it. */
export function askFields(proposal: Proposal, approved?: string): AskFields {
  const { tool, justification, arrival_timestamp, current_file_hash } = proposal;
  const review = reviewOf(proposal);
  const granted = approved === undefined ? review : reviewOf({ tool, proposed_file: approved });
  return {
    arrival_timestamp,
    ask: inWords(review),
    host: subjectOf(granted) ?? subjectOf(review),
    justification,
    file_sha256: current_file_hash,
  };
}

function subjectOf(review: Review): string | undefined {
  return review.kind === "understood" ? review.subject : undefined;
}
