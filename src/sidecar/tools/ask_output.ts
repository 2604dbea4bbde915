/** The answer to an ask as data: the output schema of every tool that answers about a proposal. */

import { z } from "zod";

export const askOutput = z.object({
  proposal_id: z.string().describe("The ask's id, for proposal-status."),
  status: z.enum(["approved", "modified", "rejected", "pending", "withdrawn"])
    .describe("What the operator decided; pending: nobody has yet; withdrawn: it was taken back."),
  notes: z.string().describe("The operator's words; may be empty."),
  final_file: z.string().optional()
    .describe("With modified: what was approved instead of what was asked for."),
});
