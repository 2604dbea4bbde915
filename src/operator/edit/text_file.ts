/** Reads a text that an operator wrote, from a file or a pipe, and never more than is allowed. */

import { MAX_RECORD_BYTES } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import { readBounded } from "../read_bounded.ts";

/** What stands for standard input; the last three no permission short of all would open. */
const STANDARD_INPUT = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/**
 * Returns the text of `path`, or of standard input for `-`. Throws a failure when it is too large,
 * not text or not readable.
 */
export async function readTextFile(path: string): Promise<string> {
  const isInput = STANDARD_INPUT.includes(path);
  const name = isInput ? "standard input" : path;
  try {
    const bytes = isInput ? await readBounded(Deno.stdin, MAX_RECORD_BYTES) : await readFile(path);
    if (!bytes) {
      throw new Failure("too-large", `${name} must have at most ${MAX_RECORD_BYTES} bytes`);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) {
      throw new Failure("bad-edit", `${name} must be UTF-8 text`);
    }
    throw fromSystem(error, "cannot-read", `read ${name}`);
  }
}

async function readFile(path: string): Promise<Uint8Array | undefined> {
  using file = await Deno.open(path, { read: true });
  return await readBounded(file, MAX_RECORD_BYTES);
}
