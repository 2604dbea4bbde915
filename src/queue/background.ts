/** Reading and moving that goes on beside the calls, and is waited for at the end. */

export class Background implements AsyncDisposable {
  readonly #running = new Set<Promise<unknown>>();

  add(work: Promise<unknown>): void {
    this.#running.add(work);
    work.finally(() => this.#running.delete(work));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What ends may begin something: a decision that was read is the reason for a move.
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
