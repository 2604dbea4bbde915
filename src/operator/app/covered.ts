/** Asks that became moot: the live files grant them already, so answering them changes nothing. */

import type { Item } from "../../queue/item.ts";
import { changedIn, type Plan } from "../apply/plan.ts";
import type { App } from "./app.ts";
import { approvableText } from "./approvable.ts";
import { basisOf } from "./basis.ts";
import { previewOf } from "./preview.ts";
import { shorten } from "./shorten.ts";

/** An ask as it was shown: what an answer is bound to. */
export interface Shown {
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
): Promise<readonly Shown[]> {
  if (changedIn(applied).length === 0) return [];
  const { items } = await app.desk.list({ slug: approved.slug }).catch(() => ({ items: [] }));
  const others = items.filter(({ proposal: { id }, state }) =>
    id !== approved.proposal.id && state === "pending"
  );
  const covered: Shown[] = [];
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
