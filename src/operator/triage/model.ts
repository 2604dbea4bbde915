/** The triage screen without a terminal: a state, an event, and what then is and is to be done. */

import type { Item } from "../../queue/item.ts";
import { keyOf } from "./actions.ts";
import { open } from "./answer.ts";
import { press } from "./press.ts";
import { bounded, moved, selectedIndex } from "./scroll.ts";
import {
  type Effect,
  type Event,
  isGone,
  nameOf,
  type Screen,
  type State,
  type Step,
  step,
} from "./state.ts";

const GONE = "It was answered, taken back by the agent, or has expired";

export function update(before: State, event: Event): Step {
  const { state, effects } = happen(before, event);
  const after = bounded(tellGone(state));
  // What was typed before a screen could be seen is no answer to what it asks.
  const isNew = after.screen.name !== before.screen.name || event.name === "resized";
  return { state: isNew ? { ...after, isQuiet: false } : after, effects };
}

function happen(state: State, event: Event): Step {
  switch (event.name) {
    case "key":
      return press(state, event.key, event.isBurst);
    case "typed":
      return step({ ...state, isQuiet: false });
    case "quiet": {
      const { screen } = state;
      const seen = screen.name === "input" ? { ...screen, wasQuiet: true } : screen;
      return step({ ...state, screen: seen, isQuiet: true });
    }
    case "resized":
      return step({ ...state, size: event.size }, ...rereading(event.size.columns, state.opened));
    case "listed":
      return listed(state, event);
    case "detailed":
      return step(detailed(state, event));
    case "recalled":
      return step(
        state.screen.name === "recent"
          ? { ...state, screen: { ...state.screen, recents: event.recents } }
          : state,
      );
    case "done":
      return done(state, event);
    case "failed":
      return failed(state, event);
    case "noted":
      return step({ ...state, notice: event.message });
    case "stopped":
      return step({ ...state, isEnding: true });
  }
}

function listed(state: State, { items, skipped }: Extract<Event, { name: "listed" }>): Step {
  // Whoever looked at one that has gone goes on with the one that is in its place.
  const at = Math.max(0, selectedIndex(state));
  const isThere = items.some((item) => keyOf(item) === state.selected);
  const neighbour = items[moved(at, 0, items.length)];
  const selected = isThere ? state.selected : neighbour && keyOf(neighbour);
  const key = state.opened && keyOf(state.opened.item);
  const item = items.find((item) => keyOf(item) === key);
  return step(
    { ...state, items, skipped, selected },
    ...rereading(state.size.columns, item && { item }),
  );
}

function rereading(columns: number, of: { readonly item: Item } | undefined): Effect[] {
  return of ? [{ name: "detail", item: of.item, columns }] : [];
}

function detailed(state: State, event: Extract<Event, { name: "detailed" }>): State {
  const { opened, screen, size } = state;
  const { item, detail, columns } = event;
  if (!opened || keyOf(opened.item) !== keyOf(item) || columns !== size.columns) return state;
  const hasChanged = opened.detail !== undefined && opened.detail.basis !== detail.basis;
  const seen = hasChanged ? { top: 0, isSeen: false } : { top: opened.top, isSeen: opened.isSeen };
  const read = { ...state, opened: { item, detail, ...seen } };
  if (screen.name === "input") {
    return { ...read, screen: { ...screen, basis: screen.basis ?? detail.basis } };
  }
  if (!hasChanged || state.work) return read;
  const notice = "It has changed since it was shown: read it again.";
  if (screen.name === "confirm") return { ...read, screen: { name: "detail" }, notice };
  return screen.name === "detail" ? { ...read, notice } : read;
}

function done(state: State, { sentences, cover }: Extract<Event, { name: "done" }>): Step {
  const { work } = state;
  if (!work) return step(state);
  const drafts = new Map(state.drafts);
  if ("key" in work) drafts.delete(work.key);
  const message: Screen = {
    name: "message",
    title: "Done",
    text: sentences,
    top: 0,
    back: { name: "list" },
    ...cover?.moot.length ? { cover } : {},
  };
  const parting = state.isEnding ? sentences : [];
  return step(
    { ...state, drafts, parting, work: undefined, opened: undefined, screen: message },
    { name: "list" },
  );
}

function failed(before: State, event: Extract<Event, { name: "failed" }>): Step {
  const { effect, code, next } = event;
  const said = sentenceOf(event.message);
  const text = next === undefined ? [said] : [said, `Try: ${next}`];
  switch (effect.name) {
    case "list":
      return step({ ...before, items: before.items ?? [], notice: said });
    case "detail":
      if (!before.opened || keyOf(before.opened.item) !== keyOf(effect.item) || before.work) {
        return step(before);
      }
      // What is being written, and what was said, stay in sight.
      if (before.screen.name === "input") return step({ ...before, notice: said });
      if (before.screen.name !== "detail" && before.screen.name !== "confirm") return step(before);
      return step({
        ...before,
        opened: undefined,
        screen: { name: "message", title: "Failed", text, top: 0, back: { name: "list" } },
      }, { name: "list" });
    case "recent":
      return step({
        ...before,
        screen: { name: "message", title: "Failed", text, top: 0, back: { name: "list" } },
      });
    case "undo":
    case "cover":
    case "approve":
    case "modify":
    case "reject": {
      const parting = before.isEnding ? text : [];
      const state = { ...before, parting, work: undefined };
      if ("notes" in effect && code === "changed") {
        // The new detail is shown in place of the one that no longer holds.
        const opened = open({ ...state, notice: said }, effect.item);
        return step(opened.state, { name: "list" }, ...opened.effects);
      }
      const back: Screen = { name: "notes" in effect ? "detail" : "list" };
      return step(
        {
          ...state,
          screen: {
            name: "message",
            title: "Failed",
            text,
            top: 0,
            back,
          },
        },
        { name: "list" },
      );
    }
  }
}

function sentenceOf(message: string): string {
  const text = message.slice(0, 1).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** Tells of a proposal that went while it was open, and of texts whose proposal has gone. */
function tellGone(state: State): State {
  const { screen, opened, items } = state;
  if (state.work || !items) return state;
  if (opened && isGone(state)) {
    // What is being written is never taken from under the hands.
    if (screen.name === "input") {
      return { ...state, notice: `${GONE}. Your text is kept; Esc goes on.` };
    }
    if (screen.name === "detail" || screen.name === "confirm") {
      return told(state, keyOf(opened.item));
    }
  }
  if (screen.name !== "list") return state;
  const there = new Set(items.map(keyOf));
  const left = state.drafts.keys().find((key) => !there.has(key) && !state.told.has(key));
  return left === undefined ? state : told(state, left);
}

function told(state: State, key: string): State {
  const draft = state.drafts.get(key);
  const text = draft === undefined
    ? [`${GONE}.`]
    : [`${GONE} before your text was sent. What you wrote:`, "", draft];
  return {
    ...state,
    opened: undefined,
    told: new Set([...state.told, key]),
    screen: {
      name: "message",
      title: `${nameOf(key)} is no longer open`,
      text,
      top: 0,
      back: { name: "list" },
      ...draft === undefined ? {} : { draft: key },
    },
  };
}
