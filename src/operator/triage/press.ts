/** What each key does on each screen. */

import { keyOf } from "./actions.ts";
import { arranged } from "./arrange.ts";
import { leaveCard, open, pressCard, writeAnswer } from "./card.ts";
import { edit, fieldOf } from "./field.ts";
import { commandOf, type Key } from "./keys.ts";
import { bodyRows } from "./page.ts";
import { ask, confirm, coverQuestion, dropQuestion } from "./question.ts";
import { pressRecall, recall } from "./recall.ts";
import { distance, moved, scrolled, selectedIndex } from "./scroll.ts";
import { approveMarked, mark, rejectMarked } from "./several.ts";
import {
  isTooSmall,
  type MessageScreen,
  type Screen,
  selectedItem,
  type State,
  step,
  type Transition,
} from "./state.ts";
import { pressWrite } from "./write.ts";

/** The one rule of what answers a question: a single key, after a pause in which it was seen. */
function mayAnswer({ isQuiet }: State, isBurst: boolean): boolean {
  return isQuiet && !isBurst;
}

/** `isBurst` tells a key that came together with others. */
export function press(before: State, key: Key, isBurst: boolean): Transition {
  const state = { ...before, notice: "" };
  if (state.work) {
    const isQuit = key.name === "interrupt" || commandOf(key) === "q";
    return step({ ...state, isEnding: state.isEnding || isQuit });
  }
  if (key.name === "interrupt") return step({ ...state, isEnding: true });
  // What is not on the screen cannot be decided on.
  if (isTooSmall(state.size)) return step(state);
  const { screen } = state;
  switch (screen.name) {
    case "list":
      return pressList(state, key);
    case "filter":
      return step(pressFilter(state, screen, key));
    case "recent":
      return pressRecall(state, screen, key);
    case "write":
      // Letters and the keys of the field are for its text; the others scroll what stands above it.
      return ["page-up", "page-down", "up", "down"].includes(key.name)
        ? step(scrolled(state, distance(key, bodyRows(state)) ?? 0))
        : pressWrite(state, screen, key, isBurst);
    case "confirm":
      return mayAnswer(state, isBurst) || isAside(state, key, isBurst)
        ? pressText(state, screen, key)
        : step(state);
    case "detail":
    case "message":
    case "help":
      return pressText(state, screen, key);
  }
}

/** Whether `key` only scrolls a question, or is the Escape key, which no text has alone. */
function isAside(state: State, key: Key, isBurst: boolean): boolean {
  return distance(key, bodyRows(state)) !== undefined || key.name === "escape" && !isBurst;
}

/** An ask is new until the selection was on it. */
function pressList(before: State, key: Key): Transition {
  const { state, effects } = pressRow(before, key);
  const looked = new Set([before.selected, state.selected]);
  const fresh = new Set(state.fresh.values().filter((key) => !looked.has(key)));
  return { state: { ...state, fresh }, effects };
}

function pressRow(state: State, key: Key): Transition {
  const command = commandOf(key);
  if (command === " ") return step(mark(state));
  const by = distance(key, bodyRows(state));
  if (by !== undefined) return step(moveSelection(state, by));
  const item = selectedItem(state);
  const hasMarks = state.marked.size > 0;
  switch (command) {
    case "enter":
    case "right":
      return item ? open(state, item) : step(state);
    // What was not shown can be neither approved nor changed: it is shown first.
    case "a":
      if (hasMarks) return approveMarked(state);
      return item ? open({ ...state, notice: "Read it, then a approves it." }, item) : step(state);
    case "m":
      return item ? open({ ...state, notice: "Read it, then m changes it." }, item) : step(state);
    case "r": {
      if (hasMarks) return step(rejectMarked(state));
      if (!item) return step(state);
      const { state: after, effects } = open(state, item);
      return step(after.opened ? writeAnswer(after, after.opened, "reject") : after, ...effects);
    }
    case "/":
      return step({ ...state, screen: { name: "filter", field: fieldOf(state.filter) } });
    case "escape":
      return step(
        state.filter === ""
          ? { ...state, marked: new Set() }
          : arranged(state, state.items ?? [], ""),
      );
    case "q":
      return step({ ...state, isEnding: true });
    default:
      return pressAnywhere(state, key);
  }
}

function moveSelection(state: State, by: number): State {
  const item = state.shown[moved(selectedIndex(state), by, state.shown.length)];
  return item ? { ...state, selected: keyOf(item) } : state;
}

/** The list follows each letter; Enter keeps the filter, Esc takes it away. */
function pressFilter(state: State, screen: Extract<Screen, { name: "filter" }>, key: Key): State {
  const { items = [] } = state;
  switch (key.name) {
    case "enter":
      return { ...state, screen: { name: "list" } };
    case "escape":
      return { ...arranged(state, items, ""), screen: { name: "list" } };
    case "up":
    case "down":
    case "page-up":
    case "page-down":
      return moveSelection(state, distance(key, bodyRows(state)) ?? 0);
    default: {
      const field = edit(screen.field, key);
      if (!field) return state;
      return { ...arranged(state, items, field.text.trim()), screen: { ...screen, field } };
    }
  }
}

/** Keys of every screen on which nothing is asked. */
function pressAnywhere(state: State, key: Key): Transition {
  const { screen } = state;
  switch (commandOf(key)) {
    case "?":
      return step({ ...state, screen: { name: "help", top: 0, back: screen } });
    case "u":
      return recall(state);
    default:
      return step(state);
  }
}

type Text = Extract<Screen, { name: "detail" | "confirm" | "message" | "help" }>;

function pressText(state: State, screen: Text, key: Key): Transition {
  const by = distance(key, bodyRows(state));
  if (by !== undefined) return step(scrolled(state, by));
  const command = commandOf(key);
  const isBack = command === "escape" || command === "left" || command === "q";
  switch (screen.name) {
    case "detail":
      if (isBack) return leaveCard(state);
      return state.opened && pressCard(state, state.opened, key) || pressAnywhere(state, key);
    case "confirm":
      if (isBack) return step({ ...state, screen: screen.back });
      return command === "enter" ? confirm(state, screen) : step(state);
    case "message":
      return step(pressMessage(state, screen, command, isBack));
    case "help":
      return isBack || command === "enter" || command === "?"
        ? step({ ...state, screen: screen.back })
        : step(state);
  }
}

function pressMessage(
  state: State,
  screen: MessageScreen,
  command: string,
  isBack: boolean,
): State {
  const { covers, draft } = screen;
  if (command === "c" && covers?.length) return ask(state, coverQuestion(covers));
  if (command === "d" && draft !== undefined) {
    return ask(state, dropQuestion(screen, draft, state.drafts.get(draft) ?? ""));
  }
  return isBack || command === "enter" ? { ...state, screen: screen.back } : state;
}
