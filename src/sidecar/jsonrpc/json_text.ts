/** Arrays and objects that clients, or the models behind them, send as text that holds them as JSON. */

import { isWithinLimits } from "./decode.ts";

/** In characters. Longer text stays text: what it holds was not counted as part of the message. */
const MAX_LENGTH = 131_072;

/** The array or object that a text holds as JSON; every other value as it is. */
export function fromJsonText(value: unknown): unknown {
  if (typeof value !== "string" || value.length > MAX_LENGTH) return value;
  if (!/^\s*[[{]/.test(value) || !isWithinLimits(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
