/** Runs one configured command: without a shell, without input, and never for ever. */

import type { Argv } from "../config/config.ts";

/** What is kept of a command's output, in bytes: its end, where it says why it failed. */
const MAX_OUTPUT_BYTES = 4_096;

/** After it was told to end, and before it is killed, in milliseconds. */
const GRACE_MS = 2_000;

/** `failed` says why, and what the command printed last. */
export type Ran =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly why: string };

/** `signal` ends the command like the time-out does. */
export async function run(argv: Argv, timeoutMs: number, signal: AbortSignal): Promise<Ran> {
  const [command, ...args] = argv;
  if (signal.aborted) return { kind: "failed", why: "it was interrupted before it began" };
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
  } catch (error) {
    return { kind: "failed", why: `${command} cannot be started: ${messageOf(error)}` };
  }
  const tails = [new Tail(child.stdout), new Tail(child.stderr)];
  const stopped = Promise.withResolvers<string>();
  const stop = () => stopped.resolve("it was interrupted");
  const timer = setTimeout(
    () => stopped.resolve(`it took longer than ${timeoutMs / 1_000} s`),
    timeoutMs,
  );
  signal.addEventListener("abort", stop);
  try {
    const ended = await Promise.race([child.status, stopped.promise]);
    if (typeof ended === "string") {
      await end(child);
      return { kind: "failed", why: ended + said(tails) };
    }
    // What it leaves running may hold the output open: it is not waited for.
    await Promise.race([Promise.all(tails.map((tail) => tail.done)), pause(100)]);
    if (ended.success) return { kind: "done" };
    const how = ended.signal ? `was ended by ${ended.signal}` : `exited with ${ended.code}`;
    return { kind: "failed", why: `it ${how}${said(tails)}` };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    for (const tail of tails) tail.stop();
  }
}

/** Tells a command to end, and makes it when it does not. Its own children are its own business. */
async function end(child: Deno.ChildProcess): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    try {
      child.kill(signal);
    } catch {
      return; // It has ended.
    }
    const hasEnded = await Promise.race([child.status.then(() => true), pause(GRACE_MS)]);
    if (hasEnded) return;
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function pause(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    Deno.unrefTimer(setTimeout(() => resolve(undefined), ms));
  });
}
