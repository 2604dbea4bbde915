/** The way from a detail to an answer: what was shown, then the words, then once more what it does. */

import type { Item } from "../../queue/item.ts";
import { keyOf } from "./actions.ts";
import { edit, fieldOf, isFull } from "./field.ts";
import type { Key } from "./keys.ts";
import { type Screen, type State, type Step, step, type Verb } from "./state.ts";

type Input = Extract<Screen, { name: "input" }>;
type Confirm = Extract<Screen, { name: "confirm" }>;

const NOT_SEEN = "Its end was not on the screen yet: Space goes on to it, then a approves.";
const NOT_READ = "It is still being read: wait for it.";

/** Shows a proposal, which is read anew. */
export function open(state: State, item: Item): Step {
  const opened = { item, detail: undefined, top: 0, isSeen: false };
  return step({ ...state, opened, screen: { name: "detail" } }, {
    name: "detail",
    item,
    columns: state.size.columns,
  });
}

/** Opens the input of what was opened. Only what was shown can be approved. */
export function begin(state: State, verb: Verb): Step {
  const { opened } = state;
  if (!opened) return step(state);
  const { detail } = opened;
  if (!detail && verb !== "reject") return step({ ...state, notice: NOT_READ });
  if (detail && verb === "approve" && !detail.canApprove) {
    return step({ ...state, notice: detail.why ?? "It cannot be approved as it stands." });
  }
  if (verb === "approve" && !opened.isSeen) return step({ ...state, notice: NOT_SEEN });
  const field = fieldOf(state.drafts.get(keyOf(opened.item)) ?? "");
  const basis = detail?.basis;
  const screen = { name: "input", verb, basis, field, wasQuiet: false, hasBurst: false } as const;
  return step({ ...state, screen });
}

/** A key in the input, which is no key that scrolls. */
export function pressInput(state: State, screen: Input, key: Key, isBurst: boolean): Step {
  if (!state.opened) return step(state);
  if (key.name === "escape") return step({ ...state, screen: { name: "detail" } });
  if (key.name === "enter" && !isBurst) return submit(state, screen);
  // Not every terminal marks what is pasted: its line ends must send nothing.
  const isLineEnd = key.name === "enter";
  if (isLineEnd && screen.field.text.trim() === "") return step(state);
  const field = edit(screen.field, isLineEnd ? { name: "paste", text: "\n" } : key);
  if (!field) return step(state);
  const drafts = new Map(state.drafts);
  if (field.text === "") drafts.delete(keyOf(state.opened.item));
  else drafts.set(keyOf(state.opened.item), field.text);
  const notice = isLineEnd
    ? "A line end amid other keys became a space: press Enter to go on."
    : isFull(field)
    ? "This is the most that an agent is sent: 8 KiB."
    : "";
  const isLonger = field.text.length > screen.field.text.length;
  const hasBurst = field.text !== "" && (screen.hasBurst || isBurst && isLonger);
  return step({ ...state, screen: { ...screen, field, hasBurst }, drafts, notice });
}

/** Two letters in a row, with whatever marks they carry. */
const LETTERS = /\p{L}\p{M}*\p{L}/u;

/** Whether a hand wrote a reason: what is pasted onto other screens may hold `r`, text and Enter. */
function isReason({ wasQuiet, hasBurst }: Input, notes: string): boolean {
  const words = notes.split(/\s+/).filter((word) => LETTERS.test(word));
  return wasQuiet && !hasBurst && words.length > 1;
}

function submit(state: State, screen: Input): Step {
  const { opened } = state;
  const { verb, basis, field } = screen;
  if (!opened?.detail || basis === undefined) return step({ ...state, notice: NOT_READ });
  const { item, detail } = opened;
  const notes = field.text.trim();
  if (verb === "reject" && notes === "") {
    return step({
      ...state,
      notice: "A reason is wanted: the agent reads it and goes on from it.",
    });
  }
  if (basis !== detail.basis) {
    const notice = "It has changed while you wrote: read it again. Your text is kept.";
    return step({ ...state, screen: { name: "detail" }, opened: { ...opened, top: 0 }, notice });
  }
  if (verb === "approve" || verb === "reject" && !isReason(screen, notes)) {
    return step({ ...state, screen: { name: "confirm", verb, item, detail, notes, top: 0 } });
  }
  return step(
    { ...state, work: { name: verb, key: keyOf(item) } },
    { name: verb, item, basis, notes },
  );
}

export function pressConfirm(state: State, screen: Confirm, key: Key): Step {
  if (key.name !== "enter") return step(state);
  const { verb, item, detail, notes } = screen;
  return step(
    { ...state, work: { name: verb, key: keyOf(item) } },
    { name: verb, item, basis: detail.basis, notes },
  );
}
