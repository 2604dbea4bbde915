/** The queue directory's own shape: making it, and moving away what is over. */

import { join } from "node:path";
import { hasCode, publishFirst, syncDirectory } from "./durable.ts";
import { fileModeIn, makeDirectory } from "./group_shared.ts";
import {
  FILED_KINDS,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
} from "./layout.ts";
import { isRegularFile } from "./read.ts";

/** Makes the queue directory and the one for what is over, as far as they are not there. */
export async function makeDirectories(directory: string): Promise<void> {
  await makeDirectory(join(directory, PROCESSED_DIRECTORY));
}

/** Publishes a record, and has the directory made again where it was removed. */
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
 * Moves the records of many decided proposals to `processed/`, each with a mark that the agent did
 * not pick the decision up; the mark counts by being there. Safe to repeat; survives a power cut
 * when it returns.
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
  await Promise.all(ids.map(async (id) => {
    const path = join(processed, recordName(id, "undelivered"));
    const text = JSON.stringify({ proposal_id: id, filed_at: now.toISOString() }) + "\n";
    await Deno.writeTextFile(path, text, { createNew: true, mode })
      .catch((error) => {
        if (!hasCode(error, "EEXIST")) throw error;
      });
  }));
  await moveRecords(directory, ids, FILED_KINDS);
}

/**
 * Moves a proposal's records to `processed/`. Of one that was not decided `withdrawal` is the text of
 * its record; a response that came too late for it stays, for its writer to see that and to remove it.
 * Safe to repeat; survives a power cut when it returns.
 */
async function fileAway(
  directory: string,
  id: ProposalId,
  withdrawal: string | undefined,
): Promise<void> {
  await makeDirectories(directory);
  const isKept = (kind: RecordKind) => kind === "response" && withdrawal !== undefined;
  await moveRecords(directory, [id], FILED_KINDS.filter((kind) => !isKept(kind)));
  if (withdrawal === undefined) return;
  const processed = join(directory, PROCESSED_DIRECTORY);
  const name = recordName(id, "withdrawn");
  // Another sidecar may have seen a claim and taken the record away again, too late: it has been acted
  // on, and who claimed it meanwhile must be able to see why it is gone.
  if (!await isRegularFile(join(processed, name))) await publishFirst(processed, name, withdrawal);
}

/** All of the first kind before any of the others, with two rounds of fsync however many there are. */
async function moveRecords(
  directory: string,
  ids: readonly ProposalId[],
  kinds: readonly RecordKind[],
): Promise<void> {
  const processed = join(directory, PROCESSED_DIRECTORY);
  for (const round of [kinds.slice(0, 1), kinds.slice(1)]) {
    await Promise.all(ids.map(async (id) => {
      for (const kind of round) {
        const name = recordName(id, kind);
        if (!await isRegularFile(join(directory, name))) continue;
        await Deno.rename(join(directory, name), join(processed, name)).catch((error) => {
          // Another sidecar on this queue was quicker.
          if (!hasCode(error, "ENOENT")) throw error;
        });
      }
    }));
    for (const place of [processed, directory]) await syncDirectory(place);
  }
}

interface Filing {
  /** Called when it was done. */
  readonly onFiled?: () => void;
  /** Of one that was not decided: the text of its record. */
  readonly withdrawal?: string;
}

interface Leaving extends Filing {
  isMoving: boolean;
}

/** The proposals on their way to `processed/`. What cannot be moved now is moved later. */
export class Archive {
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
   * Settles when it was tried once, and never rejects. What is on its way already goes on as it began.
   */
  async file(id: ProposalId, filing: Filing = {}): Promise<void> {
    const leaving = this.#leaving.get(id) ?? { ...filing, isMoving: false };
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
      await fileAway(this.#directory, id, leaving.withdrawal);
    } catch (error) {
      this.#onTrouble(id, error);
      return false;
    } finally {
      leaving.isMoving = false;
    }
    this.#leaving.delete(id);
    leaving.onFiled?.();
    return true;
  }
}
