/** `approve`: the agent may have what it asked for, as it asked for it. */

import { isOpen, type Item } from "../../queue/item.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { requireApprovable } from "./approvable.ts";
import { approveAgain, undoneApproval } from "./approve_again.ts";
import { readBasis } from "./basis.ts";
import { again } from "./claiming.ts";
import type { Command, CommandContext } from "./command.ts";
import { consent, dryRun } from "./consent.ts";
import { endOf } from "./end_of.ts";
import { findItem } from "./find.ts";
import { readNotes } from "./notes.ts";
import { explain, report } from "./report.ts";
import { settle } from "./settle.ts";
import { answerSeveralIds } from "./several.ts";
import { shorten } from "./short_id.ts";

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
    const notes = readNotes(context);
    if (context.operands.length > 1) return await answerSeveralIds(context, "approved", notes);
    const takeOver = context.flag("take-over");
    const isDryRun = context.flag("dry-run");
    const given = readBasis(context);
    if (!isDryRun) await endOf(context);
    // Whether it is what was shown is seen when the files are held.
    const item = await findItem(context);
    const words = again(context, item, "approved", undefined);
    const undone = await undoneApproval(context, item);
    if (undone) return await giveAgain(context, item, undone, given, words);
    if (isOpen(item)) {
      const approved = requireApprovable(item);
      if (isDryRun) return await dryRun(context, item, approved, words);
    } else if (isDryRun) {
      throw over(item);
    }
    const basis = isOpen(item)
      ? await consent(context, item, requireApprovable(item), given)
      : given;
    try {
      const answer = { status: "approved", notes, finalFile: null } as const;
      const settled = await settle(context, item, { ...answer, basis, takeOver });
      await report(context, item, settled, reviewOf(item.proposal));
    } catch (error) {
      explain(context, error);
      throw error;
    }
  },
};

/** Shown and asked for like an approval; the decision and its notes stand as they are. */
async function giveAgain(
  context: CommandContext,
  item: Item,
  undone: ChangeRecord,
  given: string | undefined,
  words: readonly string[],
): Promise<void> {
  if (context.text("notes") !== undefined) {
    throw new Failure(
      "usage",
      `${shorten(item.proposal.id)} was decided before it was undone, and its notes stand; ` +
        "approve it again without --notes",
    );
  }
  const open: Item = { ...item, state: "pending" };
  if (context.flag("dry-run")) return await dryRun(context, open, undone.approved, words);
  const basis = await consent(context, open, undone.approved, given);
  try {
    const settled = await approveAgain(context, item, undone, basis);
    // Of one that was modified it is the text that was granted, and not what was asked.
    const review = kindOf(item.proposal.tool)?.review(undone.approved);
    await report(context, item, settled, review ?? reviewOf(item.proposal));
  } catch (error) {
    explain(context, error);
    throw error;
  }
}

function over({ proposal, state }: Item): Failure {
  const id = shorten(proposal.id);
  return new Failure(
    "already-decided",
    `${id} is ${state}, there is nothing to approve`,
    { do: "show", id },
  );
}
