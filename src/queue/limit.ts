/** Keeps work that takes memory from being done all at once. */

export class Limit {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** At most `atOnce` pieces of work run; further ones wait in the order in which they came. */
  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
