/** Finds lines of a file that a reader may not see as they are. */

import { visibleLine } from "../visible.ts";
import type { Finding } from "./finding.ts";

const MAX_LINE_LENGTH = 400;
/** So many blanks before more text may move it out of sight. */
const MAX_BLANKS = 40;
/** Letters of Latin and of a script that has the same shapes, within one word. */
const MIXED =
  /\p{Script=Latin}[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]|[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}]\p{Script=Latin}/u;

/** Of the lines that `after` has and `before` has not. */
export function hiddenFindings(before: string | undefined, after: string): Finding[] {
  const known = new Set(before?.split("\n"));
  const lines = after.replace(/^\ufeff/, "").split("\n");
  return lines.flatMap((line, index) => {
    const says = known.has(line) ? undefined : whatHides(line.replace(/\r$/, ""));
    const row = { number: index + 1, text: line, isJoined: false };
    return says ? [{ label: "HIDDEN TEXT", says, row }] : [];
  });
}

function whatHides(line: string): string | undefined {
  if (line.includes("\r")) return "has a carriage return, so that its end may cover its start";
  const plain = line.replaceAll("\t", " ");
  if (visibleLine(plain) !== plain) return "holds characters that hide or move text";
  if (line.length > MAX_LINE_LENGTH) {
    return `is ${line.length.toLocaleString("en-US")} characters long, so read it to its end`;
  }
  if (plain.includes(" ".repeat(MAX_BLANKS)) && plain.trim().includes(" ".repeat(MAX_BLANKS))) {
    return "has many blanks with more text behind them";
  }
  return MIXED.test(line) ? "mixes letters of scripts that look alike" : undefined;
}
