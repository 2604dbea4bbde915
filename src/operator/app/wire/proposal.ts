/** A proposal, as `list` and `show` print it. */

import { z } from "zod";
import { planSchema } from "./change.ts";
import * as field from "./fields.ts";

const decisionFields = {
  status: field.status,
  notes: field.notes,
  decided_by: field.decidedBy,
  decided_at: field.decidedAt,
  basis: z.string().nullable()
    .describe("hash over what was shown to who decided; null where the queue has none"),
  file_sha256: z.string().nullable()
    .describe("SHA-256 of the proposed file that was decided on; null where the queue has none"),
};

const undoneSchema = field.part(
  "undone",
  "How an approval was undone, by this operator's own records.",
  {
    undone_by: z.string().describe("who"),
    undone_at: z.string().describe("when, ISO 8601 in UTC"),
    notes: field.notes,
  },
);

const fields = {
  id: z.string().describe("the proposal's id, a UUID; other records call it `proposal_id`"),
  bottle_slug: field.bottleSlug,
  tool: field.tool,
  state: z.enum([
    "pending",
    "claimed",
    "decided",
    "withdrawn",
    "expired",
    "delivered",
    "undelivered",
  ]).describe("where it stands; `pending` and `claimed` can be answered"),
  ask: field.ask,
  notices: field.notices,
  problem: z.string().nullable().describe("why it cannot be approved as it stands; null: it can"),
  file_sha256: field.fileSha256,
  justification: field.justification,
  arrival_timestamp: z.string().describe("when it came, ISO 8601 in UTC"),
  expires_at: z.string().nullable().describe("when it expires; null: never"),
  waiting: field.waiting,
  polled_at: field.polledAt,
  claimed_by: z.string().nullable().describe("who is deciding"),
  claimed_at: z.string().nullable().describe("since when"),
  undone: undoneSchema.nullable().describe("null: it was not undone"),
};

const listedSchema = field.part(
  "listed_proposal",
  "A proposal in a list: without its files, and with strings cut to 4,000 characters.",
  {
    ...fields,
    decision: field.part("listed_decision", "A decision, without its file.", decisionFields)
      .nullable().describe("null: not decided"),
  },
);

export const listSchema = z.object({
  proposals: z.array(listedSchema).describe("oldest first"),
  skipped: z.array(field.skippedSchema).describe("files that could not be read"),
  undelivered: z.array(
    field.part("undelivered", "How many decisions an agent has not picked up.", {
      bottle_slug: field.bottleSlug,
      count: z.int().describe("how many"),
    }),
  ).describe("bottles whose agent has decisions to pick up"),
});

export const showSchema = z.object({
  ...fields,
  basis: z.string().nullable()
    .describe(
      "hash over what is shown, for an answer to nothing else; null: it cannot be answered",
    ),
  proposed_file: z.string().describe("what the agent asks for"),
  repeats: z.array(
    field.part("repeat", "The same ask, made again.", {
      justification: field.justification,
      asked_at: z.string().describe("when, ISO 8601 in UTC; empty where the queue does not say"),
    }),
  ).describe("the latest ten, oldest first"),
  decision: field.part("decision", "How the proposal was answered.", {
    ...decisionFields,
    final_file: field.finalFile,
  })
    .nullable().describe("null: not decided"),
  live: planSchema.nullable().describe("null: it cannot be answered, or see `live_problem`"),
  live_problem: z.string().nullable().describe("why the change cannot be worked out"),
  applied_to: z.array(z.string()).describe("paths of the live files that its approval changed"),
  lost: z.boolean().describe("whether the live files no longer hold all of what was approved"),
});
