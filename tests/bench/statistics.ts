/** Medians and percentiles, apart so that every figure of the bench is reduced the same way. */

export type Reduce = (values: readonly number[]) => number;

/** The middle value, or the mean of the two in the middle; NaN when there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** The smallest value that at least `share` (0 to 1) of all do not exceed; NaN when there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export const p99: Reduce = (values) => percentile(values, 0.99);
export const largest: Reduce = (values) => percentile(values, 1);
export const sum: Reduce = (values) =>
  values.length ? values.reduce((total, value) => total + value, 0) : NaN;
