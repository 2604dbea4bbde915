/** What the operator answered (`<id>.response.json`) and who is about to (`<id>.claim.json`). */

import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import { recordForm, type RecordOf } from "./record.ts";

export const STATUSES = ["approved", "modified", "rejected"] as const;
export type Status = typeof STATUSES[number];

/** A longer text, in characters, is not taken for a name: a bottle can write these files too. */
export const MAX_NAME_LENGTH = 200;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/).optional().catch(undefined);

/** What is optional is absent in files of other writers. */
const decisionFile = z.object({
  proposal_id: z.string(),
  status: z.enum(STATUSES),
  notes: z.string().nullish().transform((notes) => notes ?? ""),
  /** What was approved instead of the proposed file; null unless `modified`. */
  final_file: z.string().nullish().transform((text) => text ?? null),
  decided_by: z.string().max(MAX_NAME_LENGTH).optional().catch(undefined),
  /** ISO 8601, UTC. */
  decided_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
  /** SHA-256 over everything the operator was shown, lower-case hexadecimal. */
  basis: sha256,
  /** SHA-256 of the proposed file that the operator decided on. */
  file_sha256: sha256,
  /** What the operator's own records know it by: no bottle can know it before it is published. */
  application: z.uuid().optional().catch(undefined),
});

/** The operator's answer to one proposal. */
export type Decision = RecordOf<typeof decisionFile>;

export const { parse: parseDecision, read: readDecision } = recordForm("response", decisionFile);

const claimFile = z.object({
  proposal_id: z.string(),
  claimed_by: z.string().min(1).max(MAX_NAME_LENGTH),
  /** ISO 8601, UTC; empty where the file holds no such thing. */
  claimed_at: z.string().transform((text) => text.length > MAX_TIME_LENGTH ? "" : text),
  /** Which request of that operator made it, and may give it back. Absent in files of other writers. */
  request: z.uuid().optional().catch(undefined),
});

/** Who is deciding, since when. The first claim wins; a decision needs one. */
export type Claim = RecordOf<typeof claimFile>;

export const { parse: parseClaim, read: readClaim } = recordForm("claim", claimFile);
