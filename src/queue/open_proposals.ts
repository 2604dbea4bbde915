/** What the inbox keeps in mind of each open proposal; what becomes of one is told to others here. */

import type { Changes, ProposalChange } from "./changes.ts";
import type { Decision } from "./decision.ts";
import type { GrantEnd } from "./grant_end.ts";
import type { ProposalId } from "./layout.ts";
import { toolOfKey } from "./same_ask.ts";
import { type WaitOutcome, Waits } from "./wait.ts";
import type { TakenBack } from "./withdrawal.ts";

/** Ten thousand may be waiting at once: no payload, no text of the agent. */
export interface OpenProposal {
  readonly id: ProposalId;
  /** What makes it the same ask as another. */
  readonly key: string;
  /** SHA-256 of the justification, hexadecimal: the same ask may come again with another. */
  readonly reasonHash: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** When it expires, in milliseconds since 1970; Infinity: never. */
  readonly expiresAtMs: number;
  /** While it is being written: settles when it is durable, rejects when it could not be written. */
  publishing: Promise<void> | undefined;
  /** Since when an operator is deciding; empty where the claim cannot be read. */
  claim: string | undefined;
  /** The last such time that could be read: it tells a takeover from a claim read again. */
  readClaim?: string | undefined;
  decision: Decision | undefined;
  decidedAt: string | undefined;
  /** Since when the decision is lying there, in milliseconds since 1970. */
  decidedSeenMs: number;
  /** What the decision granted no longer holds. */
  end: GrantEnd | undefined;
  /** Answers with its decision that are being sent now, and calls that are just joining it. */
  answering: number;
  /** One of them has arrived. */
  answered: boolean;
  readonly waits: Waits;
}

/** What is known of an entry from the beginning. */
export type NewOpenProposal = Pick<
  OpenProposal,
  "id" | "key" | "reasonHash" | "since" | "expiresAtMs"
>;

/** What a call that waits for it is told; undefined while it is undecided. */
export function answerOf({ decision, end }: OpenProposal): WaitOutcome | undefined {
  if (!decision) return undefined;
  return end ? { kind: "ended", decision, end } : { kind: "decided", decision };
}

export function toolOf({ key }: OpenProposal): string {
  return toolOfKey(key);
}

export class OpenProposals implements Iterable<OpenProposal> {
  readonly #byId = new Map<ProposalId, OpenProposal>();
  readonly #byKey = new Map<string, OpenProposal>();
  readonly #changes: Changes;
  readonly #onLeft: (id: ProposalId) => void;
  #undecided = 0;

  /** `onLeft` is called once for each wait, when it is over. */
  constructor(changes: Changes, onLeft: (id: ProposalId) => void) {
    this.#changes = changes;
    this.#onLeft = onLeft;
  }

  get size(): number {
    return this.#byId.size;
  }

  get undecided(): number {
    return this.#undecided;
  }

  [Symbol.iterator](): Iterator<OpenProposal> {
    return this.#byId.values();
  }

  get(id: ProposalId): OpenProposal | undefined {
    return this.#byId.get(id);
  }

  /** The proposal that the same ask joins. */
  withKey(key: string): OpenProposal | undefined {
    return this.#byKey.get(key);
  }

  /** Whether it can still be decided or withdrawn. */
  isPending(entry: OpenProposal): boolean {
    return !entry.decision && this.#byId.get(entry.id) === entry;
  }

  /** How many undecided ones arrived earlier. */
  ahead({ since }: OpenProposal): number {
    let ahead = 0;
    for (const other of this) if (!other.decision && other.since < since) ahead++;
    return ahead;
  }

  /** Untold until {@linkcode queued}: it may yet turn out that it cannot be written. */
  add(known: NewOpenProposal): OpenProposal {
    const { id, key } = known;
    const entry: OpenProposal = {
      ...known,
      publishing: undefined,
      claim: undefined,
      decision: undefined,
      decidedAt: undefined,
      decidedSeenMs: 0,
      end: undefined,
      answering: 0,
      answered: false,
      waits: new Waits(() => this.#onLeft(id)),
    };
    this.#byId.set(id, entry);
    if (!this.#byKey.has(key)) this.#byKey.set(key, entry);
    this.#undecided++;
    return entry;
  }

  queued(entry: OpenProposal): void {
    this.#tell("queued", entry);
  }

  /** `claim` is as in an entry. */
  claimed(entry: OpenProposal, claim: string | undefined): void {
    const before = entry.claim;
    if (claim === before || !this.isPending(entry)) return;
    entry.claim = claim;
    if (claim === undefined) {
      entry.readClaim = undefined;
      return this.#tell("released", entry);
    }
    // A claim that can only now be read, or no more, is the same one.
    const known = entry.readClaim ?? claim;
    const isSame = before !== undefined && (claim === "" || before === "" && known === claim);
    if (claim) entry.readClaim = claim;
    if (!isSame) this.#tell("claimed", entry);
  }

  /**
   * The first decision stands. `end`: what it granted no longer holds already. `seenMs`: since when it
   * is lying there.
   */
  decided(
    entry: OpenProposal,
    decision: Decision,
    at: string,
    { end, seenMs = Date.parse(at) }: { end?: GrantEnd | undefined; seenMs?: number } = {},
  ): void {
    if (!this.isPending(entry)) return;
    entry.decidedSeenMs = seenMs;
    entry.decision = decision;
    entry.decidedAt = at;
    entry.end = end;
    this.#undecided--;
    entry.waits.settleAll(answerOf(entry) ?? { kind: "removed" });
    this.#tell("decided", entry, { decidedAt: at });
  }

  /** What was granted holds no longer, or, without an `end`, holds (again). */
  ended(entry: OpenProposal, end: GrantEnd | undefined): void {
    const { end: before } = entry;
    if (!entry.decision || this.#byId.get(entry.id) !== entry) return;
    entry.end = end;
    const isSame = before?.endedAt === end?.endedAt && before?.notes === end?.notes;
    if (!isSame) this.#tell(end ? "ended" : "resumed", entry);
  }

  /** It could not be written. */
  unwritten(entry: OpenProposal): void {
    this.#forget(entry, { kind: "removed" });
  }

  removed(entry: OpenProposal): void {
    if (this.#forget(entry, { kind: "removed" })) this.#tell("removed", entry);
  }

  /** `reason`: the waiting calls are told. */
  withdrawn(entry: OpenProposal, reason: TakenBack): void {
    if (this.#forget(entry, { kind: reason })) this.#tell("withdrawn", entry);
  }

  /** Its answer has arrived: from here on the same ask is a new one. */
  freeKey(entry: OpenProposal): void {
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
  }

  /** Its records have been filed away with the decision. */
  delivered(entry: OpenProposal): void {
    this.#forget(entry, { kind: "removed" });
  }

  #forget(entry: OpenProposal, outcome: WaitOutcome): boolean {
    if (!this.#byId.delete(entry.id)) return false;
    if (!entry.decision) this.#undecided--;
    this.freeKey(entry);
    entry.waits.settleAll(outcome);
    return true;
  }

  #tell(
    kind: ProposalChange["kind"],
    entry: OpenProposal,
    more: Partial<ProposalChange> = {},
  ): void {
    const { id, since } = entry;
    this.#changes.tell({ kind, id, tool: toolOf(entry), since, ...more });
  }
}
