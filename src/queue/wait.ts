/** Waiting for a decision: several calls may wait for one proposal, and each may leave. */

import type { Decision } from "./decision.ts";
import type { GrantEnd } from "./grant_end.ts";

export type WaitOutcome =
  | { readonly kind: "decided"; readonly decision: Decision }
  /** It was decided, and what it granted no longer holds. */
  | { readonly kind: "ended"; readonly decision: Decision; readonly end: GrantEnd }
  | { readonly kind: "timed-out" }
  /** The caller left before there was an answer. */
  | { readonly kind: "left" }
  /** The sidecar is stopping. */
  | { readonly kind: "stopping" }
  /** The agent took the proposal back. */
  | { readonly kind: "withdrawn" }
  /** It was not answered before its time was over. */
  | { readonly kind: "expired" }
  /** The proposal's file was removed from outside; it can no longer be decided. */
  | { readonly kind: "removed" };

/** One wait for a decision. */
export interface Wait {
  /** Settles when there is a decision, when there can be none any more, or when it was ended. */
  readonly outcome: Promise<WaitOutcome>;
  /** Ends the wait; what was settled before stands. */
  end(kind: "timed-out" | "left"): void;
}

/** A wait that is over before it began. */
export function settledWait(outcome: WaitOutcome): Wait {
  return { outcome: Promise.resolve(outcome), end() {} };
}

/** The calls that wait for one proposal. */
export class Waits {
  readonly #onLeft: () => void;
  readonly #settlers = new Set<(outcome: WaitOutcome) => void>();

  /** `onLeft` is called once for each wait, when it is over. */
  constructor(onLeft: () => void) {
    this.#onLeft = onLeft;
  }

  begin(): Wait {
    const { promise, resolve } = Promise.withResolvers<WaitOutcome>();
    const settle = (outcome: WaitOutcome) => {
      if (!this.#settlers.delete(settle)) return;
      this.#onLeft();
      resolve(outcome);
    };
    this.#settlers.add(settle);
    return { outcome: promise, end: (kind) => settle({ kind }) };
  }

  settleAll(outcome: WaitOutcome): void {
    for (const settle of this.#settlers) settle(outcome);
  }
}
