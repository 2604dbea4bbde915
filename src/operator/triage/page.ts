/** The texts of each screen as rows: scrolling needs their number as drawing needs them. */

import { cut, pad, width, wrap, wrapWords } from "../columns.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { visibleLine } from "../visible.ts";
import { HELP } from "./help_text.ts";
import { hints } from "./hints.ts";
import { nameOf, type Screen, selectedItem, shortId, type State, type Verb } from "./state.ts";

/** What is said at most above the keys, in rows. */
const MAX_NOTICE_ROWS = 3;
const MAX_FIELD_ROWS = 4;

/** A table of fewer columns says little of what is asked. */
const TABLE_COLUMNS = 60;

const WORKING = {
  approve: "Applying…",
  modify: "Applying…",
  reject: "Rejecting…",
  cover: "Answering…",
  undo: "Undoing…",
} as const;

const PROMPT: Readonly<Record<Verb, string>> = {
  approve: "Notes to the agent (may be empty), Enter goes on:",
  modify: "Notes to the agent (may be empty), Enter starts the editor:",
  reject: "Why not? The agent reads it. Enter rejects:",
};

/** The rows below the body; the cursor stands behind `before` in its row. */
export interface Foot {
  readonly notice: readonly string[];
  readonly prompt: readonly string[];
  readonly field: readonly string[];
  readonly cursor?: { readonly row: number; readonly before: string };
  readonly keys: string;
}

export function foot(state: State): Foot {
  const { columns } = state.size;
  const quits = state.isEnding ? " The program ends when it is done." : "";
  const text = state.work ? WORKING[state.work.name] + quits : state.notice || asked(state);
  const notice = text === "" ? [] : wrapWords(visibleLine(text), columns).slice(0, MAX_NOTICE_ROWS);
  const base = { notice, prompt: [], field: [], keys: hints(state) };
  return state.screen.name === "input" ? { ...base, ...input(state.screen, columns) } : base;
}

/** Where a table has no room for it: what the selected proposal asks. */
function asked(state: State): string {
  const item = selectedItem(state);
  if (state.screen.name !== "list" || state.size.columns >= TABLE_COLUMNS || !item) return "";
  return oneLine(reviewOf(item.proposal), state.size.columns);
}

/** The field in rows, of which those around the cursor are shown. */
function input({ verb, field }: Extract<Screen, { name: "input" }>, columns: number) {
  const at = columns - 2;
  const before = [...wrap(visibleLine(field.text.slice(0, field.cursor)), at)];
  let last = before.at(-1) ?? "";
  if (width(last) >= at) before.push(last = "");
  const row = before.length - 1;
  const after = visibleLine(field.text.slice(field.cursor));
  const rows = [...before.slice(0, -1), ...wrap(last + after, at)];
  const top = Math.max(0, row - MAX_FIELD_ROWS + 1);
  return {
    prompt: wrapWords(PROMPT[verb], columns),
    field: rows.slice(top, top + MAX_FIELD_ROWS).map((text) => `> ${text}`),
    cursor: { row: row - top, before: `> ${last}` },
  };
}

/** How many rows of the body are shown: all but the title and the foot. */
export function bodyRows(state: State): number {
  const { notice, prompt, field } = foot(state);
  const head = state.screen.name === "list" ? 1 : 0;
  return Math.max(1, state.size.rows - 2 - head - notice.length - prompt.length - field.length);
}

/** The body of a screen that scrolls as a text. Rows of a detail may hold the mark of bold. */
export function textRows(state: State): readonly string[] {
  const { screen, opened, size: { columns } } = state;
  switch (screen.name) {
    case "list":
    case "recent":
      return [];
    case "detail":
    case "input":
      return opened?.detail?.rows ?? ["", "Reading…"];
    case "confirm":
      return screen.verb === "approve" ? confirmRows(state, screen) : rejectRows(state, screen);
    case "confirm-undo":
      return sentence(
        `Undo ${shortId(screen.recent.id)}: ${screen.recent.what}? ${keysOf(state, "undoes")}`,
        columns,
      );
    case "message":
      return screen.text.flatMap((line) => sentence(line, columns));
    case "help":
      return HELP.flatMap(([keys, text]) => labelled(keys, text, columns));
  }
}

type Confirm = Extract<Screen, { name: "confirm" }>;

/** What answers a question, once it can be answered. */
function keysOf({ isQuiet }: State, does: string): string {
  return `${isQuiet ? `Enter ${does}` : "Wait a moment"}, Esc goes back`;
}

function confirmRows(state: State, { item: { proposal }, detail, notes }: Confirm): string[] {
  const { size: { columns } } = state;
  const what = oneLine(reviewOf(proposal));
  return [
    ...sentence(
      `Approve ${shortId(proposal.id)}: ${what}? ${keysOf(state, "approves")}`,
      columns,
    ),
    "",
    ...detail.notices.flatMap((notice) => labelled("  !", notice, columns, 4)),
    ...detail.notices.length > 0 ? [""] : [],
    ...notes === "" ? ["No notes to the agent."] : labelled("Notes to the agent:", notes, columns),
  ];
}

function rejectRows(state: State, { item, notes }: Confirm): string[] {
  const { size: { columns } } = state;
  return [
    ...sentence(
      `Reject ${shortId(item.proposal.id)} with this reason? ${keysOf(state, "rejects")}`,
      columns,
    ),
    "",
    ...labelled("The agent reads:", notes, columns),
  ];
}

/** Further rows are indented: text that is quoted can then not pass for a line of its own. */
function sentence(text: string, columns: number): string[] {
  const rows = wrapWords(visibleLine(text), columns - 2);
  return rows.map((row, index) => index === 0 ? row : `  ${row}`);
}

function labelled(label: string, text: string, columns: number, indent = label.length + 1) {
  const room = Math.min(indent, columns / 2);
  const rows = wrapWords(visibleLine(text), columns - room);
  return rows.map((row, index) => pad(index === 0 ? label : "", room) + row);
}

export function title(state: State): string {
  const { screen, items, skipped, opened } = state;
  switch (screen.name) {
    case "list":
      return listTitle(items?.length, skipped);
    case "detail":
      return opened ? `Proposal ${nameOf(opened.item)}` : "";
    case "input":
    case "confirm": {
      const { verb } = screen;
      return opened
        ? `${verb.slice(0, 1).toUpperCase()}${verb.slice(1)} ${nameOf(opened.item)}`
        : "";
    }
    case "recent":
      return "Approved lately";
    case "confirm-undo":
      return `Undo ${nameOf(screen.recent)}`;
    case "message":
      return screen.title;
    case "help":
      return "Keys";
  }
}

function listTitle(count: number | undefined, skipped: number): string {
  const what = count === undefined
    ? "reading the queues…"
    : count === 0
    ? "nothing to decide"
    : `${count.toLocaleString("en-US")} to decide`;
  const left = skipped > 0 ? `, ${skipped.toLocaleString("en-US")} skipped` : "";
  return `supervisectl: ${what}${left}`;
}

/** `text` and, as far as there is room, `right` at the end of the row. */
export function spread(text: string, right: string, columns: number): string {
  const left = visibleLine(text);
  if (width(left) + width(right) + 2 > columns) return cut(left, columns);
  return pad(left, columns - width(right)) + right;
}
