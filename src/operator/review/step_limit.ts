/** Bounds what hints cost: counted and not timed, so that a text gets the same hints on any machine. */

export interface Steps {
  /** Whether `count` more may be taken. After the first refusal none is. */
  take(count: number): boolean;
  /** Those that were wanted, the refused ones included. */
  readonly wanted: number;
}

export function stepLimit(limit: number): Steps {
  let wanted = 0;
  return {
    take: (count) => (wanted += count) <= limit,
    get wanted() {
      return wanted;
    },
  };
}
