/** `reject`: the agent may not, and is told why. */

import { answer } from "../app/answer.ts";
import { findItem } from "../app/find.ts";
import { Failure } from "../failure.ts";
import { reviewOf } from "../review/mod.ts";
import { readBasis, readNotes } from "./answer_options.ts";
import { asOperator, type Command } from "./command.ts";
import { recovered } from "./recovered.ts";
import { report } from "./report.ts";
import { answerSeveralIds } from "./several.ts";

export const reject: Command = {
  name: "reject",
  usage: "ID... --notes TEXT [--basis HEX] [--take-over]",
  summary: "reject a proposal and tell the agent why",
  about: [
    "Claims the proposal and rejects it. The notes are required: they are all the agent has to go " +
    "on with, so say what it should do instead. If another operator has claimed or decided it, " +
    "you are told who.",
    "Several IDs are rejected with one reason and one question; the exit code is 1 when one could " +
    "not be done.",
  ],
  options: ["notes", "basis", "take-over"],
  operand: { name: "ID", required: true, many: true },
  examples: ["supervisectl reject 1a2b --notes 'use the mirror at pypi.example instead'"],
  acts: true,
  async run(context) {
    const { app } = context;
    const notes = readNotes(context);
    if (notes.trim() === "") {
      throw new Failure(
        "usage",
        `${context.text("notes") === undefined ? "no --notes" : "--notes is blank"}; tell the ` +
          "agent why with --notes TEXT",
        { do: "reject", id: context.operand ?? "ID", notes: "why not" },
      );
    }
    if (context.operands.length > 1) return await answerSeveralIds(context, "rejected", notes);
    const basis = readBasis(context);
    const whole = await recovered(context, await findItem(app, context.operand, context.slug));
    const takeOver = context.flag("take-over");
    const request = { status: "rejected", notes, finalFile: null, basis, takeOver } as const;
    const answered = await asOperator(context, (actor) => answer(app, actor, whole, request));
    await report(context, whole.item, answered, reviewOf(whole.item.proposal));
  },
};
