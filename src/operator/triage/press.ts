/** What each key does on each screen. */

import { keyOf } from "./actions.ts";
import { begin, open, pressConfirm, pressInput } from "./answer.ts";
import type { Key } from "./keys.ts";
import { bodyRows } from "./page.ts";
import { distance, moved, selectedIndex } from "./scroll.ts";
import {
  isTooSmall,
  type Recall,
  type Screen,
  selectedItem,
  type State,
  type Step,
  step,
} from "./state.ts";

/** A key as the commands know it: the character that was typed, or the key's name. */
function commandOf(key: Key): string {
  // What is pasted is no command, whatever it holds.
  return key.name === "text" ? key.text : key.name;
}

/** The one rule of what answers a question: a single key, after a pause in which it was seen. */
function mayAnswer({ isQuiet }: State, isBurst: boolean): boolean {
  return isQuiet && !isBurst;
}

/** `isBurst` tells a key that came together with others. */
export function press(before: State, key: Key, isBurst: boolean): Step {
  const state = { ...before, notice: "" };
  if (state.work) {
    const isQuit = key.name === "interrupt" || commandOf(key) === "q";
    return step({ ...state, isEnding: state.isEnding || isQuit });
  }
  if (key.name === "interrupt") return step({ ...state, isEnding: true });
  // Nobody can decide on what cannot be seen.
  if (isTooSmall(state.size)) return step(state);
  const { screen } = state;
  switch (screen.name) {
    case "list":
      return pressList(state, key);
    case "recent":
      return pressRecall(state, screen, key);
    case "input":
      // Letters and the keys of the field are for the text.
      return key.name === "page-up" || key.name === "page-down" || key.name === "up" ||
          key.name === "down"
        ? step(scrolled(state, screen, distance(key, bodyRows(state)) ?? 0))
        : pressInput(state, screen, key, isBurst);
    case "confirm":
    case "confirm-undo":
      return mayAnswer(state, isBurst) || isAside(state, key, isBurst)
        ? pressText(state, screen, key)
        : step(state);
    case "message":
      return ["c", "d"].includes(commandOf(key)) && !mayAnswer(state, isBurst)
        ? step(state)
        : pressText(state, screen, key);
    case "detail":
    case "help":
      return pressText(state, screen, key);
  }
}

/** Whether `key` only scrolls a question, or is the Escape key, which no text has alone. */
function isAside(state: State, key: Key, isBurst: boolean): boolean {
  return distance(key, bodyRows(state)) !== undefined || key.name === "escape" && !isBurst;
}

function pressList(state: State, key: Key): Step {
  const by = distance(key, bodyRows(state));
  const { items = [] } = state;
  if (by !== undefined) {
    const item = items[moved(selectedIndex(state), by, items.length)];
    return step(item ? { ...state, selected: keyOf(item) } : state);
  }
  const item = selectedItem(state);
  switch (commandOf(key)) {
    case "enter":
    case "right":
      return item ? open(state, item) : step(state);
    // What was not shown can be neither approved nor changed: it is shown first.
    case "a":
      return item ? open({ ...state, notice: "Read it, then a approves it." }, item) : step(state);
    case "m":
      return item ? open({ ...state, notice: "Read it, then m changes it." }, item) : step(state);
    case "r": {
      if (!item) return step(state);
      const opened = open(state, item);
      return step(begin(opened.state, "reject").state, ...opened.effects);
    }
    case "q":
      return step({ ...state, isEnding: true });
    default:
      return pressAnywhere(state, key);
  }
}

/** Keys of every screen on which nothing is asked. */
function pressAnywhere(state: State, key: Key): Step {
  const { screen } = state;
  switch (commandOf(key)) {
    case "?":
      return step({ ...state, screen: { name: "help", top: 0, back: screen } });
    case "u":
      return step(
        { ...state, screen: { name: "recent", recents: undefined, selected: 0, top: 0 } },
        { name: "recent" },
      );
    default:
      return step(state);
  }
}

type Text = Extract<
  Screen,
  { name: "detail" | "confirm" | "confirm-undo" | "message" | "help" }
>;

function pressText(state: State, screen: Text, key: Key): Step {
  const by = distance(key, bodyRows(state));
  if (by !== undefined) return step(scrolled(state, screen, by));
  const command = commandOf(key);
  const isBack = command === "escape" || command === "left" || command === "q";
  switch (screen.name) {
    case "detail":
      if (isBack) return step({ ...state, screen: { name: "list" }, opened: undefined });
      if (command === "a") return begin(state, "approve");
      if (command === "m") return begin(state, "modify");
      if (command === "r") return begin(state, "reject");
      return pressAnywhere(state, key);
    case "confirm":
      return isBack
        ? step({ ...state, screen: { name: "detail" } })
        : pressConfirm(state, screen, key);
    case "confirm-undo":
      if (isBack) return step({ ...state, screen: screen.back });
      if (command !== "enter") return step(state);
      return step(
        { ...state, work: { name: "undo", recent: screen.recent } },
        { name: "undo", recent: screen.recent },
      );
    case "message":
      return pressMessage(state, screen, command, isBack);
    case "help":
      return isBack || command === "enter" || command === "?"
        ? step({ ...state, screen: screen.back })
        : step(state);
  }
}

function pressMessage(
  state: State,
  screen: Extract<Screen, { name: "message" }>,
  command: string,
  isBack: boolean,
): Step {
  if (command === "c" && screen.cover) {
    return step({ ...state, work: { name: "cover" } }, { name: "cover", ...screen.cover });
  }
  if (command === "d" && screen.draft !== undefined) {
    const drafts = new Map(state.drafts);
    drafts.delete(screen.draft);
    return step({ ...state, drafts, screen: screen.back });
  }
  return isBack || command === "enter" ? step({ ...state, screen: screen.back }) : step(state);
}

function pressRecall(state: State, screen: Recall, key: Key): Step {
  const { recents = [] } = screen;
  const by = distance(key, bodyRows(state));
  if (by !== undefined) {
    return step({
      ...state,
      screen: { ...screen, selected: moved(screen.selected, by, recents.length) },
    });
  }
  const recent = recents[screen.selected];
  switch (commandOf(key)) {
    case "escape":
    case "left":
    case "q":
      return step({ ...state, screen: { name: state.opened ? "detail" : "list" } });
    case "enter":
    case "right":
      return recent
        ? step({ ...state, screen: { name: "confirm-undo", recent, top: 0, back: screen } })
        : step(state);
    default:
      return step(state);
  }
}

/** Where it goes beyond an end is put right for every change together. */
function scrolled(state: State, screen: Text | Extract<Screen, { name: "input" }>, by: number) {
  if (screen.name === "detail" || screen.name === "input") {
    const { opened } = state;
    return opened?.detail ? { ...state, opened: { ...opened, top: opened.top + by } } : state;
  }
  return { ...state, screen: { ...screen, top: screen.top + by } };
}
