/** One fact that was looked at: what an operator reads of it, and what to do when it is not well. */

import { Failure, fromSystem, type Remedy } from "../failure.ts";

export interface Finding {
  readonly ok: boolean;
  readonly text: string;
  readonly remedy?: Remedy;
}

export function well(text: string): Finding {
  return { ok: true, text };
}

export function unwell(text: string, remedy?: Remedy): Finding {
  return { ok: false, text, ...remedy && { remedy } };
}

/** For an expected failure; every other error is a bug and is thrown on. */
export function findingOf(error: unknown, doing?: string): Finding {
  const failure = doing === undefined ? error : fromSystem(error, "cannot-read", doing);
  if (failure instanceof Failure) return unwell(failure.message, failure.remedy);
  throw failure;
}
