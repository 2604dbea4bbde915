/** The agent took its ask back (`<id>.withdrawn.json`). The file counts by being there. */

import { z } from "zod";
import { type ProposalId, recordName } from "./layout.ts";
import { type Read, readRecord } from "./read.ts";

export interface Withdrawal {
  readonly proposal_id: ProposalId;
  /** ISO 8601, UTC. Absent in files of other writers. */
  readonly withdrawn_at?: string | undefined;
}

/** A longer time, in characters, is none. */
const MAX_TIME_LENGTH = 40;

const withdrawalFile = z.object({
  proposal_id: z.string(),
  withdrawn_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
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

export function formatWithdrawal(withdrawal: Withdrawal): string {
  return JSON.stringify(withdrawal, null, 2) + "\n";
}
