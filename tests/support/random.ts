/** Chance that can be repeated: the same seed gives the same malformed requests on every run. */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0, below `limit`. */
  below(limit: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** Changes, drops, repeats or inserts a few bytes in up to six places. */
  mutate(bytes: Uint8Array): Uint8Array {
    let mutated = [...bytes];
    for (let times = 1 + this.below(6); times > 0; times--) {
      const at = this.below(mutated.length + 1);
      const count = 1 + this.below(8);
      switch (this.below(5)) {
        case 0:
          mutated[at] = this.below(256);
          break;
        case 1:
          mutated.splice(at, count);
          break;
        case 2:
          mutated.splice(at, 0, ...mutated.slice(at, at + count));
          break;
        case 3:
          mutated.splice(at, 0, ...this.bytes(count));
          break;
        case 4:
          mutated = mutated.slice(0, Math.max(at, 1));
          break;
      }
    }
    return new Uint8Array(mutated);
  }
}
