/** The parts of a page on a proposal as rows: fields, warnings, changes of files, and quoted texts. */

import { cut, pad, wrapWords } from "../columns.ts";
import type { DiffRow } from "../review/diff_rows.ts";
import type { Notice } from "../review/kind.ts";
import { quote, type Quoted } from "../review/quote.ts";
import { visibleLine } from "../visible.ts";
import { bold, plain, type Row } from "./row.ts";

const LABEL_COLUMNS = 10;
/** A value of more rows is cut. */
const MAX_FIELD_ROWS = 5;

/** Further rows are indented: text that is quoted can then not pass for a line of its own. */
export function sentenceRows(text: string, columns: number): Row[] {
  const rows = wrapWords(visibleLine(text), columns - 2);
  return rows.map((row, index) => plain(index === 0 ? row : `  ${row}`));
}

export function fieldRows(label: string, value: string, columns: number): Row[] {
  const room = columns - LABEL_COLUMNS - 2;
  const rows = wrapWords(cut(visibleLine(value), MAX_FIELD_ROWS * room), room);
  return rows.map((row, index) => plain(`  ${pad(index === 0 ? label : "", LABEL_COLUMNS)}${row}`));
}

/** A text behind its label, in the columns after that; `indent` says how many those are. */
export function labelledRows(
  label: string,
  text: string,
  columns: number,
  indent = label.length + 1,
): Row[] {
  const room = Math.min(indent, columns / 2);
  const rows = wrapWords(visibleLine(text), columns - room);
  return rows.map((row, index) => plain(pad(index === 0 ? label : "", room) + row));
}

const ALLOWS = "Would allow:";

/** What access an approval would add: each line is a fact of its own. */
export function allowedRows(lines: readonly string[], columns: number): Row[] {
  return lines.flatMap((line, index) =>
    labelledRows(index === 0 ? ALLOWS : "", line, columns, ALLOWS.length + 1)
  );
}

/** Two texts in one colour look alike: who says this one stands above it. */
export function reasonRows(justification: string, columns: number): Row[] {
  return quotedRows("The agent's reason", quote(justification, columns, Infinity));
}

/** The notices again, each in one text. */
export function warningRows(notices: readonly string[], columns: number): Row[] {
  return notices.flatMap((notice) => labelledRows("  !", notice, columns, 4));
}

/** What the operator must not overlook. */
export function noticeRows(found: readonly Notice[], columns: number): Row[] {
  return found.flatMap(({ label, text }) =>
    wrapWords(visibleLine(`${label}  ${text}`), columns - 4).map((row, index): Row =>
      index > 0 || !row.startsWith(label)
        ? plain(`    ${row}`)
        : [...plain("  ! "), ...bold(label), ...plain(row.slice(label.length))]
    )
  );
}

/** A text of somebody else's, laid out behind a gutter. */
export function quotedRows(title: string, { rows, leftOut }: Quoted): Row[] {
  return [
    plain(`${title}:`),
    ...rows.map(plain),
    ...leftOut === undefined ? [] : [plain(`  (${leftOut}; --full shows all)`)],
  ];
}

/** How a live file would change. */
export interface Change {
  /** A sentence without its end: which file, and how its reader is told. */
  readonly title: string;
  readonly rows: readonly DiffRow[];
  /** What is not among the rows, in words; undefined when all is. */
  readonly leftOut: string | undefined;
  /** How its line ends change, which is not among the rows. */
  readonly lineEnds: string | undefined;
}

export function changeRows({ title, rows, leftOut, lineEnds }: Change, columns: number): Row[] {
  return [
    ...sentenceRows(`${title}:`, columns),
    ...lineEnds === undefined ? [] : [[...plain("  ! "), ...bold(sentenceOn(lineEnds))]],
    ...rows.map(({ text, isChanged }) => isChanged ? bold(text) : plain(text)),
    ...leftOut === undefined ? [] : [plain(`  (${leftOut}; --full shows all)`)],
  ];
}

function sentenceOn(lineEnds: string): string {
  return `${lineEnds.slice(0, 1).toUpperCase()}${lineEnds.slice(1)}.`;
}
