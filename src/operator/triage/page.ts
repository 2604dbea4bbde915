/** The texts of each screen as rows: scrolling needs their number as drawing needs them. */

import { cut, pad, width, wrap, wrapWords } from "../columns.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { labelledRows, sentenceRows } from "../text/parts.ts";
import { plain, type Row } from "../text/row.ts";
import { visibleLine } from "../visible.ts";
import { HELP } from "./help_text.ts";
import { hints } from "./hints.ts";
import { keyOf, type Work } from "./actions.ts";
import { questionRows } from "./question.ts";
import { nameOfItem, type Screen, selectedItem, type State, type Writing } from "./state.ts";

/** What is said at most above the keys, in rows. */
const MAX_NOTICE_ROWS = 3;
const MAX_FIELD_ROWS = 4;

/** A table of fewer columns says little of what is asked. */
const TABLE_COLUMNS = 60;

const NOTES = "Notes to the agent (may be empty), Enter goes on:";
const REASON = "Why not? The agent reads it. Enter goes on:";

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
  const text = state.work ? working(state.work, state.done) + quits : state.notice || asked(state);
  const notice = text === "" ? [] : wrapWords(visibleLine(text), columns).slice(0, MAX_NOTICE_ROWS);
  const base = { notice, prompt: [], field: [], keys: hints(state) };
  return "field" in state.screen && !state.work
    ? { ...base, ...input(state.screen, columns) }
    : base;
}

function working(work: Work, done: number): string {
  switch (work.name) {
    case "approve":
    case "modify":
      return "Applying…";
    case "edit":
      return "Editing…";
    case "reject":
      return "Rejecting…";
    case "survey":
      return "Reading what each would change…";
    case "several":
      return `${
        work.verb === "approve" ? "Applying" : "Rejecting"
      }… ${done} of ${work.asks.length}`;
    case "cover":
      return "Answering…";
    case "undo":
      return "Undoing…";
  }
}

/** Where a table has no room for it: what the selected proposal asks. */
function asked(state: State): string {
  const item = selectedItem(state);
  if (state.screen.name !== "list" || state.size.columns >= TABLE_COLUMNS || !item) return "";
  return oneLine(reviewOf(item.proposal), state.size.columns);
}

type WithField = Writing | Extract<Screen, { name: "filter" }>;

function promptOf(screen: WithField): string {
  if (screen.name === "filter") {
    return "Only asks that hold this (bottle, host, tool, reason), Enter keeps it, Esc clears it:";
  }
  const { about } = screen;
  const isReject = about.name === "several" || about.name === "answer" && about.verb === "reject";
  return isReject ? REASON : NOTES;
}

/** The field in rows, of which those around the cursor are shown. */
function input(screen: WithField, columns: number) {
  const { field } = screen;
  const at = columns - 2;
  const before = [...wrap(visibleLine(field.text.slice(0, field.cursor)), at)];
  let last = before.at(-1) ?? "";
  if (width(last) >= at) before.push(last = "");
  const row = before.length - 1;
  const after = visibleLine(field.text.slice(field.cursor));
  const rows = [...before.slice(0, -1), ...wrap(last + after, at)];
  const top = Math.max(0, row - MAX_FIELD_ROWS + 1);
  return {
    prompt: wrapWords(promptOf(screen), columns),
    field: rows.slice(top, top + MAX_FIELD_ROWS).map((text) => `> ${text}`),
    cursor: { row: row - top, before: `> ${last}` },
  };
}

/** How many rows of the body are shown: all but the title and the foot. */
export function bodyRows(state: State): number {
  const { notice, prompt, field } = foot(state);
  const head = isList(state.screen) ? 1 : 0;
  return Math.max(1, state.size.rows - 2 - head - notice.length - prompt.length - field.length);
}

export function isList({ name }: Screen): boolean {
  return name === "list" || name === "filter";
}

/** The body of a screen that scrolls as a text. */
export function textRows(state: State): readonly Row[] {
  const { screen, opened, size: { columns } } = state;
  switch (screen.name) {
    case "list":
    case "filter":
    case "recent":
      return [];
    case "detail":
      return opened?.detail?.rows ?? READING;
    case "write":
      return writingRows(state, screen);
    case "confirm":
      return questionRows(state, screen);
    case "message":
      return screen.text.flatMap((line) => sentenceRows(line, columns));
    case "help":
      return HELP.flatMap(([keys, text]) => labelledRows(keys, text, columns));
  }
}

/** What the text is about. */
function writingRows({ opened, size: { columns } }: State, { about }: Writing): readonly Row[] {
  switch (about.name) {
    case "answer":
      return opened?.detail?.rows ?? READING;
    case "several":
      return about.items.flatMap((item) =>
        sentenceRows(`${nameOfItem(item)}: ${oneLine(reviewOf(item.proposal))}`, columns)
      );
    case "undo":
      return about.rows ?? READING;
  }
}

const READING: readonly Row[] = [[], plain("Reading…")];

export function title(state: State): string {
  const { screen } = state;
  switch (screen.name) {
    case "list":
    case "filter":
      return listTitle(state);
    case "detail":
      return cardTitle(state);
    case "confirm":
      return screen.question.title;
    case "recent":
      return "Can be taken back";
    case "write":
    case "message":
      return screen.title;
    case "help":
      return "Keys";
  }
}

function cardTitle({ opened, shown }: State): string {
  if (!opened) return "";
  const what = opened.edited === undefined ? "Proposal" : "Your changed file for";
  const at = shown.findIndex((item) => keyOf(item) === keyOf(opened.item));
  const place = at < 0 || shown.length < 2 ? "" : ` (${at + 1} of ${shown.length})`;
  return `${what} ${nameOfItem(opened.item)}${place}`;
}

function listTitle({ items, shown, filter, fresh, marked, skipped }: State): string {
  const number = (count: number) => count.toLocaleString("en-US");
  const what = items === undefined
    ? "reading the queues…"
    : filter !== ""
    ? `${number(shown.length)} of ${number(items.length)}, filter: ${filter}`
    : items.length === 0
    ? "nothing to decide"
    : `${number(items.length)} to decide`;
  return [
    `supervisectl: ${what}`,
    ...fresh.size > 0 ? [`${number(fresh.size)} new`] : [],
    ...marked.size > 0 ? [`${number(marked.size)} marked`] : [],
    ...skipped > 0 ? [`${number(skipped)} skipped`] : [],
  ].join(", ");
}

/** Of the window: how many asks there are, also while it is not looked at. */
export function windowTitle({ items }: State): string {
  const count = items?.length ?? 0;
  return `${count === 1 ? "1 ask" : `${count} asks`} – supervisectl`;
}

/** `text` and, as far as there is room, `right` at the end of the row. */
export function spread(text: string, right: string, columns: number): string {
  const left = visibleLine(text);
  if (width(left) + width(right) + 2 > columns) return cut(left, columns);
  return pad(left, columns - width(right)) + right;
}
