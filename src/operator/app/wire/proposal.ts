/** A proposal, as `list` and `show` print it. */

import { z } from "zod";
import { planSchema } from "./change.ts";
import {
  ask,
  bottleSlug,
  decidedAt,
  decidedBy,
  fileSha256,
  finalFile,
  justification,
  notes,
  notices,
  polledAt,
  skippedSchema,
  status,
  tool,
  waiting,
} from "./fields.ts";

const decisionFields = {
  status,
  notes,
  decided_by: decidedBy,
  decided_at: decidedAt,
  basis: z.string().nullable()
    .describe("hash over what was shown to who decided; null where the queue has none"),
  file_sha256: z.string().nullable()
    .describe("SHA-256 of the proposed file that was decided on; null where the queue has none"),
};

const undoneSchema = z.object({
  undone_by: z.string().describe("who"),
  undone_at: z.string().describe("when, ISO 8601 in UTC"),
  notes,
}).meta({
  id: "undone",
  title: "undone",
  description: "How an approval was undone, by this operator's own records.",
});

const fields = {
  id: z.string().describe("the proposal's id, a UUID; other records call it `proposal_id`"),
  bottle_slug: bottleSlug,
  tool,
  state: z.enum([
    "pending",
    "claimed",
    "decided",
    "withdrawn",
    "expired",
    "delivered",
    "undelivered",
  ]).describe("where it stands; `pending` and `claimed` can be answered"),
  ask,
  notices,
  problem: z.string().nullable().describe("why it cannot be approved as it stands; null: it can"),
  file_sha256: fileSha256,
  justification,
  arrival_timestamp: z.string().describe("when it came, ISO 8601 in UTC"),
  expires_at: z.string().nullable().describe("when it expires; null: never"),
  waiting,
  polled_at: polledAt,
  claimed_by: z.string().nullable().describe("who is deciding"),
  claimed_at: z.string().nullable().describe("since when"),
  undone: undoneSchema.nullable().describe("null: it was not undone"),
};

const listedSchema = z.object({
  ...fields,
  decision: z.object(decisionFields)
    .meta({
      id: "listed_decision",
      title: "listed decision",
      description: "A decision, without its file.",
    })
    .nullable().describe("null: not decided"),
}).meta({
  id: "listed_proposal",
  title: "listed proposal",
  description: "A proposal in a list: without its files, and with strings cut to 4,000 characters.",
});

export const listSchema = z.object({
  proposals: z.array(listedSchema).describe("oldest first"),
  skipped: z.array(skippedSchema).describe("files that could not be read"),
  undelivered: z.array(
    z.object({ bottle_slug: bottleSlug, count: z.int().describe("how many") })
      .meta({
        id: "undelivered",
        title: "undelivered",
        description: "How many decisions an agent has not picked up.",
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
    z.object({
      justification,
      asked_at: z.string().describe("when, ISO 8601 in UTC; empty where the queue does not say"),
    }).meta({ id: "repeat", title: "repeat", description: "The same ask, made again." }),
  ).describe("the latest ten, oldest first"),
  decision: z.object({ ...decisionFields, final_file: finalFile })
    .meta({ id: "decision", title: "decision", description: "How the proposal was answered." })
    .nullable().describe("null: not decided"),
  live: planSchema.nullable().describe("null: it cannot be answered, or see `live_problem`"),
  live_problem: z.string().nullable().describe("why the change cannot be worked out"),
  applied_to: z.array(z.string()).describe("paths of the live files that its approval changed"),
  lost: z.boolean().describe("whether the live files no longer hold all of what was approved"),
});
