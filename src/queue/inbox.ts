/**
 * The agent's side of a queue directory: submit an ask, wait for its decision, file it away. One
 * file, since all of it keeps the same few maps true to what is on disk.
 */

import { join } from "node:path";
import { type Decision, readDecision } from "./decision.ts";
import { checkWritable, hasCode, publishFirst, sweepTemporaries } from "./durable.ts";
import { fileAway, makeDirectories } from "./filing.ts";
import {
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
import { settledWait, type Wait, type WaitOutcome, Waits } from "./wait.ts";
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

/** Where a proposal stands, for a caller that does not want to wait. */
export type Standing =
  | { readonly kind: "pending"; readonly since: string; readonly ahead: number }
  | { readonly kind: "decided"; readonly decision: Decision }
  | { readonly kind: "withdrawn" }
  | { readonly kind: "unknown" };

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
  /** Answers with its decision that are being sent now. */
  answering: number;
  /** One of them has arrived. */
  answered: boolean;
  /** Its records are on their way to `processed/`. */
  moving: boolean;
  decision?: Decision;
  readonly waits: Waits;
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
  /** Reading and moving that goes on beside the calls; it is waited for at the end. */
  readonly #background = new Set<Promise<void>>();
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
    await makeDirectories(options.directory);
    for (const below of ["", PROCESSED_DIRECTORY]) {
      await checkWritable(join(options.directory, below));
    }
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
    // Asked again each time: of several that saw one vanish, the first queues and the others join.
    let same = this.#byKey.get(key);
    while (same) {
      if (await this.#stillThere(same)) return { kind: "joined", id: same.id };
      same = this.#byKey.get(key);
    }

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
   * returned at once. After `decided` announce the answer with {@linkcode answering}; until one has
   * arrived the decision is kept for the next one who asks.
   */
  wait(id: ProposalId): Wait {
    const entry = this.#entries.get(id);
    if (!entry) return settledWait({ kind: "removed" });
    if (entry.decision) return settledWait({ kind: "decided", decision: entry.decision });
    if (this.#stopping) return settledWait({ kind: "stopping" });
    this.#hint.arrived(id);
    return entry.waits.begin();
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

  /**
   * Announces that an answer with the decision is being sent. Call what is returned once: with true
   * when it has been sent whole, with false when it could not be. The proposal is filed away when an
   * answer has arrived and no other is under way.
   */
  answering(id: ProposalId): (arrived: boolean) => void {
    const entry = this.#entries.get(id);
    if (!entry?.decision) return () => {};
    entry.answering++;
    return (arrived) => {
      entry.answering--;
      entry.answered ||= arrived;
      if (entry.answered && entry.answering === 0 && !entry.moving) this.#move(entry);
    };
  }

  /** Ends all waits with `stopping`. Later waits end at once; submitting still works. */
  stopWaiting(): void {
    this.#stopping = true;
    for (const entry of this.#entries.values()) entry.waits.settleAll({ kind: "stopping" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopWaiting();
    this.#watch?.[Symbol.dispose]();
    await Promise.all(this.#background);
    await this.#hint[Symbol.asyncDispose]();
  }

  #add(id: ProposalId, key: string, since: string): Entry {
    const entry: Entry = {
      id,
      key,
      since,
      publishing: undefined,
      answering: 0,
      answered: false,
      moving: false,
      waits: new Waits(() => this.#hint.left(id)),
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
    entry.waits.settleAll(outcome);
  }

  #move(entry: Entry): void {
    const { id } = entry;
    entry.moving = true;
    // From here on the same ask is a new one; the entry stays until its files have moved.
    if (this.#byKey.get(entry.key) === entry) this.#byKey.delete(entry.key);
    const move = fileAway(this.#options.directory, id).then(
      () => void this.#entries.delete(id),
      (error) => {
        entry.moving = false;
        this.#options.log(`cannot move ${id} to ${PROCESSED_DIRECTORY}/: ${text(error)}`);
      },
    );
    this.#keep(move);
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
      await makeDirectories(this.#options.directory);
      await publishFirst(this.#options.directory, name, text);
    }
  }

  #keep(work: Promise<void>): void {
    this.#background.add(work);
    work.finally(() => this.#background.delete(work));
  }

  /** Something happened to `name`, or a poll saw it. */
  #notice(name: string): void {
    const record = parseRecordName(name);
    if (!record) return;
    const entry = this.#entries.get(record.id);
    if (record.kind === "response" && entry && !entry.decision) {
      this.#keep(this.#takeInDecision(entry));
    } else if (record.kind === "withdrawn" && entry) this.#forget(entry, { kind: "removed" });
    else if (record.kind === "proposal" && !entry) this.#keep(this.#takeInProposal(record.id));
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

  /** A record that has no business here any more: a crash came before its move, so finish that. */
  async #takeInLeftover(id: ProposalId, kind: RecordKind): Promise<void> {
    if (this.#entries.has(id)) return;
    const { directory } = this.#options;
    const moved = join(directory, PROCESSED_DIRECTORY, recordName(id, "proposal"));
    if (kind === "withdrawn" || await isRegularFile(moved)) {
      await fileAway(this.#options.directory, id);
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
      const why = this.#notOurs(id, proposal);
      if (why) return this.#skip(recordName(id, "proposal"), why);
      if (await isRegularFile(join(directory, recordName(id, "withdrawn")))) return;
      const key = `${proposal.tool} ${proposal.current_file_hash}`;
      await this.#readDecision(this.#add(id, key, proposal.arrival_timestamp));
    });
  }

  /** Operators pass such a proposal over, so a call that joined it would wait for nobody. */
  #notOurs(id: ProposalId, proposal: Proposal): string | undefined {
    if (proposal.id !== id) return "holds another id";
    if (proposal.bottle_slug === this.#options.slug) return undefined;
    return `says it is of bottle ${proposal.bottle_slug}`;
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
    entry.waits.settleAll({ kind: "decided", decision: read.value });
  }

  /** Says once why a file is passed over, and again only when the reason changes. */
  #skip(name: string, why: string): void {
    if (this.#skipped.get(name) === why) return;
    if (this.#skipped.size > 1_000) this.#skipped.clear();
    this.#skipped.set(name, why);
    this.#options.log(`skipped ${name}: ${why}`);
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
