/** The text for an agent while it is written: notes on an answer or an undo, or the reason against it. */

import { keyOf } from "./actions.ts";
import { edit, fieldOf, isFull } from "./field.ts";
import type { Key } from "./keys.ts";
import { answerQuestion, ask, undoQuestion } from "./question.ts";
import { start, type State, step, type Transition, type Writing } from "./state.ts";

export const NOT_READ = "It is still being read: wait for it.";
const NO_REASON = "Write a reason: the agent reads it and goes on from it.";

/** Opens the text; `from.text` is what stands in it already. */
export function write(
  state: State,
  from: Pick<Writing, "title" | "about" | "top" | "back"> & { readonly text: string },
): State {
  const { title, about, text, top, back } = from;
  return { ...state, screen: { name: "write", title, about, field: fieldOf(text), top, back } };
}

/** A key in the text, which is no key that scrolls. */
export function pressWrite(state: State, screen: Writing, key: Key, isBurst: boolean): Transition {
  if (key.name === "escape") return step({ ...state, screen: screen.back });
  if (key.name === "enter" && !isBurst) return submit(state, screen);
  // Not every terminal marks what is pasted: its line ends must send nothing.
  const isLineEnd = key.name === "enter";
  if (isLineEnd && screen.field.text.trim() === "") return step(state);
  const field = edit(screen.field, isLineEnd ? { name: "paste", text: "\n" } : key);
  if (!field) return step(state);
  const notice = isLineEnd
    ? "A line end amid other keys became a space: press Enter to go on."
    : isFull(field)
    ? "This is the most that an agent is sent: 8 KiB."
    : "";
  const drafts = new Map(state.drafts);
  if (screen.about.name === "answer" && state.opened) {
    const of = keyOf(state.opened.item);
    if (field.text === "") drafts.delete(of);
    else drafts.set(of, field.text);
  }
  return step({ ...state, screen: { ...screen, field }, drafts, notice });
}

function submit(state: State, { about, field }: Writing): Transition {
  const notes = field.text.trim();
  const { opened } = state;
  switch (about.name) {
    case "answer": {
      const { verb, basis } = about;
      if (!opened?.detail || basis === undefined) return step({ ...state, notice: NOT_READ });
      if (verb === "reject" && notes === "") return step({ ...state, notice: NO_REASON });
      if (basis !== opened.detail.basis) {
        const notice = "It has changed while you wrote: read it again. Your text is kept.";
        return step({
          ...state,
          screen: { name: "detail" },
          opened: { ...opened, top: 0 },
          notice,
        });
      }
      return step(ask(state, answerQuestion(verb, opened.detail, opened.edited, notes)));
    }
    case "several": {
      if (notes === "") return step({ ...state, notice: NO_REASON });
      return start(state, { name: "survey", items: about.items, columns: state.size.columns });
    }
    case "undo":
      if (!about.rows) return step({ ...state, notice: NOT_READ });
      return step(ask(state, undoQuestion(about.recent, about.rows, notes)));
  }
}
