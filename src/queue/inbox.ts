/**
 * The agent's side of a queue directory: submit an ask, wait for its decision, take it back. What goes
 * on beside these calls is in files of its own.
 */

import { makeDirectories, publishRecord } from "./archive.ts";
import type { ProposalChange } from "./changes.ts";
import { DirectorySync } from "./directory_sync.ts";
import { checkWritable, sweepTemporaries } from "./durable.ts";
import { datesOf } from "./expired.ts";
import { Expiry } from "./expiry.ts";
import { filedAway } from "./grant_ends.ts";
import { MAX_RECORD_BYTES, PROCESSED_DIRECTORY, type ProposalId, recordName } from "./layout.ts";
import { answerOf, type OpenProposal } from "./open_proposals.ts";
import { type Ask, formatProposal, newProposal, type Proposal } from "./proposal.ts";
import { QueueState, type QueueStateOptions } from "./queue_state.ts";
import { RepeatLog } from "./repeat_log.ts";
import { keyOf } from "./same_ask.ts";
import { sha256Hex } from "./sha256.ts";
import {
  findProposal,
  type ProposalStanding,
  standingOf,
  type Summary,
  summaryOf,
} from "./standing.ts";
import { standing, stillThere } from "./take_in.ts";
import { Undelivered } from "./undelivered.ts";
import { settledWait, type Wait } from "./wait.ts";
import { DirectoryWatch } from "./watch.ts";
import { Withdrawals, type WithdrawOutcome } from "./withdrawals.ts";

export type { Ask } from "./proposal.ts";
export type { ProposalStanding, Summary } from "./standing.ts";

export type Submission =
  /** The ask is in the queue and will survive a crash. `joined`: it was there already. */
  | { readonly kind: "queued" | "joined"; readonly id: ProposalId }
  | { readonly kind: "queue-full"; readonly pending: number; readonly limit: number }
  | { readonly kind: "too-large"; readonly limitBytes: number };

export interface InboxOptions extends QueueStateOptions {
  /** At most this many undecided proposals; a further ask gets `queue-full`. */
  readonly maxPending: number;
  /** So long after its arrival an unclaimed ask expires; default: never. */
  readonly proposalTtlSeconds?: number | undefined;
  /** At most this many decisions not picked up: the oldest are filed away; default: any. */
  readonly maxUndelivered?: number | undefined;
  /** After so many days they are filed away; default: never. */
  readonly undeliveredDays?: number | undefined;
  readonly pollIntervalMs?: number;
}

export class Inbox implements AsyncDisposable {
  readonly #options: InboxOptions;
  readonly #state: QueueState;
  readonly #repeats: RepeatLog;
  readonly #withdrawals: Withdrawals;
  readonly #expiry: Expiry;
  readonly #undelivered: Undelivered;
  readonly #sync: DirectorySync;
  #watch: DirectoryWatch | undefined;
  #stopping = false;

  private constructor(options: InboxOptions) {
    this.#options = options;
    this.#state = new QueueState(options);
    this.#repeats = new RepeatLog(this.#state);
    this.#withdrawals = new Withdrawals(this.#state);
    this.#expiry = new Expiry(this.#state, this.#withdrawals);
    const { maxUndelivered = Infinity, undeliveredDays = Infinity } = options;
    this.#undelivered = new Undelivered(this.#state, maxUndelivered, undeliveredDays);
    this.#sync = new DirectorySync(this.#state, this.#withdrawals, this.#undelivered);
  }

