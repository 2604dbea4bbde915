/** Finds lines of a file that a reader may not see as they are. */

import { visibleLine } from "../visible.ts";
import { linesRead } from "./dockerfile_parse.ts";
import type { Hint } from "./hint_notices.ts";

const MAX_LINE_LENGTH = 400;
/** So many blanks before more text may move it out of sight. */
const MAX_BLANKS = 40;
/** Letters of Latin and of a script that has the same shapes, within one word. */
const MIXED =
  /\p{Script=Latin}[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]|[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]\p{Script=Latin}/u;
/** Hebrew, Arabic and the scripts beside them, letters and digits alike. */
const RIGHT_TO_LEFT =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Whether a terminal may show the letters of `text` in another order than the file has them. */
export function hasRightToLeft(text: string): boolean {
  return RIGHT_TO_LEFT.test(text);
}

/** Of the lines that `after` has and `before` has not. */
export function hiddenHints(before: string | undefined, after: string): Hint[] {
  const known = new Set(before === undefined ? [] : linesRead(before).lines);
  return linesRead(after).lines.flatMap((text, index) => {
    const says = known.has(text) ? undefined : whatHides(text);
    return says ? [{ label: "HIDDEN TEXT", says, row: { number: index + 1, text } }] : [];
  });
}

function whatHides(line: string): string | undefined {
  if (line.includes("\r")) return "has a carriage return, so that its end may cover its start";
  const plain = line.replaceAll("\t", " ");
  if (visibleLine(plain) !== plain) return "holds characters that hide or move text";
  if (hasRightToLeft(line)) {
    return "has right-to-left letters: it may not be shown in the order it has";
  }
  if (line.length > MAX_LINE_LENGTH) {
    return `is ${line.length.toLocaleString("en-US")} characters long, so read it to its end`;
  }
  if (plain.includes(" ".repeat(MAX_BLANKS)) && plain.trim().includes(" ".repeat(MAX_BLANKS))) {
    return "has many blanks with more text behind them";
  }
  return MIXED.test(line) ? "mixes letters of scripts that look alike" : undefined;
}
