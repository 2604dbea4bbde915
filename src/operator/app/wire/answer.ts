/** What an answer or an undo has done, or would do. */

import { z } from "zod";
import { changeSchema, planFields } from "./change.ts";
import * as field from "./fields.ts";

export const answerSchema = z.object({
  ...field.aboutProposal,
  status: field.status,
  notes: field.notes,
  final_file: field.finalFile,
  basis: z.string().nullable().describe("hash over what was shown; null where the queue has none"),
  file_sha256: z.string().nullable().describe("SHA-256 of the proposed file"),
  decided_by: field.decidedBy,
  decided_at: field.decidedAt,
  waiting: field.waiting,
  applied: z.boolean().describe("whether live files were changed, or said it already"),
  covered: field.covered,
  ...planFields,
});

export const severalSchema = z.object({
  answers: z.array(
    field.part("one_of_several", "What became of one of several asks.", {
      ...field.aboutProposal,
      status: field.status.nullable().describe("the answer; null where it was not given"),
      why_not: z.string().nullable().describe("why it was not answered; null where it was"),
    }),
  ).describe("in the order in which they were answered, and then those that were left out"),
  covered: field.covered,
});

export const dryRunSchema = z.object({
  proposal_id: field.proposalId,
  basis: z.string().describe("hash over what is shown, for an answer to nothing else"),
  notices: field.notices,
  ...planFields,
});

export const undoSchema = z.object({
  ...field.aboutProposal,
  dry_run: z.boolean().describe("true: nothing was done"),
  files: z.array(changeSchema).describe("the live files that held what was approved"),
  remarks: z.array(z.string()).describe("what else is to be said, a sentence each"),
  ends_too: z.array(z.string()).describe("ids of the bottle's approvals that end with it"),
});

export const abandonSchema = z.object({
  ...field.aboutProposal,
  purpose: z.enum(["apply", "answer", "undo"]).describe("what was interrupted"),
  begun_by: z.string().describe("who began it"),
  begun_at: z.string().describe("when, ISO 8601 in UTC"),
  files: z.array(
    field.part("abandoned_file", "A live file, left as it is.", {
      kind: field.targetKind,
      path: field.path,
      holds: z.enum(["old", "new", "unchanged", "other", "unreadable"])
        .describe("`old`: the text from before; `new`: the one that was written"),
    }),
  ).describe("the live files that it was about"),
  kept: z.string().describe("the directory that keeps the texts from before and after"),
});
