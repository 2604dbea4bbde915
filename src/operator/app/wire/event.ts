/** What happened to a proposal, as `watch` prints it. */

import { z } from "zod";
import { ask, bottleSlug, notices, polledAt, proposalId, status, tool, waiting } from "./fields.ts";

export const eventSchema = z.object({
  event: z.enum([
    "pending",
    "claimed",
    "released",
    "decided",
    "delivered",
    "undelivered",
    "ended",
    "withdrawn",
    "expired",
    "removed",
  ]).describe(
    "what happened; `undelivered`: the answer was filed away before the agent had it; `ended`: what " +
      "was granted no longer holds; `removed`: its file is gone, and no record says why",
  ),
  at: z.string().describe("when it happened, or was seen where no record says; ISO 8601 in UTC"),
  proposal_id: proposalId,
  bottle_slug: bottleSlug,
  tool,
  ask,
  notices,
  waiting,
  polled_at: polledAt,
  claimed_by: z.string().nullable().describe("who is deciding, or decided"),
  status: status.nullable().describe("the answer; null: not decided"),
  notes: z.string().nullable().describe("what the operator wrote to the agent"),
  decided_by: z.string().nullable().describe("who decided"),
  end: z.object({
    reason: z.enum(["undone", "expired", "revoked"]).describe("why it no longer holds"),
    notes: z.string().describe("what the operator wrote to the agent about it"),
  }).meta({ id: "end", title: "end", description: "Why what was granted no longer holds." })
    .nullable().describe("null unless the event is `ended`"),
});
