/** Which asks the list shows and in which order, and which of them are new. */

import type { Item } from "../../queue/item.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { reviewOf } from "../review/mod.ts";
import { keyOf } from "./actions.ts";
import { moved, selectedIndex } from "./scroll.ts";
import type { State } from "./state.ts";

/** With other items or another filter. The selection stays with its ask, and in its row. */
export function arranged(state: State, items: readonly Item[], filter = state.filter): State {
  const at = Math.max(0, selectedIndex(state));
  const shown = ordered(items).filter((item) => holds(item, filter));
  // An ask that has gone leaves the selection to the one that is now in its place.
  const isThere = shown.some((item) => keyOf(item) === state.selected);
  const neighbour = shown[moved(at, 0, shown.length)];
  const selected = isThere ? state.selected : neighbour && keyOf(neighbour);
  const next = { ...state, items, shown, filter, selected };
  return { ...next, top: state.top + Math.max(0, selectedIndex(next)) - at };
}

/** Those that came since `before` was listed; at the first listing none did. */
export function arrivals(before: readonly Item[] | undefined, items: readonly Item[]): string[] {
  if (!before) return [];
  const known = new Set(before.map(keyOf));
  return items.map(keyOf).filter((key) => !known.has(key));
}

/** An agent that waits goes first; besides the order is that of the listing. */
export function ordered(items: readonly Item[]): readonly Item[] {
  const { waited = [], rest = [] } = Object.groupBy(
    items,
    ({ waiting, polledAt }) => waiting > 0 || polledAt !== undefined ? "waited" : "rest",
  );
  return [...waited, ...rest];
}

/** Read once for each proposal: a listing can hold thousands. */
const texts = new WeakMap<Proposal, string>();

function holds({ slug, proposal }: Item, filter: string): boolean {
  if (filter === "") return true;
  let text = texts.get(proposal);
  if (text === undefined) {
    const review = reviewOf(proposal);
    const subject = review.kind === "understood" ? review.subject : "";
    text = [slug, subject, proposal.tool, proposal.justification].join("\n").toLowerCase();
    texts.set(proposal, text);
  }
  return text.includes(filter.toLowerCase());
}
