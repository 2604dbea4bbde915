/** Turns any number of changes into one wake-up at a time, with a pause between two. */

export class Debounce {
  readonly #signal: AbortSignal;
  #isPending = false;
  #wake = () => {};

  /** `signal` ends every wait. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Something has changed. */
  trigger(): void {
    this.#isPending = true;
    this.#wake();
  }

  /** Waits `pauseMs`, then for a change that came since the last return. */
  async wait(pauseMs: number): Promise<void> {
    const pause = Promise.withResolvers<void>();
    const timer = setTimeout(pause.resolve, pauseMs);
    this.#wake = () => {
      if (this.#signal.aborted) pause.resolve();
    };
    this.#wake();
    await pause.promise;
    clearTimeout(timer);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (this.#isPending || this.#signal.aborted) resolve();
    await promise;
    this.#isPending = false;
  }
}
