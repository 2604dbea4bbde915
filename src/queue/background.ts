/** Reading and moving that goes on beside the calls, and is waited for at the end. */

export class Background implements AsyncDisposable {
  readonly #running = new Set<Promise<unknown>>();
  readonly #onDefect: (error: unknown) => void;

  /** `onDefect` is told of work that failed: what may go wrong is the work's own to handle. */
  constructor(onDefect: (error: unknown) => void) {
    this.#onDefect = onDefect;
  }

  add(work: Promise<unknown>): void {
    const done = work.catch(this.#onDefect).finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What ends may begin something: a decision that was read is the reason for a move.
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
