/** Ending the proposals whose time is over; apart from withdrawals, whose two steps it takes. */

import { heldUntilMs, MIN_HOLD_MS } from "./claim_hold.ts";
import type { Entries, Entry } from "./entries.ts";
import type { ProposalId } from "./layout.ts";
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

/** One that could not be marked is left alone by the sweeps for so long. */
const RETRY_MS = 60_000;

/** Each has a file open while it is written. */
const WRITES_AT_ONCE = 16;

export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #writes = new Limit(WRITES_AT_ONCE);
  /** Those that the last try has left as they were; `atMs`: since 1970. */
  readonly #left = new Map<ProposalId, { readonly atMs: number; readonly isFailed: boolean }>();

  /** Those that do not say themselves when they expire: an operator sees no end of them coming. */
  readonly #undated = new Set<ProposalId>();

  /** Since 1970. */
  readonly #startedAtMs: number;

  constructor(options: ExpiryOptions) {
    this.#options = options;
    this.#startedAtMs = options.now().getTime();
  }

  /** When a new proposal expires; ISO 8601, UTC. */
  expiresAt(arrival: Date): string | undefined {
    const { ttlSeconds } = this.#options;
    if (ttlSeconds === undefined) return undefined;
    return new Date(arrival.getTime() + ttlSeconds * 1_000).toISOString();
  }

  /** The same of one that is there, in milliseconds since 1970; `since` is its arrival. */
  expiresAtMs({ id, expires_at: at }: Proposal, since: string): number {
    if (at !== undefined) return Date.parse(at);
    const { ttlSeconds } = this.#options;
    if (ttlSeconds === undefined) return Infinity;
    this.#undated.add(id);
    return Date.parse(since) + ttlSeconds * 1_000;
  }

  /**
   * How long a claim made at `claimedAt` keeps it open, in milliseconds since 1970. The time of one
   * that does not name its end may be over already when it is claimed, or when this program starts.
   */
  heldUntilMs({ id, expiresAtMs, since }: Entry, claimedAt: string): number {
    const untilMs = heldUntilMs(expiresAtMs, Date.parse(since));
    if (!this.#undated.has(id)) return untilMs;
    const claimedAtMs = Date.parse(claimedAt);
    // Clocks differ a little; but one from the far future would hold it for ever.
    const isLater = claimedAtMs > this.#startedAtMs &&
      claimedAtMs <= this.#options.now().getTime() + MIN_HOLD_MS;
    return Math.max(untilMs, (isLater ? claimedAtMs : this.#startedAtMs) + MIN_HOLD_MS);
  }

  /** Whether its time is over, as far as is known: an operator may have claimed it just now. */
  isOver(entry: Entry): boolean {
    const { entries, now } = this.#options;
    if (!entries.isPending(entry) || entry.publishing) return false;
    const { claim, expiresAtMs } = entry;
    const nowMs = now().getTime();
    // A claim that cannot be read (it is empty) holds nothing open.
    return expiresAtMs <= nowMs && !(claim && nowMs < this.heldUntilMs(entry, claim));
  }

  /** Marks it, if its time is over and nobody has claimed it. Throws when that cannot be written. */
  async end(entry: Entry): Promise<void> {
    if (this.isOver(entry)) await this.#options.withdrawals.withdraw(entry.id, "expired");
  }

  /** The same for those who only look: what cannot be marked stays pending. Never rejects. */
  async look(entry: Entry): Promise<void> {
    const { now, onTrouble } = this.#options;
    let isFailed = false;
    await this.end(entry).catch((error) => {
      isFailed = true;
      onTrouble(error);
    });
    if (this.isOver(entry)) this.#left.set(entry.id, { atMs: now().getTime(), isFailed });
    else this.#left.delete(entry.id);
  }

  /** Looks at all, and first at those that no look has left as they were. Never rejects. */
  async sweep(): Promise<void> {
    const { entries } = this.#options;
    for (const id of this.#left.keys()) if (!entries.get(id)) this.#left.delete(id);
    for (const id of this.#undated) if (!entries.get(id)) this.#undated.delete(id);
    const over: Entry[] = [];
    for (const entry of entries) if (this.isOver(entry) && !this.#rests(entry)) over.push(entry);
    const atMs = ({ id }: Entry) => this.#left.get(id)?.atMs ?? 0;
    over.sort((a, b) => atMs(a) - atMs(b));
    const swept = over.slice(0, MAX_SWEPT);
    await Promise.all(swept.map((entry) => this.#writes.run(() => this.look(entry))));
  }

  #rests({ id }: Entry): boolean {
    const left = this.#left.get(id);
    if (!left?.isFailed) return false;
    const agoMs = this.#options.now().getTime() - left.atMs;
    // A clock that was put back holds nothing up.
    return agoMs >= 0 && agoMs < RETRY_MS;
  }
}
