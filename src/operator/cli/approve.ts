/** `approve`: the agent may have what it asked for, as it asked for it. */

import { isOpen, type Item } from "../../queue/item.ts";
import { answer } from "../app/answer.ts";
import { requireApprovable } from "../app/approvable.ts";
import { approveAgain, undoneApproval } from "../app/approve_again.ts";
import { findItem } from "../app/find.ts";
import { shorten } from "../app/shorten.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { readBasis, readNotes } from "./answer_options.ts";
import type { Command, CommandContext } from "./command.ts";
import { consent, dryRun } from "./consent.ts";
import { recovered } from "./recovered.ts";
import { explaining, report } from "./report.ts";
import { answerSeveralIds } from "./several.ts";

export const approve: Command = {
  name: "approve",
  usage: "ID... [--basis HEX --notes TEXT --dry-run --take-over]",
  summary: "approve a proposal as it stands",
  about: [
    "Claims the proposal, changes the live files that are configured, tells their readers, sees " +
    "that it has taken effect, and then answers the agent: at once if a call is waiting, else when " +
    "it asks again. When a step fails the old files are put back and nothing is decided.",
    "With --basis, as show prints it, nothing is done but what was shown. Without it, on a " +
    "terminal, you see the diff and are asked. --dry-run prints the diff and its basis.",
    "Several IDs are answered one after the other, with one question that shows all that they " +
    "allow. One with a warning, and a Dockerfile, is left out: approve it by itself. Nothing is " +
    "answered when one of the IDs is not found; the exit code is 1 when one could not be done.",
    "If another operator has claimed or decided it, you are told who. What was approved and undone " +
    "is applied again, as it was decided.",
  ],
  options: ["basis", "notes", "dry-run", "take-over"],
  operand: { name: "ID", required: true, many: true },
  examples: [
    "supervisectl approve 1a2b --dry-run",
    "supervisectl approve 1a2b --notes 'for this week only'",
    "supervisectl approve 1a2b 9f8e 77c0",
  ],
  acts: true,
  async run(context) {
    const { app, operand, slug } = context;
    const notes = readNotes(context);
    if (context.operands.length > 1) return await answerSeveralIds(context, "approved", notes);
    const given = readBasis(context);
    const isDryRun = context.flag("dry-run");
    const found = await findItem(app, operand, slug);
    // Whether it is what was shown is seen when the files are held.
    const whole = isDryRun ? { item: found, recovered: [] } : await recovered(context, found);
    const { item } = whole;
    const undone = await undoneApproval(app, item);
    if (undone) return await giveAgain(context, item, undone, given);
    if (isDryRun) {
      if (!isOpen(item)) throw over(item);
      return await dryRun(context, item, requireApprovable(item), {
        do: "approve",
        id: item.proposal.id,
      });
    }
    const basis = isOpen(item)
      ? await consent(context, item, requireApprovable(item), given)
      : given;
    const takeOver = context.flag("take-over");
    const request = { status: "approved", notes, finalFile: null, basis, takeOver } as const;
    const answered = await explaining(
      context,
      (actor) => answer(app, actor, whole, request),
    );
    await report(context, item, answered, reviewOf(item.proposal));
  },
};

/** Shown and asked for like an approval; the decision and its notes stand as they are. */
async function giveAgain(
  context: CommandContext,
  item: Item,
  undone: ChangeRecord,
  given: string | undefined,
): Promise<void> {
  const { id, tool } = item.proposal;
  if (context.text("notes") !== undefined) {
    throw new Failure(
      "usage",
      `${shorten(id)} was decided before it was undone, and its notes stand; approve it again ` +
        "without --notes",
    );
  }
  const open: Item = { ...item, state: "pending" };
  if (context.flag("dry-run")) {
    return await dryRun(context, open, undone.approved, { do: "approve", id });
  }
  const basis = await consent(context, open, undone.approved, given);
  const answered = await explaining(
    context,
    (actor) => approveAgain(context.app, actor, item, undone, basis),
  );
  // Of one that was modified it is the text that was granted, and not what was asked.
  const review = kindOf(tool)?.review(undone.approved);
  await report(context, item, answered, review ?? reviewOf(item.proposal));
}

function over({ proposal: { id }, state }: Item): Failure {
  return new Failure("already-decided", `${shorten(id)} is ${state}, there is nothing to approve`, {
    do: "show",
    id,
  });
}