  /**
   * Opens the queue directory, makes it if needed, and takes in what an earlier run left: pending
   * proposals and decisions not picked up. Throws when the directory cannot be used.
   */
  static async open(options: InboxOptions): Promise<Inbox> {
    const inbox = new Inbox(options);
    const state = inbox.#state;
    const { directory, processed, slug, now, recentlyEnded } = state;
    await makeDirectories(directory);
    for (const place of [directory, processed]) await checkWritable(place);
    await sweepTemporaries(directory, now());
    await inbox.#sync.takeInAll();
    state.inBackground(inbox.#expiry.sweep());
    state.inBackground(inbox.#undelivered.sweep());
    // A list that is not whole yet is better than a start that waits for it.
    state.inBackground(
      recentlyEnded.fill(directory, slug, now).catch((error) => {
        state.cannot(PROCESSED_DIRECTORY, `list ${PROCESSED_DIRECTORY}/`, error);
      }),
    );
    inbox.#watch = new DirectoryWatch(directory, {
      onName: (name, isGone) => inbox.#sync.notice(name, isGone),
      onPolled: async (names) => {
        await inbox.#sync.reconcile(names);
        await inbox.#expiry.sweep();
        await inbox.#undelivered.sweep();
      },
      onTrouble: (line) => state.trouble(line),
      pollIntervalMs: options.pollIntervalMs,
    });
    return inbox;
  }

  /** Undecided proposals. */
  get pending(): number {
    return this.#state.entries.undecided;
  }

