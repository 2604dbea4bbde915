/** Telling others what happens to proposals; a listener's mistake stays the listener's. */

import type { ProposalId } from "./layout.ts";

/**
 * `queued`: it can be decided, and survives a crash. `claimed`: an operator is deciding; told again
 * when another takes over. `released`: the claim was given back. `decided`: the answer is there.
 * `withdrawn`: the agent took it back, or it expired. `removed`: another hand removed its file.
 * `ended`: what was granted no longer holds. `resumed`: it holds again.
 */
export interface ProposalChange {
  readonly kind:
    | ("queued" | "claimed" | "released" | "decided" | "withdrawn" | "removed")
    | ("ended" | "resumed");
  readonly id: ProposalId;
  readonly tool: string;
  /** When it arrived; ISO 8601, UTC. */
  readonly since: string;
  /** ISO 8601, UTC. Only with `decided`. */
  readonly decidedAt?: string;
}

export class Changes {
  readonly #listeners = new Set<{ readonly tell: (change: ProposalChange) => void }>();
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Calls `listener` for each change, until what is returned is disposed. */
  listen(tell: (change: ProposalChange) => void): Disposable {
    const listener = { tell };
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  tell(change: ProposalChange): void {
    for (const { tell } of [...this.#listeners]) {
      try {
        tell(change);
      } catch (error) {
        const what = error instanceof Error ? error.stack ?? error.message : String(error);
        this.#log(`internal error: a listener failed at ${change.kind} ${change.id}: ${what}`);
      }
    }
  }
}
