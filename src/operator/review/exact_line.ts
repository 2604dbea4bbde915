/** Makes seen what two lines of a diff differ in, when to the eye they are the same. */

import { visibleLine } from "../visible.ts";

const TAB_STOP = 8;
const PLAIN = /^[\x20-\x7e]*$/;

/** Tabs become blanks up to the stops that they reach where nothing stands before the line. */
export function showTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let shown = "";
  let at = 0;
  for (const [index, piece] of line.split("\t").entries()) {
    if (index > 0) {
      const blanks = TAB_STOP - at % TAB_STOP;
      shown += " ".repeat(blanks);
      at += blanks;
    }
    shown += piece;
    at += piece.length;
  }
  return shown;
}

/** Spells blanks and tabs out at the end of a line, also before a carriage return. */
export function spellTrailingBlanks(line: string): string {
  const isReturned = line.endsWith("\r");
  const body = isReturned ? line.slice(0, -1) : line;
  let end = body.length;
  while (end > 0 && (body[end - 1] === " " || body[end - 1] === "\t")) end--;
  if (end === body.length) return line;
  const blanks = body.slice(end).replaceAll(" ", "<U+0020>").replaceAll("\t", "<U+0009>");
  return body.slice(0, end) + blanks + (isReturned ? "\r" : "");
}

/** Everything but printable ASCII spelled out: letters that look alike have other numbers. */
export function exactly(line: string): string {
  return visibleLine(line).replace(
    /[^\x20-\x7e]/gu,
    (character) =>
      `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

interface Signed {
  readonly sign: string;
  readonly text: string;
}

/** Those of the lines that look like a line of the other sign and are not the same. */
export function lookAlikes<Line extends Signed>(lines: readonly Line[]): Set<Line> {
  const textsOf = { "+": new Map<string, string>(), "-": new Map<string, string>() };
  const looks = lines.map(({ text }) => looksOf(text));
  for (const [index, { sign, text }] of lines.entries()) {
    const look = looks[index] ?? "";
    const texts = sign === "+" ? textsOf["+"] : textsOf["-"];
    // Two texts that look the same are no text: whatever is compared with them differs.
    texts.set(look, texts.has(look) && texts.get(look) !== text ? "\n" : text);
  }
  return new Set(lines.filter(({ sign, text }, index) => {
    const other = (sign === "+" ? textsOf["-"] : textsOf["+"]).get(looks[index] ?? "");
    return other !== undefined && other !== text;
  }));
}

/** A text that is the same for all lines that cannot be told apart once they are laid out. */
function looksOf(line: string): string {
  return PLAIN.test(line) ? line : visibleLine(showTabs(line)).normalize("NFKC");
}
