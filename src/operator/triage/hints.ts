/** The last row: the keys that do something now. */

import { type Confirm, isTooSmall, type State } from "./state.ts";

/** Names the keys that are not named. */
const HELP = "? help";

/** Where the row is too short the hints at the end go first, but never help and the way out. */
export function hints(state: State): string {
  const all = [...hintsOf(state)];
  while (true) {
    for (const gap of ["  ", " "]) {
      const row = all.join(gap);
      if (row.length <= state.size.columns) return row;
    }
    all.splice(all.findLastIndex((hint, index) => hint !== HELP && index < all.length - 1), 1);
  }
}

function hintsOf(state: State): readonly string[] {
  const { screen } = state;
  if (isTooSmall(state.size)) return ["Ctrl-C quit"];
  if (state.work) {
    if (state.isEnding) return [];
    return [state.work.name === "several" ? "q stop after this one" : "q quit when done"];
  }
  switch (screen.name) {
    case "list":
      return listHints(state);
    case "filter":
      return ["Enter keep", "Up/Down move", "Esc clear"];
    case "detail":
      return cardHints(state);
    case "write":
      return ["Enter go on", "PgUp/PgDn scroll", "Ctrl-W word", "Ctrl-U start", "Esc back"];
    case "confirm":
      return [...confirmHints(state, screen), "PgUp/PgDn scroll", "Esc back"];
    case "recent":
      return screen.recents?.length ? ["Enter undo", "j/k move", "q back"] : ["q back"];
    case "message":
      return [
        ...screen.covers?.length ? ["c answer as covered"] : [],
        ...screen.draft !== undefined ? ["d drop the text"] : [],
        screen.draft === undefined ? "Enter go on" : "Enter go on, text kept",
      ];
    case "help":
      return ["Space scroll", "q back"];
  }
}

function listHints({ items, filter, marked }: State): readonly string[] {
  if (!items?.length) return ["u undo", HELP, "q quit"];
  if (marked.size > 0) {
    const all = ` ${marked.size}`;
    return [`a approve${all}`, `r reject${all}`, "Space mark", "Esc unmark", HELP, "q quit"];
  }
  return [
    "Enter open",
    "a approve",
    "r reject",
    "Space mark",
    filter === "" ? "/ filter" : "Esc clear filter",
    "u undo",
    HELP,
    "q quit",
  ];
}

function cardHints({ opened, shown }: State): readonly string[] {
  const isEdited = opened?.edited !== undefined;
  return [
    ...opened?.detail && opened.detail.why === undefined
      ? [opened.isSeen ? "a approve" : "Space on, then a approve"]
      : [],
    ...opened?.detail ? [isEdited ? "m edit again" : "m modify"] : [],
    "r reject",
    ...shown.length > 1 ? ["n/p next"] : [],
    ...opened?.isSeen ? ["Space scroll"] : [],
    HELP,
    isEdited ? "q back to the ask" : "q back",
  ];
}

function confirmHints({ isQuiet }: State, { question, isSeen }: Confirm): readonly string[] {
  if (!question.enter) return [];
  if (question.isOnlyHere && !isSeen) return ["Space on"];
  return isQuiet ? [`Enter ${question.enter[1]}`] : [];
}
