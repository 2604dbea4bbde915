/** The answer to an ask as data: the output schema of every tool that answers about a proposal. */

import { z } from "zod";

export const askOutput = z.object({
  status: z.enum([
    "approved",
    "modified",
    "rejected",
    "pending",
    "withdrawn",
    "expired",
    "ended",
    "already-allowed",
    "shadow",
  ])
    .describe(
      "What the operator decided; pending: not decided yet; withdrawn: it was taken back; " +
        "expired: not decided in time; ended: it was approved, and what it granted no longer holds " +
        "(notes say why); already-allowed: no approval was needed; shadow: a trial run, it was " +
        "only recorded.",
    ),
  notes: z.string().describe("The operator's words, or how it stands; may be empty."),
  proposal_id: z.string().optional()
    .describe("The ask's id, for proposal-status; absent where no approval was needed."),
  next: z.string().optional()
    .describe("What to do next; absent where there is nothing to do but to go on."),
  final_file: z.string().optional()
    .describe("With modified: what was approved instead of what was asked for."),
});

export type AskOutput = z.infer<typeof askOutput>;
