/** Runs one configured command: without a shell, without input, and never for ever. */

import type { Argv } from "../config/config.ts";
import { messageOf } from "./message_of.ts";

/** What is kept of a command's output, in bytes: its end, where it says why it failed. */
const MAX_OUTPUT_BYTES = 4_096;

/** After it was told to end, and before it is killed, in milliseconds. */
const GRACE_MS = 2_000;

/** `failed` says why, and what the command printed last. */
export type Ran =
  | { readonly kind: "done" }
  | {
    readonly kind: "failed";
    readonly why: string;
    /** Whether the signal ended it, and not the command or the time-out. */
    readonly interrupted: boolean;
  };

/** `signal` ends the command like the time-out does, unless it may not be ended: sudo's may not. */
export async function run(argv: Argv, timeoutMs: number, signal: AbortSignal): Promise<Ran> {
  const [command, ...args] = argv;
  if (signal.aborted) return failed("it was interrupted before it began", true);
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
  } catch (error) {
    return failed(`${command} cannot be started: ${messageOf(error)}`);
  }
  const tails = [new Tail(child.stdout), new Tail(child.stderr)];
  const stopped = Promise.withResolvers<"interrupted" | "late">();
  const stop = () => stopped.resolve("interrupted");
  const timer = setTimeout(() => stopped.resolve("late"), timeoutMs);
  signal.addEventListener("abort", stop);
  try {
    const ended = await Promise.race([child.status, stopped.promise]);
    if (typeof ended === "string") {
      const isInterrupted = ended === "interrupted";
      const why = isInterrupted
        ? "it was interrupted"
        : `it took longer than ${timeoutMs / 1_000} s`;
      return failed(why + await end(child) + said(tails), isInterrupted);
    }
    // What it leaves running may hold the output open: it is not waited for.
    await Promise.race([Promise.all(tails.map((tail) => tail.done)), pause(100)]);
    if (ended.success) return { kind: "done" };
    const how = ended.signal ? `was ended by ${ended.signal}` : `exited with ${ended.code}`;
    return failed(`it ${how}${said(tails)}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    for (const tail of tails) tail.stop();
  }
}

/**
 * Tells a command to end, and makes it when it does not. Its own children are its own business.
 * Returns what is to be added to why it was ended: nothing, or that it was not.
 */
async function end(child: Deno.ChildProcess): Promise<string> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const killed = kill(child, signal);
    if (killed === "ended") return "";
    if (killed === "not permitted") {
      child.unref();
      return "; it may not be ended and is still running";
    }
    const hasEnded = await Promise.race([child.status.then(() => true), pause(GRACE_MS)]);
    if (hasEnded) return "";
  }
  child.unref();
  return "; it was killed and is still running";
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): "told" | "ended" | "not permitted" {
  try {
    child.kill(signal);
    return "told";
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) return "not permitted";
    // The runtime's word for a process that has ended, and the system's.
    if (error instanceof TypeError || error instanceof Deno.errors.NotFound) return "ended";
    throw error;
  }
}

/** The end of what a command prints. */
class Tail {
  readonly done: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #bytes = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.done = this.#read().catch(() => {});
  }

  get text(): string {
    return new TextDecoder().decode(this.#bytes).trim();
  }

  stop(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #read(): Promise<void> {
    while (true) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const all = new Uint8Array(this.#bytes.length + value.length);
      all.set(this.#bytes);
      all.set(value, this.#bytes.length);
      this.#bytes = all.slice(-MAX_OUTPUT_BYTES);
    }
  }
}

function said(tails: readonly Tail[]): string {
  const text = tails.map((tail) => tail.text).filter((text) => text !== "").join("\n");
  return text === "" ? "" : `, and said: ${text}`;
}

function failed(why: string, interrupted = false): Ran {
  return { kind: "failed", why, interrupted };
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    Deno.unrefTimer(setTimeout(() => resolve(undefined), ms));
  });
}
