/** What is typed, and when nothing is: a question takes an answer only after a pause. */

/** So long nothing may be typed after a question was drawn, before a key can answer it. */
const QUIET_MS = 500;

/** A timer so late tells that the program was busy: what was typed meanwhile is not read yet. */
const LATE_MS = 100;

/** What was typed, "quiet" after a pause without anything, or undefined at the end of the input. */
export type Typed = Uint8Array | "quiet" | undefined;

export class Keyboard {
  readonly #source: () => Promise<Uint8Array | undefined>;
  #reading: Promise<Uint8Array | undefined> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** A pause has passed that was not told yet. */
  #isQuiet = false;
  #onQuiet = () => {};

  /** `source` waits for what is typed next. */
  constructor(source: () => Promise<Uint8Array | undefined>) {
    this.#source = source;
  }

  /** Waits for what comes next; each pause is told once. One call at a time. */
  async read(): Promise<Typed> {
    if (this.#timer === undefined) this.restart();
    this.#reading ??= this.#next();
    const quiet = new Promise<"quiet">((resolve) => {
      this.#onQuiet = () => resolve("quiet");
      if (this.#isQuiet) this.#onQuiet();
    });
    const typed = await Promise.race([this.#reading, quiet]);
    if (typed === "quiet") this.#isQuiet = false;
    else this.#reading = undefined;
    return typed;
  }

  /** Starts the pause again: something was typed, or something else to read was drawn. */
  restart(): void {
    this.stop();
    const due = performance.now() + QUIET_MS;
    this.#timer = setTimeout(() => {
      if (performance.now() > due + LATE_MS) return this.restart();
      this.#isQuiet = true;
      this.#onQuiet();
    }, QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#isQuiet = false;
  }

  async #next(): Promise<Uint8Array | undefined> {
    const bytes = await this.#source();
    this.restart();
    return bytes;
  }
}

const READ_BYTES = 4_096;

/** The next that standard input has; undefined at its end, and when its terminal is gone. */
export async function readInput(): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(READ_BYTES);
  const length = await Deno.stdin.read(bytes).catch(() => null);
  return length === null ? undefined : bytes.subarray(0, length);
}
