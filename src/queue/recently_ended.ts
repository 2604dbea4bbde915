/** The lately finished proposals, in memory; what an earlier run finished is read beside the calls. */

import { join } from "node:path";
import {
  END_KINDS,
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type Slug,
} from "./layout.ts";
import { type ProposalStanding, readFinished, type Summary, summaryOf } from "./standing.ts";
import type { TakenBack } from "./withdrawal.ts";

const MAX_FINISHED = 50;

/** At most this many names of `processed/` are looked at. */
const MAX_NAMES = 5_000;

export class RecentlyEnded {
  /** Newest first. */
  #newest: readonly Summary[] = [];
  #stopped = false;

  list(): readonly Summary[] {
    return this.#newest;
  }

  get(id: ProposalId): Summary | undefined {
    return this.#newest.find((summary) => summary.id === id);
  }

  /** Where it stands, if it was not decided: known before its records have moved. */
  takenBack(id: ProposalId): Extract<ProposalStanding, { kind: TakenBack }> | undefined {
    const { tool = "", since = "", status, endedAt } = this.get(id) ?? {};
    if (status !== "withdrawn" && status !== "expired" || endedAt === undefined) return undefined;
    return { kind: status, tool, since, endedAt };
  }

  add(summary: Summary): void {
    const others = this.#newest.filter(({ id }) => id !== summary.id);
    this.#newest = [summary, ...others].slice(0, MAX_FINISHED);
  }

  /** Its answer has arrived after all. */
  pickedUp(id: ProposalId): void {
    this.#newest = this.#newest.map((one) => one.id === id ? { ...one, pickedUp: true } : one);
  }

  /** Ends {@linkcode fill} early. */
  stop(): void {
    this.#stopped = true;
  }

  /** Adds what was filed away last before, by the time of its file. Throws what reading throws. */
  async fill(directory: string, slug: Slug, now: () => Date): Promise<void> {
    for (const id of await this.#lastEnded(join(directory, PROCESSED_DIRECTORY))) {
      if (this.#stopped || this.#newest.length >= MAX_FINISHED) return;
      if (this.get(id)) continue;
      const standing = await readFinished(directory, slug, id, now());
      if (standing.kind === "unknown" || this.get(id)) continue;
      this.#newest = [...this.#newest, summaryOf(id, standing)];
    }
  }

  /** At most as many as are listed, so that a directory full of useless files stays bounded work. */
  async #lastEnded(processed: string): Promise<ProposalId[]> {
    const writtenMs = new Map<ProposalId, number>();
    let looked = 0;
    for await (const { name } of Deno.readDir(processed)) {
      if (this.#stopped || looked++ >= MAX_NAMES) break;
      const record = parseRecordName(name);
      if (!record || !END_KINDS.includes(record.kind)) continue;
      const info = await Deno.lstat(join(processed, name)).catch(() => undefined);
      if (!info?.isFile) continue;
      const ms = info.mtime?.getTime() || 0;
      writtenMs.set(record.id, Math.max(ms, writtenMs.get(record.id) ?? 0));
    }
    const newestFirst = [...writtenMs].sort(([, a], [, b]) => b - a);
    return newestFirst.slice(0, MAX_FINISHED).map(([id]) => id);
  }
}
