/** The questions: what each shows once more of what would be done, and what Enter does then. */

import type { Item } from "../../queue/item.ts";
import { count } from "../review/kind.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { quote } from "../review/quote.ts";
import { allowedRows, labelledRows, reasonRows, sentenceRows, warningRows } from "../text/parts.ts";
import { bold, plain, type Row } from "../text/row.ts";
import { type AskedAbout, nameOf, severalRows, shortId } from "../text/several.ts";
import type { Cover, Detail, Recent, Surveyed, Verb } from "./actions.ts";
import {
  type Confirm,
  type MessageScreen,
  nameOfItem,
  type Question,
  start,
  type State,
  step,
  type Transition,
} from "./state.ts";

const NOT_SEEN = "Not all of it was on the screen yet: Space goes on, then Enter confirms.";

/** Shows a question, from which Esc goes back: to the card, or to the screen that led to it. */
export function ask(state: State, question: Question): State {
  const { screen } = state;
  const isOnCard = screen.name === "write" && screen.about.name === "answer";
  const back = isOnCard ? screen.back : screen;
  const unseen = { top: 0, seenRows: 0, isSeen: false };
  return { ...state, screen: { name: "confirm", question, ...unseen, back } };
}

/** What Enter does: the one place where an answer begins. */
export function confirm(state: State, { question, isSeen }: Confirm): Transition {
  return question.isOnlyHere && !isSeen
    ? step({ ...state, notice: NOT_SEEN })
    : question.confirmed(state);
}

export function questionRows(state: State, { question, isSeen }: Confirm): Row[] {
  const { columns } = state.size;
  const enter = !question.enter
    ? ""
    : question.isOnlyHere && !isSeen
    ? "Space goes on, "
    : state.isQuiet
    ? `Enter ${question.enter[0]}, `
    : "Wait a moment, ";
  const asked = sentenceRows(`${question.asks} ${enter}Esc goes back`, columns);
  const loud = asked.map((row) => row.flatMap(({ text }) => bold(text)));
  return [...loud, [], ...question.rows(columns)];
}

const ENTER = {
  approve: ["approves", "approve"],
  modify: ["approves it", "approve"],
  reject: ["rejects", "reject"],
} as const;

export function answerTitle(verb: Verb, item: Item): string {
  return `${capital(verb)} ${nameOfItem(item)}`;
}

/** An answer to what `detail` shows. */
export function answerQuestion(
  verb: Verb,
  detail: Detail,
  edited: string | undefined,
  notes: string,
): Question {
  const { item, basis } = detail;
  const { proposal } = item;
  const id = shortId(proposal.id);
  return {
    title: answerTitle(verb, item),
    asks: {
      approve: `Approve ${id}: ${oneLine(reviewOf(proposal))}?`,
      modify: `Approve ${id} as you changed it?`,
      reject: `Reject ${id} with this reason?`,
    }[verb],
    enter: ENTER[verb],
    isOnlyHere: false,
    rows(columns) {
      const reason = reasonRows(proposal.justification, columns);
      if (verb === "reject") {
        return [...labelledRows("The agent reads:", notes, columns), [], ...reason];
      }
      return [
        ...allowedRows(detail.grows, columns),
        ...warningRows(detail.notices, columns),
        ...reason,
        ...notesRows(notes, columns),
        ...detail.changes.length > 0 ? [[], plain("What changes:")] : [],
        ...detail.changes.map((row) => plain(`  ${row}`)),
      ];
    },
    confirmed: (state) => start(state, { name: verb, item, edited, basis, notes }),
  };
}

/** One answer to several asks: those that can be answered together. */
export function severalQuestion(
  verb: "approve" | "reject",
  asks: readonly Surveyed[],
  notes: string,
): Question {
  const chosen = asks.flatMap(({ item, detail, why }) =>
    detail && why === undefined ? [{ item, basis: detail.basis }] : []
  );
  const of = chosen.length === asks.length ? "" : `${chosen.length} of `;
  return {
    title: `${capital(verb)} ${count(asks.length, "marked ask")}`,
    asks: chosen.length === 0
      ? "None of them can be approved together."
      : `${capital(verb)} ${of}${count(asks.length, "ask")}?`,
    enter: chosen.length === 0 ? undefined : ENTER[verb],
    isOnlyHere: true,
    rows: (columns) => severalRows(verb, asks.map(askedAbout), notes, columns),
    confirmed: (state) =>
      chosen.length === 0
        ? step({ ...state, screen: { name: "list" } })
        : start(state, { name: "several", verb, asks: chosen, notes }),
  };
}

function askedAbout({ item, detail, why }: Surveyed): AskedAbout {
  const { proposal } = item;
  return {
    name: nameOfItem(item),
    what: oneLine(reviewOf(proposal)),
    allows: detail?.grows ?? [],
    notices: detail?.notices ?? [],
    reason: proposal.justification,
    why,
  };
}

export function undoQuestion(recent: Recent, rows: readonly Row[], notes: string): Question {
  return {
    title: `Undo ${nameOf(recent.slug, recent.id)}`,
    asks: `Undo ${shortId(recent.id)}: ${recent.what}?`,
    enter: ["undoes", "undo"],
    isOnlyHere: false,
    rows: (columns) => [...notesRows(notes, columns), ...rows],
    confirmed: (state) => start(state, { name: "undo", recent, notes }),
  };
}

export function coverQuestion(covers: readonly Cover[]): Question {
  const by = covers.map(({ by }) => shortId(by.proposal.id)).join(", ");
  return {
    title: "Covered asks",
    asks: `Answer what ${by} ${covers.length === 1 ? "covers" : "cover"} as approved?`,
    enter: ["answers them", "answer"],
    isOnlyHere: false,
    rows: (columns) =>
      covers.flatMap(({ moot }) => moot).flatMap(({ item }) =>
        sentenceRows(`${nameOfItem(item)}: ${oneLine(reviewOf(item.proposal))}`, columns)
      ),
    confirmed: (state) => start(state, { name: "cover", covers }),
  };
}

/** Whether the text that `message` shows is dropped. */
export function dropQuestion(message: MessageScreen, key: string, text: string): Question {
  const [slug = "", id = ""] = key.split("/");
  return {
    title: `Your text for ${nameOf(slug, id)}`,
    asks: "Drop this text?",
    enter: ["drops it", "drop"],
    isOnlyHere: false,
    rows: (columns) => quote(text, columns, Infinity).rows.map(plain),
    confirmed(state) {
      const drafts = new Map(state.drafts);
      drafts.delete(key);
      return step({ ...state, drafts, screen: message.back });
    },
  };
}

function notesRows(notes: string, columns: number): Row[] {
  return notes === ""
    ? [plain("No notes to the agent.")]
    : labelledRows("Notes to the agent:", notes, columns);
}

function capital(verb: string): string {
  return verb.slice(0, 1).toUpperCase() + verb.slice(1);
}
