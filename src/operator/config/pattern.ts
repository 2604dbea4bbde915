/** Which bottles an entry is for: a slug, or a pattern in which `*` stands for any characters. */

import { parseSlug } from "../../queue/layout.ts";

export const EVERY_BOTTLE = "*";

/** Whether some slug fits `pattern`. */
export function canMatch(pattern: string): boolean {
  if (pattern === "") return false;
  const letters = pattern.replaceAll("*", "");
  // A slug begins with a letter or digit, which a leading "*" can stand for.
  const isBegun = !pattern.startsWith("*") || parseSlug(letters) !== undefined;
  return parseSlug(isBegun ? letters : `a${letters}`) !== undefined;
}

export function isPattern(match: string): boolean {
  return match.includes("*");
}

/**
 * Whether `text` fits `pattern`. A pattern may stand for `text` as well: a `*` in it is fitted by
 * nothing but a `*`, so what fits `text` then fits `pattern` too. Takes time in proportion to the
 * product of the lengths.
 */
export function fits(pattern: string, text: string): boolean {
  let at = 0;
  let read = 0;
  let star = -1;
  let mark = 0;
  while (read < text.length) {
    if (pattern[at] === "*") {
      star = at++;
      mark = read;
    } else if (pattern[at] === text[read]) {
      at++;
      read++;
    } else if (star >= 0) {
      at = star + 1;
      read = ++mark;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
