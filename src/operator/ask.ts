/** A question of a command that is answered with yes or no, and only by what is typed after it. */

import type { Io, Keys } from "./io.ts";
import type { Typed } from "./keyboard.ts";
import type { Output } from "./output.ts";

/** What a question needs of the terminal. */
type Asking = Pick<Io, "keys" | "interrupts">;

/**
 * Asks `question`. What was typed before it could be read is thrown away: `[y/N]` appears, and an
 * answer counts, once nothing was typed for half a second. An abort of `signal`, the end of the
 * input, a signal to stop, and a question that cannot be shown answer no.
 */
export async function ask(
  question: string,
  io: Asking,
  out: Output,
  signal?: AbortSignal,
): Promise<boolean> {
  out.text(`${question} `);
  await out.flush();
  if (out.closed) return false;
  using keys = io.keys();
  if (!await becomesQuiet(keys, io)) return false;
  out.text("[y/N] ");
  await out.flush();
  const answer = await unless(signal, keys.read());
  // Without its end a line is what was typed before the terminal took lines again, or is broken off.
  return answer instanceof Uint8Array && /^y(es)?\r?\n$/i.test(new TextDecoder().decode(answer));
}

/** Throws away what is typed, until nothing is. Returns whether an answer is then to be expected. */
async function becomesQuiet(keys: Keys, io: Asking): Promise<boolean> {
  // A terminal must not be left without an echo.
  using interrupts = io.interrupts();
  keys.takeRaw(true);
  try {
    let typed: Typed;
    do typed = await unless(interrupts.signal, keys.read()); while (typed instanceof Uint8Array);
    return typed === "quiet" && !interrupts.signal.aborted;
  } finally {
    keys.takeRaw(false);
  }
}

/** What `typed` will be, or undefined as soon as `signal` is aborted. */
async function unless(signal: AbortSignal | undefined, typed: Promise<Typed>): Promise<Typed> {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal?.addEventListener("abort", stop, { once: true });
  if (signal?.aborted) stop();
  try {
    return await Promise.race([typed, stopped]);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
