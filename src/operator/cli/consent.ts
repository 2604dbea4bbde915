/** Before anything is approved: what would change on the screen, and the operator's word for it. */

import type { Item } from "../../queue/item.ts";
import { changedIn } from "../apply/plan.ts";
import { Failure } from "../failure.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { quote } from "../review/quote.ts";
import { basisOf } from "./basis.ts";
import type { Call } from "./command.ts";
import { notices } from "./notices.ts";
import { type Outlook, outlookOn, whyNothing } from "./outlook.ts";
import { printDiffs, remarksOn } from "./preview.ts";
import { noticeLines } from "./record.ts";
import { planRecord } from "./report.ts";
import { shortBasis } from "./short_basis.ts";
import { askedAgain } from "./standing.ts";

/**
 * The basis of what is shown and consented to here, or the one that was given. Undefined when
 * neither was, and nobody is there to be asked. `signal` ends the question.
 */
export async function consent(
  call: Call,
  item: Item,
  approved: string,
  given: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (given !== undefined || !call.confirm) return given;
  const outlook = await outlookOn(call, item, approved);
  if (outlook.problem) throw outlook.problem;
  print(call, item, approved, outlook);
  call.out.line();
  const question = outlook.plan ? "Apply this?" : "Approve this?";
  if (await call.confirm(question, signal)) return basisOf(item.proposal, approved, outlook);
  throw new Failure("interrupted", "nothing was changed, nothing was decided");
}

/** `--dry-run`: prints what would be done, with the basis to do it on. */
export async function dryRun(
  call: Call,
  item: Item,
  approved: string,
  words: readonly string[],
): Promise<void> {
  const outlook = await outlookOn(call, item, approved);
  if (outlook.problem) throw outlook.problem;
  const basis = basisOf(item.proposal, approved, outlook);
  if (call.json) {
    return call.out.json({
      ...{ id: item.proposal.id, basis, notices: noticeLines(outlook.notices) },
      ...planRecord(item.proposal.tool, outlook.plan),
    });
  }
  print(call, item, approved, outlook);
  call.out.line();
  call.out.line("Nothing was done.");
  call.out.line(`Try: ${call.next(...words, "--basis", shortBasis(basis))}`);
}

function print(call: Call, item: Item, approved: string, outlook: Outlook): void {
  const { proposal } = item;
  const review = kindOf(proposal.tool)?.review(approved);
  const what = review ? oneLine(review) : proposal.tool;
  call.out.paragraph(`${proposal.tool}, bottle ${item.slug}: ${what}`);
  notices(call.out, outlook.notices);
  const { plan } = outlook;
  if (plan) printDiffs(call.out, plan, true);
  text(call, "The agent's justification", proposal.justification);
  for (const repeat of item.repeats) {
    text(call, askedAgain(repeat, call.now()), repeat.justification);
  }
  // What no diff shows is shown itself: it is what is approved.
  if (!plan || changedIn(plan).length === 0) text(call, "What is approved", approved);
  call.out.line();
  if (!plan) call.out.paragraph(`Nothing would be applied: ${whyNothing(proposal.tool)}.`);
  for (const sentence of plan ? remarksOn(plan) : []) call.out.paragraph(sentence);
}

/** A text of somebody else's, behind a gutter. */
function text(call: Call, title: string, content: string): void {
  call.out.line();
  call.out.line(`${title}:`);
  for (const row of quote(content, call.out.columns, Infinity).rows) call.out.line(row);
}
