/** Taking an approval back: the list of them, what it would change, and the notes to the agent. */

import type { Recent } from "./actions.ts";
import { ask, typed } from "./answer.ts";
import { step, type Transition } from "./events.ts";
import { fieldOf } from "./field.ts";
import type { Key } from "./keys.ts";
import { commandOf } from "./keys.ts";
import { bodyRows } from "./page.ts";
import { distance, moved } from "./scroll.ts";
import type { Recall, State, UndoScreen } from "./state.ts";

export function recall(state: State): Transition {
  const screen: Recall = { name: "recent", recents: undefined, selected: 0, top: 0 };
  return step({ ...state, screen }, { name: "recent" });
}

export function pressRecall(state: State, screen: Recall, key: Key): Transition {
  const { recents = [] } = screen;
  const by = distance(key, bodyRows(state));
  if (by !== undefined) {
    const selected = moved(screen.selected, by, recents.length);
    return step({ ...state, screen: { ...screen, selected } });
  }
  const recent = recents[screen.selected];
  switch (commandOf(key)) {
    case "escape":
    case "left":
    case "q":
      return step({ ...state, screen: { name: state.opened ? "detail" : "list" } });
    case "enter":
    case "right":
      return recent ? begin(state, screen, recent) : step(state);
    default:
      return step(state);
  }
}

function begin(state: State, back: Recall, recent: Recent): Transition {
  const screen: UndoScreen = {
    name: "undo",
    recent,
    rows: undefined,
    field: fieldOf(""),
    top: 0,
    back,
  };
  const columns = state.size.columns;
  return step({ ...state, screen }, { name: "undoing", recent, columns });
}

/** A key in the notes of an undo, which is no key that scrolls. */
export function pressUndoing(
  state: State,
  screen: UndoScreen,
  key: Key,
  isBurst: boolean,
): Transition {
  const { recent, rows, field, back } = screen;
  if (key.name === "escape") return step({ ...state, screen: back });
  if (key.name === "enter" && !isBurst) {
    if (!rows) return step({ ...state, notice: "It is still being read: wait for it." });
    return step(ask(state, { name: "undo", recent, rows, notes: field.text.trim() }));
  }
  const after = typed(field, key);
  if (!after) return step(state);
  return step({ ...state, screen: { ...screen, field: after.field }, notice: after.notice });
}
