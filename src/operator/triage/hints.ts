/** The last row: the keys that do something now. */

import type { State } from "./state.ts";
import { isTooSmall } from "./state.ts";

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
  if (state.work) return state.isEnding ? [] : ["q quit when done"];
  switch (screen.name) {
    case "list":
      return state.items?.length
        ? [
          "Enter open",
          "a approve",
          "m modify",
          "r reject",
          "u undo",
          "j/k move",
          HELP,
          "q quit",
        ]
        : ["u undo", HELP, "q quit"];
    case "detail":
      return [
        ...state.opened?.detail?.canApprove
          ? [state.opened.isSeen ? "a approve" : "Space on, then a approve"]
          : [],
        ...state.opened?.detail ? ["m modify"] : [],
        "r reject",
        ...state.opened?.isSeen ? ["Space scroll"] : [],
        "u undo",
        HELP,
        "q back",
      ];
    case "input":
      return [
        screen.verb === "reject" ? "Enter reject" : "Enter go on",
        "PgUp/PgDn scroll",
        "Ctrl-W word",
        "Ctrl-U start",
        "Esc back, text kept",
      ];
    case "confirm":
      return [...state.isQuiet ? [`Enter ${screen.verb}`] : [], "PgUp/PgDn scroll", "Esc back"];
    case "recent":
      return screen.recents?.length ? ["Enter undo", "j/k move", "q back"] : ["q back"];
    case "confirm-undo":
      return [...state.isQuiet ? ["Enter undo"] : [], "Esc back"];
    case "message":
      return [
        ...screen.cover && state.isQuiet ? ["c answer as covered"] : [],
        ...screen.draft !== undefined && state.isQuiet ? ["d drop the text"] : [],
        screen.draft === undefined ? "Enter go on" : "Enter go on, text kept",
      ];
    case "help":
      return ["Space scroll", "q back"];
  }
}
