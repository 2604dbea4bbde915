/** Takes an edit back to the byte, as long as the file is still what the edit made of it. */

import { z } from "zod";
import { sha256Hex } from "../../queue/sha256.ts";

/** One piece of the text was replaced; the hashes say of which text, and by which. */
export const exactEdit = z.object({
  at: z.number().int().nonnegative(),
  was: z.string(),
  /** The length of what stands there now, in UTF-16 units. */
  length: z.number().int().nonnegative(),
  sha256_before: z.string(),
  sha256_after: z.string(),
});

type ExactEdit = z.infer<typeof exactEdit>;

export function exactEditOf(before: string, after: string): ExactEdit {
  const shorter = Math.min(before.length, after.length);
  let at = 0;
  while (at < shorter && before[at] === after[at]) at++;
  let tail = 0;
  while (
    tail < shorter - at && before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) tail++;
  return {
    at,
    was: before.slice(at, before.length - tail),
    length: after.length - tail - at,
    sha256_before: sha256Hex(before),
    sha256_after: sha256Hex(after),
  };
}

/** The text from before the edit; undefined when the file has changed since. */
export function takenBack(text: string, edit: ExactEdit): string | undefined {
  if (sha256Hex(text) !== edit.sha256_after) return undefined;
  const before = text.slice(0, edit.at) + edit.was + text.slice(edit.at + edit.length);
  return sha256Hex(before) === edit.sha256_before ? before : undefined;
}
