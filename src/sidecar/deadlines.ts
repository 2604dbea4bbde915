/** Many time limits of one length on one timer: ten thousand waits must not cost as many timers. */

export interface Deadline {
  readonly at: number;
  readonly expire: () => void;
}

/** All deadlines are equally far away, so they expire in the order in which they were set. */
export class Deadlines {
  readonly #afterMs: number;
  readonly #pending = new Set<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `afterMs`: how far away every deadline is, in milliseconds. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Calls `expire` after the time, unless {@linkcode clear} is called before. */
  set(expire: () => void): Deadline {
    const deadline = { at: performance.now() + this.#afterMs, expire };
    this.#pending.add(deadline);
    if (this.#timer === undefined) this.#arm(this.#afterMs);
    return deadline;
  }

  clear(deadline: Deadline): void {
    this.#pending.delete(deadline);
  }

  /** Lets all of them expire now. */
  expireAll(): void {
    for (const deadline of this.#pending) {
      this.#pending.delete(deadline);
      deadline.expire();
    }
  }

  #arm(inMs: number): void {
    this.#timer = setTimeout(() => this.#expireDue(), inMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Until it is through the timer counts as set: what expires may set another deadline. */
  #expireDue(): void {
    const now = performance.now();
    try {
      for (const deadline of this.#pending) {
        if (deadline.at > now) break;
        this.#pending.delete(deadline);
        deadline.expire();
      }
    } finally {
      this.#timer = undefined;
      const [next] = this.#pending;
      if (next) this.#arm(Math.max(0, next.at - performance.now()));
    }
  }
}
