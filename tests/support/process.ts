/** A child process whose output can be awaited line by line, so that no test sleeps. */

export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #waiters = new Set<() => void>();
  readonly status: Promise<Deno.CommandStatus>;
  #stdout = "";
  #stderr = "";
  #ended = false;

  constructor(command: string, options: Deno.CommandOptions) {
    this.#child = new Deno.Command(command, {
      stdin: "null",
      ...options,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const out = this.#collect(this.#child.stdout, (text) => this.#stdout += text);
    const err = this.#collect(this.#child.stderr, (text) => this.#stderr += text);
    this.status = Promise.all([this.#child.status, out, err]).then(([status]) => {
      this.#ended = true;
      this.#wake();
      return status;
    });
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

  kill(signal: Deno.Signal = "SIGTERM"): void {
    try {
      this.#child.kill(signal);
    } catch {
      // Ended meanwhile.
    }
  }

  /** Waits until the output matches. Throws with all output when the process ends first. */
  async output(from: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
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

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.kill("SIGKILL");
    await this.status;
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
