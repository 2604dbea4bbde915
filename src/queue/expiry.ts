/** Filing away the proposals that have expired; apart from withdrawals, whose two steps it takes. */

import { isExpired } from "./expired.ts";
import type { ProposalId } from "./layout.ts";
import { Limit } from "./limit.ts";
import type { OpenProposal } from "./open_proposals.ts";
import type { QueueState } from "./queue_state.ts";
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
  /** Those that the last try has left as they were; `atMs`: since 1970. */
  readonly #left = new Map<ProposalId, { readonly atMs: number; readonly isFailed: boolean }>();

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
    if (this.isOver(entry)) await this.#withdrawals.withdraw(entry.id, "expired");
  }

  /** The same for those who only look: what cannot be marked stays pending. Never rejects. */
  async look(entry: OpenProposal): Promise<void> {
    const { now } = this.#state;
    let isFailed = false;
    await this.end(entry).catch((error) => {
      isFailed = true;
      this.#state.cannot("expired", "mark what has expired", error);
    });
    if (this.isOver(entry)) this.#left.set(entry.id, { atMs: now().getTime(), isFailed });
    else this.#left.delete(entry.id);
  }

  /** Looks at all, and first at those that no look has left as they were. Never rejects. */
  async sweep(): Promise<void> {
    const { entries } = this.#state;
    for (const id of this.#left.keys()) if (!entries.get(id)) this.#left.delete(id);
    const over: OpenProposal[] = [];
    for (const entry of entries) if (this.isOver(entry) && !this.#rests(entry)) over.push(entry);
    const atMs = ({ id }: OpenProposal) => this.#left.get(id)?.atMs ?? 0;
    over.sort((a, b) => atMs(a) - atMs(b));
    const swept = over.slice(0, MAX_SWEPT);
    await Promise.all(swept.map((entry) => this.#writes.run(() => this.look(entry))));
  }

  #rests({ id }: OpenProposal): boolean {
    const left = this.#left.get(id);
    if (!left?.isFailed) return false;
    const agoMs = this.#state.now().getTime() - left.atMs;
    // A clock that was put back holds nothing up.
    return agoMs >= 0 && agoMs < RETRY_MS;
  }
}
