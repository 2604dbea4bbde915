/** One line of text under edit: what each key makes of it. */

import type { Key } from "./keys.ts";

export interface Field {
  readonly text: string;
  /** Where the next character goes, in UTF-16 units; never inside of one. */
  readonly cursor: number;
}

/** In bytes of UTF-8: what `--notes` takes too. */
export const MAX_FIELD_BYTES = 8_192;

export function fieldOf(text: string): Field {
  return { text, cursor: text.length };
}

/** The field after `key`; undefined when the key does not edit. What is too long is cut. */
export function edit(field: Field, key: Key): Field | undefined {
  const before = field.text.slice(0, field.cursor);
  const after = field.text.slice(field.cursor);
  switch (key.name) {
    case "text":
    case "paste":
      return insert(before, after, key.text);
    case "left":
      return { ...field, cursor: before.length - lastLength(before) };
    case "right":
      return { ...field, cursor: before.length + firstLength(after) };
    case "home":
      return { ...field, cursor: 0 };
    case "end":
      return { ...field, cursor: field.text.length };
    case "backspace":
      return join(before.slice(0, before.length - lastLength(before)), after);
    case "delete":
      return join(before, after.slice(firstLength(after)));
    case "erase-word":
      return join(before.replace(/\S*\s*$/u, ""), after);
    case "erase-line":
      return join("", after);
    default:
      return undefined;
  }
}

/** Whether nothing more can be typed. */
export function isFull({ text }: Field): boolean {
  return bytesOf(text) >= MAX_FIELD_BYTES - 3;
}

/** A paste may hold several lines: they become one, and nothing of it submits. */
function insert(before: string, after: string, text: string): Field {
  const line = text.toWellFormed().replace(/[\r\n\t]+/g, " ").replace(/\p{Cc}/gu, "");
  let room = MAX_FIELD_BYTES - bytesOf(before) - bytesOf(after);
  let taken = "";
  for (const character of line) {
    room -= bytesOf(character);
    if (room < 0) break;
    taken += character;
  }
  return join(before + taken, after);
}

function join(before: string, after: string): Field {
  return { text: before + after, cursor: before.length };
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

function firstLength(text: string): number {
  const [first = ""] = text;
  return first.length;
}

function lastLength(text: string): number {
  return Array.from(text.slice(-2)).at(-1)?.length ?? 0;
}
