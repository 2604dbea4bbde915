/** The sidecar as a host's child: what it writes is only read when a test asks for it. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { join } from "node:path";
import { runtimeEnvironment, sidecarArguments, type SidecarOptions } from "./programs.ts";
import { temporary, type TemporaryDirectory } from "./temporary.ts";
import { within } from "./within.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** A JSON-RPC message as a client sees it. */
// deno-lint-ignore no-explicit-any
export type Message = any;

const encoder = new TextEncoder();

/** How to start the true `main.ts` with its messages on stdin and stdout, for any client library. */
export interface StdioCommand {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
}

export function stdioCommand(queueDirectory: string, options: SidecarOptions = {}): StdioCommand {
  return {
    command: Deno.execPath(),
    args: sidecarArguments(queueDirectory, options.net),
    env: {
      ...runtimeEnvironment(),
      SUPERVISE_BOTTLE_SLUG: options.slug ?? "dev",
      SUPERVISE_QUEUE_DIR: queueDirectory,
      SUPERVISE_TRANSPORT: "stdio",
      SUPERVISE_RATE_LIMIT_PER_MINUTE: "1000000",
      ...options.env,
    },
    cwd: ROOT,
  };
}

/** Reads a stream of bytes line by line, as JSON, and nothing ahead of what is asked for. */
export class MessageReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #unread = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** The next message; undefined when the stream has ended. Throws when a line is no JSON. */
  async next(): Promise<Message | undefined> {
    while (!this.#unread.includes("\n")) {
      const { done, value } = await within(60, "message", this.#reader.read());
      if (!done) this.#unread += this.#decoder.decode(value, { stream: true });
      else if (this.#unread === "") return undefined;
      else throw new Error(`the output ended within a line: ${this.#unread}`);
    }
    const end = this.#unread.indexOf("\n");
    const line = this.#unread.slice(0, end);
    this.#unread = this.#unread.slice(end + 1);
    return JSON.parse(line);
  }

  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}

export class StdioProcess implements AsyncDisposable {
  readonly queueDirectory: string;
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #own: TemporaryDirectory | undefined;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: MessageReader;
  readonly #errors: ReadableStreamDefaultReader<string>;
  readonly #logged: Promise<void>;
  readonly #waiters = new Set<() => void>();
  #log = "";
  #isLogOver = false;

  private constructor(
    child: Deno.ChildProcess,
    queueDirectory: string,
    own: TemporaryDirectory | undefined,
  ) {
    this.#child = child;
    this.queueDirectory = queueDirectory;
    this.#own = own;
    this.status = child.status;
    this.#input = child.stdin.getWriter();
    this.#output = new MessageReader(child.stdout);
    this.#errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    this.#logged = this.#collect();
  }

  /** Starts it and waits until it says that it serves. */
  static async start(options: SidecarOptions = {}): Promise<StdioProcess> {
    const own = options.queueRoot ? undefined : await temporary();
    const queueRoot = options.queueRoot ?? own!.path;
    const queueDirectory = join(queueRoot, options.slug ?? "dev");
    const { command, ...rest } = stdioCommand(queueDirectory, options);
    const child = new Deno.Command(command, {
      ...rest,
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const sidecar = new StdioProcess(child, queueDirectory, own);
    try {
      await sidecar.logged(/; slug=/);
      return sidecar;
    } catch (error) {
      await sidecar[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Sends each as one line. Settles when the sidecar's pipe has taken them. */
  async send(...messages: readonly object[]): Promise<void> {
    await this.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  }

  async write(text: string): Promise<void> {
    await this.#input.write(encoder.encode(text));
  }

  /** The next message; undefined when the sidecar has closed its output. */
  next(): Promise<Message | undefined> {
    return this.#output.next();
  }

  /** All messages up to the end of the output. */
  async rest(): Promise<Message[]> {
    const messages: Message[] = [];
    for (let message; (message = await this.next()) !== undefined;) messages.push(message);
    return messages;
  }

  async closeInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /** Reads no more: the sidecar's next write fails. */
  async closeOutput(): Promise<void> {
    await this.#output.close();
  }

  /** Reads no more of the log: the sidecar's next line of it fails. */
  async closeLog(): Promise<void> {
    await this.#errors.cancel();
  }

  /** Waits until the log matches. Fails when the log ends, or nothing comes, before. */
  async logged(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#log)) {
      if (this.#isLogOver) throw new Error(`the log ended without ${pattern}:\n${this.#log}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await within(60, `${pattern} in the log`, promise);
    }
  }

  kill(signal: Deno.Signal = "SIGTERM"): void {
    this.#child.kill(signal);
  }

  /** Waits for the exit; returns its code and the whole log. Fails when it takes too long. */
  async exit(): Promise<{ readonly code: number; readonly log: string }> {
    const { code } = await within(60, "exit", this.status);
    await this.#logged;
    return { code, log: this.#log };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Ended meanwhile.
    }
    await within(60, "end after SIGKILL", this.status);
    await this.closeInput();
    await this.closeOutput();
    await this.#logged;
    await this.#own?.[Symbol.asyncDispose]();
  }

  async #collect(): Promise<void> {
    for (let read; !(read = await this.#errors.read()).done;) {
      this.#log += read.value;
      this.#wake();
    }
    this.#isLogOver = true;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }
}
