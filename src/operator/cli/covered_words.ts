/** The sentences for asks that an approval made moot, and for what became of them. */

import type { Item } from "../../queue/item.ts";
import type { App } from "../app/app.ts";
import type { Actor } from "../app/actor.ts";
import { answerCovered, type Covered, coveredNotes } from "../app/covered.ts";
import { shorten } from "../app/short_id.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";

/** The length of an ask in a sentence, in columns. */
const MAX_ASKS = 60;

/** `1a2b3c4d (api.github.com, 1 path)` */
function nameOf({ item: { proposal } }: Covered): string {
  return `${shorten(proposal.id)} (${oneLine(reviewOf(proposal), MAX_ASKS)})`;
}

/** Names them all in one sentence. */
export function coveredSentence(covered: readonly Covered[]): string {
  const [asks, are] = covered.length === 1 ? ["ask", "is"] : ["asks", "are"];
  return `${covered.length} more open ${asks} ${are} covered by it: ` +
    `${covered.map(nameOf).join(", ")}.`;
}

/** Answers what is covered. Returns a sentence for each. */
export async function answerCoveredInWords(
  app: App,
  actor: Actor,
  approved: Item,
  covered: readonly Covered[],
): Promise<readonly string[]> {
  const outcomes = await answerCovered(app, actor, approved, covered);
  return outcomes.map(({ covered, failure }) =>
    failure
      ? `Did not answer ${nameOf(covered)}: ${failure.message}.`
      : `Answered ${nameOf(covered)}: ${coveredNotes(approved)}.`
  );
}
