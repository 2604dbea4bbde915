/** Many time limits of one length on one timer: ten thousand waits must not cost as many timers. */

/** One time limit, and its place in the ring of those that are pending; by itself when it is not. */
export class Deadline {
  readonly at: number;
  readonly expire: () => void;
  next: Deadline = this;
  previous: Deadline = this;

  /** `at`: as `performance.now()` has it. */
  constructor(at: number, expire: () => void) {
    this.at = at;
    this.expire = expire;
  }
}

/** All deadlines are equally far away, so they expire in the order in which they were set. */
export class Deadlines {
  readonly #afterMs: number;
  /** Between the latest and the earliest. A ring, since every request sets one and clears it. */
  readonly #ends = new Deadline(Infinity, () => {});
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `afterMs`: how far away every deadline is, in milliseconds. */
  constructor(afterMs: number) {
    this.#afterMs = afterMs;
  }

  /** Calls `expire` after the time, unless {@linkcode clear} is called before. */
  set(expire: () => void): Deadline {
    const deadline = new Deadline(performance.now() + this.#afterMs, expire);
    const ends = this.#ends;
    deadline.previous = ends.previous;
    deadline.next = ends;
    ends.previous.next = deadline;
    ends.previous = deadline;
    if (this.#timer === undefined) this.#arm(this.#afterMs);
    return deadline;
  }

  /** False when it has expired, or was cleared. */
  clear(deadline: Deadline): boolean {
    const { next, previous } = deadline;
    if (next === deadline) return false;
    previous.next = next;
    next.previous = previous;
    deadline.next = deadline.previous = deadline;
    return true;
  }

  /** Lets all of them expire now. */
  expireAll(): void {
    this.#expireUntil(Number.MAX_VALUE);
  }

  #expireUntil(now: number): void {
    for (let first = this.#ends.next; first.at <= now; first = this.#ends.next) {
      this.clear(first);
      first.expire();
    }
  }

  #arm(inMs: number): void {
    this.#timer = setTimeout(() => this.#expireDue(), inMs);
    Deno.unrefTimer(this.#timer);
  }

  /** Until it is through the timer counts as set: what expires may set another deadline. */
  #expireDue(): void {
    try {
      this.#expireUntil(performance.now());
    } finally {
      this.#timer = undefined;
      const { at } = this.#ends.next;
      if (at < Infinity) this.#arm(Math.max(0, at - performance.now()));
    }
  }
}