  /** The proposal that the same ask would join, and whether it is decided. Reads no file. */
  held(ask: Ask): { readonly id: ProposalId; readonly isDecided: boolean } | undefined {
    const entry = this.#state.entries.withKey(keyOf(ask.tool, ask.proposedFile));
    if (!entry || this.#expiry.isOver(entry)) return undefined;
    return { id: entry.id, isDecided: entry.decision !== undefined };
  }

  /**
   * Puts an ask into the queue, or joins the proposal that is there and asks for the same. A new
   * justification is kept beside the first.
   * Throws the file system's error when it cannot be written; nothing is queued then.
   */
  async submit(ask: Ask): Promise<Submission> {
    const { directory, slug, now, entries } = this.#state;
    const hash = sha256Hex(ask.proposedFile);
    const key = keyOf(ask.tool, ask.proposedFile, hash);
    // Asked again each time: of several that saw one vanish, the first queues and the others join.
    let same = entries.withKey(key);
    while (same) {
      if (await this.#stillThere(same)) {
        // Others may get its decision meanwhile: it stays until this call can wait for it too.
        const joined = this.#keep(same);
        await this.#repeats.add(same, ask.justification);
        joined(false);
        return { kind: "joined", id: same.id };
      }
      same = entries.withKey(key);
    }

    const { maxPending: limit, proposalTtlSeconds } = this.#options;
    if (this.pending + this.#withdrawals.keptPlaces() >= limit) {
      return { kind: "queue-full", pending: this.pending, limit };
    }
    const proposal = newProposal(slug, ask, now(), proposalTtlSeconds, hash);
    const { id, arrival_timestamp: since } = proposal;
    const text = formatProposal(proposal);
    if (text === undefined) return { kind: "too-large", limitBytes: MAX_RECORD_BYTES };
    const entry = entries.add({
      id,
      key,
      reasonHash: sha256Hex(ask.justification),
      since,
      expiresAtMs: datesOf(proposal).expiresAtMs,
    });
    entry.publishing = publishRecord(
      directory,
      recordName(id, "proposal"),
      text,
      () => makeDirectories(directory),
    );
    try {
      await entry.publishing;
    } catch (error) {
      entries.unwritten(entry);
      throw error;
    } finally {
      entry.publishing = undefined;
    }
    entries.queued(entry);
    return { kind: "queued", id };
  }

  /**
   * Waits until the operator has decided or the caller ends it. A decision that is there already is
   * returned at once. After `decided` announce the answer with {@linkcode answering}; until one has
   * arrived the decision is kept for the next one who asks.
   */
  wait(id: ProposalId): Wait {
    const entry = this.#state.entries.get(id);
    if (!entry) {
      return settledWait({ kind: this.#state.recentlyEnded.takenBack(id)?.kind ?? "removed" });
    }
    const answer = answerOf(entry);
    if (answer) return settledWait(answer);
    if (this.#stopping) return settledWait({ kind: "stopping" });
    this.#state.hint.arrived(id);
    if (this.#expiry.isOver(entry)) this.#state.inBackground(this.#expiry.look(entry));
    return entry.waits.begin();
  }

  /** An agent asked how a proposal stands, without a call that waits: for the operator that is waiting. */
  polled(id: ProposalId): void {
    const entry = this.#state.entries.get(id);
    if (entry && this.#state.entries.isPending(entry)) this.#state.hint.polled(id);
  }

  /** What was asked for, wherever the file is by now; undefined where this bottle has none. */
  async proposal(id: ProposalId): Promise<Proposal | undefined> {
    const { directory, slug, reads } = this.#state;
    return (await reads.run(() => findProposal(directory, slug, id)))?.value;
  }

  /** Where a proposal of this bottle stands, also when it was filed away long ago. */
  async standing(id: ProposalId): Promise<ProposalStanding> {
    const pending = this.#state.entries.get(id);
    // What cannot be written was never there.
    await pending?.publishing?.catch(() => {});
    if (pending) await this.#expiry.look(pending);
    return await standing(this.#state, id);
  }

  /**
   * The open proposals (pending, or decided and not delivered yet), oldest first; then the lately
   * finished ones, newest first, at most 50. Those of an earlier run come in soon after the start.
   */
  list(): readonly Summary[] {
    const { entries, recentlyEnded } = this.#state;
    const open = [...entries].filter(({ publishing }) => !publishing);
    open.sort((a, b) => a.since < b.since ? -1 : a.since > b.since ? 1 : 0);
    const finished = recentlyEnded.list().filter(({ id }) => !entries.get(id));
    return [...open.map((entry) => summaryOf(entry.id, standingOf(entry, 0))), ...finished];
  }

  /** Calls `listener` for each change, until what is returned is disposed. */
  onChange(listener: (change: ProposalChange) => void): Disposable {
    return this.#state.changes.listen(listener);
  }

  /**
   * Takes a proposal back, unless an operator has claimed or decided it. What it returns survives a
   * power cut. Throws the file system's error when the withdrawal cannot be written.
   */
  withdraw(id: ProposalId): Promise<WithdrawOutcome> {
    const withdrawing = this.#withdrawals.withdraw(id);
    this.#state.inBackground(withdrawing.catch(() => {}));
    return withdrawing;
  }

  /**
   * Announces that an answer with the decision is being sent. Call what is returned once: with true
   * when it has been sent whole, with false when it could not be. The proposal is filed away when an
   * answer has arrived and no other is under way.
   */
  answering(id: ProposalId): (arrived: boolean) => void {
    const entry = this.#state.entries.get(id);
    if (!entry) {
      return (arrived) => arrived && this.#state.inBackground(this.#undelivered.pickedUp(id));
    }
    return entry.decision ? this.#keep(entry) : () => {};
  }

  /** Ends all waits with `stopping`. Later waits end at once; submitting still works. */
  stopWaiting(): void {
    this.#stopping = true;
    for (const entry of this.#state.entries) entry.waits.settleAll({ kind: "stopping" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopWaiting();
    this.#watch?.[Symbol.dispose]();
    await this.#state[Symbol.asyncDispose]();
  }

  /** Keeps an entry from being filed away until what is returned is called. */
  #keep(entry: OpenProposal): (arrived: boolean) => void {
    entry.answering++;
    return (arrived) => {
      entry.answering--;
      entry.answered ||= arrived;
      if (entry.answered && entry.answering === 0) this.#deliver(entry);
    };
  }

  #deliver(entry: OpenProposal): void {
    // The entry stays until its files have moved; but from here on the same ask is a new one.
    this.#state.entries.freeKey(entry);
    const onFiled = () => {
      filedAway(this.#state, entry);
      // It may have been about to be filed away as undelivered.
      this.#state.inBackground(this.#undelivered.pickedUp(entry.id));
    };
    this.#state.inBackground(this.#state.archive.file(entry.id, { onFiled }));
  }

  async #stillThere(entry: OpenProposal): Promise<boolean> {
    try {
      await entry.publishing;
    } catch {
      return false;
    }
    // An ask made while it is being withdrawn must not be withdrawn with it.
    await this.#withdrawals.settled(entry.id);
    await this.#expiry.end(entry);
    if (this.#state.entries.get(entry.id) !== entry) return false;
    return await stillThere(this.#state, entry);
  }
}
