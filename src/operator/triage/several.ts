/** Several asks that are marked in the list and answered together, with one question. */

import type { Item } from "../../queue/item.ts";
import { type Chosen, type Detail, keyOf } from "./actions.ts";
import { ordered } from "./arrange.ts";
import { ask, NO_REASON, typed } from "./answer.ts";
import { step, type Transition } from "./events.ts";
import { fieldOf } from "./field.ts";
import type { Key } from "./keys.ts";
import { moved, selectedIndex } from "./scroll.ts";
import type { Reason, State, Surveyed } from "./state.ts";

/** Marks the selected ask, or takes its mark away, and goes on to the next. */
export function mark(state: State): State {
  const { selected, shown } = state;
  if (selected === undefined) return state;
  const marked = new Set(state.marked);
  if (!marked.delete(selected)) marked.add(selected);
  const next = shown[moved(selectedIndex(state), 1, shown.length)];
  return { ...state, marked, selected: next && keyOf(next) };
}

/** Those that are marked, in the order of the list, also those that the filter hides. */
function markedItems({ items = [], marked }: State): readonly Item[] {
  return ordered(items).filter((item) => marked.has(keyOf(item)));
}

/** Reads what each would grow: the question shows it. */
export function approveMarked(state: State): Transition {
  const items = markedItems(state);
  const columns = state.size.columns;
  return step({ ...state, work: { name: "survey" } }, { name: "survey", items, columns });
}

/** All that is marked can be rejected with one reason. */
export function rejectMarked(state: State): State {
  const items = markedItems(state);
  return { ...state, screen: { name: "reason", items, field: fieldOf(""), top: 0 } };
}

/** What was read of those that are to be approved, or of those that are to be rejected. */
export function surveyed(state: State, asks: readonly Surveyed[]): State {
  if (state.screen.name === "list") {
    const judged = asks.map((one) => ({ ...one, why: one.why ?? whyAlone(one.detail) }));
    return ask(state, { name: "several", verb: "approve", asks: judged, notes: "" });
  }
  if (state.screen.name !== "reason") return state;
  const notes = state.screen.field.text.trim();
  return ask(state, { name: "several", verb: "reject", asks, notes });
}

/** Why it cannot be approved with others. What is approved together must be shown in full. */
function whyAlone(detail: Detail | undefined): string | undefined {
  if (!detail) return "it could not be read";
  return detail.canApprove ? detail.alone : detail.why ?? "it cannot be approved as it stands";
}

export function chosenOf(asks: readonly Surveyed[]): Chosen[] {
  return asks.flatMap(({ item, detail, why }) =>
    detail && why === undefined ? [{ item, basis: detail.basis }] : []
  );
}

/** A key in the reason to reject several, which is no key that scrolls. */
export function pressReason(state: State, screen: Reason, key: Key, isBurst: boolean): Transition {
  const { items, field } = screen;
  if (key.name === "escape") return step({ ...state, screen: { name: "list" } });
  if (key.name === "enter" && !isBurst) {
    if (field.text.trim() === "") return step({ ...state, notice: NO_REASON });
    const columns = state.size.columns;
    return step({ ...state, work: { name: "survey" } }, { name: "survey", items, columns });
  }
  const after = typed(field, key);
  if (!after) return step(state);
  return step({ ...state, screen: { ...screen, field: after.field }, notice: after.notice });
}
