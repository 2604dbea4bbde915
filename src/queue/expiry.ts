/** Filing away the proposals that have expired; apart from withdrawals, whose two steps it takes. */

import { isExpired } from "./expired.ts";
import type { ProposalId } from "./layout.ts";
import { Limit } from "./limit.ts";
import type { OpenProposal } from "./open_proposals.ts";
import type { QueueState } from "./queue_state.ts";
import { takeInClaim } from "./take_in.ts";
import type { Withdrawals } from "./withdrawals.ts";

/** At most this many are marked in one sweep, so that a poll stays short; the next goes on. */
const MAX_SWEPT = 512;

/** One that could not be marked is left alone by the sweeps for so long. */
const RETRY_MS = 60_000;

/** Each has a file open while it is written. */
const WRITES_AT_ONCE = 16;

export class Expiry {
  readonly #state: QueueState;
  readonly #withdrawals: Withdrawals;
  readonly #writes = new Limit(WRITES_AT_ONCE);
  /** When the last try failed, in milliseconds since 1970. */
  readonly #failedMs = new Map<ProposalId, number>();

  constructor(state: QueueState, withdrawals: Withdrawals) {
    this.#state = state;
    this.#withdrawals = withdrawals;
  }

  /** Whether it has expired, as far as is known: an operator may have claimed it just now. */
  isOver(entry: OpenProposal): boolean {
    const { entries, now } = this.#state;
    return entries.isPending(entry) && !entry.publishing &&
      // The claim is empty where it cannot be read.
      isExpired(entry, Boolean(entry.claim), now());
  }

  /** Files it away if it has expired unclaimed. Throws when that cannot be written. */
  async end(entry: OpenProposal): Promise<void> {
    if (!this.isOver(entry)) return;
    const outcome = await this.#withdrawals.withdraw(entry.id, "expired");
    if (outcome === "claimed") await takeInClaim(this.#state, entry);
    this.#failedMs.delete(entry.id);
  }

  /** The same where one only looks: what cannot be marked stays pending. Never rejects. */
  async look(entry: OpenProposal): Promise<void> {
    await this.end(entry).catch((error) => {
      this.#failedMs.set(entry.id, this.#state.now().getTime());
      this.#state.cannot("expired", "mark what has expired", error);
    });
  }

  /** Looks at all but those that could not be marked just now. Never rejects. */
  async sweep(): Promise<void> {
    const { entries } = this.#state;
    for (const id of this.#failedMs.keys()) if (!entries.get(id)) this.#failedMs.delete(id);
    const over = [...entries].filter((entry) => this.isOver(entry) && !this.#rests(entry));
    await Promise.all(
      over.slice(0, MAX_SWEPT).map((entry) => this.#writes.run(() => this.look(entry))),
    );
  }

  #rests({ id }: OpenProposal): boolean {
    const agoMs = this.#state.now().getTime() - (this.#failedMs.get(id) ?? -Infinity);
    // A clock that was put back holds nothing up.
    return agoMs >= 0 && agoMs < RETRY_MS;
  }
}
