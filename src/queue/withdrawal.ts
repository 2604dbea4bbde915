/**
 * A proposal can no longer be decided (`<id>.withdrawn.json`): the agent took it back, or it
 * expired. The file counts by being there.
 */

import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import { type ProposalId, recordName } from "./layout.ts";
import { type Read, readRecord } from "./read.ts";

/** Why: `withdrawn` by the agent, or `expired` before an answer. */
export type TakenBack = "withdrawn" | "expired";

export interface Withdrawal {
  readonly proposal_id: ProposalId;
  /** ISO 8601, UTC. Absent in files of other writers. */
  readonly withdrawn_at?: string | undefined;
  /** Absent when the agent took it back. Readers that do not know the key take it for that. */
  readonly reason?: "expired" | undefined;
}

/** How a proposal ended without a decision. */
export interface Ended {
  readonly reason: TakenBack;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
}

const withdrawalFile = z.object({
  proposal_id: z.string(),
  withdrawn_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
  reason: z.literal("expired").optional().catch(undefined),
});

/** Checks the parsed content of a file found under `id`. Throws a `ZodError` or an `Error`. */
export function parseWithdrawal(content: unknown, id: ProposalId): Withdrawal {
  const file = withdrawalFile.parse(content);
  if (file.proposal_id !== id) throw new Error("proposal_id: is not the one in the file's name");
  return { ...file, proposal_id: id };
}

/** Reads the withdrawal of `id` from a queue directory, or from its `processed` directory. */
export function readWithdrawal(directory: string, id: ProposalId): Promise<Read<Withdrawal>> {
  return readRecord(directory, recordName(id, "withdrawn"), (file) => parseWithdrawal(file, id));
}

/** The text of the record of `id` that says so. */
export function withdrawalText(id: ProposalId, { reason, endedAt }: Ended): string {
  return formatWithdrawal({
    proposal_id: id,
    withdrawn_at: endedAt,
    ...reason === "expired" ? { reason } : {},
  });
}

export function formatWithdrawal(withdrawal: Withdrawal): string {
  return JSON.stringify(withdrawal, null, 2) + "\n";
}
