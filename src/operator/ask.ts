/** A question of a command that is answered with yes or no, and only by what is typed after it. */

import type { Io } from "./io.ts";
import type { Typed } from "./keyboard.ts";
import type { Output } from "./output.ts";

const CHOICE = "[y/N] ";
const LINE_END = /[\r\n]/;
/** They erase a character, a word or the line; here always the line. */
const ERASERS = ["\x7f", "\b", "\x15", "\x17"];
const END_OF_INPUT = "\x04";

/**
 * Asks `question`. What was typed before it could be read is thrown away: `[y/N]` appears, and an
 * answer counts, once nothing was typed for half a second. An abort of `signal`, a signal to stop,
 * the end of the input, and a question that cannot be shown answer no.
 */
export async function ask(
  question: string,
  io: Pick<Io, "keys" | "interrupts">,
  out: Output,
  signal?: AbortSignal,
): Promise<boolean> {
  // The terminal must not be left as it is while it is asked at.
  using interrupts = io.interrupts();
  const stop = signal ? AbortSignal.any([signal, interrupts.signal]) : interrupts.signal;
  out.text(`${question} `);
  await out.flush();
  if (out.closed) return false;
  using keys = io.keys();
  const next = () => unless(stop, keys.read());
  while (await isQuiet(next)) {
    out.text(CHOICE);
    await out.flush();
    const answer = await readAnswer(next, out);
    out.line();
    await out.flush();
    if (answer !== "pasted") return /^y(es)?$/i.test(answer);
    out.text(`What was pasted is no answer. ${question} `);
    await out.flush();
  }
  return false;
}

/** Throws away what is typed until nothing is. Returns false when there is nothing to wait for. */
async function isQuiet(next: () => Promise<Typed>): Promise<boolean> {
  let typed: Typed;
  do typed = await next(); while (typed instanceof Uint8Array);
  return typed === "quiet";
}

/** The line that is typed, or "pasted" where its end did not come last; "" when there is none. */
async function readAnswer(next: () => Promise<Typed>, out: Output): Promise<string> {
  let line = "";
  while (true) {
    const typed = await next();
    if (typed === undefined) return "";
    if (typed === "quiet") continue;
    const text = new TextDecoder().decode(typed);
    const [before = "", ...after] = text.split(LINE_END);
    if (after.join("") !== "") return "pasted";
    if (before === END_OF_INPUT && line === "") return "";
    if (ERASERS.some((eraser) => before.includes(eraser))) {
      line = "";
      out.line();
      out.text(CHOICE);
    } else {
      line += before;
      out.text(before);
    }
    await out.flush();
    if (after.length > 0) return line;
  }
}

/** What `typed` will be, or undefined as soon as `signal` is aborted. */
async function unless(signal: AbortSignal, typed: Promise<Typed>): Promise<Typed> {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([typed, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
