/** Says what an answer has done: to the proposal, to the live files, and for the agent. */

import type { Item } from "../../queue/item.ts";
import type { Answered } from "../app/answer.ts";
import type { Actor } from "../app/app.ts";
import { coveredBy } from "../app/covered.ts";
import { whyNothing } from "../app/preview.ts";
import { answerRecord } from "../app/records/answer.ts";
import { Stale } from "../app/refusals.ts";
import { shorten } from "../app/shorten.ts";
import { changedIn, type Plan } from "../apply/plan.ts";
import type { Telling } from "../live/apply_dependencies.ts";
import type { Review } from "../review/kind.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { offerCovered } from "./covered.ts";
import { printDiffs, remarksOn } from "./live_diff.ts";
import { reaches } from "./standing.ts";

/** The length of an ask that is repeated, in columns: a host's name can have 253. */
const MAX_ASKS = 100;

/** After an approval it also tells, and offers to answer, the asks that this one made moot. */
export async function report(
  context: CommandContext,
  item: Item,
  answered: Answered,
  review: Review,
): Promise<void> {
  const { decision, plan } = answered;
  const covered = plan ? await coveredBy(context.app, item, plan) : [];
  if (context.json) {
    const ids = covered.map(({ item: { proposal } }) => proposal.id);
    return context.out.json(answerRecord(item, decision, plan, ids));
  }
  for (const sentence of sentencesOn(item, answered, review)) context.out.paragraph(sentence);
  if (covered.length > 0) await offerCovered(context, new Map([[item, covered]]));
}

/** What was decided, what changed, what is left to do, and whom the answer reaches. */
export function sentencesOn(
  item: Item,
  { decision, plan, recovered, again }: Answered,
  review: Review,
): string[] {
  const { id, tool } = item.proposal;
  const { status } = decision;
  const verb = { approved: "Approved", modified: "Modified and approved", rejected: "Rejected" };
  const what = `${verb[status]} ${shorten(id)} (${tool}, bottle ${item.slug})`;
  const asks = review.kind === "understood" ? `: ${oneLine(review, MAX_ASKS)}` : "";
  return [
    ...recovered.map(({ sentence }) => sentence),
    `${again ? "Applied again what was undone. " : ""}${what}${asks}.`,
    ...plan ? appliedSentences(plan) : [],
    ...again ? againSentences(again) : [reaches(item)],
    ...status === "rejected" || plan ? [] : [byHand(tool)],
  ];
}

function againSentences({ told, untold }: Telling): readonly string[] {
  if (told.length === 0) return untold;
  const what = told.length === 1 ? "it holds" : `${told.map((id) => shorten(id)).join(", ")} hold`;
  return [`The agent is told that ${what} again.`, ...untold];
}

/** For each file what was done with it, and how its reader was told. */
function appliedSentences(plan: Plan): string[] {
  const changed = changedIn(plan);
  const told = changed.length > 0 ? changed : plan.files;
  return [
    ...told.map(({ target: { path, reload, check }, before, after }) => {
      const doings = [
        before === after ? "says it already" : "was changed",
        ...reload ? ["its reader was told"] : [],
        ...check ? ["the change was seen to be in effect"] : [],
      ];
      return `${path} ${doings.join(", ")}.`;
    }),
    ...changed.length > 0 ? remarksOn(plan) : [],
  ];
}

function byHand(tool: string): string {
  const rest = kindOf(tool)?.byHand;
  return `Nothing was applied, ${whyNothing(tool)}${rest ? `: ${rest}` : ""}.`;
}

/** Runs an approval as the operator, and prints what would change now where that is why it failed. */
export async function explaining<T>(
  context: CommandContext,
  approve: (actor: Actor) => Promise<T>,
): Promise<T> {
  try {
    return await asOperator(context, approve);
  } catch (error) {
    if (error instanceof Stale && error.plan && !context.json) {
      printDiffs(context.out, error.plan, false);
    }
    throw error;
  }
}
