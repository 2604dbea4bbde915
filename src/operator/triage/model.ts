/** The triage screen without a terminal: a state, an event, and what then is and is to be done. */

import { nameOf } from "../text/several.ts";
import { arranged, arrivals } from "./arrange.ts";
import { keyOf, type ScreenEffect } from "./actions.ts";
import { reread } from "./card.ts";
import { done, failed } from "./ended.ts";
import { press } from "./press.ts";
import { bounded } from "./scroll.ts";
import { surveyed } from "./several.ts";
import { isAnswer, type ScreenEvent, type State, step, type Transition } from "./state.ts";

const GONE = "It was answered, taken back by the agent, or has expired";

export function update(before: State, event: ScreenEvent): Transition {
  const { state, effects } = happen(before, event);
  const after = bounded(tellGone(state));
  // What was typed before a screen could be seen is no answer to what it asks.
  const isNew = after.screen.name !== before.screen.name || event.name === "resized";
  return { state: isNew ? { ...after, isQuiet: false } : after, effects };
}

function happen(state: State, event: ScreenEvent): Transition {
  switch (event.name) {
    case "key":
      return press(state, event.key, event.isBurst);
    case "typed":
      return step({ ...state, isQuiet: false });
    case "quiet":
      return step({ ...state, isQuiet: true });
    case "resized":
      return resized(state, event);
    case "listed":
      return listed(state, event);
    case "detailed":
      return step(detailed(state, event));
    case "edited":
      return step(edited(state, event));
    case "surveyed":
      return step(surveyed({ ...state, work: undefined }, event.asks));
    case "progressed":
      return step({ ...state, done: event.done });
    case "recalled":
      return step(
        state.screen.name === "recent"
          ? { ...state, screen: { ...state.screen, recents: event.recents } }
          : state,
      );
    case "undoing":
      return step(undoing(state, event));
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

function resized(state: State, { size }: Extract<ScreenEvent, { name: "resized" }>): Transition {
  const { screen } = state;
  const effects: ScreenEffect[] = screen.name === "write" && screen.about.name === "undo"
    ? [{ name: "undoing", recent: screen.about.recent, columns: size.columns }]
    : [];
  // Its rows are others now.
  const asked = screen.name === "confirm" ? { ...screen, seenRows: 0 } : screen;
  return step({ ...state, size, screen: asked }, ...effects, ...reread(state.opened, size.columns));
}

function listed(
  state: State,
  { items, skipped }: Extract<ScreenEvent, { name: "listed" }>,
): Transition {
  const arrived = arrivals(state.items, items);
  const there = new Set(items.map(keyOf));
  const fresh = new Set([...state.fresh, ...arrived]).intersection(there);
  const marked = state.marked.intersection(there);
  const key = state.opened && keyOf(state.opened.item);
  const item = items.find((item) => keyOf(item) === key);
  return step(
    { ...arranged(state, items), skipped, fresh, marked },
    ...arrived.length > 0 ? [{ name: "ring" } as const] : [],
    ...reread(state.opened && item && { ...state.opened, item }, state.size.columns),
  );
}

function detailed(state: State, event: Extract<ScreenEvent, { name: "detailed" }>): State {
  const { opened, screen, size } = state;
  const { detail, columns, edited } = event;
  const { item } = detail;
  if (!opened || keyOf(opened.item) !== keyOf(item) || columns !== size.columns) return state;
  if (edited !== opened.edited) return state;
  const hasChanged = opened.detail !== undefined && opened.detail.basis !== detail.basis;
  const seen = hasChanged ? { top: 0, isSeen: false } : { top: opened.top, isSeen: opened.isSeen };
  const read = { ...state, opened: { item, detail, edited, ...seen } };
  if (screen.name === "write" && screen.about.name === "answer") {
    const basis = screen.about.basis ?? detail.basis;
    return { ...read, screen: { ...screen, about: { ...screen.about, basis } } };
  }
  if (!hasChanged || state.work) return read;
  const notice = "It has changed since it was shown: read it again.";
  if (isAnswer(state)) return { ...read, screen: { name: "detail" }, notice };
  return screen.name === "detail" ? { ...read, notice } : read;
}

/** The card is then about the changed file, until Esc goes back to the one of the agent. */
function edited(state: State, { changed }: Extract<ScreenEvent, { name: "edited" }>): State {
  const next = { ...state, work: undefined, screen: { name: "detail" } } as const;
  if (!changed) {
    return { ...next, notice: "You changed nothing in the file: nothing was decided." };
  }
  const { file, detail } = changed;
  return { ...next, opened: { item: detail.item, detail, edited: file, top: 0, isSeen: false } };
}

function undoing(
  state: State,
  { recent, rows }: Extract<ScreenEvent, { name: "undoing" }>,
): State {
  const { screen } = state;
  if (screen.name !== "write" || screen.about.name !== "undo") return state;
  if (screen.about.recent !== recent) return state;
  return { ...state, screen: { ...screen, about: { ...screen.about, rows } } };
}

/** Tells of a proposal that went while it was open, and of texts whose proposal has gone. */
function tellGone(state: State): State {
  const { screen, opened, items } = state;
  if (state.work || !items) return state;
  const there = new Set(items.map(keyOf));
  if (opened && !there.has(keyOf(opened.item)) && (screen.name === "detail" || isAnswer(state))) {
    // What is being written is never taken from under the hands.
    return screen.name === "write"
      ? { ...state, notice: `${GONE}. Your text is kept; Esc goes on.` }
      : told(state, keyOf(opened.item));
  }
  if (screen.name !== "list") return state;
  const left = state.drafts.keys().find((key) => !there.has(key) && !state.told.has(key));
  return left === undefined ? state : told(state, left);
}

function told(state: State, key: string): State {
  const draft = state.drafts.get(key);
  const text = draft === undefined
    ? [`${GONE}.`]
    : [`${GONE} before your text was sent. What you wrote:`, "", draft];
  const [slug = "", id = ""] = key.split("/");
  return {
    ...state,
    opened: undefined,
    told: new Set([...state.told, key]),
    screen: {
      name: "message",
      title: `${nameOf(slug, id)} is no longer open`,
      text,
      top: 0,
      back: { name: "list" },
      draft: draft === undefined ? undefined : key,
    },
  };
}
