/** Seeded chance and exact pauses, apart so that a run that found a fault can be had again. */

/** Returns the next number of its series, in [0, 1). */
export type Random = () => number;

/** The mulberry32 series of `seed`; not for secrets. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A whole number from `low` to `high`, both included. */
export function between(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

export function delay(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}

/** Like {@linkcode delay}, exact to some microseconds: timers alone fire on whole milliseconds. */
export async function exactDelay(forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  if (forMs > 2) await delay(Math.floor(forMs) - 1);
  while (performance.now() < until) {
    // The rest is under two milliseconds: cheaper to spin than to be late.
  }
}

/** The promise's value, or undefined when it takes longer than `limitMs`. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => timer = setTimeout(resolve, limitMs, undefined));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `done` every `everyMs` until it says yes; false when it has not within `limitMs`. */
export async function eventually(
  done: () => boolean,
  limitMs: number,
  everyMs = 2,
): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (!done()) {
    if (performance.now() > until) return false;
    await delay(everyMs);
  }
  return true;
}
