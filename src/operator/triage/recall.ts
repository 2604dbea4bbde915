/** Taking an approval back: the list of them, and what it would change, with the notes to the agent. */

import { nameOf } from "../text/several.ts";
import type { Recent } from "./actions.ts";
import { commandOf, type Key } from "./keys.ts";
import { bodyRows } from "./page.ts";
import { distance, moved } from "./scroll.ts";
import { type Recall, type State, step, type Transition } from "./state.ts";
import { write } from "./write.ts";

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
      return recent ? begin(state, recent) : step(state);
    default:
      return step(state);
  }
}

function begin(state: State, recent: Recent): Transition {
  const writing = write(state, {
    title: `Undo ${nameOf(recent.slug, recent.id)}`,
    about: { name: "undo", recent, rows: undefined },
    text: "",
    top: 0,
    back: state.screen,
  });
  return step(writing, { name: "undoing", recent, columns: state.size.columns });
}
