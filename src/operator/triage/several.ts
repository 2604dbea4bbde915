/** Several asks that are marked in the list and answered together, with one question. */

import type { Item } from "../../queue/item.ts";
import { count } from "../review/kind.ts";
import { keyOf, type Surveyed } from "./actions.ts";
import { ordered } from "./arrange.ts";
import { ask, severalQuestion } from "./question.ts";
import { moved, selectedIndex } from "./scroll.ts";
import { start, type State, type Transition } from "./state.ts";
import { write } from "./write.ts";

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
  return start(state, {
    name: "survey",
    items: markedItems(state),
    columns: state.size.columns,
  });
}

/** All that is marked can be rejected with one reason. */
export function rejectMarked(state: State): State {
  const items = markedItems(state);
  return write(state, {
    title: `Reject ${count(items.length, "ask")}`,
    about: { name: "several", items },
    text: "",
    top: 0,
    back: state.screen,
  });
}

/** What was read of those that are to be approved, or of those that are to be rejected. */
export function surveyed(state: State, asks: readonly Surveyed[]): State {
  const { screen } = state;
  if (screen.name === "write") {
    return ask(state, severalQuestion("reject", asks, screen.field.text.trim()));
  }
  // What is approved together must be shown in full.
  const judged = asks.map((one) => ({
    ...one,
    why: one.why ?? one.detail?.why ?? one.detail?.alone,
  }));
  return ask(state, severalQuestion("approve", judged, ""));
}
