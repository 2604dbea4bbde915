/** The way from a card to an answer: what was shown, then the words, then once more what it does. */

import type { Item } from "../../queue/item.ts";
import { keyOf } from "./actions.ts";
import { type ScreenEffect, step, type Transition } from "./events.ts";
import { edit, type Field, fieldOf, isFull } from "./field.ts";
import type { Key } from "./keys.ts";
import type { Opened, Question, Screen, State, Verb } from "./state.ts";

type Input = Extract<Screen, { name: "input" }>;

const NOT_SEEN = "Its end was not on the screen yet: Space goes on to it, then a approves.";
const NOT_READ = "It is still being read: wait for it.";

/** Shows a proposal, which is read again, or what the operator made of it. */
export function open(state: State, item: Item, edited?: string): Transition {
  const opened: Opened = { item, detail: undefined, edited, top: 0, isSeen: false };
  const fresh = new Set(state.fresh);
  fresh.delete(keyOf(item));
  return step(
    { ...state, opened, fresh, screen: { name: "detail" } },
    ...reread(opened, state.size.columns),
  );
}

export function reread(opened: Opened | undefined, columns: number): ScreenEffect[] {
  if (!opened) return [];
  const { item, edited } = opened;
  return [{ name: "detail", item, edited, columns }];
}

/** Opens the input of what was opened. Only what was shown can be approved. */
export function begin(state: State, answer: "approve" | "reject"): Transition {
  const { opened } = state;
  if (!opened) return step(state);
  const { detail } = opened;
  const verb: Verb = answer === "approve" && opened.edited !== undefined ? "modify" : answer;
  if (!detail && verb !== "reject") return step({ ...state, notice: NOT_READ });
  if (detail && verb !== "reject" && !detail.canApprove) {
    return step({ ...state, notice: detail.why ?? "It cannot be approved as it stands." });
  }
  if (verb !== "reject" && !opened.isSeen) return step({ ...state, notice: NOT_SEEN });
  const field = fieldOf(state.drafts.get(keyOf(opened.item)) ?? "");
  return step({ ...state, screen: { name: "input", verb, basis: detail?.basis, field } });
}

/** Gives the terminal to the editor, with the proposed file or what was made of it before. */
export function beginEdit(state: State): Transition {
  const { opened } = state;
  if (!opened) return step(state);
  const { item, detail } = opened;
  if (!detail) return step({ ...state, notice: NOT_READ });
  return step({ ...state, work: { name: "edit", key: keyOf(item) } }, {
    name: "edit",
    item,
    columns: state.size.columns,
  });
}

/** A key in a field: what becomes of its text, and what is to be said; undefined: no key for it. */
export function typed(
  field: Field,
  key: Key,
): { readonly field: Field; readonly notice: string } | undefined {
  // Not every terminal marks what is pasted: its line ends must send nothing.
  const isLineEnd = key.name === "enter";
  if (isLineEnd && field.text.trim() === "") return undefined;
  const edited = edit(field, isLineEnd ? { name: "paste", text: "\n" } : key);
  if (!edited) return undefined;
  const notice = isLineEnd
    ? "A line end amid other keys became a space: press Enter to go on."
    : isFull(edited)
    ? "This is the most that an agent is sent: 8 KiB."
    : "";
  return { field: edited, notice };
}

/** A key in the input, which is no key that scrolls. */
export function pressInput(state: State, screen: Input, key: Key, isBurst: boolean): Transition {
  if (!state.opened) return step(state);
  if (key.name === "escape") return step({ ...state, screen: { name: "detail" } });
  if (key.name === "enter" && !isBurst) return submit(state, screen);
  const after = typed(screen.field, key);
  if (!after) return step(state);
  const { field, notice } = after;
  const drafts = new Map(state.drafts);
  if (field.text === "") drafts.delete(keyOf(state.opened.item));
  else drafts.set(keyOf(state.opened.item), field.text);
  return step({ ...state, screen: { ...screen, field }, drafts, notice });
}

export const NO_REASON = "Write a reason: the agent reads it and goes on from it.";

function submit(state: State, screen: Input): Transition {
  const { opened } = state;
  const { verb, basis, field } = screen;
  if (!opened?.detail || basis === undefined) return step({ ...state, notice: NOT_READ });
  const { item, detail, edited } = opened;
  const notes = field.text.trim();
  if (verb === "reject" && notes === "") return step({ ...state, notice: NO_REASON });
  if (basis !== detail.basis) {
    const notice = "It has changed while you wrote: read it again. Your text is kept.";
    return step({ ...state, screen: { name: "detail" }, opened: { ...opened, top: 0 }, notice });
  }
  return step(ask(state, { name: "answer", verb, item, detail, edited, notes }));
}

/** Shows a question, from which Esc goes back to the screen that led to it. */
export function ask(state: State, question: Question): State {
  const back: Screen = question.name === "answer" ? { name: "detail" } : state.screen;
  const unseen = { top: 0, seenRows: 0, isSeen: false };
  return { ...state, screen: { name: "confirm", question, ...unseen, back } };
}
