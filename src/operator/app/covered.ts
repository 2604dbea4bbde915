/** Asks that became moot: the live files grant them already, so answering them changes nothing. */

import type { Item } from "../../queue/item.ts";
import { changedIn, type Plan } from "../apply/plan.ts";
import { Failure } from "../failure.ts";
import { approvableText } from "./approvable.ts";
import { basisOf } from "./basis.ts";
import type { App } from "./app.ts";
import { previewOf } from "./preview.ts";
import type { Actor } from "./actor.ts";
import { answer } from "./answer.ts";
import { shorten } from "./short_id.ts";

/** An open ask that the live files grant, and the basis on which that was seen. */
export interface Covered {
  readonly item: Item;
  readonly basis: string;
}

/** So many asks are compared with the live files at most: each comparison is work. */
const MAX_COMPARED = 64;

/**
 * The asks of the bottle of `approved` that are pending and that `applied`, what was done for it, made
 * moot: they need nothing more, and did before. None where the queue cannot be read.
 */
export async function coveredBy(
  app: App,
  approved: Item,
  applied: Plan,
): Promise<readonly Covered[]> {
  if (changedIn(applied).length === 0) return [];
  const { items } = await app.desk.list({ slug: approved.slug }).catch(() => ({
    items: [],
  }));
  const others = items.filter(({ proposal: { id }, state }) =>
    id !== approved.proposal.id && state === "pending"
  );
  const covered: Covered[] = [];
  for (const item of others.slice(0, MAX_COMPARED)) {
    const text = approvableText(item.proposal);
    if (text === undefined) continue;
    const preview = await previewOf(app, item, text);
    if (!preview.plan || !grantsAll(preview.plan)) continue;
    if (!isOwedTo(applied, preview.plan, text)) continue;
    covered.push({ item, basis: basisOf(item.proposal, text, preview) });
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

/** What the agent reads. */
export function coveredNotes({ proposal }: Item): string {
  return `covered by ${shorten(proposal.id)}, which was approved`;
}

/** Approves what the approval of `approved` covers, each by its own story. Returns what became of each. */
export async function answerCovered(
  app: App,
  actor: Actor,
  approved: Item,
  covered: readonly Covered[],
): Promise<readonly { readonly covered: Covered; readonly failure?: Failure }[]> {
  const notes = coveredNotes(approved);
  const outcomes = [];
  for (const one of covered) {
    const { item, basis } = one;
    try {
      await answer(app, actor, item, {
        status: "approved",
        notes,
        finalFile: null,
        basis,
        takeOver: false,
      });
      outcomes.push({ covered: one });
    } catch (failure) {
      // The next one may be as it was.
      if (!(failure instanceof Failure)) throw failure;
      outcomes.push({ covered: one, failure });
    }
  }
  return outcomes;
}
