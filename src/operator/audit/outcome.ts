/** How a decision ended, in a word. */

import type { Entry } from "./chain.ts";
import { isOnTheWay } from "./choice.ts";

/** Where no entry ends it, it is under way or was interrupted: the log does not say which. */
export function outcomeOf(entry: Pick<Entry, "step" | "status" | "purpose">): string {
  const { step, status, purpose } = entry;
  const undo = purpose === "undo" && step !== "undone" ? "undo " : "";
  if (isOnTheWay(entry)) return `${undo}unfinished`;
  return step === "answered" ? status ?? step : `${undo}${step}`;
}
