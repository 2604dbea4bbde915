/** Shows text of an agent behind a gutter, so that no line of it can pass for the program's own. */

import { wrapProse } from "../columns.ts";
import { visibleText } from "../visible.ts";

const GUTTER = "  | ";
/** Stands before the rest of a line that was too long for one row. */
const CONTINUED = "  |…";
/** What either takes at most: there are terminals that draw `…` two columns wide. */
const GUTTER_COLUMNS = 5;

export interface Quoted {
  readonly rows: readonly string[];
  /** What is not among the rows, in words; undefined when all is. */
  readonly leftOut: string | undefined;
  /** The first line that is not among the rows as a whole, from 1; undefined when all are. */
  readonly hiddenFrom: number | undefined;
}

const NOTHING_HIDDEN = { leftOut: undefined, hiddenFrom: undefined };

/** Lays `text` out in at most `maxRows` rows of `columns`. */
export function quote(text: string, columns: number, maxRows: number): Quoted {
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  if (text === "") return { rows: [GUTTER + "(empty)"], ...NOTHING_HIDDEN };
  const rows: string[] = [];
  for (const [index, line] of lines.entries()) {
    let begun = false;
    let left = visibleText(line);
    for (const row of wrapProse(left, columns - GUTTER_COLUMNS, GUTTER_COLUMNS)) {
      if (rows.length === maxRows) {
        const leftOut = rest(begun, left, lines.length - index);
        return { rows, leftOut, hiddenFrom: index + 1 };
      }
      rows.push((begun ? CONTINUED : GUTTER) + row);
      left = left.slice(row.length);
      begun = true;
    }
  }
  return { rows, ...NOTHING_HIDDEN };
}

/** `lines` counts the one that was cut, if `begun`. */
function rest(begun: boolean, left: string, lines: number): string {
  const more: string[] = [];
  if (begun) more.push(plural(left.length, "character"), "of this line");
  const whole = begun ? lines - 1 : lines;
  if (begun && whole > 0) more.push("and");
  if (whole > 0) more.push(plural(whole, "line"));
  return more.join(" ");
}

function plural(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} more ${noun}${number === 1 ? "" : "s"}`;
}
