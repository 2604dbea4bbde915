/** The operator's last words on what was granted: read beside a decision, and filed away after it. */

import { join } from "node:path";
import type { Changes } from "./changes.ts";
import { moveDurably } from "./durable.ts";
import type { OpenProposals } from "./open_proposals.ts";
import type { Archive } from "./archive.ts";
import type { RecentlyEnded } from "./recently_ended.ts";
import { readGrantEnd } from "./grant_end.ts";
import { PROCESSED_DIRECTORY, type ProposalId, recordName, type Slug } from "./layout.ts";
import { isRegularFile } from "./read.ts";
import { finishedSummary, readFinished, type Summary } from "./standing.ts";

export interface GrantEndsOptions {
  readonly directory: string;
  readonly slug: Slug;
  readonly changes: Changes;
  readonly entries: OpenProposals;
  readonly archive: Archive;
  readonly recentlyEnded: RecentlyEnded;
  readonly now: () => Date;
  /** Called when one cannot be filed away; it is tried again at the next look. */
  readonly onTrouble: (name: string, error: unknown) => void;
}

export class GrantEnds {
  readonly #options: GrantEndsOptions;
  readonly #reading = new Set<ProposalId>();

  constructor(options: GrantEndsOptions) {
    this.#options = options;
  }

  /**
   * Takes in what the file says that is, or was, in the queue directory. Of a proposal that is being
   * filed away it is taken in when that is over.
   */
  async takeIn(id: ProposalId): Promise<void> {
    const { directory, entries, archive, now } = this.#options;
    if (archive.has(id) || this.#reading.has(id)) return;
    this.#reading.add(id);
    try {
      const entry = entries.get(id);
      if (!entry) return await this.#takeInFiled(id);
      if (!entry.decision) return;
      const end = await readGrantEnd(entry.decision, [directory], now());
      if (!archive.has(id)) entries.ended(entry, end);
    } finally {
      this.#reading.delete(id);
    }
  }

  async #takeInFiled(id: ProposalId): Promise<void> {
    const { directory, slug, changes, recentlyEnded, now, onTrouble } = this.#options;
    const name = recordName(id, "ended");
    const processed = join(directory, PROCESSED_DIRECTORY);
    if (!await isRegularFile(join(directory, name))) return;
    if (!await isRegularFile(join(processed, recordName(id, "proposal")))) return;
    // Moved before it is read: what the operator writes from here on is another file, and seen as new.
    await moveDurably(name, directory, processed).catch((error) => onTrouble(name, error));
    const standing = await readFinished(directory, slug, id, now());
    const summary = finishedSummary(id, standing);
    if (standing.kind !== "decided" && standing.kind !== "ended" || !summary) return;
    const before = recentlyEnded.get(id);
    recentlyEnded.add(summary);
    if (before && isSame(before, summary)) return;
    const { tool, since } = standing;
    changes.tell({ kind: standing.kind === "ended" ? "ended" : "resumed", id, tool, since });
  }
}

function isSame(one: Summary, other: Summary): boolean {
  return one.status === other.status && one.endedAt === other.endedAt && one.notes === other.notes;
}
