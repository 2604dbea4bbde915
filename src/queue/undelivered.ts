/**
 * Decisions that are not picked up are filed away, the oldest first: after a time, and beyond a number.
 * Else an agent that asks and leaves would fill the directory, this program's memory, and every look
 * of an operator.
 */

import { join } from "node:path";
import { fileManyAway } from "./archive.ts";
import { readDecision } from "./decision.ts";
import { removeDurably } from "./durable.ts";
import { filedAway } from "./grant_ends.ts";
import { parseRecordName, type ProposalId, recordName } from "./layout.ts";
import type { OpenProposal } from "./open_proposals.ts";
import { readProposal } from "./proposal.ts";
import type { QueueState } from "./queue_state.ts";
import { isRegularFile } from "./read.ts";

const DAY_MS = 86_400_000;

/** So many are moved before others have their turn. */
const AT_ONCE = 128;

export class Undelivered {
  readonly #state: QueueState;
  readonly #max: number;
  readonly #days: number;
  #isSweeping = false;
  /** Beyond the number at the start, so never taken into memory; they are filed away beside the calls. */
  readonly #excess = new Set<ProposalId>();

  /** At most `max` are kept, each for so many `days`. */
  constructor(state: QueueState, max: number, days: number) {
    this.#state = state;
    this.#max = max;
    this.#days = days;
  }

  /** Whether it is over and about to be filed away, without having been taken in. */
  isExcess(id: ProposalId): boolean {
    return this.#excess.has(id);
  }

  /** Finds, among the `names` of the directory, the decisions that are too many to be taken in. */
  async passOver(names: ReadonlySet<string>): Promise<void> {
    const ids: ProposalId[] = [];
    for (const name of names) {
      const record = parseRecordName(name);
      if (record?.kind !== "response" || !names.has(recordName(record.id, "proposal"))) continue;
      if (!names.has(recordName(record.id, "withdrawn"))) ids.push(record.id);
    }
    const { directory } = this.#state;
    if (ids.length <= this.#max) return;
    const written: { id: ProposalId; atMs: number }[] = [];
    for (const id of ids) {
      const info = await Deno.lstat(join(directory, recordName(id, "response"))).catch(() => null);
      written.push({ id, atMs: info?.mtime?.getTime() ?? 0 });
    }
    written.sort((a, b) => a.atMs - b.atMs);
    for (const { id } of written.slice(0, written.length - this.#max)) this.#excess.add(id);
  }

  /** Files away what is too much or too old, the oldest first. Never rejects. */
  async sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      this.#tell(await this.#fileExcess(), `more than ${this.#max} were lying`);
      await this.#fileLying();
    } finally {
      this.#isSweeping = false;
    }
  }

  /** What was passed over and is not decided is an ask like any: the next poll takes it in. */
  async #fileExcess(): Promise<number> {
    let filed = 0;
    for (const ids of inChunks([...this.#excess])) {
      const decided: ProposalId[] = [];
      for (const id of ids) if (await this.#isDecided(id)) decided.push(id);
      if (!await this.#fileAway(decided)) break;
      filed += decided.length;
      for (const id of ids) this.#excess.delete(id);
    }
    return filed;
  }

  async #isDecided(id: ProposalId): Promise<boolean> {
    const { directory } = this.#state;
    return await isRegularFile(join(directory, recordName(id, "response"))) &&
      readDecision(directory, id).kind === "read" &&
      readProposal(this.#state, id).kind === "read";
  }

  async #fileLying(): Promise<void> {
    const { entries, archive, now } = this.#state;
    const lying: OpenProposal[] = [];
    for (const entry of entries) {
      if (entry.decision && entry.answering === 0 && !archive.has(entry.id)) lying.push(entry);
    }
    lying.sort((a, b) => a.decidedSeenMs - b.decidedSeenMs);
    const excess = Math.max(0, lying.length - this.#max);
    this.#tell(await this.#file(lying.slice(0, excess)), `more than ${this.#max} were lying`);
    const sinceMs = now().getTime() - this.#days * DAY_MS;
    const old = lying.slice(excess).filter(({ decidedSeenMs }) => decidedSeenMs < sinceMs);
    this.#tell(await this.#file(old), `some for more than ${this.#days} days`);
  }

  /** An answer with a decision that may have been filed away has arrived. Never rejects. */
  async pickedUp(id: ProposalId): Promise<void> {
    const { processed, recentlyEnded } = this.#state;
    const name = recordName(id, "undelivered");
    if (!await isRegularFile(join(processed, name))) return;
    await removeDurably(processed, name)
      .then(() => recentlyEnded.pickedUp(id), (error) => this.#cannot(error));
  }

  /** Returns how many were filed away. */
  async #file(over: readonly OpenProposal[]): Promise<number> {
    const { entries } = this.#state;
    let filed = 0;
    for (const chunk of inChunks(over)) {
      // An answer may be on its way by now.
      const still = chunk.filter((entry) => {
        return entry.answering === 0 && entries.get(entry.id) === entry;
      });
      for (const entry of still) entries.freeKey(entry);
      if (!await this.#fileAway(still.map(({ id }) => id))) break;
      for (const entry of still) {
        filedAway(this.#state, entry);
        if (entry.answered) await this.pickedUp(entry.id);
      }
      filed += still.length;
    }
    return filed;
  }

  /** Returns whether all were filed away. */
  async #fileAway(ids: readonly ProposalId[]): Promise<boolean> {
    const { directory, now, isStopped } = this.#state;
    if (isStopped) return false;
    return await fileManyAway(directory, ids, now()).then(() => true, (error) => {
      this.#cannot(error);
      return false;
    });
  }

  #cannot(error: unknown): void {
    const what = "file away decisions that were not picked up, or mark them as picked up";
    this.#state.cannot("undelivered", what, error);
  }

  #tell(count: number, why: string): void {
    if (count === 0) return;
    const what = count === 1 ? "1 decision that was" : `${count} decisions that were`;
    this.#state.log(
      `filed away ${what} not picked up, the oldest first: ${why}; proposal-status still ` +
        "tells each",
    );
  }
}

function* inChunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += AT_ONCE) yield all.slice(at, at + AT_ONCE);
}
