/** The state as rows of a terminal. Every row is visible text and fits: the painter adds the rest. */

import { cut, pad, width } from "../columns.ts";
import { forStream, visibleLine } from "../visible.ts";
import { age } from "../when.ts";
import { type Actions, BOLD } from "./actions.ts";
import { bodyRows, foot, spread, textRows, title } from "./page.ts";
import { selectedIndex } from "./scroll.ts";
import { isTooSmall, MIN_SIZE, type Recall, shortId, type Size, type State } from "./state.ts";

export interface Span {
  readonly text: string;
  /** Its meaning is also in the text: a terminal may show no attributes. */
  readonly style?: "bold" | "reverse";
}

export type Row = readonly Span[];

export interface Frame {
  readonly size: Size;
  /** As many as the size has. */
  readonly rows: readonly Row[];
  /** The cursor stands where `before` ends, which begins row `row`; hidden without. */
  readonly cursor: { readonly row: number; readonly before: string } | undefined;
}

/** The mark of the selected row. */
const SELECTED = "> ";
const NOT_SELECTED = "  ";

const TAB_STOP = 8;

export function view(state: State, now: Date, table: Actions["table"]): Frame {
  const { size } = state;
  const { columns } = size;
  if (isTooSmall(size)) {
    const text = `Needs ${MIN_SIZE.columns}x${MIN_SIZE.rows}; Ctrl-C quits`;
    return { size, rows: filled([[{ text: cut(text, columns) }]], size.rows), cursor: undefined };
  }
  const { notice, prompt, field, cursor, keys } = foot(state);
  const page = bodyRows(state);
  const body = bodyOf(state, page, now, table);
  const below: Row[] = [
    ...notice.map((text) => [{ text, style: "bold" } as const]),
    ...prompt.map((text) => [{ text, style: "bold" } as const]),
    ...field.map((text) => [{ text }]),
    [{ text: keys }],
  ];
  const above: Row[] = [[{
    text: spread(title(state), position(state, page), columns),
    style: "bold",
  }]];
  const rows = [...filled([...above, ...body], size.rows - below.length), ...below]
    .map((row) => fitted(row, columns));
  const fieldRow = size.rows - 1 - field.length;
  return { size, rows, cursor: cursor && { ...cursor, row: fieldRow + cursor.row } };
}

function bodyOf(state: State, page: number, now: Date, table: Actions["table"]): Row[] {
  const { screen } = state;
  if (screen.name === "list") return listRows(state, page, now, table);
  if (screen.name === "recent") return recallRows(screen, page, now);
  const top = textTopOf(state);
  return textRows(state).slice(top, top + page).map(spans);
}

function listRows(state: State, page: number, now: Date, table: Actions["table"]): Row[] {
  const { items, top, size: { columns } } = state;
  if (!items) return [];
  if (items.length === 0) {
    return [[], [{ text: "Nothing to decide. What agents ask for appears here by itself." }]];
  }
  const room = columns - SELECTED.length;
  // Only what is in sight is laid out: a flood of proposals must not make the keys slow.
  const [head = "", ...rows] = table(items.slice(top, top + page), room, now);
  const selected = selectedIndex(state) - top;
  return [
    [{ text: NOT_SELECTED + line(head) }],
    ...rows.map((row, index) => choice(line(row), index === selected, room)),
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

function choice(text: string, isSelected: boolean, columns: number): Row {
  if (!isSelected) return [{ text: NOT_SELECTED + text }];
  const filling = Number.isFinite(columns) ? pad(text, columns) : text;
  return [{ text: SELECTED + filling, style: "reverse" }];
}

/** What of a text is in sight, in words; nothing when all is. */
function position(state: State, page: number): string {
  const { screen } = state;
  if (screen.name === "list" || screen.name === "recent") return "";
  const length = textRows(state).length;
  if (length <= page) return "";
  const top = textTopOf(state);
  return `rows ${top + 1}-${Math.min(top + page, length)} of ${length}`;
}

function textTopOf({ screen, opened }: State): number {
  return "top" in screen ? screen.top : opened?.top ?? 0;
}

function filled(rows: readonly Row[], count: number): Row[] {
  return Array.from({ length: count }, (_, index) => rows[index] ?? []);
}

/** Takes the program's own marks of bold out of a row. What else is in it is spelled out. */
function spans(row: string): Row {
  const found: Span[] = [];
  for (const [index, part] of expanded(row).split(BOLD.on).entries()) {
    const [marked = "", ...rest] = index === 0 ? ["", part] : part.split(BOLD.off);
    if (marked !== "") found.push({ text: visibleLine(forStream(marked)), style: "bold" });
    const plain = rest.join("").replaceAll(BOLD.off, "");
    if (plain !== "") found.push({ text: visibleLine(forStream(plain)) });
  }
  return found;
}

/** A tab would leave what was there before standing. */
function expanded(row: string): string {
  const [first = "", ...parts] = row.split("\t");
  let text = first;
  for (const part of parts) {
    const at = width(text.replaceAll(BOLD.on, "").replaceAll(BOLD.off, ""));
    text += " ".repeat(TAB_STOP - at % TAB_STOP) + part;
  }
  return text;
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
