/** Keeps a line of the log bounded: what is too long is cut, and the whole of it named by its hash. */

import { createHash } from "node:crypto";

/** What a value may take in a line, in bytes: all of them together stay below the longest line. */
const MAX_TEXT_BYTES = 256 * 1_024;
const MAX_NAME_BYTES = 16 * 1_024;
const TEXTS = [
  ...["diff", "notes", "justification", "detail"],
  ...["added", "ask", "final_file", "granted", "proposed_file"],
];
const MARK = "…";

export interface Bounded {
  readonly text: string;
  /** How long all of it was, and its SHA-256; undefined when nothing was cut. */
  readonly cut: string | undefined;
}

/** The value of a field as well-formed Unicode, bounded as it is written in JSON. */
export function bound(field: string, text: string): Bounded {
  const most = TEXTS.includes(field) ? MAX_TEXT_BYTES : MAX_NAME_BYTES;
  const whole = text.toWellFormed();
  if (sizeInJson(whole) <= most) return { text: whole, cut: undefined };
  let size = sizeInJson(MARK);
  let length = 0;
  for (const character of whole) {
    size += sizeInJson(character) - QUOTES;
    if (size > most) break;
    length += character.length;
  }
  const bytes = new TextEncoder().encode(whole);
  const hash = createHash("sha256").update(bytes).digest("hex");
  return {
    text: whole.slice(0, length) + MARK,
    cut: `${bytes.length} bytes, SHA-256 ${hash}`,
  };
}

const QUOTES = 2;

function sizeInJson(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).length;
}
