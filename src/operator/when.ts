/** Times in words. Takes `now`: nothing here looks at a clock. */

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** How long ago `at` was: `12s`, `3m`, `5h`, `2d`. A time that is still to come is `0s`. */
export function age(at: string, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(at)) / 1_000));
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < MINUTE_S) return `${seconds}s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)}m`;
  if (seconds < 2 * DAY_S) return `${Math.floor(seconds / HOUR_S)}h`;
  return `${Math.floor(seconds / DAY_S)}d`;
}

/** A time in UTC to the second. Parsed and formatted again, since a date can carry a comment. */
export function instant(at: string): string {
  const time = new Date(Date.parse(at));
  if (Number.isNaN(time.getTime())) return "an unknown time";
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** `2026-11-21T05:39:00Z (3m ago)` */
export function instantAndAge(at: string, now: Date): string {
  const text = instant(at);
  return Number.isNaN(Date.parse(at)) ? text : `${text} (${age(at, now)} ago)`;
}
