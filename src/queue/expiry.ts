/** Ending the proposals whose time is over; apart from withdrawals, whose two steps it takes. */

import type { Entries, Entry } from "./entries.ts";
import { Limit } from "./limit.ts";
import type { Proposal } from "./proposal.ts";
import type { Withdrawals } from "./withdrawals.ts";

export interface ExpiryOptions {
  readonly entries: Entries;
  readonly withdrawals: Pick<Withdrawals, "withdraw">;
  /** For proposals that do not say when they expire, from their arrival; undefined: never. */
  readonly ttlSeconds: number | undefined;
  readonly now: () => Date;
  /** Called with the reason when one cannot be marked; it is tried again at the next look. */
  readonly onTrouble: (error: unknown) => void;
}

/** At most this many are marked in one sweep, so that a poll stays short; the next goes on. */
const MAX_SWEPT = 512;

/** Each has a file open while it is written. */
const WRITES_AT_ONCE = 16;

export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #writes = new Limit(WRITES_AT_ONCE);

  constructor(options: ExpiryOptions) {
    this.#options = options;
  }

  /** When a new proposal expires; ISO 8601, UTC. */
  expiresAt(arrival: Date): string | undefined {
    const { ttlSeconds } = this.#options;
    if (ttlSeconds === undefined) return undefined;
    return new Date(arrival.getTime() + ttlSeconds * 1_000).toISOString();
  }

  /** The same of one that is there, in milliseconds since 1970; `since` is its arrival. */
  expiresAtMs({ expires_at: at }: Pick<Proposal, "expires_at">, since: string): number {
    if (at !== undefined) return Date.parse(at);
    return Date.parse(since) + (this.#options.ttlSeconds ?? Infinity) * 1_000;
  }

  /** Whether its time is over, as far as is known: an operator may have claimed it just now. */
  isOver(entry: Entry): boolean {
    const { entries, now } = this.#options;
    return entries.isPending(entry) && entry.claim === undefined && !entry.publishing &&
      entry.expiresAtMs <= now().getTime();
  }

  /** Marks it, if its time is over and nobody has claimed it. Throws when that cannot be written. */
  async end(entry: Entry): Promise<void> {
    if (this.isOver(entry)) await this.#options.withdrawals.withdraw(entry.id, "expired");
  }

  /** The same for those who only look: what cannot be marked stays pending. Never rejects. */
  async look(entry: Entry): Promise<void> {
    await this.end(entry).catch(this.#options.onTrouble);
  }

  /** Looks at all. Never rejects. */
  async sweep(): Promise<void> {
    const over: Entry[] = [];
    for (const entry of this.#options.entries) {
      if (over.length === MAX_SWEPT) break;
      if (this.isOver(entry)) over.push(entry);
    }
    await Promise.all(over.map((entry) => this.#writes.run(() => this.look(entry))));
  }
}
