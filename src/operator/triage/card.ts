/** The card of one proposal: it is read, changed in the editor, and from here answered. */

import type { Item } from "../../queue/item.ts";
import { keyOf, type ScreenEffect, type Verb } from "./actions.ts";
import { commandOf, type Key } from "./keys.ts";
import { answerTitle } from "./question.ts";
import { selectedIndex } from "./scroll.ts";
import { type Opened, start, type State, step, type Transition } from "./state.ts";
import { NOT_READ, write } from "./write.ts";

const NOT_SEEN = "Its end was not on the screen yet: Space goes on to it, then a approves.";

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

/** A key on the card; undefined: no key for it. */
export function pressCard(state: State, opened: Opened, key: Key): Transition | undefined {
  switch (commandOf(key)) {
    case "a":
      return step(approve(state, opened));
    case "m":
      return edit(state, opened);
    case "r":
      return step(writeAnswer(state, opened, "reject"));
    case "n":
      return turn(state, 1);
    case "p":
      return turn(state, -1);
    default:
      return undefined;
  }
}

/** Only what was shown can be approved. */
function approve(state: State, opened: Opened): State {
  const { detail, edited, isSeen } = opened;
  if (!detail) return { ...state, notice: NOT_READ };
  if (detail.why !== undefined) return { ...state, notice: detail.why };
  if (!isSeen) return { ...state, notice: NOT_SEEN };
  return writeAnswer(state, opened, edited === undefined ? "approve" : "modify");
}

/** A text that was begun for it before is gone on with. */
export function writeAnswer(
  state: State,
  { item, detail, top }: Opened,
  verb: Verb,
): State {
  return write(state, {
    title: answerTitle(verb, item),
    about: { name: "answer", verb, basis: detail?.basis },
    text: state.drafts.get(keyOf(item)) ?? "",
    top,
    back: { name: "detail" },
  });
}

/** Gives the terminal to the editor, with the proposed file or what was made of it before. */
function edit(state: State, { item, detail }: Opened): Transition {
  if (!detail) return step({ ...state, notice: NOT_READ });
  return start(state, { name: "edit", item, columns: state.size.columns });
}

/** To the next card of the list, or the one before. */
function turn(state: State, by: 1 | -1): Transition {
  const item = state.shown[selectedIndex(state) + by];
  if (item) return open({ ...state, selected: keyOf(item) }, item);
  const end = by > 0 ? "last" : "first";
  return step({ ...state, notice: `This is the ${end} ask of the list.` });
}

/** From what the operator changed to the ask itself, and from there to the list. */
export function leaveCard(state: State): Transition {
  const { opened } = state;
  if (opened?.edited === undefined) {
    return step({ ...state, screen: { name: "list" }, opened: undefined });
  }
  const notice = "This is the ask again. Your changed file is kept: m goes on with it.";
  return open({ ...state, notice }, opened.item);
}
