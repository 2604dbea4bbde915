/** Before anything is approved: what would change on the screen, and the operator's word for it. */

import type { Item } from "../../queue/item.ts";
import { basisOf } from "../app/basis.ts";
import { type Preview, previewOf, whyNothing } from "../app/preview.ts";
import { dryRunRecord } from "../app/records/answer.ts";
import { shortHash } from "../app/shorten.ts";
import { changedIn } from "../apply/plan.ts";
import { type AnswerRemedy, Failure } from "../failure.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { quote } from "../review/quote.ts";
import { noticeRows, quotedRows } from "../text/parts.ts";
import type { CommandContext } from "./command.ts";
import { printDiffs, remarksOn } from "./live_diff.ts";
import { askedAgain } from "./standing.ts";

/**
 * The basis of what is shown and consented to here, or the one that was given. Undefined when
 * neither was, and there is no terminal to ask on. `signal` ends the question.
 */
export async function consent(
  context: CommandContext,
  item: Item,
  approved: string,
  given: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (given !== undefined || !context.confirm) return given;
  const preview = await previewOf(context.app, item, approved);
  if (preview.problem) throw preview.problem;
  print(context, item, approved, preview);
  context.out.line();
  const question = preview.plan ? "Apply this?" : "Approve this?";
  if (await context.confirm(question, signal)) return basisOf(item.proposal, approved, preview);
  throw new Failure("interrupted", "nothing was changed, nothing was decided");
}

/** `--dry-run`: prints what would be done, with the basis to do it on. */
export async function dryRun(
  context: CommandContext,
  item: Item,
  approved: string,
  remedy: AnswerRemedy,
): Promise<void> {
  const preview = await previewOf(context.app, item, approved);
  if (preview.problem) throw preview.problem;
  const basis = basisOf(item.proposal, approved, preview);
  if (context.json) {
    return context.out.json(dryRunRecord(item, basis, preview.notices, preview.plan));
  }
  print(context, item, approved, preview);
  context.out.line();
  context.out.line("Nothing was done.");
  context.out.line(`Try: ${context.remedyLine({ ...remedy, basis: shortHash(basis) })}`);
}

function print(context: CommandContext, item: Item, approved: string, preview: Preview): void {
  const { proposal } = item;
  const review = kindOf(proposal.tool)?.review(approved);
  const what = review ? oneLine(review) : proposal.tool;
  context.out.paragraph(`${proposal.tool}, bottle ${item.slug}: ${what}`);
  context.out.rows(noticeRows(preview.notices, context.out.columns));
  const { plan } = preview;
  if (plan) printDiffs(context.out, plan, true);
  text(context, "The agent's justification", proposal.justification);
  for (const repeat of item.repeats) {
    text(context, askedAgain(repeat, context.app.now()), repeat.justification);
  }
  // What no diff shows is shown itself: it is what is approved.
  if (!plan || changedIn(plan).length === 0) text(context, "What is approved", approved);
  context.out.line();
  if (!plan) context.out.paragraph(`Nothing would be applied: ${whyNothing(proposal.tool)}.`);
  for (const sentence of plan ? remarksOn(plan) : []) context.out.paragraph(sentence);
}

/** A text of somebody else's, behind a gutter. */
function text({ out }: CommandContext, title: string, content: string): void {
  out.line();
  out.rows(quotedRows(title, quote(content, out.columns, Infinity)));
}
