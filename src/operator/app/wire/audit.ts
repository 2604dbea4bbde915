/** The audit log, as `audit` prints it. */

import { z } from "zod";
import * as field from "./fields.ts";

const who = z.string().describe("who did it");
const face = z.string().nullable().describe("where: `cli` or `triage`");
const at = z.string().describe("when, ISO 8601 in UTC");
const hash = z.string().describe("the hash that binds the entry to those before it");

export const auditSchema = z.object({
  at,
  who,
  face,
  outcome: z.string()
    .describe("`approved`, `modified`, `rejected`, `failed`, `undone`, `unfinished` and others"),
  bottle_slug: field.bottleSlug,
  proposal_id: field.proposalId,
  tool: field.tool,
  host: z.string().nullable().describe("what it is about: a host, or `Dockerfile`"),
  ask: field.ask.nullable(),
  granted: z.string().nullable().describe("what was granted, where that is not what was asked"),
  justification: field.justification.nullable(),
  notes: field.notesIfAny,
  detail: z.string().nullable().describe("what else is known, such as why it failed"),
  arrival_timestamp: z.string().nullable().describe("when the proposal came"),
  step: z.string().describe("the step of the entry that ended it, see `docs/audit.md`"),
  seq: z.int().describe("the entry's number"),
  hash,
});

/** As it stands in the log: each key is there or is not, and each value is text. */
export const auditStepSchema = z.object({
  seq: z.string().describe("the entry's number; 1 for the first"),
  at,
  who,
  step: z.string().describe("what was done, see `docs/audit.md`"),
  bottle_slug: field.bottleSlug,
  proposal_id: field.proposalId,
  tool: field.tool,
  previous: z.string().describe("the hash of the entry before"),
  hash,
}).catchall(z.string());

export const auditStatsSchema = z.object({
  days: z.int().describe("how far it looks back"),
  counts: z.array(
    field.part("count", "What became of the asks of a bottle and tool.", {
      bottle_slug: field.bottleSlug,
      tool: field.tool,
      approved: z.int().describe("how many were approved as proposed"),
      modified: z.int().describe("how many were changed and approved"),
      rejected: z.int().describe("how many were rejected"),
      failed: z.int().describe("how often an answer failed"),
      undone: z.int().describe("how many approvals were undone"),
      median_ms: z.number().nullable()
        .describe("median time from ask to answer in milliseconds; null: not known"),
    }),
  ).describe("one for each bottle and tool"),
});

export const auditVerifySchema = z.object({
  ok: z.literal(true).describe("always: a broken log is an error"),
  entries: z.int().describe("how many entries there are"),
  first_seq: z.int().describe("the number of the first one that is here"),
  files: z.int().describe("how many files they are in"),
  head: z.string().nullable().describe("the hash of the last entry; null: there is none"),
  expected_seq: z.int().nullable()
    .describe("the number of the entry with the expected hash; null: none was given"),
  remarks: z.array(z.string()).describe("what a crash has left and the next entry repairs"),
});

export const auditRotateSchema = z.object({
  closed: z.string().nullable().describe("the closed file's name; null: nothing to close"),
  head: z.string().nullable().describe("the hash of its last entry"),
});
