/** What Enter does on each question: the one place where an answer begins. */

import { keyOf } from "./actions.ts";
import { step, type Transition } from "./events.ts";
import { chosenOf } from "./several.ts";
import type { Confirm, State } from "./state.ts";

const NOT_SEEN = "Not all of it was on the screen yet: Space goes on, then Enter confirms.";

export function confirm(state: State, { question, isSeen, back }: Confirm): Transition {
  switch (question.name) {
    case "answer": {
      const { verb, item, detail, edited, notes } = question;
      const work = { name: verb, key: keyOf(item) };
      return step({ ...state, work }, { name: verb, item, edited, basis: detail.basis, notes });
    }
    case "several": {
      const { verb, notes } = question;
      // It is shown nowhere else.
      if (!isSeen) return step({ ...state, notice: NOT_SEEN });
      const chosen = chosenOf(question.asks);
      if (chosen.length === 0) return step({ ...state, screen: { name: "list" } });
      const work = { name: "several", verb, done: 0, count: chosen.length } as const;
      return step({ ...state, work }, { name: "several", verb, chosen, notes });
    }
    case "undo": {
      const { recent, notes } = question;
      return step({ ...state, work: { name: "undo", recent } }, { name: "undo", recent, notes });
    }
    case "cover":
      return step({ ...state, work: { name: "cover" } }, { name: "cover", ...question.cover });
    case "drop": {
      const drafts = new Map(state.drafts);
      drafts.delete(question.key);
      const screen = back.name === "message" ? back.back : back;
      return step({ ...state, drafts, screen });
    }
  }
}
