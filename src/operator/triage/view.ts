/** The state as rows of a terminal. Every row is visible text and fits: the painter adds the rest. */

import { cut, pad, width } from "../columns.ts";
import { bold, plain, type Row, type Span } from "../text/row.ts";
import { shortId } from "../text/several.ts";
import { forStream, visibleLine } from "../visible.ts";
import { age } from "../when.ts";
import { type Actions, keyOf } from "./actions.ts";
import { bodyRows, foot, isList, spread, textRows, title } from "./page.ts";
import { selectedIndex } from "./scroll.ts";
import { isTooSmall, MIN_SIZE, type Recall, type Size, type State } from "./state.ts";

export interface Frame {
  readonly size: Size;
  /** Of the window; undefined: it keeps the one that it has. */
  readonly title?: string;
  /** As many as the size has. */
  readonly rows: readonly Row[];
  /** The cursor stands where `before` ends, which begins row `row`; hidden without. */
  readonly cursor: { readonly row: number; readonly before: string } | undefined;
}

/** Stand before a row of a list: of those that are marked, new, and selected. */
const MARKED = "*";
const FRESH = "+";
const SELECTED = "> ";
const NOT_SELECTED = "  ";

const TAB_STOP = 8;

export function view(state: State, now: Date, table: Actions["table"]): Frame {
  const { size } = state;
  const { columns } = size;
  if (isTooSmall(size)) {
    const text = `Needs ${MIN_SIZE.columns}x${MIN_SIZE.rows}; Ctrl-C quits`;
    return { size, rows: filled([plain(cut(text, columns))], size.rows), cursor: undefined };
  }
  const { notice, prompt, field, cursor, keys } = foot(state);
  const page = bodyRows(state);
  const body = bodyOf(state, page, now, table);
  const below: Row[] = [
    ...notice.map(bold),
    ...prompt.map(bold),
    ...field.map(plain),
    plain(keys),
  ];
  const above: Row[] = [bold(spread(title(state), position(state, page, now), columns))];
  const rows = [...filled([...above, ...body], size.rows - below.length), ...below]
    .map((row) => fitted(row, columns));
  const fieldRow = size.rows - 1 - field.length;
  return { size, rows, cursor: cursor && { ...cursor, row: fieldRow + cursor.row } };
}

function bodyOf(state: State, page: number, now: Date, table: Actions["table"]): Row[] {
  const { screen } = state;
  if (isList(screen)) return listRows(state, page, now, table);
  if (screen.name === "recent") return recallRows(screen, page, now);
  const top = textTopOf(state);
  return textRows(state).slice(top, top + page).map(drawable);
}

function listRows(state: State, page: number, now: Date, table: Actions["table"]): Row[] {
  const { items, shown, top, size: { columns }, marked, fresh } = state;
  if (!items) return [];
  if (shown.length === 0) {
    return [
      [],
      plain(
        items.length === 0
          ? "Nothing to decide. What agents ask for appears here by itself."
          : "No ask holds the text of the filter.",
      ),
    ];
  }
  const room = columns - SELECTED.length - 1;
  // Only what is in sight is laid out: a flood of proposals must not make the keys slow.
  const inSight = shown.slice(top, top + page);
  const [head = "", ...rows] = table(inSight, room, now);
  const selected = selectedIndex(state) - top;
  return [
    plain(` ${NOT_SELECTED}${line(head)}`),
    ...inSight.map((item, index) => {
      const key = keyOf(item);
      const mark = marked.has(key) ? MARKED : fresh.has(key) ? FRESH : " ";
      return choice(line(rows[index] ?? ""), index === selected, room, mark);
    }),
  ];
}

function recallRows({ recents, selected, top }: Recall, page: number, now: Date): Row[] {
  if (!recents) return [[], [{ text: "Reading…" }]];
  if (recents.length === 0) return [[], [{ text: "Nothing was approved that can be taken back." }]];
  return recents.slice(top, top + page).map((recent, index) => {
    const text = `${shortId(recent.id)}  ${
      pad(age(recent.at, now), 4)
    } ${recent.slug}  ${recent.what}`;
    return choice(line(text), top + index === selected, Infinity);
  });
}

function choice(text: string, isSelected: boolean, columns: number, mark = ""): Row {
  const before: Row = mark.trim() === "" ? plain(mark) : bold(mark);
  if (!isSelected) return [...before, { text: NOT_SELECTED + text }];
  const filling = Number.isFinite(columns) ? pad(text, columns) : text;
  return [...before, { text: SELECTED + filling, style: "reverse" }];
}

/** What is not in sight, in words: `3 more above, 12 more below`; nothing when all is. */
function position(state: State, page: number, now: Date): string {
  const { screen, top: first, shown, opened } = state;
  if (screen.name === "recent") return "";
  if (isList(screen)) {
    const below = shown.length - first - page;
    return [
      ...first > 0 ? [`${first} more above`] : [],
      ...below > 0 ? [`${below} more below`] : [],
    ].join(", ");
  }
  const length = textRows(state).length;
  const top = textTopOf(state);
  return [
    ...screen.name === "detail" && opened
      ? [`${age(opened.item.proposal.arrival_timestamp, now)} ago`]
      : [],
    ...length > page ? [`rows ${top + 1}-${Math.min(top + page, length)} of ${length}`] : [],
  ].join(", ");
}

function textTopOf({ screen, opened }: State): number {
  return "top" in screen ? screen.top : opened?.top ?? 0;
}

function filled(rows: readonly Row[], count: number): Row[] {
  return Array.from({ length: count }, (_, index) => rows[index] ?? []);
}

/** A row as it is drawn: what hides or moves text is spelled out, and tabs become spaces. */
function drawable(row: Row): Row {
  let at = 0;
  return row.map((span): Span => {
    const text = visibleLine(forStream(expanded(span.text, at)));
    at += width(text);
    return { ...span, text };
  });
}

/** `text` that begins in column `start`. A tab would leave what was there before standing. */
function expanded(text: string, start = 0): string {
  const [first = "", ...parts] = text.split("\t");
  let whole = first;
  for (const part of parts) {
    whole += " ".repeat(TAB_STOP - (start + width(whole)) % TAB_STOP) + part;
  }
  return whole;
}

function line(text: string): string {
  return visibleLine(forStream(expanded(text)));
}

function fitted(row: Row, columns: number): Row {
  const kept: Span[] = [];
  let left = columns;
  for (const span of row) {
    if (left <= 0) break;
    const text = cut(span.text, left);
    kept.push({ ...span, text });
    left -= width(text);
    if (text !== span.text) break;
  }
  return kept;
}
