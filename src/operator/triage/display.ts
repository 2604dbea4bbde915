/** Draws the latest state and none in between: a slow line must not make the screen lag behind. */

import { paint } from "./paint.ts";
import type { Terminal } from "./terminal.ts";
import type { Frame } from "./view.ts";

const BELL = "\x07";
/** A flood of asks rings no more often than this. */
const MIN_BELL_MS = 1_000;

/** A write that takes longer at the end is given up: the line is dead. */
const END_MS = 1_000;

export class Display {
  readonly #terminal: Terminal;
  readonly #frame: () => Frame;
  readonly #onError: (error: unknown) => void;
  #shown: Frame | undefined;
  #isOn = false;
  #isStale = false;
  #rings = false;
  #rangAtMs = -Infinity;
  #writing: Promise<void> | undefined;
  #closing: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, frame: () => Frame, onError: (error: unknown) => void) {
    this.#terminal = terminal;
    this.#frame = frame;
    this.#onError = onError;
  }

  /** Takes the terminal. */
  open(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#shown = undefined;
    this.#terminal.enter();
    this.draw();
  }

  /** Gives the terminal back as it was. */
  close(): Promise<void> {
    if (this.#isOn) this.#closing = this.#leave();
    return this.#closing;
  }

  async #leave(): Promise<void> {
    this.#isOn = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, END_MS);
    await Promise.race([this.#writing, promise]);
    clearTimeout(timer);
    this.#terminal.leave();
  }

  /** Shows the state as it is now, or as soon as the terminal has taken what it was sent. */
  draw(): void {
    this.#isStale = true;
    if (!this.#isOn || this.#writing) return;
    this.#writing = this.#write();
  }

  /** Rings the terminal's bell, unless something else has the terminal. */
  ring(): void {
    const nowMs = performance.now();
    if (!this.#isOn || nowMs - this.#rangAtMs < MIN_BELL_MS) return;
    this.#rangAtMs = nowMs;
    this.#rings = true;
    this.draw();
  }

  async #write(): Promise<void> {
    try {
      // All that one chunk of keys changes is drawn at once.
      await undefined;
      while (this.#isStale && this.#isOn) {
        this.#isStale = false;
        const frame = this.#frame();
        const text = paint(this.#shown, frame) + (this.#rings ? BELL : "");
        this.#rings = false;
        this.#shown = frame;
        if (text !== "") await this.#terminal.write(text);
      }
    } catch (error) {
      this.#onError(error);
    } finally {
      // In the turn in which nothing was stale: a later change would else wait for the next one.
      this.#writing = undefined;
    }
  }
}
