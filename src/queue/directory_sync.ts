/**
 * Bringing what the inbox keeps in mind in line with the directory: at the start, and whenever
 * another hand (the operator's, mostly) has changed something there.
 */

import { join } from "node:path";
import type { Background } from "./background.ts";
import { readClaim, readDecision } from "./decision.ts";
import type { OpenProposal, OpenProposals } from "./open_proposals.ts";
import { datesOf } from "./expired.ts";
import type { Archive } from "./archive.ts";
import type { RecentlyEnded } from "./recently_ended.ts";
import { readGrantEnd } from "./grant_end.ts";
import type { GrantEnds } from "./grant_ends.ts";
import { recordTime } from "./iso_time.ts";
import {
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "./layout.ts";
import { parseProposal, type Proposal } from "./proposal.ts";
import { sha256Hex } from "./sha256.ts";
import { isRegularFile, type Read, readRecord } from "./read.ts";
import { keyOf } from "./same_ask.ts";
import { finishedSummary, readFinished, withdrawnSummary } from "./standing.ts";
import type { Undelivered } from "./undelivered.ts";
import { type Ended, withdrawalText } from "./withdrawal.ts";

export interface DirectorySyncOptions {
  readonly directory: string;
  readonly slug: Slug;
  readonly entries: OpenProposals;
  readonly archive: Archive;
  readonly recentlyEnded: RecentlyEnded;
  readonly background: Background;
  readonly grantEnds: GrantEnds;
  readonly undelivered: Undelivered;
  /** A pending proposal has a withdrawn file, which may be this program's own. */
  readonly onWithdrawn: (entry: OpenProposal) => Promise<void>;
  readonly log: (line: string) => void;
  readonly now: () => Date;
}

/** Beyond this many proposals in one directory further ones are not taken into memory. */
const MAX_ENTRIES = 50_000;

export class DirectorySync {
  readonly #options: DirectorySyncOptions;
  /** Records being read now; true when something happened to one meanwhile. */
  readonly #reading = new Map<ProposalId, boolean>();
  readonly #said = new Map<string, string>();

  constructor(options: DirectorySyncOptions) {
    this.#options = options;
  }

  /** Takes in what an earlier run left, and finishes what a crash cut short. */
  async takeInAll(): Promise<void> {
    const names = new Set<string>();
    const { directory, undelivered } = this.#options;
    for await (const file of Deno.readDir(directory)) names.add(file.name);
    await undelivered.passOver(names);
    for (const name of names) {
      const record = parseRecordName(name);
      if (record?.kind === "proposal") await this.#look(record.id, names);
    }
    for (const name of names) {
      const record = parseRecordName(name);
      if (record && record.kind !== "proposal") {
        await this.#takeInLeftover(record.id, record.kind, names);
      }
    }
    this.#fileExcess();
  }

  #fileExcess(): void {
    const { background, directory, undelivered } = this.#options;
    background.add(undelivered.fileExcess(
      async (id) => {
        const read = await this.#readOwnProposal(id);
        return read.kind === "read" && (await readDecision(directory, id)).kind === "read";
      },
      (id) => background.add(this.#look(id)),
    ));
  }

  /** Something happened to `name`, or a poll saw it. */
  notice(name: string): void {
    const record = parseRecordName(name);
    if (!record || this.#options.undelivered.isExcess(record.id)) return;
    const entry = this.#options.entries.get(record.id);
    if (record.kind === "ended" && (!entry || entry.decision)) {
      return this.#options.background.add(this.#options.grantEnds.takeIn(record.id));
    }
    const isNews = record.kind === "proposal" ? !entry : entry && !entry.decision;
    if (isNews) this.#options.background.add(this.#look(record.id));
  }

  /** A file was removed, or moved away. */
  noticeGone(name: string): void {
    const record = parseRecordName(name);
    const entry = record && this.#options.entries.get(record.id);
    if (record?.kind === "ended" && entry?.decision) {
      this.#options.background.add(this.#options.grantEnds.takeIn(record.id));
    }
    if (record?.kind === "proposal" && entry && !entry.decision) {
      this.#options.background.add(this.stillThere(entry));
    }
  }

  /** A poll saw `names` and nothing else: what is missing was removed from outside. */
  async reconcile(names: ReadonlySet<string>): Promise<void> {
    const { entries, archive } = this.#options;
    this.#fileExcess();
    for (const entry of [...entries]) {
      if (entry.publishing || entry.decision) continue;
      if (entry.claim !== undefined && !names.has(recordName(entry.id, "claim"))) {
        await this.#look(entry.id);
      }
      if (!names.has(recordName(entry.id, "proposal"))) await this.stillThere(entry);
    }
    await archive.retry();
  }

  /**
   * Whether a proposal's own file is there. Where it has gone, what became of it is taken in first:
   * another sidecar on this queue may have filed it away, with the answer that calls here wait for.
   */
  async stillThere(entry: OpenProposal): Promise<boolean> {
    const { directory, entries, log } = this.#options;
    if (await isRegularFile(join(directory, recordName(entry.id, "proposal")))) return true;
    if (entries.isPending(entry)) {
      if (await this.#takeInEnd(entry)) return false;
      log(`proposal ${entry.id} was removed from the queue undecided`);
    }
    entries.removed(entry);
    return false;
  }

  /** Reads the decision on a pending proposal, if there is one that can be read. */
  async readDecision(entry: OpenProposal): Promise<void> {
    const { directory, entries, now } = this.#options;
    const name = recordName(entry.id, "response");
    const read = await readDecision(directory, entry.id);
    if (read.kind === "unreadable") return this.sayOnce(name, `skipped ${name}: ${read.why}`);
    if (read.kind === "missing") return;
    const decidedAt = await recordTime(read.value.decided_at, join(directory, name), now());
    const end = await readGrantEnd(read.value, [directory], now());
    const written = await Deno.lstat(join(directory, name)).then(({ mtime }) => mtime, () => null);
    // What it says of itself may be long ago, or to come.
    const lastMs = Math.max(Date.parse(decidedAt), written?.getTime() ?? 0);
    const seenMs = Math.min(lastMs, now().getTime());
    entries.decided(entry, read.value, decidedAt, { end, seenMs });
  }

  /** The withdrawal stands: it can no longer be decided. */
  endWithdrawn(entry: OpenProposal, ended: Ended): void {
    const { background, entries, archive, recentlyEnded } = this.#options;
    if (!entries.isPending(entry)) return;
    recentlyEnded.add(withdrawnSummary(entry, ended));
    const withdrawal = withdrawalText(entry.id, ended);
    background.add(archive.file(entry.id, { kind: "withdrawn", withdrawal }));
    entries.withdrawn(entry, ended.reason);
  }

  /** Says something about a file once, and again only when it changes. */
  sayOnce(name: string, line: string): void {
    if (this.#said.get(name) === line) return;
    if (this.#said.size > 1_000) this.#said.clear();
    this.#said.set(name, line);
    this.#options.log(line);
  }

  /**
   * Looks at one proposal's records: one look at a time, and one more when something was touched
   * meanwhile. `names` are all that the directory holds, where they are known.
   */
  async #look(id: ProposalId, names?: ReadonlySet<string>): Promise<void> {
    if (this.#reading.has(id)) {
      this.#reading.set(id, true);
      return;
    }
    try {
      do {
        this.#reading.set(id, false);
        await this.#lookOnce(id, (kind) => names?.has(recordName(id, kind)) ?? true);
      } while (this.#reading.get(id));
    } finally {
      this.#reading.delete(id);
    }
  }

  async #lookOnce(id: ProposalId, has: (kind: RecordKind) => boolean): Promise<void> {
    const { directory, entries, onWithdrawn } = this.#options;
    const entry = entries.get(id) ?? await this.#takeInProposal(id);
    if (!entry) return;
    try {
      await entry.publishing;
    } catch {
      return;
    }
    // Before the withdrawal: a response that stands beside one wins.
    if (has("response") && entries.isPending(entry)) await this.readDecision(entry);
    const name = recordName(id, "withdrawn");
    if (
      has("withdrawn") && entries.isPending(entry) && await isRegularFile(join(directory, name))
    ) {
      await onWithdrawn(entry);
    }
    if (has("claim") && entries.isPending(entry)) await this.#readClaim(entry);
    if (entries.isPending(entry)) await this.stillThere(entry);
  }

  /** What became of a pending proposal whose own file has gone. False: it was not filed away. */
  async #takeInEnd(entry: OpenProposal): Promise<boolean> {
    const { directory, slug, entries, recentlyEnded, now } = this.#options;
    // Here before there: of two sidecars on one queue the other may be moving it away just now.
    await this.readDecision(entry);
    if (!entries.isPending(entry)) return true;
    const standing = await readFinished(directory, slug, entry.id, now());
    const summary = finishedSummary(entry.id, standing);
    if (!entries.isPending(entry)) return true;
    if (!summary) return false;
    recentlyEnded.add(summary);
    if (standing.kind === "decided" || standing.kind === "ended") {
      const end = standing.kind === "ended" ? standing.end : undefined;
      entries.decided(entry, standing.decision, standing.endedAt, { end });
      entries.delivered(entry);
    } else if (standing.kind === "withdrawn" || standing.kind === "expired") {
      entries.withdrawn(entry, standing.kind);
    }
    return true;
  }

  async #readClaim(entry: OpenProposal): Promise<void> {
    const { directory, entries, now } = this.#options;
    const path = join(directory, recordName(entry.id, "claim"));
    const read = await readClaim(directory, entry.id);
    if (read.kind === "read") {
      entries.claimed(entry, await recordTime(read.value.claimed_at, path, now()));
    } else {
      entries.claimed(entry, await isRegularFile(path) ? "" : undefined);
    }
  }

  async #takeInProposal(id: ProposalId): Promise<OpenProposal | undefined> {
    const { directory, entries, archive, now, undelivered } = this.#options;
    if (entries.size >= MAX_ENTRIES || archive.has(id) || undelivered.isExcess(id)) {
      return undefined;
    }
    const name = recordName(id, "proposal");
    const read = await this.#readOwnProposal(id);
    if (read.kind === "missing") return undefined;
    if (read.kind === "unreadable") {
      this.sayOnce(name, `skipped ${name}: ${read.why}`);
      return undefined;
    }
    const { tool, proposed_file: file, current_file_hash: hash } = read.value;
    const { arrival_timestamp: arrived, justification } = read.value;
    const since = await recordTime(arrived, join(directory, name), now());
    const known = entries.get(id);
    if (known || archive.has(id)) return known;
    const entry = entries.add({
      id,
      key: keyOf(tool, file, hash),
      reasonHash: sha256Hex(justification),
      since,
      expiresAtMs: datesOf(read.value).expiresAtMs,
    });
    entries.queued(entry);
    return entry;
  }

  async #readOwnProposal(id: ProposalId): Promise<Read<Proposal>> {
    const { directory } = this.#options;
    const read = await readRecord(directory, recordName(id, "proposal"), parseProposal);
    const why = read.kind === "read" ? this.#notOurs(id, read.value) : undefined;
    return why === undefined ? read : { kind: "unreadable", why };
  }

  /** Operators pass such a proposal over, so a call that joined it would wait in vain. */
  #notOurs(id: ProposalId, proposal: Proposal): string | undefined {
    if (proposal.id !== id) return "holds another id";
    if (proposal.bottle_slug === this.#options.slug) return undefined;
    return `says it is of bottle ${proposal.bottle_slug}`;
  }

  /** A record that has no business here any more: a crash came before its move, so finish that. */
  async #takeInLeftover(
    id: ProposalId,
    kind: RecordKind,
    names: ReadonlySet<string>,
  ): Promise<void> {
    const { directory, entries, archive, grantEnds, undelivered } = this.#options;
    if (entries.get(id) || undelivered.isExcess(id)) return;
    const moved = join(directory, PROCESSED_DIRECTORY, recordName(id, "proposal"));
    // One with a response waits for its delivery, although it is not in memory.
    const isOver = kind === "withdrawn" &&
      !(names.has(recordName(id, "response")) && names.has(recordName(id, "proposal")));
    if (kind === "ended") return await grantEnds.takeIn(id);
    if (isOver || await isRegularFile(moved)) await archive.file(id, { kind: "delivered" });
  }
}
