/** After an approval: names the asks that it made moot, and answers them on the operator's word. */

import type { Item } from "../../queue/item.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { type Covered, coveredNotes } from "../app/covered.ts";
import { answerCoveredInWords, coveredSentence } from "./covered_words.ts";
import { shortHash } from "../app/short_hash.ts";
import { shorten } from "../app/short_id.ts";

/** On a terminal it asks; elsewhere it prints the command lines that answer them. */
export async function offerCovered(
  context: CommandContext,
  approved: Item,
  covered: readonly Covered[],
): Promise<void> {
  if (covered.length === 0 || context.json) return;
  context.out.line();
  context.out.paragraph(coveredSentence(covered));
  if (!context.confirm) {
    for (const [index, { item, basis }] of covered.entries()) {
      const words = ["approve", shorten(item.proposal.id), "--basis", shortHash(basis)];
      const line = context.next(...words, "--notes", coveredNotes(approved));
      context.out.line(`${index === 0 ? "Try:" : "    "} ${line}`);
    }
    return;
  }
  const question = `Answer ${covered.length === 1 ? "it" : "them"} as covered?`;
  if (!await context.confirm(question)) return;
  const sentences = await asOperator(
    context,
    (actor) => answerCoveredInWords(context.app, actor, approved, covered),
  );
  for (const sentence of sentences) context.out.paragraph(sentence);
}
