/** What stands on each question: what would be done, with all that must be seen of it once more. */

import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { quote } from "../review/quote.ts";
import { allowedRows, labelledRows, reasonRows, sentenceRows, warningRows } from "../text/parts.ts";
import { bold, plain, type Row } from "../text/row.ts";
import { type AskedAbout, severalRows } from "../text/several.ts";
import {
  type Confirm,
  nameOf,
  type Question,
  shortId,
  type State,
  type Surveyed,
} from "./state.ts";

/** What Enter does, in the third person and as the key's hint. */
export const ENTER: Readonly<Record<string, readonly [does: string, hint: string]>> = {
  approve: ["approves", "approve"],
  modify: ["approves it", "approve"],
  reject: ["rejects", "reject"],
  undo: ["undoes", "undo"],
  cover: ["answers them", "answer"],
  drop: ["drops it", "drop"],
};

export function verbOf(question: Question): string {
  return "verb" in question ? question.verb : question.name;
}

/** Whether there is nothing left to confirm. */
export function isEmpty(question: Question): boolean {
  return question.name === "several" && question.asks.every(({ why }) => why !== undefined);
}

export function questionRows(state: State, { question, isSeen }: Confirm): Row[] {
  const { columns } = state.size;
  const [does = ""] = ENTER[verbOf(question)] ?? [];
  const enter = isEmpty(question)
    ? ""
    : question.name === "several" && !isSeen
    ? "Space goes on, "
    : state.isQuiet
    ? `Enter ${does}, `
    : "Wait a moment, ";
  const asked = sentenceRows(`${wordsOf(question)} ${enter}Esc goes back`, columns);
  const loud = asked.map((row) => row.flatMap(({ text }) => bold(text)));
  return [...loud, [], ...bodyOf(question, columns)];
}

function wordsOf(question: Question): string {
  switch (question.name) {
    case "answer": {
      const { verb, item: { proposal } } = question;
      const id = shortId(proposal.id);
      if (verb === "reject") return `Reject ${id} with this reason?`;
      if (verb === "modify") return `Approve ${id} as you changed it?`;
      return `Approve ${id}: ${oneLine(reviewOf(proposal))}?`;
    }
    case "several": {
      const { verb, asks } = question;
      const count = asks.filter(({ why }) => why === undefined).length;
      if (count === 0) return "None of them can be approved together.";
      const all = count === asks.length ? `${count}` : `${count} of ${asks.length}`;
      return `${verb === "approve" ? "Approve" : "Reject"} ${all} asks?`;
    }
    case "undo":
      return `Undo ${shortId(question.recent.id)}: ${question.recent.what}?`;
    case "cover":
      return `Answer what ${shortId(question.cover.by.proposal.id)} covers as approved?`;
    case "drop":
      return "Drop this text?";
  }
}

function bodyOf(question: Question, columns: number): Row[] {
  switch (question.name) {
    case "answer":
      return answerRows(question, columns);
    case "several":
      return severalRows(question.verb, question.asks.map(askedAbout), question.notes, columns);
    case "undo":
      return [...notesRows(question.notes, columns), ...question.rows];
    case "cover":
      return question.cover.moot.flatMap(({ item }) =>
        sentenceRows(`${nameOf(item)}: ${oneLine(reviewOf(item.proposal))}`, columns)
      );
    case "drop":
      return quote(question.text, columns, Infinity).rows.map(plain);
  }
}

function answerRows(
  { verb, item, detail, notes }: Extract<Question, { name: "answer" }>,
  columns: number,
): Row[] {
  const reason = reasonRows(item.proposal.justification, columns);
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
}

function notesRows(notes: string, columns: number): Row[] {
  return notes === ""
    ? [plain("No notes to the agent.")]
    : labelledRows("Notes to the agent:", notes, columns);
}

function askedAbout({ item, detail, why }: Surveyed): AskedAbout {
  const { proposal } = item;
  return {
    name: nameOf(item),
    what: oneLine(reviewOf(proposal)),
    allows: detail?.grows ?? [],
    notices: detail?.notices ?? [],
    reason: proposal.justification,
    why,
  };
}
