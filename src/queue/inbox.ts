/**
 * The agent's side of a queue directory: submit an ask, wait for its decision, take it back. One
 * file, since it is what the parts of this half have in common: each does one thing, and is in a file
 * of its own.
 */

import { join } from "node:path";
import { Background } from "./background.ts";
import { Changes, type ProposalChange } from "./changes.ts";
import { checkWritable, sweepTemporaries } from "./durable.ts";
import { answerOf, type OpenProposal, OpenProposals, toolOf } from "./open_proposals.ts";
import { datesOf } from "./expired.ts";
import { Expiry } from "./expiry.ts";
import { Archive, makeDirectories, publishRecord } from "./archive.ts";
import { findProposal } from "./find_proposal.ts";
import { RecentlyEnded } from "./recently_ended.ts";
import { GrantEnds } from "./grant_ends.ts";
import { DirectorySync } from "./directory_sync.ts";
import {
  MAX_RECORD_BYTES,
  PROCESSED_DIRECTORY,
  type ProposalId,
  recordName,
  type Slug,
} from "./layout.ts";
import { Limit } from "./limit.ts";
import { type Ask, formatProposal, newProposal, type Proposal } from "./proposal.ts";
import { sha256Hex } from "./sha256.ts";
import { RepeatLog } from "./repeat_log.ts";
import { keyOf } from "./same_ask.ts";
import { type ProposalStanding, readFinished, type Summary, summaryOf } from "./standing.ts";
import { Undelivered } from "./undelivered.ts";
import { settledWait, type Wait } from "./wait.ts";
import { WaitingHint } from "./waiting.ts";
import { DirectoryWatch } from "./watch.ts";
import { Withdrawals, type WithdrawOutcome } from "./withdrawals.ts";

export type { ProposalChange } from "./changes.ts";
export type { Ask } from "./proposal.ts";
export type { ProposalStanding, Summary } from "./standing.ts";
export type { WithdrawOutcome } from "./withdrawals.ts";

export type Submission =
  /** The ask is in the queue and will survive a crash. `joined`: it was there already. */
  | { readonly kind: "queued" | "joined"; readonly id: ProposalId }
  | { readonly kind: "queue-full"; readonly pending: number; readonly limit: number }
  | { readonly kind: "too-large"; readonly limitBytes: number };

export interface InboxOptions {
  readonly directory: string;
  readonly slug: Slug;
  /** At most this many undecided proposals; a further ask gets `queue-full`. */
  readonly maxPending: number;
  /** So long after its arrival an unclaimed ask expires; default: never. */
  readonly proposalTtlSeconds?: number | undefined;
  /** At most this many decisions not picked up: the oldest are filed away; default: any. */
  readonly maxUndelivered?: number | undefined;
  /** After so many days they are filed away; default: never. */
  readonly undeliveredDays?: number | undefined;
  readonly log: (line: string) => void;
  readonly now?: () => Date;
  readonly pollIntervalMs?: number;
}

const DAY_MS = 86_400_000;

/** A record may have 1 MiB, and a request for many must not hold them all in memory. */
const READS_AT_ONCE = 8;

export class Inbox implements AsyncDisposable {
  readonly #options: InboxOptions;
  readonly #now: () => Date;
  readonly #changes: Changes;
  readonly #hint: WaitingHint;
  readonly #entries: OpenProposals;
  readonly #archive: Archive;
  readonly #recentlyEnded = new RecentlyEnded();
  readonly #repeats: RepeatLog;
  readonly #sync: DirectorySync;
  readonly #background: Background;
  readonly #withdrawals: Withdrawals;
  readonly #expiry: Expiry;
  readonly #grantEnds: GrantEnds;
  readonly #undelivered: Undelivered;
  readonly #reads = new Limit(READS_AT_ONCE);
  #watch: DirectoryWatch | undefined;
  #stopping = false;

