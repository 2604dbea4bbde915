/** What the bench's commands with a seed share: their common options, whole numbers, how they end. */

import { write } from "./output.ts";

/** The options that each of them has, for `parseArgs`. */
export const COMMON_OPTIONS = {
  seed: { type: "string", default: `${Date.now() % 1_000_000}` },
  help: { type: "boolean", default: false },
} as const;

/** Exit 0 when `run` says that all was well, 1 when not, 2 with one line for wrong options. */
export async function exitCode(name: string, run: () => Promise<boolean>): Promise<number> {
  try {
    return await run() ? 0 : 1;
  } catch (error) {
    // What parseArgs() throws too.
    if (!(error instanceof TypeError)) throw error;
    write(Deno.stderr, `${name}: ${error.message}\n`);
    return 2;
  }
}

/** Any number that a seed, or an index of a series, may be. */
export function seedNumber(option: string, text: string): number {
  return wholeNumber(option, text, 0, 4_294_967_295);
}

/** Throws a TypeError that names the option, what was given and what is accepted. */
export function wholeNumber(option: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text && Number.isInteger(number) && number >= low && number <= high) return number;
  throw new TypeError(
    `Cannot use "${text}" for --${option}: give a whole number from ${low} to ${high}`,
  );
}
