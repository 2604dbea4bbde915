/** Tells the log about callers who were turned away, and not once for each of a flood. */

/** Between two lines; those in between are counted. */
const PAUSE_MS = 10_000;

export class RefusalLog {
  readonly #log: (line: string) => void;
  #nextAtMs = -Infinity;
  #untold = 0;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** `refusal`: one line, which may end in a newline. `nowMs`: of a clock that does not jump. */
  say(refusal: string, nowMs: number): void {
    if (nowMs < this.#nextAtMs) {
      this.#untold++;
      return;
    }
    const since = this.#untold === 0 ? "" : ` (${this.#untold} more were refused since the last)`;
    this.#log(`refused a request: ${refusal.trimEnd()}${since}`);
    this.#nextAtMs = nowMs + PAUSE_MS;
    this.#untold = 0;
  }
}
