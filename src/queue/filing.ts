/** The queue directory's own shape: making it, and filing away what is over. */

import { join } from "node:path";
import { hasCode, moveDurably, publishFirst, syncDirectory } from "./durable.ts";
import { fileModeIn, makeDirectory } from "./group_shared.ts";
import { PROCESSED_DIRECTORY, type ProposalId, type RecordKind, recordName } from "./layout.ts";
import { isRegularFile } from "./read.ts";

/** Makes the queue directory and the one for what is over, as far as they are not there. */
export async function makeDirectories(directory: string): Promise<void> {
  await makeDirectory(join(directory, PROCESSED_DIRECTORY));
}

/** Publishes a record, and has the directory made again where somebody has removed it. */
export async function publishRecord(
  directory: string,
  name: string,
  text: string,
  makeAgain: () => Promise<void>,
): Promise<void> {
  try {
    await publishFirst(directory, name, text);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    await makeAgain();
    await publishFirst(directory, name, text);
  }
}

/**
 * Moves the records of many decided proposals to `processed/`, each with a mark that nobody picked the
 * decision up; the mark counts by being there. In the order of {@linkcode RECORDS}, with few fsyncs.
 * Safe to repeat; survives a power cut when it returns.
 */
export async function fileManyAway(
  directory: string,
  ids: readonly ProposalId[],
  now: Date,
): Promise<void> {
  if (ids.length === 0) return;
  const processed = join(directory, PROCESSED_DIRECTORY);
  await makeDirectories(directory);
  const mode = await fileModeIn(processed);
  const sync = async () => {
    for (const place of [processed, directory]) await syncDirectory(place);
  };
  await Promise.all(ids.map(async (id) => {
    const path = join(processed, recordName(id, "undelivered"));
    const text = JSON.stringify({ proposal_id: id, filed_at: now.toISOString() }) + "\n";
    await Deno.writeTextFile(path, text, { createNew: true, mode })
      .catch((error) => {
        if (!hasCode(error, "EEXIST")) throw error;
      });
  }));
  const move = async (id: ProposalId, kinds: readonly RecordKind[]) => {
    for (const kind of kinds) {
      const name = recordName(id, kind);
      if (!await isRegularFile(join(directory, name))) continue;
      await Deno.rename(join(directory, name), join(processed, name)).catch((error) => {
        if (!hasCode(error, "ENOENT")) throw error;
      });
    }
  };
  const [first, ...others] = RECORDS.delivered;
  await Promise.all(ids.map((id) => move(id, first ? [first] : [])));
  await sync();
  await Promise.all(ids.map((id) => move(id, others)));
  await sync();
}

/** Why a proposal is over; of one that nobody decided, the text of its withdrawal. */
type End =
  | { readonly kind: "delivered" }
  | { readonly kind: "withdrawn"; readonly withdrawal: string };

/**
 * The proposal first, so that a crash never makes a decided one look undecided. The withdrawal last:
 * one in `processed/` with no response beside it stood. A response that came too late for a withdrawn
 * one stays, for its writer to see that and to remove it. The end of a grant is filed away by itself,
 * by who has read it: it may come at any time.
 */
const RECORDS: Readonly<Record<End["kind"], readonly RecordKind[]>> = {
  delivered: ["proposal", "repeats", "claim", "response", "withdrawn"],
  withdrawn: ["proposal", "repeats", "claim", "withdrawn"],
};

/** Moves a proposal's records to `processed/`. Safe to repeat; survives a power cut when it returns. */
async function fileAway(directory: string, id: ProposalId, end: End): Promise<void> {
  const processed = join(directory, PROCESSED_DIRECTORY);
  await makeDirectories(directory);
  for (const kind of RECORDS[end.kind]) {
    const name = recordName(id, kind);
    if (!await isRegularFile(join(directory, name))) continue;
    await moveDurably(name, directory, processed).catch((error) => {
      // Another sidecar on this queue was quicker.
      if (!hasCode(error, "ENOENT")) throw error;
    });
  }
  if (end.kind !== "withdrawn") return;
  const name = recordName(id, "withdrawn");
  // Whoever wrote it may have seen a claim and taken it away again, too late: it has been acted on,
  // and who claimed it meanwhile must be able to see why it is gone.
  if (!await isRegularFile(join(processed, name))) {
    await publishFirst(processed, name, end.withdrawal);
  }
}

interface Leaving {
  readonly end: End;
  readonly onFiled: () => void;
  isMoving: boolean;
}

/** The proposals on their way to `processed/`. What cannot be moved now is moved later. */
export class Filing {
  readonly #directory: string;
  readonly #onTrouble: (id: ProposalId, error: unknown) => void;
  readonly #leaving = new Map<ProposalId, Leaving>();

  /** `onTrouble` is called each time that one could not be moved. */
  constructor(directory: string, onTrouble: (id: ProposalId, error: unknown) => void) {
    this.#directory = directory;
    this.#onTrouble = onTrouble;
  }

  has(id: ProposalId): boolean {
    return this.#leaving.has(id);
  }

  /**
   * Settles when it was tried once, and never rejects; `onFiled` is called when it was done. What is
   * on its way already goes on as it began.
   */
  async file(id: ProposalId, end: End, onFiled: () => void = () => {}): Promise<void> {
    const leaving = this.#leaving.get(id) ?? { end, onFiled, isMoving: false };
    this.#leaving.set(id, leaving);
    await this.#move(id, leaving);
  }

  /** Tries again what could not be moved, until one fails again. */
  async retry(): Promise<void> {
    for (const [id, leaving] of [...this.#leaving]) {
      if (leaving.isMoving || await this.#move(id, leaving)) continue;
      // To the end: one that never can be moved does not keep the others from it.
      this.#leaving.delete(id);
      this.#leaving.set(id, leaving);
      return;
    }
  }

  async #move(id: ProposalId, leaving: Leaving): Promise<boolean> {
    if (leaving.isMoving) return true;
    leaving.isMoving = true;
    try {
      await fileAway(this.#directory, id, leaving.end);
    } catch (error) {
      this.#onTrouble(id, error);
      return false;
    } finally {
      leaving.isMoving = false;
    }
    this.#leaving.delete(id);
    leaving.onFiled();
    return true;
  }
}
