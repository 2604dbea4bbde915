/**
 * Decisions that are not picked up are filed away, the oldest first: after a time, and beyond a number.
 * Else an agent that asks and leaves would fill the directory, this program's memory, and every look
 * of an operator.
 */

import { join } from "node:path";
import { removeDurably } from "./durable.ts";
import type { OpenProposal, OpenProposals } from "./open_proposals.ts";
import { type Archive, fileManyAway } from "./archive.ts";
import type { RecentlyEnded } from "./recently_ended.ts";
import { parseRecordName, PROCESSED_DIRECTORY, type ProposalId, recordName } from "./layout.ts";
import { isRegularFile } from "./read.ts";
import { summaryOf } from "./standing.ts";

export interface UndeliveredOptions {
  readonly directory: string;
  readonly entries: OpenProposals;
  readonly archive: Archive;
  readonly recentlyEnded: RecentlyEnded;
  /** Kept at most. */
  readonly max: number;
  /** Kept for so long, in milliseconds. */
  readonly maxAgeMs: number;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  /** Called when one that was in memory has been filed away. */
  readonly onFiled: (id: ProposalId) => void;
  /** Called with the reason when some cannot be moved; it is tried again at the next look. */
  readonly onTrouble: (error: unknown) => void;
}

/** So many are moved before others have their turn. */
const AT_ONCE = 128;

export class Undelivered {
  readonly #options: UndeliveredOptions;
  #isSweeping = false;
  #isFilingExcess = false;
  #isStopped = false;
  /** Beyond the number at the start, so never taken into memory; they are filed away beside the calls. */
  readonly #excess = new Set<ProposalId>();

  constructor(options: UndeliveredOptions) {
    this.#options = options;
  }

  /** Whether it is over and about to be filed away, without having been taken in. */
  isExcess(id: ProposalId): boolean {
    return this.#excess.has(id);
  }

  /** Ends what goes on early: the next run goes on with it. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Finds, among the `names` of the directory, the decisions that are too many to be taken in. */
  async passOver(names: ReadonlySet<string>): Promise<void> {
    const ids: ProposalId[] = [];
    for (const name of names) {
      const record = parseRecordName(name);
      if (record?.kind !== "response" || !names.has(recordName(record.id, "proposal"))) continue;
      if (!names.has(recordName(record.id, "withdrawn"))) ids.push(record.id);
    }
    const { directory, max } = this.#options;
    if (ids.length <= max) return;
    const written: { id: ProposalId; atMs: number }[] = [];
    for (const id of ids) {
      const info = await Deno.lstat(join(directory, recordName(id, "response"))).catch(() => null);
      written.push({ id, atMs: info?.mtime?.getTime() ?? 0 });
    }
    written.sort((a, b) => a.atMs - b.atMs);
    for (const { id } of written.slice(0, written.length - max)) this.#excess.add(id);
  }

  /**
   * Files away what was passed over, as far as it can be. `isDecided` says whether one has a decision
   * that can be read; the others are handed to `onOther`, since they are asks like any.
   */
  async fileExcess(
    isDecided: (id: ProposalId) => Promise<boolean>,
    onOther: (id: ProposalId) => void,
  ): Promise<void> {
    if (this.#isFilingExcess || this.#excess.size === 0) return;
    const { directory, max, now, onTrouble } = this.#options;
    this.#isFilingExcess = true;
    let filed = 0;
    try {
      for (const ids of inChunks([...this.#excess])) {
        if (this.#isStopped) break;
        const readable = await Promise.all(ids.map(isDecided));
        const decided = ids.filter((_, index) => readable[index]);
        await fileManyAway(directory, decided, now());
        filed += decided.length;
        for (const id of ids) this.#excess.delete(id);
        for (const [index, id] of ids.entries()) if (!readable[index]) onOther(id);
      }
    } catch (error) {
      onTrouble(error);
    } finally {
      this.#isFilingExcess = false;
    }
    if (filed > 0) this.#tell(filed, `more than ${max} were lying`);
  }

  /** Looks at all. Never rejects. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    const { entries, archive, max, maxAgeMs, now } = this.#options;
    const lying: OpenProposal[] = [];
    for (const entry of entries) {
      if (entry.decision && entry.answering === 0 && !archive.has(entry.id)) lying.push(entry);
    }
    const nowMs = now().getTime();
    lying.sort((a, b) => a.decidedSeenMs - b.decidedSeenMs);
    const beyond = lying.slice(0, Math.max(0, lying.length - max));
    const old = lying.slice(beyond.length).filter(({ decidedSeenMs }) => {
      return nowMs - decidedSeenMs > maxAgeMs;
    });
    if (beyond.length + old.length === 0) return;
    this.#isSweeping = true;
    try {
      const filed = await this.#file([...beyond, ...old]);
      const why = [
        ...beyond.length > 0 ? [`more than ${max} were lying`] : [],
        ...old.length > 0 ? [`some for more than ${maxAgeMs / 86_400_000} days`] : [],
      ];
      if (filed > 0) this.#tell(filed, why.join(", and "));
    } finally {
      this.#isSweeping = false;
    }
  }

  /** An answer with a decision that may have been filed away has arrived. Never rejects. */
  async pickedUp(id: ProposalId): Promise<void> {
    const { directory, recentlyEnded, onTrouble } = this.#options;
    const processed = join(directory, PROCESSED_DIRECTORY);
    const name = recordName(id, "undelivered");
    if (!await isRegularFile(join(processed, name))) return;
    await removeDurably(processed, name).then(() => recentlyEnded.pickedUp(id), onTrouble);
  }

  /** Returns how many were filed away. */
  async #file(over: readonly OpenProposal[]): Promise<number> {
    const { directory, entries, recentlyEnded, onFiled, now } = this.#options;
    let filed = 0;
    for (const chunk of inChunks(over)) {
      if (this.#isStopped) break;
      // An answer may be on its way by now.
      const still = chunk.filter((entry) => {
        return entry.answering === 0 && entries.get(entry.id) === entry;
      });
      for (const entry of still) entries.freeKey(entry);
      try {
        await fileManyAway(directory, still.map(({ id }) => id), now());
      } catch (error) {
        this.#options.onTrouble(error);
        return filed;
      }
      for (const entry of still) {
        recentlyEnded.add(summaryOf(entry));
        entries.delivered(entry);
        onFiled(entry.id);
        if (entry.answered) await this.pickedUp(entry.id);
      }
      filed += still.length;
    }
    return filed;
  }

  #tell(count: number, why: string): void {
    const what = count === 1 ? "1 decision that was" : `${count} decisions that were`;
    this.#options.log(
      `filed away ${what} not picked up, the oldest first: ${why}; proposal-status still ` +
        "tells each",
    );
  }
}

function* inChunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield all.slice(at, at + AT_ONCE);
}