  private constructor(options: InboxOptions) {
    const { directory, slug, log } = options;
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#changes = new Changes(log);
    this.#background = new Background((error) => log(`internal error: ${text(error)}`));
    this.#hint = new WaitingHint(directory, this.#now);
    this.#entries = new OpenProposals(this.#changes, (id) => this.#hint.left(id));
    this.#archive = new Archive(directory, (id, error) => {
      const line = `cannot move ${id} to ${PROCESSED_DIRECTORY}/: ${text(error)}`;
      this.#sync.sayOnce(`${PROCESSED_DIRECTORY}/${id}`, line);
    });
    this.#grantEnds = new GrantEnds({
      directory,
      slug,
      changes: this.#changes,
      entries: this.#entries,
      now: this.#now,
      archive: this.#archive,
      recentlyEnded: this.#recentlyEnded,
      onTrouble: (name, error) => {
        const line = `cannot move ${name} to ${PROCESSED_DIRECTORY}/: ${text(error)}`;
        this.#sync.sayOnce(name, line);
      },
    });
    this.#undelivered = new Undelivered({
      directory,
      entries: this.#entries,
      archive: this.#archive,
      recentlyEnded: this.#recentlyEnded,
      max: options.maxUndelivered ?? Infinity,
      maxAgeMs: (options.undeliveredDays ?? Infinity) * DAY_MS,
      now: this.#now,
      log,
      onFiled: (id) => this.#background.add(this.#grantEnds.takeIn(id)),
      onTrouble: (error) => {
        const what =
          "cannot file away decisions that were not picked up, or mark them as picked up";
        this.#sync.sayOnce("undelivered", `${what}: ${reason(error)}`);
      },
    });
    this.#sync = new DirectorySync({
      undelivered: this.#undelivered,
      directory,
      slug,
      log,
      now: this.#now,
      entries: this.#entries,
      archive: this.#archive,
      recentlyEnded: this.#recentlyEnded,
      background: this.#background,
      grantEnds: this.#grantEnds,
      onWithdrawn: (entry) => this.#withdrawals.seen(entry),
    });
    this.#repeats = new RepeatLog({
      directory,
      now: this.#now,
      onTrouble: (id, error) => {
        const name = recordName(id, "repeats");
        this.#sync.sayOnce(name, `cannot write ${name}: ${reason(error)}`);
      },
    });
    this.#withdrawals = new Withdrawals({
      directory,
      entries: this.#entries,
      sync: this.#sync,
      standing: (id) => this.standing(id),
      now: this.#now,
    });
    this.#expiry = new Expiry({
      entries: this.#entries,
      withdrawals: this.#withdrawals,
      now: this.#now,
      onTrouble: (error) => {
        this.#sync.sayOnce("expired", `cannot mark what has expired: ${reason(error)}`);
      },
    });
  }

  /**
   * Opens the queue directory, makes it if needed, and takes in what an earlier run left: pending
   * proposals and decisions not picked up. Throws when the directory cannot be used.
   */
  static async open(options: InboxOptions): Promise<Inbox> {
    const inbox = new Inbox(options);
    const { directory } = options;
    await makeDirectories(directory);
    for (const below of ["", PROCESSED_DIRECTORY]) await checkWritable(join(directory, below));
    await sweepTemporaries(directory, inbox.#now());
    await inbox.#sync.takeInAll();
    inbox.#background.add(inbox.#expiry.sweep());
    inbox.#background.add(inbox.#undelivered.sweep());
    // A list that is not whole yet is better than a start that waits for it.
    inbox.#background.add(
      inbox.#recentlyEnded.fill(directory, options.slug, inbox.#now).catch((error) => {
        options.log(`cannot list ${PROCESSED_DIRECTORY}/: ${text(error)}`);
      }),
    );
    inbox.#watch = new DirectoryWatch(directory, {
      onName: (name) => inbox.#sync.notice(name),
      onGone: (name) => inbox.#sync.noticeGone(name),
      onPolled: async (names) => {
        await inbox.#sync.reconcile(names);
        await inbox.#expiry.sweep();
        await inbox.#undelivered.sweep();
      },
      onTrouble: options.log,
      ...options.pollIntervalMs === undefined ? {} : { pollIntervalMs: options.pollIntervalMs },
    });
    return inbox;
  }

  /** Undecided proposals. */
  get pending(): number {
    return this.#entries.undecided;
  }

  /** The proposal that the same ask would join, and whether it is decided. Reads no file. */
  held(ask: Ask): { readonly id: ProposalId; readonly isDecided: boolean } | undefined {
    const entry = this.#entries.withKey(keyOf(ask.tool, ask.proposedFile));
    if (!entry || this.#expiry.isOver(entry)) return undefined;
    return { id: entry.id, isDecided: entry.decision !== undefined };
  }

  /**
   * Puts an ask into the queue, or joins the proposal that is there and asks for the same. A new
   * justification is kept beside the first.
   * Throws the file system's error when it cannot be written; nothing is queued then.
   */
  async submit(ask: Ask): Promise<Submission> {
    const hash = sha256Hex(ask.proposedFile);
    const key = keyOf(ask.tool, ask.proposedFile, hash);
    // Asked again each time: of several that saw one vanish, the first queues and the others join.
    let same = this.#entries.withKey(key);
    while (same) {
      if (await this.#stillThere(same)) {
        await this.#repeats.add(same, ask.justification);
        return { kind: "joined", id: same.id };
      }
      same = this.#entries.withKey(key);
    }

    const limit = this.#options.maxPending;
    if (this.pending + this.#withdrawals.keptPlaces() >= limit) {
      return { kind: "queue-full", pending: this.pending, limit };
    }
    const arrival = this.#now();
    const proposal = newProposal({
      id: crypto.randomUUID() as ProposalId,
      slug: this.#options.slug,
      ask,
      arrival,
      hash,
      expiresAt: later(arrival, this.#options.proposalTtlSeconds),
    });
    const text = formatProposal(proposal);
    if (text === undefined) return { kind: "too-large", limitBytes: MAX_RECORD_BYTES };

    const since = proposal.arrival_timestamp;
    const { expiresAtMs } = datesOf(proposal);
    const reasonHash = sha256Hex(ask.justification);
    const entry = this.#entries.add({ id: proposal.id, key, reasonHash, since, expiresAtMs });
    entry.publishing = publishRecord(
      this.#options.directory,
      recordName(proposal.id, "proposal"),
      text,
      () => makeDirectories(this.#options.directory),
    );
    try {
      await entry.publishing;
    } catch (error) {
      this.#entries.unwritten(entry);
      throw error;
    } finally {
      entry.publishing = undefined;
    }
    this.#entries.queued(entry);
    return { kind: "queued", id: proposal.id };
  }

  /**
   * Waits until the operator has decided or the caller ends it. A decision that is there already is
   * returned at once. After `decided` announce the answer with {@linkcode answering}; until one has
   * arrived the decision is kept for the next one who asks.
   */
  wait(id: ProposalId): Wait {
    const entry = this.#entries.get(id);
    if (!entry) {
      return settledWait({ kind: this.#recentlyEnded.takenBack(id)?.kind ?? "removed" });
    }
    const answer = answerOf(entry);
    if (answer) return settledWait(answer);
    if (this.#stopping) return settledWait({ kind: "stopping" });
    this.#hint.arrived(id);
    if (this.#expiry.isOver(entry)) this.#background.add(this.#expiry.look(entry));
    return entry.waits.begin();
  }

  /** An agent asked how a proposal stands, without a call that waits: for the operator that is waiting. */
  polled(id: ProposalId): void {
    const entry = this.#entries.get(id);
    if (entry && this.#entries.isPending(entry)) this.#hint.polled(id);
  }

  /** What was asked for, wherever the file is by now; undefined where this bottle has none. */
  async proposal(id: ProposalId): Promise<Proposal | undefined> {
    const { directory, slug } = this.#options;
    return (await this.#reads.run(() => findProposal(directory, slug, id)))?.value;
  }

  /** Where a proposal of this bottle stands, also when it was filed away long ago. */
  async standing(id: ProposalId): Promise<ProposalStanding> {
    const pending = this.#entries.get(id);
    // What cannot be written was never there.
    await pending?.publishing?.catch(() => {});
    if (pending) await this.#expiry.look(pending);
    const entry = this.#entries.get(id);
    if (!entry) return this.#recentlyEnded.takenBack(id) ?? await this.#readFinished(id);
    const { since, decision, end } = entry;
    const tool = toolOf(entry);
    if (decision && end) {
      const { endedAt } = end;
      return { kind: "ended", tool, since, decision, end, endedAt };
    }
    if (decision) {
      const endedAt = entry.decidedAt ?? since;
      return { kind: "decided", tool, since, decision, endedAt };
    }
    const ahead = this.#entries.ahead(entry);
    const claimed = entry.claim !== undefined;
    return { kind: "pending", tool, since, ahead, claimed, claimedAt: entry.claim || undefined };
  }

  /**
   * The open proposals (pending, or decided and not delivered yet), oldest first; then the lately
   * finished ones, newest first, at most 50. Those of an earlier run come in soon after the start.
   */
  list(): readonly Summary[] {
    const open = [...this.#entries].filter(({ publishing }) => !publishing);
    open.sort((a, b) => a.since < b.since ? -1 : a.since > b.since ? 1 : 0);
    const finished = this.#recentlyEnded.list().filter(({ id }) => !this.#entries.get(id));
    return [...open.map(summaryOf), ...finished];
  }

  /** Calls `listener` for each change, until what is returned is disposed. */
  onChange(listener: (change: ProposalChange) => void): Disposable {
    return this.#changes.listen(listener);
  }

  /**
   * Takes a proposal back, unless an operator has claimed or decided it. What it returns survives a
   * power cut. Throws the file system's error when the withdrawal cannot be written.
   */
  withdraw(id: ProposalId): Promise<WithdrawOutcome> {
    const withdrawing = this.#withdrawals.withdraw(id);
    this.#background.add(withdrawing.catch(() => {}));
    return withdrawing;
  }

  /**
   * Announces that an answer with the decision is being sent. Call what is returned once: with true
   * when it has been sent whole, with false when it could not be. The proposal is filed away when an
   * answer has arrived and no other is under way.
   */
  answering(id: ProposalId): (arrived: boolean) => void {
    const entry = this.#entries.get(id);
    if (!entry) return (arrived) => arrived && this.#background.add(this.#undelivered.pickedUp(id));
    if (!entry.decision) return () => {};
    entry.answering++;
    return (arrived) => {
      entry.answering--;
      entry.answered ||= arrived;
      if (entry.answered && entry.answering === 0) this.#deliver(entry);
    };
  }

  /** Ends all waits with `stopping`. Later waits end at once; submitting still works. */
  stopWaiting(): void {
    this.#stopping = true;
    for (const entry of this.#entries) entry.waits.settleAll({ kind: "stopping" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopWaiting();
    this.#watch?.[Symbol.dispose]();
    this.#recentlyEnded.stop();
    this.#undelivered.stop();
    await this.#background[Symbol.asyncDispose]();
    await this.#hint[Symbol.asyncDispose]();
  }

  #readFinished(id: ProposalId): Promise<ProposalStanding> {
    const { directory, slug } = this.#options;
    return this.#reads.run(() => readFinished(directory, slug, id, this.#now()));
  }

  #deliver(entry: OpenProposal): void {
    // The entry stays until its files have moved; but from here on the same ask is a new one.
    this.#entries.freeKey(entry);
    this.#background.add(this.#archive.file(entry.id, { kind: "delivered" }, () => {
      this.#recentlyEnded.add(summaryOf(entry));
      this.#entries.delivered(entry);
      this.#background.add(this.#grantEnds.takeIn(entry.id));
      // It may have been about to be filed away as undelivered.
      this.#background.add(this.#undelivered.pickedUp(entry.id));
    }));
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
    if (this.#entries.get(entry.id) !== entry) return false;
    return await this.#sync.stillThere(entry);
  }
}

function later(time: Date, seconds: number | undefined): string | undefined {
  return seconds === undefined
    ? undefined
    : new Date(time.getTime() + seconds * 1_000).toISOString();
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Without the name of a temporary file, which is another one each time. */
function reason(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : text(error);
}
