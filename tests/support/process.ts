/**
 * A child process whose output can be awaited line by line, so that no test sleeps. Every wait has a
 * limit, so that no test hangs: it tells what was waited for, and all that the child has said.
 */

import { within } from "./within.ts";

/** For a child to say something, or to end, on a machine with much other work. */
const PATIENCE_S = 60;

export class Running implements AsyncDisposable {
  /** Settles when it has ended, without a limit. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #command: string;
  readonly #child: Deno.ChildProcess;
  readonly #waiters = new Set<() => void>();
  #stdout = "";
  #stderr = "";
  #ended = false;

  constructor(command: string, options: Deno.CommandOptions) {
    this.#command = [command, ...options.args ?? []].join(" ");
    this.#child = new Deno.Command(command, {
      stdin: "null",
      ...options,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const out = this.#collect(this.#child.stdout, (text) => this.#stdout += text);
    const err = this.#collect(this.#child.stderr, (text) => this.#stderr += text);
    this.ended = Promise.all([this.#child.status, out, err]).then(([status]) => {
      this.#ended = true;
      this.#wake();
      return status;
    });
  }

  /** Waits for its end. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#within(`end of ${this.#command}`, this.ended);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  get stdin(): WritableStream<Uint8Array<ArrayBuffer>> {
    return this.#child.stdin;
  }

  /** Writes all of standard input and closes it; a child that reads no more is seen by its end. */
  async feed(text: string): Promise<void> {
    await new Blob([text]).stream().pipeTo(this.stdin).catch(() => {});
  }

  kill(signal: Deno.Signal = "SIGTERM"): void {
    try {
      this.#child.kill(signal);
    } catch {
      // Ended meanwhile.
    }
  }

  /** Waits until the output matches. Throws with all output when the process ends first. */
  output(from: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    return this.#within(`${pattern} on ${from} of ${this.#command}`, this.#match(from, pattern));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.kill("SIGKILL");
    await this.status;
  }

  async #match(from: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const match = pattern.exec(this[from]);
      if (match) return match;
      if (this.#ended) {
        throw new Error(`ended without ${pattern} on ${from}\n${this.#stdout}\n${this.#stderr}`);
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
    }
  }

  #within<T>(what: string, promise: Promise<T>): Promise<T> {
    return within(PATIENCE_S, what, promise, () => `${this.#stdout}\n${this.#stderr}`);
  }

  async #collect(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    add: (text: string) => void,
  ): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      add(text);
      this.#wake();
    }
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface FinishOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  /** What standard input holds; nothing without. */
  readonly stdin?: string;
}

/** Runs a command to its end. */
export async function finish(
  command: string,
  args: readonly string[],
  { stdin, ...options }: FinishOptions = {},
): Promise<Finished> {
  await using process = new Running(command, {
    ...options,
    args: [...args],
    stdin: stdin === undefined ? "null" : "piped",
  });
  if (stdin !== undefined) await process.feed(stdin);
  const { code } = await process.status;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

export async function makeFifo(path: string): Promise<string> {
  const { code, stderr } = await finish("mkfifo", [path]);
  if (code !== 0) throw new Error(stderr);
  return path;
}
