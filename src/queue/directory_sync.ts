/**
 * Bringing what the inbox keeps in mind in line with the directory: at the start, and whenever
 * another hand (the operator's, mostly) has changed something there.
 */

import { join } from "node:path";
import { datesOf } from "./expired.ts";
import { takeInGrantEnd } from "./grant_ends.ts";
import { recordTime } from "./iso_time.ts";
import { parseRecordName, type ProposalId, type RecordKind, recordName } from "./layout.ts";
import type { OpenProposal } from "./open_proposals.ts";
import { readProposal } from "./proposal.ts";
import type { QueueState } from "./queue_state.ts";
import { isRegularFile } from "./read.ts";
import { keyOf } from "./same_ask.ts";
import { sha256Hex } from "./sha256.ts";
import { stillThere, takeInClaim, takeInDecision } from "./take_in.ts";
import type { Undelivered } from "./undelivered.ts";
import type { Withdrawals } from "./withdrawals.ts";

/** Beyond this many proposals in one directory further ones are not taken into memory. */
const MAX_ENTRIES = 50_000;

export class DirectorySync {
  readonly #state: QueueState;
  readonly #withdrawals: Withdrawals;
  readonly #undelivered: Undelivered;
  /** Records being read now; true when something happened to one meanwhile. */
  readonly #reading = new Map<ProposalId, boolean>();

  constructor(state: QueueState, withdrawals: Withdrawals, undelivered: Undelivered) {
    this.#state = state;
    this.#withdrawals = withdrawals;
    this.#undelivered = undelivered;
  }

  /** Takes in what an earlier run left, and finishes what a crash cut short. */
  async takeInAll(): Promise<void> {
    const names = new Set<string>();
    for await (const file of Deno.readDir(this.#state.directory)) names.add(file.name);
    await this.#undelivered.passOver(names);
    const records = [...names].flatMap((name) => parseRecordName(name) ?? []);
    for (const { id, kind } of records) if (kind === "proposal") await this.#look(id, names);
    for (const { id, kind } of records) {
      if (kind !== "proposal") await this.#takeInLeftover(id, kind, names);
    }
  }

  /** Something happened to `name`, or a poll saw it. `isGone`: it was removed, or moved away. */
  notice(name: string, isGone: boolean): void {
    const record = parseRecordName(name);
    if (!record || this.#undelivered.isExcess(record.id)) return;
    const { id, kind } = record;
    const entry = this.#state.entries.get(id);
    const isOpen = entry !== undefined && !entry.decision;
    if (kind === "ended" && !isOpen) {
      this.#state.inBackground(takeInGrantEnd(this.#state, id));
    } else if (kind === "proposal" && isOpen) {
      if (isGone) this.#state.inBackground(stillThere(this.#state, entry));
    } else if (kind === "proposal" ? !entry : isOpen) {
      this.#state.inBackground(this.#look(id));
    }
  }

  /** A poll saw `names` and nothing else: what is missing was removed from outside. */
  async reconcile(names: ReadonlySet<string>): Promise<void> {
    const { entries, archive } = this.#state;
    for (const entry of [...entries]) {
      if (entry.publishing || entry.decision) continue;
      if (entry.claim !== undefined && !names.has(recordName(entry.id, "claim"))) {
        await this.#look(entry.id);
      }
      if (!names.has(recordName(entry.id, "proposal"))) await stillThere(this.#state, entry);
    }
    await archive.retry();
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
    const { directory, entries } = this.#state;
    const entry = entries.get(id) ?? await this.#takeInProposal(id);
    if (!entry) return;
    try {
      await entry.publishing;
    } catch {
      return;
    }
    // Before the withdrawal: a response that stands beside one wins.
    if (has("response") && entries.isPending(entry)) await takeInDecision(this.#state, entry);
    const path = join(directory, recordName(id, "withdrawn"));
    if (has("withdrawn") && entries.isPending(entry) && await isRegularFile(path)) {
      await this.#withdrawals.seen(entry);
    }
    if (has("claim") && entries.isPending(entry)) await takeInClaim(this.#state, entry);
    if (entries.isPending(entry)) await stillThere(this.#state, entry);
  }

  async #takeInProposal(id: ProposalId): Promise<OpenProposal | undefined> {
    const { directory, entries, archive, now } = this.#state;
    if (entries.size >= MAX_ENTRIES || archive.has(id) || this.#undelivered.isExcess(id)) {
      return undefined;
    }
    const name = recordName(id, "proposal");
    // Operators pass another's proposal over, so a call that joined it would wait in vain.
    const read = readProposal(this.#state, id);
    if (read.kind === "missing") return undefined;
    if (read.kind === "unreadable") {
      this.#state.sayOnce(name, `skipped ${name}: ${read.why}`);
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

  /** A record that has no business here any more: a crash came before its move, so finish that. */
  async #takeInLeftover(
    id: ProposalId,
    kind: RecordKind,
    names: ReadonlySet<string>,
  ): Promise<void> {
    const { processed, entries, archive } = this.#state;
    if (entries.get(id) || this.#undelivered.isExcess(id)) return;
    if (kind === "ended") return await takeInGrantEnd(this.#state, id);
    // One with a response waits for its delivery, although it is not in memory.
    const isOver = kind === "withdrawn" &&
      !(names.has(recordName(id, "response")) && names.has(recordName(id, "proposal")));
    if (isOver || await isRegularFile(join(processed, recordName(id, "proposal")))) {
      await archive.file(id);
    }
  }
}
