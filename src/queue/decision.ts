/** What the operator answered (`<id>.response.json`) and who is about to (`<id>.claim.json`). */

import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import { type ProposalId, recordName } from "./layout.ts";
import { type Read, readRecord } from "./read.ts";

export const STATUSES = ["approved", "modified", "rejected"] as const;
export type Status = typeof STATUSES[number];

/** A bottle can write these files too: a longer name, in characters, is none. */
export const MAX_NAME_LENGTH = 200;

/** The operator's answer to one proposal. Field names are those of the file. */
export interface Decision {
  readonly proposal_id: ProposalId;
  readonly status: Status;
  readonly notes: string;
  /** What was approved instead of the proposed file; null unless `modified`. */
  readonly final_file: string | null;
  /** Who decided, and when (ISO 8601, UTC). Absent in files of other writers. */
  readonly decided_by?: string | undefined;
  readonly decided_at?: string | undefined;
  /** SHA-256 over everything the operator was shown, lower-case hexadecimal. */
  readonly basis?: string | undefined;
  /** SHA-256 of the proposed file that the operator decided on. */
  readonly file_sha256?: string | undefined;
  /** What the operator's own records know it by: no bottle can know it before it is published. */
  readonly application?: string | undefined;
}

const sha256 = z.string().regex(/^[0-9a-f]{64}$/).optional().catch(undefined);

const decisionFile = z.object({
  proposal_id: z.string(),
  status: z.enum(STATUSES),
  notes: z.string().nullish().transform((notes) => notes ?? ""),
  final_file: z.string().nullish().transform((text) => text ?? null),
  decided_by: z.string().max(MAX_NAME_LENGTH).optional().catch(undefined),
  decided_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
  basis: sha256,
  file_sha256: sha256,
  application: z.uuid().optional().catch(undefined),
});

/** Checks the parsed content of a response file found under `id`. Throws a `ZodError` or an `Error`. */
export function parseDecision(content: unknown, id: ProposalId): Decision {
  const file = decisionFile.parse(content);
  if (file.proposal_id !== id) throw new Error("proposal_id: is not the one in the file's name");
  return { ...file, proposal_id: id };
}

/** Reads the decision on `id` from a queue directory, or from its `processed` directory. */
export function readDecision(directory: string, id: ProposalId): Promise<Read<Decision>> {
  return readRecord(directory, recordName(id, "response"), (file) => parseDecision(file, id));
}

export function formatDecision(decision: Decision): string {
  return JSON.stringify(decision, null, 2) + "\n";
}

/** Who is deciding, since when. The first claim wins; a decision needs one. */
export interface Claim {
  readonly proposal_id: ProposalId;
  readonly claimed_by: string;
  /** ISO 8601, UTC; empty where the file holds no such thing. */
  readonly claimed_at: string;
  /** Which request of that operator made it, and may give it back. Absent in files of other writers. */
  readonly request?: string | undefined;
}

const claimFile = z.object({
  proposal_id: z.string(),
  claimed_by: z.string().min(1).max(MAX_NAME_LENGTH),
  claimed_at: z.string().transform((text) => text.length > MAX_TIME_LENGTH ? "" : text),
  request: z.uuid().optional().catch(undefined),
});

/** Checks the parsed content of a claim file found under `id`. Throws a `ZodError` or an `Error`. */
export function parseClaim(content: unknown, id: ProposalId): Claim {
  const file = claimFile.parse(content);
  if (file.proposal_id !== id) throw new Error("proposal_id: is not the one in the file's name");
  return { ...file, proposal_id: id };
}

/** Reads the claim on `id` from a queue directory. */
export function readClaim(directory: string, id: ProposalId): Promise<Read<Claim>> {
  return readRecord(directory, recordName(id, "claim"), (file) => parseClaim(file, id));
}

export function formatClaim(claim: Claim): string {
  return JSON.stringify(claim, null, 2) + "\n";
}
