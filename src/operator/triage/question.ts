/** What stands on each question: what would be done, with all that must be seen of it once more. */

import { pad, wrapWords } from "../columns.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { quote } from "../review/quote.ts";
import { bold, plain, type Row } from "../text/row.ts";
import { visibleLine } from "../visible.ts";
import type { Detail } from "./actions.ts";
import {
  type Confirm,
  nameOf,
  type Question,
  shortId,
  type State,
  type Surveyed,
} from "./state.ts";

const ALLOWS = "Would allow:";

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

export function questionRows(state: State, { question, isSeen }: Confirm): Row[] {
  const { columns } = state.size;
  const [does = ""] = ENTER[verbOf(question)] ?? [];
  const mayEnd = question.name !== "several" || isSeen;
  const enter = !mayEnd ? "Space goes on" : state.isQuiet ? `Enter ${does}` : "Wait a moment";
  const asked = sentence(`${wordsOf(question)} ${enter}, Esc goes back`, columns);
  return [...asked.map((row) => bold(row)), [], ...bodyOf(question, columns)];
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
      return severalRows(question, columns);
    case "undo":
      return [...notesRows(question.notes, columns), ...question.rows];
    case "cover":
      return question.cover.moot.flatMap(({ item }) =>
        sentence(`${nameOf(item)}: ${oneLine(reviewOf(item.proposal))}`, columns).map(plain)
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
    return [...labelled("The agent reads:", notes, columns), [], ...reason];
  }
  return [
    ...growthRows(detail, columns),
    ...noticeRows(detail.notices, columns),
    ...reason,
    ...notesRows(notes, columns),
    ...detail.changes.length > 0 ? [[], plain("What changes:")] : [],
    ...detail.changes.map((row) => plain(`  ${row}`)),
  ];
}

/** Two lines of the same text in one colour would look alike: who says it stands above each. */
function reasonRows(justification: string, columns: number): Row[] {
  return [plain("The agent's reason:"), ...quote(justification, columns, Infinity).rows.map(plain)];
}

function growthRows({ grows }: Detail, columns: number): Row[] {
  return grows.flatMap((line, index) =>
    labelled(index === 0 ? ALLOWS : "", line, columns, ALLOWS.length + 1)
  );
}

function noticeRows(notices: readonly string[], columns: number): Row[] {
  return notices.flatMap((notice) => labelled("  !", notice, columns, 4));
}

function notesRows(notes: string, columns: number): Row[] {
  return notes === ""
    ? [plain("No notes to the agent.")]
    : labelled("Notes to the agent:", notes, columns);
}

function severalRows(
  { verb, asks, notes }: Extract<Question, { name: "several" }>,
  columns: number,
): Row[] {
  const chosen = asks.filter(({ why }) => why === undefined);
  const left = asks.filter(({ why }) => why !== undefined);
  return [
    ...verb === "reject" ? [...labelled("Their agents read:", notes, columns), []] : [],
    ...chosen.flatMap((one) => askRows(one, verb, columns)),
    ...left.length > 0 ? [bold("Left out, these stay open:")] : [],
    ...left.flatMap(({ item, why = "" }) =>
      sentence(`${nameOf(item)}: ${why}`, columns).map(plain)
    ),
  ];
}

/** What an approval would grow is told in full, since no card is shown. */
function askRows({ item, detail }: Surveyed, verb: "approve" | "reject", columns: number): Row[] {
  const { proposal } = item;
  const what = verb === "approve" ? "" : `: ${oneLine(reviewOf(proposal))}`;
  const title = sentence(`${nameOf(item)}${what}`, columns).map((row) => bold(row));
  if (verb === "reject") return title.map((row) => row);
  return [
    ...title,
    ...detail ? growthRows(detail, columns) : [],
    ...detail ? noticeRows(detail.notices, columns) : [],
    ...reasonRows(proposal.justification, columns),
    [],
  ];
}

/** Further rows are indented: text that is quoted can then not pass for a line of its own. */
export function sentence(text: string, columns: number): string[] {
  const rows = wrapWords(visibleLine(text), columns - 2);
  return rows.map((row, index) => index === 0 ? row : `  ${row}`);
}

export function labelled(
  label: string,
  text: string,
  columns: number,
  indent = label.length + 1,
): Row[] {
  const room = Math.min(indent, columns / 2);
  const rows = wrapWords(visibleLine(text), columns - room);
  return rows.map((row, index) => plain(pad(index === 0 ? label : "", room) + row));
}
