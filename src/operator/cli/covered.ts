/** Asks that approvals made moot: named, and answered on the operator's word. */

import type { Item } from "../../queue/item.ts";
import { answerCovered, type CoveredBy } from "../app/answer_several.ts";
import { coveredNotes, type Shown } from "../app/covered.ts";
import { shorten, shortHash } from "../app/shorten.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { asOperator, type CommandContext } from "./command.ts";

/** The length of an ask in a sentence, in columns. */
const MAX_ASKS = 60;

/** `1a2b3c4d (api.github.com, 1 path)` */
function nameOf({ proposal }: Item): string {
  return `${shorten(proposal.id)} (${oneLine(reviewOf(proposal), MAX_ASKS)})`;
}

/** Names them all in one sentence. */
export function coveredSentence({ proposal }: Item, covered: readonly Shown[]): string {
  const [asks, are] = covered.length === 1 ? ["ask", "is"] : ["asks", "are"];
  return `${covered.length} more open ${asks} ${are} covered by ${shorten(proposal.id)}: ` +
    `${covered.map(({ item }) => nameOf(item)).join(", ")}.`;
}

/** Answers what is covered, by the ask that was approved. Returns a sentence for each. */
export async function answerCoveredInWords(
  context: CommandContext,
  covered: Iterable<readonly [approved: Item, covered: readonly Shown[]]>,
): Promise<readonly string[]> {
  const sentences: string[] = [];
  await asOperator(context, async (actor) => {
    for (const [approved, moot] of covered) {
      for (const { item, failure } of await answerCovered(context.app, actor, approved, moot)) {
        sentences.push(
          failure
            ? `Did not answer ${nameOf(item)}: ${failure.message}.`
            : `Answered ${nameOf(item)}: ${coveredNotes(approved)}.`,
        );
      }
    }
  });
  return sentences;
}

/** On a terminal it asks; elsewhere it prints the command lines that answer them. */
export async function offerCovered(context: CommandContext, covered: CoveredBy): Promise<void> {
  const asks = [...covered].flatMap(([approved, moot]) =>
    moot.map(({ item, basis }) => ({ approved, id: item.proposal.id, basis }))
  );
  if (asks.length === 0 || context.json) return;
  context.out.line();
  for (const [approved, moot] of covered) {
    context.out.paragraph(coveredSentence(approved, moot));
  }
  if (!context.confirm) {
    for (const [index, { approved, id, basis }] of asks.entries()) {
      const words = ["approve", shorten(id), "--basis", shortHash(basis)];
      const line = context.next(...words, "--notes", coveredNotes(approved));
      context.out.line(`${index === 0 ? "Try:" : "    "} ${line}`);
    }
    return;
  }
  if (!await context.confirm(`Answer ${asks.length === 1 ? "it" : "them"} as covered?`)) return;
  const sentences = await answerCoveredInWords(context, covered);
  for (const sentence of sentences) context.out.paragraph(sentence);
}
