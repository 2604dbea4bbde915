/** What happened to a proposal, as `watch` prints it. */

import { z } from "zod";
import * as field from "./fields.ts";

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
  ...field.aboutProposal,
  ask: field.ask,
  notices: field.notices,
  waiting: field.waiting,
  polled_at: field.polledAt,
  claimed_by: z.string().nullable().describe("who is deciding, or decided"),
  status: field.status.nullable().describe("the answer; null: not decided"),
  notes: field.notesIfAny,
  decided_by: z.string().nullable().describe("who decided"),
  end: field.part("end", "Why what was granted no longer holds.", {
    reason: z.enum(["undone", "expired", "revoked"]).describe("why it no longer holds"),
    notes: z.string().describe("what the operator wrote to the agent about it"),
  })
    .nullable().describe("null unless the event is `ended`"),
});
