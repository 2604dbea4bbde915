/** After an approval: names the asks that it made moot, and answers them on the operator's word. */

import type { Item } from "../../queue/item.ts";
import type { Call } from "./command.ts";
import { answerCovered, type Covered, coveredNotes, coveredSentence } from "./covered.ts";
import { shortBasis } from "./short_basis.ts";
import { shorten } from "./short_id.ts";

/** On a terminal it asks; elsewhere it prints the command lines that answer them. */
export async function offerCovered(
  call: Call,
  approved: Item,
  covered: readonly Covered[],
): Promise<void> {
  if (covered.length === 0 || call.json) return;
  call.out.line();
  call.out.paragraph(coveredSentence(covered));
  if (!call.confirm) {
    for (const [index, { item, basis }] of covered.entries()) {
      const words = ["approve", shorten(item.proposal.id), "--basis", shortBasis(basis)];
      const line = call.next(...words, "--notes", coveredNotes(approved));
      call.out.line(`${index === 0 ? "Try:" : "    "} ${line}`);
    }
    return;
  }
  const question = `Answer ${covered.length === 1 ? "it" : "them"} as covered?`;
  if (!await call.confirm(question)) return;
  for (const sentence of await answerCovered(call, approved, covered)) call.out.paragraph(sentence);
}
