/** Moving in lists and texts: what is selected stays in sight, and no text scrolls past its end. */

import { keyOf } from "./actions.ts";
import type { Key } from "./keys.ts";
import { bodyRows, textRows } from "./page.ts";
import { isTooSmall, type State } from "./state.ts";

/** How far `key` moves where `page` rows are shown; undefined when it does not move. */
export function distance(key: Key, page: number): number | undefined {
  switch (key.name === "text" ? key.text : key.name) {
    case "up":
    case "k":
      return -1;
    case "down":
    case "j":
      return 1;
    case "page-up":
      return 1 - Math.max(page, 2);
    case "page-down":
    case " ":
      return Math.max(page, 2) - 1;
    case "home":
      return -Infinity;
    case "end":
      return Infinity;
    default:
      return undefined;
  }
}

/** `index` moved by `by`, within a list of `length`. */
export function moved(index: number, by: number, length: number): number {
  return Math.max(0, Math.min(index + by, length - 1));
}

/** The first row shown, so that row `selected` is among the `page` shown. */
function inSight(top: number, selected: number, page: number, length: number): number {
  const least = Math.max(0, selected - page + 1);
  return Math.max(0, Math.min(Math.max(top, least), selected, Math.max(0, length - page)));
}

/** The first row shown of a text, and the row after the last one that a person could see. */
function sight(state: State, top: number) {
  const rows = bodyRows(state);
  const { length } = textRows(state);
  const first = Math.max(0, Math.min(top, length - rows));
  return { top: first, end: isTooSmall(state.size) ? 0 : first + rows, length };
}

export function selectedIndex({ shown, selected }: State): number {
  return shown.findIndex((item) => keyOf(item) === selected);
}

/** What is on the screen, scrolled. Where it goes beyond an end, {@linkcode bounded} ends it. */
export function scrolled(state: State, by: number): State {
  const { screen, opened } = state;
  if (screen.name === "detail") {
    return opened?.detail ? { ...state, opened: { ...opened, top: opened.top + by } } : state;
  }
  return "top" in screen ? { ...state, screen: { ...screen, top: screen.top + by } } : state;
}

/** Everything in its bounds, after whatever has changed. */
export function bounded(state: State): State {
  const { screen, opened } = state;
  switch (screen.name) {
    case "list":
    case "filter": {
      const { length } = state.shown;
      const top = inSight(state.top, Math.max(0, selectedIndex(state)), bodyRows(state), length);
      return { ...state, top };
    }
    case "recent": {
      const length = screen.recents?.length ?? 0;
      const selected = moved(screen.selected, 0, length);
      const top = inSight(screen.top, selected, bodyRows(state), length);
      return { ...state, screen: { ...screen, selected, top } };
    }
    case "detail": {
      // Until it has been read again, a detail keeps its place.
      if (!opened?.detail) return state;
      const { top, end, length } = sight(state, opened.top);
      return { ...state, opened: { ...opened, top, isSeen: opened.isSeen || end >= length } };
    }
    case "confirm": {
      const { top, end, length } = sight(state, screen.top);
      const seenRows = top <= screen.seenRows ? Math.max(screen.seenRows, end) : screen.seenRows;
      const isSeen = screen.isSeen || seenRows >= length;
      return { ...state, screen: { ...screen, top, seenRows, isSeen } };
    }
    case "write":
    case "message":
    case "help":
      return { ...state, screen: { ...screen, top: sight(state, screen.top).top } };
  }
}
