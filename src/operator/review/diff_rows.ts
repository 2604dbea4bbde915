/** Lays a diff out for a terminal, so that no text in it can pass for a sign, a header or our own. */

import { wrap, wrapProse } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import { exactly, lookAlikes, showTabs, spellTrailingBlanks } from "./exact_line.ts";
import { hasRightToLeft } from "./hidden_text.ts";

export interface DiffRow {
  /** Safe to print, without tabs, never wider than was asked for. */
  readonly text: string;
  /** Whether it belongs to a line that comes or goes: to be set in bold. */
  readonly isChanged: boolean;
}

export interface DiffRows {
  readonly rows: readonly DiffRow[];
  /** What is not among the rows, in words; undefined when all is. */
  readonly leftOut: string | undefined;
  /** The first line of the text after the change that is not among the rows as a whole, from 1. */
  readonly hiddenFrom: number | undefined;
}

const INDENT = "  ";
/** Between the sign and the text, as in `quote.ts`: the diff's own rows have no bar. */
const BAR = "| ";
/** Stands before the rest of a line that was too long for one row. */
const CONTINUED = "|…";
/** Indentation, sign and either bar take this at most: some terminals draw `…` two columns wide. */
const GUTTER_COLUMNS = 6;

/** Stands before a line, where no text of a file can begin. */
const RIGHT_TO_LEFT = "! right-to-left letters, maybe shown in another order:";

/** A larger run of changed lines is not searched for look-alikes: all of it is spelled out. */
const MAX_COMPARED_LINES = 5_000;
const MAX_COMPARED_LENGTH = 200_000;

/** No column takes more of a text, in UTF-16 units, not even a letter with its marks. */
const MAX_UNITS_PER_COLUMN = 16;

const NO_LINE_FEED = "\\ No newline at end of file";

type Three = [number, number, number];
type Sign = "+" | "-" | " ";
type Line =
  | { readonly kind: "header"; readonly text: string }
  /** `number` is that of the line after the change, or of the next one. */
  | {
    readonly kind: "text";
    readonly text: string;
    readonly sign: Sign;
    readonly number: number;
  };

/** Lays a unified diff out in at most `maxRows` rows of `columns`. */
export function diffRows(diff: string, columns: number, maxRows: number): DiffRows {
  const lines = linesOf(diff);
  const rows: DiffRow[] = [];
  let alike: ReadonlySet<Line> | "all" = new Set();
  let blockEnd = 0;
  for (const [index, line] of lines.entries()) {
    const isChanged = line.kind === "text" && line.sign !== " ";
    if (isChanged && index >= blockEnd) {
      blockEnd = endOfBlock(lines, index);
      alike = alikeIn(lines, index, blockEnd);
    }
    let isBegun = false;
    const room = (maxRows - rows.length + 1) * columns * MAX_UNITS_PER_COLUMN;
    for (const text of rowsOf(cutTo(line, room), alike === "all" || alike.has(line), columns)) {
      if (rows.length === maxRows) {
        return {
          rows,
          leftOut: leftOut(isBegun, lines.slice(isBegun ? index + 1 : index)),
          hiddenFrom: lines.slice(index).find((line) => line.kind === "text")?.number,
        };
      }
      rows.push({ text, isChanged });
      isBegun = true;
    }
  }
  return { rows, leftOut: undefined, hiddenFrom: undefined };
}

function* rowsOf(line: Line, isAlike: boolean, columns: number): Generator<string> {
  if (line.kind === "header") {
    let indent = INDENT;
    for (const row of wrap(visibleLine(line.text.trimEnd()), columns - 2 * INDENT.length)) {
      yield indent + row;
      indent = `${INDENT}…`;
    }
    return;
  }
  const { sign, text } = line;
  if (hasRightToLeft(text)) {
    for (const row of wrapProse(RIGHT_TO_LEFT, columns - INDENT.length)) yield INDENT + row;
  }
  const blanksSeen = sign === " " ? text : spellTrailingBlanks(text);
  const shown = isAlike ? exactly(blanksSeen) : visibleLine(showTabs(blanksSeen));
  let bar = BAR;
  for (const row of wrapProse(shown, columns - GUTTER_COLUMNS)) {
    yield INDENT + sign + bar + row;
    bar = CONTINUED;
  }
}

/** What cannot be reached in the rows that are left is not worth laying out. */
function cutTo(line: Line, units: number): Line {
  return line.text.length > units ? { ...line, text: line.text.slice(0, units) } : line;
}

function alikeIn(lines: readonly Line[], start: number, end: number): ReadonlySet<Line> | "all" {
  const block = lines.slice(start, end);
  if (block.length > MAX_COMPARED_LINES) return "all";
  const length = block.reduce((sum, { text }) => sum + text.length, 0);
  return length > MAX_COMPARED_LENGTH
    ? "all"
    : lookAlikes(block.filter((line) => line.kind === "text"));
}

/** What a line is can be told by counting alone: a removed `-- a` reads like a file's header. */
function linesOf(diff: string): Line[] {
  let before = 0;
  let after = 0;
  let number = 1;
  const lines = diff.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line): Line => {
    if (line === NO_LINE_FEED) return { kind: "header", text: line };
    if (before > 0 || after > 0) {
      const sign = line.startsWith("+") || line.startsWith("-") ? line.charAt(0) as Sign : " ";
      if (sign !== "+") before--;
      if (sign !== "-") after--;
      return { kind: "text", sign, text: line.slice(1), number: sign === "-" ? number : number++ };
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk) [before, number, after] = [hunk[1] ?? 1, hunk[2], hunk[3] ?? 1].map(Number) as Three;
    if (hunk || /^(---|\+\+\+) /.test(line)) return { kind: "header", text: line };
    return { kind: "text", sign: " ", text: line, number };
  });
}

/** The end of the run of lines that come or go, in which `start` stands. */
function endOfBlock(lines: readonly Line[], start: number): number {
  let end = start;
  for (let line = lines[end]; line; line = lines[++end]) {
    if (line.kind === "text" ? line.sign === " " : line.text !== NO_LINE_FEED) break;
  }
  return end;
}

function leftOut(isBegun: boolean, after: readonly Line[]): string {
  const changed = after.filter((line) => line.kind === "text" && line.sign !== " ").length;
  const more = `${after.length.toLocaleString("en-US")} more line${after.length === 1 ? "" : "s"}` +
    (changed > 0 ? `, ${changed.toLocaleString("en-US")} of them changed` : "");
  if (!isBegun) return more;
  return after.length > 0 ? `the rest of this line and ${more}` : "the rest of this line";
}
