/** One fact that was looked at: what an operator reads of it, and what to do when it is not well. */

import { Failure, fromSystem } from "../failure.ts";

export interface Finding {
  readonly ok: boolean;
  readonly text: string;
  /** A command line that may help. */
  readonly next?: string;
}

export function well(text: string): Finding {
  return { ok: true, text };
}

export function unwell(text: string, next?: string): Finding {
  return next === undefined ? { ok: false, text } : { ok: false, text, next };
}

/** For an expected failure; every other error is a bug and is thrown on. */
export function findingOf(error: unknown, doing?: string): Finding {
  const failure = doing === undefined ? error : fromSystem(error, "cannot-read", doing);
  if (failure instanceof Failure) return unwell(failure.message, failure.next);
  throw failure;
}
