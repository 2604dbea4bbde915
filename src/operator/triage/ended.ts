/** What is on the screen when an action has ended: the next ask, or a message that must be read. */

import { keyOf } from "./actions.ts";
import { open } from "./answer.ts";
import { type ScreenEvent, step, type Transition } from "./events.ts";
import { outcomeLines } from "../text/several.ts";
import { moved } from "./scroll.ts";
import type { Screen, State } from "./state.ts";

export function done(
  state: State,
  event: Extract<ScreenEvent, { name: "done" | "answered" }>,
): Transition {
  const { work } = state;
  if (!work) return step(state);
  const key = "key" in work ? work.key : undefined;
  const drafts = new Map(state.drafts);
  if (key !== undefined) drafts.delete(key);
  const text = event.name === "answered"
    ? [...outcomeLines(event.outcomes), ...event.sentences]
    : event.sentences;
  const after: State = {
    ...state,
    drafts,
    marked: event.name === "answered" ? new Set() : state.marked,
    parting: state.isEnding ? text : [],
    work: undefined,
    opened: undefined,
    screen: { name: "list" },
  };
  if (event.name === "done" && event.line !== undefined && key !== undefined) {
    return next({ ...after, notice: event.line }, key);
  }
  const cover = event.name === "done" && event.cover?.moot.length ? { cover: event.cover } : {};
  return step(
    {
      ...after,
      screen: { name: "message", title: "Done", text, top: 0, back: { name: "list" }, ...cover },
    },
    { name: "list" },
  );
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

export function failed(before: State, event: Extract<ScreenEvent, { name: "failed" }>): Transition {
  const { effect, code } = event;
  const said = sentenceOf(event.message);
  const text = event.next === undefined ? [said] : [said, `Try: ${event.next}`];
  const message = (back: Screen): Screen => ({
    name: "message",
    title: "Failed",
    text,
    top: 0,
    back,
  });
  switch (effect.name) {
    case "ring":
      return step(before);
    case "list":
      return step({ ...before, items: before.items ?? [], notice: said });
    case "detail":
      if (!before.opened || keyOf(before.opened.item) !== keyOf(effect.item) || before.work) {
        return step(before);
      }
      // What is being written, and what was said, stay in sight.
      if (before.screen.name === "input") return step({ ...before, notice: said });
      if (before.screen.name !== "detail" && before.screen.name !== "confirm") return step(before);
      return step({ ...before, opened: undefined, screen: message({ name: "list" }) }, {
        name: "list",
      });
    case "recent":
    case "undoing":
      return step({ ...before, screen: message({ name: "list" }) });
    case "edit":
    case "approve":
    case "modify":
    case "reject": {
      const state = ended(before, text);
      if (code !== "changed" || effect.name === "edit") {
        return step({ ...state, screen: message({ name: "detail" }) }, { name: "list" });
      }
      // The new detail is shown in place of the one that no longer holds.
      const opened = open({ ...state, notice: said }, effect.item, effect.edited);
      return step(opened.state, { name: "list" }, ...opened.effects);
    }
    case "survey":
    case "several":
    case "undo":
    case "cover":
      return step({ ...ended(before, text), screen: message({ name: "list" }) }, { name: "list" });
  }
}

function ended(state: State, text: readonly string[]): State {
  return { ...state, parting: state.isEnding ? text : [], work: undefined };
}

function sentenceOf(message: string): string {
  const text = message.slice(0, 1).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
