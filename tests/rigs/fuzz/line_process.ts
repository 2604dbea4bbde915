/** A child that speaks in lines: `Running` keeps all output, which a hundred thousand answers fill. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { join } from "node:path";
import { runtimeEnvironment, sidecarArguments } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import { join as joinBytes } from "./head.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));
const NEWLINE = new Uint8Array([0x0a]);

export class LineProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: string[] = [];
  readonly status: Promise<Deno.CommandStatus>;
  #wake: (() => void) | undefined;
  #hasEnded = false;
  stderr = "";

  constructor(command: string, options: Deno.CommandOptions) {
    this.#child = new Deno.Command(command, {
      ...options,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    const read = Promise.all([this.#readLines(), this.#readLog()]);
    this.status = Promise.all([this.#child.status, read]).then(([status]) => {
      this.#hasEnded = true;
      this.#wake?.();
      return status;
    });
  }

  /** Each with a newline after it. Never fails: a child that went away is seen by its status. */
  async send(lines: readonly Uint8Array[]): Promise<void> {
    const bytes = joinBytes(lines.flatMap((line) => [line, NEWLINE]));
    await this.#input.write(bytes).catch(() => {});
  }

  async closeInput(): Promise<void> {
    await this.#input.close().catch(() => {});
  }

  /** The next line; undefined when the child has ended without one. */
  async line(): Promise<string | undefined> {
    while (this.#lines.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    return this.#lines.shift();
  }

  /** The lines that nobody has read. */
  takeLines(): string[] {
    return this.#lines.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (!this.#hasEnded) this.#child.kill("SIGKILL");
    } catch {
      // Ended meanwhile.
    }
    await within(60, "end after SIGKILL", this.status);
    await this.#input.abort().catch(() => {});
  }

  /** Invalid UTF-8 throws, which the run sees as an end: nothing but UTF-8 may be on stdout. */
  async #readLines(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoderStream("utf-8", { fatal: true });
    for await (const text of this.#child.stdout.pipeThrough(decoder)) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      this.#lines.push(...lines);
      this.#wake?.();
    }
    if (rest !== "") this.#lines.push(rest);
  }

  async #readLog(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.stderr += text;
    }
  }
}

export interface StdioSidecar extends AsyncDisposable {
  readonly process: LineProcess;
}

/** Starts the sidecar with stdin and stdout as its transport, and a queue of its own. */
export async function startStdioSidecar(env: Record<string, string>): Promise<StdioSidecar> {
  const own = await temporary();
  const queueDirectory = join(own.path, "dev");
  const process = new LineProcess(Deno.execPath(), {
    args: sidecarArguments(queueDirectory),
    env: {
      ...runtimeEnvironment(),
      SUPERVISE_BOTTLE_SLUG: "dev",
      SUPERVISE_QUEUE_DIR: queueDirectory,
      SUPERVISE_TRANSPORT: "stdio",
      SUPERVISE_RATE_LIMIT_PER_MINUTE: "1000000",
      ...env,
    },
    clearEnv: true,
    cwd: ROOT,
  });
  return {
    process,
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    },
  };
}
