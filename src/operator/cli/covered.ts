/** Asks that became moot: the live files grant them already, so answering them changes nothing. */

import type { Item } from "../../queue/item.ts";
import { changedIn, type Plan } from "../apply/plan.ts";
import { Failure } from "../failure.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { approvableText } from "./approvable.ts";
import { basisOf } from "./basis.ts";
import type { CommandContext } from "./command.ts";
import { outlookOn } from "./outlook.ts";
import { settle } from "./settle.ts";
import { shorten } from "./short_id.ts";

/** An open ask that the live files grant, and the basis on which that was seen. */
export interface Covered {
  readonly item: Item;
  readonly basis: string;
}

/** The length of an ask in a sentence, in columns. */
const MAX_ASKS = 60;

/** So many asks are compared with the live files at most: each comparison is work. */
const MAX_COMPARED = 64;

/**
 * The asks of the bottle of `approved` that are pending and that `applied`, what was done for it, made
 * moot: they need nothing more, and did before. None where the queue cannot be read.
 */
export async function coveredBy(
  context: CommandContext,
  approved: Item,
  applied: Plan,
): Promise<readonly Covered[]> {
  if (changedIn(applied).length === 0) return [];
  const { items } = await context.app.desk.list({ slug: approved.slug }).catch(() => ({
    items: [],
  }));
  const others = items.filter(({ proposal: { id }, state }) =>
    id !== approved.proposal.id && state === "pending"
  );
  const covered: Covered[] = [];
  for (const item of others.slice(0, MAX_COMPARED)) {
    const text = approvableText(item.proposal);
    if (text === undefined) continue;
    const outlook = await outlookOn(context, item, text);
    if (!outlook.plan || !grantsAll(outlook.plan)) continue;
    if (!isOwedTo(applied, outlook.plan, text)) continue;
    covered.push({ item, basis: basisOf(item.proposal, text, outlook) });
  }
  return covered;
}

/** A notice says that the agent gets something else than it asked for, such as no credential. */
function grantsAll(plan: Plan): boolean {
  return plan.files.length > 0 && changedIn(plan).length === 0 && plan.notices.length === 0;
}

/** Whether a file that `applied` changed would have had to be changed for `text` as well. */
function isOwedTo(applied: Plan, plan: Plan, text: string): boolean {
  return plan.files.some(({ change, target }) => {
    const before = changedIn(applied).find((file) => file.target.kind === target.kind)?.before;
    return before !== undefined && change.add(before, text).kind === "changed";
  });
}

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

/** What the agent reads. */
export function coveredNotes(approved: Item): string {
  return `covered by ${shorten(approved.proposal.id)}, which was approved`;
}

/** Approves what is covered, each by its own story. Returns a sentence for each. */
export async function answerCovered(
  context: CommandContext,
  approved: Item,
  covered: readonly Covered[],
): Promise<readonly string[]> {
  const notes = coveredNotes(approved);
  const sentences: string[] = [];
  for (const one of covered) {
    try {
      await settle(context, one.item, {
        ...{ status: "approved", notes, finalFile: null },
        ...{ basis: one.basis, takeOver: false },
      });
      sentences.push(`Answered ${nameOf(one)}: ${notes}.`);
    } catch (error) {
      // The next one may be as it was.
      if (!(error instanceof Failure)) throw error;
      sentences.push(`Did not answer ${nameOf(one)}: ${error.message}.`);
    }
  }
  return sentences;
}
