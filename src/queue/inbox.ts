/** The agent's side of a queue directory: submit an ask, wait for its decision, file it away. */

import { join } from "node:path";
import { type Decision, readDecision } from "./decision.ts";
import { hasCode, moveDurably, publishFirst, sweepTemporaries } from "./durable.ts";
import {
  DIRECTORY_MODE,
  MAX_RECORD_BYTES,
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "./layout.ts";
import { formatProposal, parseProposal, type Proposal, sha256Hex } from "./proposal.ts";
import { isRegularFile, readRecord } from "./read.ts";
import { WaitingHint } from "./waiting.ts";
import { DirectoryWatch } from "./watch.ts";

/** What an agent wants: the tool it called, the payload, and why. */
export interface Ask {
  readonly tool: string;
  readonly proposedFile: string;
  readonly justification: string;
}

export type Submission =
  /** The ask is in the queue and will survive a crash. `joined`: it was there already. */
  | { readonly kind: "queued" | "joined"; readonly id: ProposalId }
  | { readonly kind: "queue-full"; readonly pending: number; readonly limit: number }
  | { readonly kind: "too-large"; readonly limitBytes: number };

export type WaitOutcome =
  | { readonly kind: "decided"; readonly decision: Decision }
  | { readonly kind: "timed-out" }
  /** The caller left before there was an answer. */
  | { readonly kind: "left" }
  /** The sidecar is stopping. */
  | { readonly kind: "stopping" }
  /** The proposal's file was removed by somebody else; nobody can decide it any more. */
  | { readonly kind: "removed" };

/** Where a proposal stands, for a caller that does not want to wait. */
export type Standing =
  | { readonly kind: "pending"; readonly since: string; readonly ahead: number }
  | { readonly kind: "decided"; readonly decision: Decision }
  | { readonly kind: "withdrawn" }
  | { readonly kind: "unknown" };

/** One wait for a decision. */
export interface Wait {
  /** Settles when there is a decision, when there can be none any more, or when it was ended. */
  readonly outcome: Promise<WaitOutcome>;
  /** Ends the wait; what was settled before stands. */
  end(kind: "timed-out" | "left"): void;
}

export interface InboxOptions {
  readonly directory: string;
  readonly slug: Slug;
  /** At most this many undecided proposals; a further ask gets `queue-full`. */
  readonly maxPending: number;
  readonly log: (line: string) => void;
  readonly now?: () => Date;
  readonly pollIntervalMs?: number;
}

interface Entry {
  readonly id: ProposalId;
  readonly key: string;
  readonly since: string;
  /** While it is being written: settles when it is durable, rejects when it could not be written. */
  publishing: Promise<void> | undefined;
  /** Its records are on their way to `processed/`. */
  moving: boolean;
  decision?: Decision;
  /** A few at most: the calls that joined the same ask. */
  waits: readonly PendingWait[];
}

/** Temporary files older than this belong to a writer that was killed. */
const STALE_TEMPORARY_MS = 10 * 60_000;

/** Beyond this many proposals in one directory further ones are not taken into memory. */
const MAX_ENTRIES = 50_000;

export class Inbox implements AsyncDisposable {
  readonly #options: InboxOptions;
  readonly #now: () => Date;
  readonly #entries = new Map<ProposalId, Entry>();
  readonly #byKey = new Map<string, Entry>();
  /** Records being read now; true when something happened to one meanwhile. */
  readonly #reading = new Map<ProposalId, boolean>();
  readonly #skipped = new Map<string, string>();
  readonly #hint: WaitingHint;
  #watch: DirectoryWatch | undefined;
  readonly #moves = new Set<Promise<void>>();
  #undecided = 0;
  #stopping = false;

  private constructor(options: InboxOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#hint = new WaitingHint(options.directory, this.#now);
  }

  /**
   * Opens the queue directory, makes it if needed, and takes in what an earlier run left: pending
   * proposals and decisions nobody has picked up. Throws when the directory cannot be used.
   */
  static async open(options: InboxOptions): Promise<Inbox> {
    const inbox = new Inbox(options);
    await inbox.#makeDirectories();
    await sweepTemporaries(options.directory, inbox.#now(), STALE_TEMPORARY_MS);
    await inbox.#takeInAll();
    inbox.#watch = new DirectoryWatch(options.directory, {
      onName: (name) => inbox.#notice(name),
      onPolled: (names) => inbox.#reconcile(names),
      onTrouble: options.log,
      ...options.pollIntervalMs === undefined ? {} : { pollIntervalMs: options.pollIntervalMs },
    });
    return inbox;
  }

  /** Undecided proposals. */
  get pending(): number {
    return this.#undecided;
  }

  /**
   * Puts an ask into the queue, or joins the proposal with the same tool and payload that is there.
   * Throws the file system's error when it cannot be written; nothing is queued then.
   */
  async submit(ask: Ask): Promise<Submission> {
    const hash = sha256Hex(ask.proposedFile);
    const key = `${ask.tool} ${hash}`;
    const same = this.#byKey.get(key);
    if (same && await this.#stillThere(same)) return { kind: "joined", id: same.id };

    const limit = this.#options.maxPending;
    if (this.#undecided >= limit) return { kind: "queue-full", pending: this.#undecided, limit };
    const proposal: Proposal = {
      id: crypto.randomUUID() as ProposalId,
      bottle_slug: this.#options.slug,
      tool: ask.tool,
      proposed_file: ask.proposedFile,
      justification: ask.justification,
      arrival_timestamp: this.#now().toISOString(),
      current_file_hash: hash,
    };
    const text = formatProposal(proposal);
    if (text === undefined) return { kind: "too-large", limitBytes: MAX_RECORD_BYTES };

    const entry = this.#add(proposal.id, key, proposal.arrival_timestamp);
    entry.publishing = this.#publish(recordName(proposal.id, "proposal"), text);
    try {
      await entry.publishing;
    } catch (error) {
      this.#forget(entry, { kind: "removed" });
      throw error;
    } finally {
      entry.publishing = undefined;
    }
    return { kind: "queued", id: proposal.id };
  }

  /**
   * Waits until the operator has decided or the caller ends it. A decision that is there already is
   * returned at once. After `decided` call {@linkcode delivered} when the answer has reached the
   * caller; until then it is kept for the next one who asks.
   */
  wait(id: ProposalId): Wait {
    const entry = this.#entries.get(id);
    if (!entry) return settledWait({ kind: "removed" });
    if (entry.decision) return settledWait({ kind: "decided", decision: entry.decision });
    if (this.#stopping) return settledWait({ kind: "stopping" });
    return new PendingWait(entry, this.#hint);
  }

  /** Where a proposal of this bottle stands, also when it was filed away long ago. */
  async standing(id: ProposalId): Promise<Standing> {
    const entry = this.#entries.get(id);
    if (entry?.decision) return { kind: "decided", decision: entry.decision };
    if (entry) return { kind: "pending", since: entry.since, ahead: this.#ahead(entry) };
    const processed = join(this.#options.directory, PROCESSED_DIRECTORY);
    const response = await readDecision(processed, id);
    if (response.kind === "read") return { kind: "decided", decision: response.value };
    for (const directory of [this.#options.directory, processed]) {
      const name = recordName(id, "withdrawn");
      if (await isRegularFile(join(directory, name))) return { kind: "withdrawn" };
    }
    return { kind: "unknown" };
  }

  /** Files a decided proposal away, once. Call it when its answer has reached a caller. */
  delivered(id: ProposalId): void {
    const entry = this.#entries.get(id);
    if (!entry?.decision || entry.moving) return;
    entry.moving = true;
    // From here on the same ask is a new one; the entry stays until its files have moved.
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    const move = this.#fileAway(id).then(
      () => void this.#entries.delete(id),
      (error) => {
        entry.moving = false;
        this.#options.log(`cannot move ${id} to ${PROCESSED_DIRECTORY}/: ${text(error)}`);
      },
    );
    this.#moves.add(move);
    move.finally(() => this.#moves.delete(move));
  }

  /** Ends all waits with `stopping`. Later waits end at once; submitting still works. */
  stopWaiting(): void {
    this.#stopping = true;
    for (const entry of this.#entries.values()) this.#settle(entry, { kind: "stopping" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopWaiting();
    this.#watch?.[Symbol.dispose]();
    await Promise.all(this.#moves);
    await this.#hint[Symbol.asyncDispose]();
  }

  #add(id: ProposalId, key: string, since: string): Entry {
    const entry: Entry = {
      id,
      key,
      since,
      publishing: undefined,
      moving: false,
      waits: [],
    };
    this.#entries.set(id, entry);
    if (!this.#byKey.has(key)) this.#byKey.set(key, entry);
    this.#undecided++;
    return entry;
  }

  #forget(entry: Entry, outcome: WaitOutcome): void {
    if (!this.#entries.delete(entry.id)) return;
    if (!entry.decision) this.#undecided--;
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    this.#settle(entry, outcome);
  }

  #settle(entry: Entry, outcome: WaitOutcome): void {
    for (const wait of entry.waits) wait.settle(outcome);
  }

  #ahead(entry: Entry): number {
    let ahead = 0;
    for (const other of this.#entries.values()) {
      if (!other.decision && other.since < entry.since) ahead++;
    }
    return ahead;
  }

  async #stillThere(entry: Entry): Promise<boolean> {
    try {
      await entry.publishing;
    } catch {
      return false;
    }
    if (await isRegularFile(join(this.#options.directory, recordName(entry.id, "proposal")))) {
      return true;
    }
    this.#forget(entry, { kind: "removed" });
    return false;
  }

  async #publish(name: string, text: string): Promise<void> {
    try {
      await publishFirst(this.#options.directory, name, text);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      await this.#makeDirectories();
      await publishFirst(this.#options.directory, name, text);
    }
  }

  async #makeDirectories(): Promise<void> {
    const processed = join(this.#options.directory, PROCESSED_DIRECTORY);
    await Deno.mkdir(processed, { recursive: true, mode: DIRECTORY_MODE });
  }

  /** Something happened to `name`, or a poll saw it. */
  #notice(name: string): void {
    const record = parseRecordName(name);
    if (!record) return;
    const entry = this.#entries.get(record.id);
    if (record.kind === "response" && entry && !entry.decision) this.#takeInDecision(entry);
    else if (record.kind === "withdrawn" && entry) this.#forget(entry, { kind: "removed" });
    else if (record.kind === "proposal" && !entry) this.#takeInProposal(record.id);
  }

  /** A poll saw `names` and nothing else: what is missing was removed by somebody. */
  async #reconcile(names: ReadonlySet<string>): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (entry.publishing || entry.decision) continue;
      const name = recordName(entry.id, "proposal");
      if (names.has(name) || await isRegularFile(join(this.#options.directory, name))) continue;
      this.#options.log(`proposal ${entry.id} was removed from the queue undecided`);
      this.#forget(entry, { kind: "removed" });
    }
  }

  async #takeInAll(): Promise<void> {
    const present = new Set<string>();
    for await (const file of Deno.readDir(this.#options.directory)) present.add(file.name);
    for (const name of present) {
      const record = parseRecordName(name);
      if (record?.kind === "proposal") await this.#takeInProposal(record.id);
    }
    for (const name of present) {
      const record = parseRecordName(name);
      if (record && record.kind !== "proposal") await this.#takeInLeftover(record.id, record.kind);
    }
  }

  /** A record whose proposal has moved on: the move was cut short by a crash, so finish it. */
  async #takeInLeftover(id: ProposalId, kind: RecordKind): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry && kind === "withdrawn") {
      this.#forget(entry, { kind: "removed" });
      await this.#fileAway(id);
    } else if (!entry) {
      const { directory } = this.#options;
      const moved = join(directory, PROCESSED_DIRECTORY, recordName(id, "proposal"));
      if (await isRegularFile(moved)) await this.#fileAway(id);
    }
  }

  async #takeInProposal(id: ProposalId): Promise<void> {
    if (this.#entries.size >= MAX_ENTRIES) return;
    await this.#readOnce(id, async () => {
      const { directory } = this.#options;
      const read = await readRecord(directory, recordName(id, "proposal"), parseProposal);
      if (read.kind === "unreadable") return this.#skip(recordName(id, "proposal"), read.why);
      if (read.kind === "missing" || this.#entries.has(id)) return;
      const proposal = read.value;
      if (proposal.id !== id) return this.#skip(recordName(id, "proposal"), "holds another id");
      if (await isRegularFile(join(directory, recordName(id, "withdrawn")))) return;
      const key = `${proposal.tool} ${proposal.current_file_hash}`;
      await this.#readDecision(this.#add(id, key, proposal.arrival_timestamp));
    });
  }

  #takeInDecision(entry: Entry): Promise<void> {
    return this.#readOnce(entry.id, () => this.#readDecision(entry));
  }

  /** Reads one at a time, and once more when the record was touched while it was read. */
  async #readOnce(id: ProposalId, read: () => Promise<void>): Promise<void> {
    if (this.#reading.has(id)) {
      this.#reading.set(id, true);
      return;
    }
    try {
      do {
        this.#reading.set(id, false);
        await read();
      } while (this.#reading.get(id));
    } finally {
      this.#reading.delete(id);
    }
  }

  async #readDecision(entry: Entry): Promise<void> {
    const read = await readDecision(this.#options.directory, entry.id);
    if (read.kind === "unreadable") return this.#skip(recordName(entry.id, "response"), read.why);
    if (read.kind === "missing" || entry.decision || !this.#entries.has(entry.id)) return;
    entry.decision = read.value;
    this.#undecided--;
    this.#settle(entry, { kind: "decided", decision: read.value });
  }

  /** Moves a proposal's records; the proposal first, so that a crash never makes it look undecided. */
  async #fileAway(id: ProposalId): Promise<void> {
    const { directory } = this.#options;
    const processed = join(directory, PROCESSED_DIRECTORY);
    await this.#makeDirectories();
    for (const kind of ["proposal", "claim", "withdrawn", "response"] as const) {
      const name = recordName(id, kind);
      if (await isRegularFile(join(directory, name))) await moveDurably(name, directory, processed);
    }
  }

  /** Says once why a file is passed over, and again only when the reason changes. */
  #skip(name: string, why: string): void {
    if (this.#skipped.get(name) === why) return;
    if (this.#skipped.size > 1_000) this.#skipped.clear();
    this.#skipped.set(name, why);
    this.#options.log(`skipped ${name}: ${why}`);
  }
}

class PendingWait implements Wait {
  readonly outcome: Promise<WaitOutcome>;
  readonly #entry: Entry;
  readonly #hint: WaitingHint;
  readonly #resolve: (outcome: WaitOutcome) => void;

  constructor(entry: Entry, hint: WaitingHint) {
    const { promise, resolve } = Promise.withResolvers<WaitOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#entry = entry;
    this.#hint = hint;
    entry.waits = entry.waits.length === 0 ? [this] : [...entry.waits, this];
    hint.arrived(entry.id);
  }

  end(kind: "timed-out" | "left"): void {
    this.settle({ kind });
  }

  settle(outcome: WaitOutcome): void {
    const { waits } = this.#entry;
    if (!waits.includes(this)) return;
    this.#entry.waits = waits.filter((wait) => wait !== this);
    this.#hint.left(this.#entry.id);
    this.#resolve(outcome);
  }
}

function settledWait(outcome: WaitOutcome): Wait {
  return { outcome: Promise.resolve(outcome), end() {} };
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
