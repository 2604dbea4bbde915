/** What is on the screen when an action has ended: the next ask, or a message that must be read. */

import { outcomeLines } from "../text/several.ts";
import { keyOf } from "./actions.ts";
import { open } from "./card.ts";
import { moved } from "./scroll.ts";
import { type Screen, type ScreenEvent, type State, step, type Transition } from "./state.ts";

export function done(
  state: State,
  { sentences, line, became, covers }: Extract<ScreenEvent, { name: "done" }>,
): Transition {
  const { work } = state;
  if (!work) return step(state);
  const key = "item" in work ? keyOf(work.item) : undefined;
  const drafts = new Map(state.drafts);
  if (key !== undefined) drafts.delete(key);
  const text = [...became ? outcomeLines(became) : [], ...sentences];
  const after: State = {
    ...ended(state, text),
    drafts,
    marked: became ? new Set() : state.marked,
    opened: undefined,
    screen: { name: "list" },
  };
  if (line !== undefined && key !== undefined) return next({ ...after, notice: line }, key);
  return step({ ...after, screen: message("Done", text, after.screen, covers) }, { name: "list" });
}

/** Opens the ask below the one that was answered, else the last one above it. */
function next(state: State, key: string): Transition {
  const at = state.shown.findIndex((item) => keyOf(item) === key);
  const left = state.shown.filter((item) => keyOf(item) !== key);
  const item = left[moved(at, 0, left.length)];
  if (!item) return step(state, { name: "list" });
  const opened = open({ ...state, selected: keyOf(item) }, item);
  return step(opened.state, { name: "list" }, ...opened.effects);
}

export function failed(
  state: State,
  { task, code, message: said, next }: Extract<ScreenEvent, { name: "failed" }>,
): Transition {
  const notice = sentenceOf(said);
  const text = next === undefined ? [notice] : [notice, `Try: ${next}`];
  const told = (before: State, back: Screen): State => ({
    ...before,
    screen: message("Failed", text, back),
  });
  switch (task.name) {
    case "list":
      return step({ ...state, items: state.items ?? [], notice });
    case "detail": {
      const { opened, work, screen } = state;
      if (!opened || keyOf(opened.item) !== keyOf(task.item) || work) return step(state);
      // What is being written, and what was said, stay in sight.
      if (screen.name === "write") return step({ ...state, notice });
      if (screen.name !== "detail" && screen.name !== "confirm") return step(state);
      return step(told({ ...state, opened: undefined }, { name: "list" }), { name: "list" });
    }
    case "recent":
    case "undoing":
      return step(told(state, { name: "list" }));
    case "approve":
    case "modify":
    case "reject": {
      if (code !== "changed") break;
      // The new detail is shown in place of the one that no longer holds.
      const opened = open({ ...ended(state, text), notice }, task.item, task.edited);
      return step(opened.state, { name: "list" }, ...opened.effects);
    }
  }
  const back: Screen = { name: "item" in task ? "detail" : "list" };
  return step(told(ended(state, text), back), { name: "list" });
}

function ended(state: State, text: readonly string[]): State {
  return { ...state, parting: state.isEnding ? text : [], work: undefined };
}

function message(
  title: string,
  text: readonly string[],
  back: Screen,
  covers?: Extract<ScreenEvent, { name: "done" }>["covers"],
): Screen {
  return { name: "message", title, text, top: 0, back, covers };
}

function sentenceOf(message: string): string {
  const text = message.slice(0, 1).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
