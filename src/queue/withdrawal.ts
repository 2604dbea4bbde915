/**
 * A proposal can no longer be decided (`<id>.withdrawn.json`): the agent took it back, or it
 * expired. The file counts by being there.
 */

import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import type { ProposalId } from "./layout.ts";
import { formatRecord, recordForm, type RecordOf } from "./record.ts";

/** Why: `withdrawn` by the agent, or `expired` before an answer. */
export type TakenBack = "withdrawn" | "expired";

const withdrawalFile = z.object({
  proposal_id: z.string(),
  /** ISO 8601, UTC. Absent in files of other writers. */
  withdrawn_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
  /** Absent when the agent took it back. Readers that do not know the key take it for that. */
  reason: z.literal("expired").optional().catch(undefined),
});

export type Withdrawal = RecordOf<typeof withdrawalFile>;

export const { parse: parseWithdrawal, read: readWithdrawal } = recordForm(
  "withdrawn",
  withdrawalFile,
);

/** How a proposal ended without a decision. */
export interface Ended {
  readonly reason: TakenBack;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
}

/** The text of the record of `id` that says so. */
export function withdrawalText(id: ProposalId, { reason, endedAt }: Ended): string {
  return formatRecord<Withdrawal>({
    proposal_id: id,
    withdrawn_at: endedAt,
    ...reason === "expired" ? { reason } : {},
  });
}
