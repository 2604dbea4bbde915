/** The queue directory's own shape: making it, and moving away what is over. */

import { join } from "node:path";
import { hasCode, publishFirst, syncDirectory } from "./durable.ts";
import { fileModeIn, makeDirectory } from "./group_shared.ts";
import { PROCESSED_DIRECTORY, type ProposalId, type RecordKind, recordName } from "./layout.ts";
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

/** Why a proposal is over; of one that was not decided, the text of its withdrawal. */
type End =
  | { readonly kind: "delivered" }
  | { readonly kind: "withdrawn"; readonly withdrawal: string };

type Kinds = readonly [RecordKind, ...RecordKind[]];

/**
 * The proposal first, so that a crash never makes a decided one look undecided. The withdrawal last:
 * one in `processed/` with no response beside it stood. A response that came too late for a withdrawn
 * one stays, for its writer to see that and to remove it. The end of a grant is filed away by itself,
 * by who has read it: it may come at any time.
 */
const RECORDS: Readonly<Record<End["kind"], Kinds>> = {
  delivered: ["proposal", "repeats", "claim", "response", "withdrawn"],
  withdrawn: ["proposal", "repeats", "claim", "withdrawn"],
};

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
  await moveRecords(directory, ids, RECORDS.delivered);
}

/** Moves a proposal's records to `processed/`. Safe to repeat; survives a power cut when it returns. */
async function fileAway(directory: string, id: ProposalId, end: End): Promise<void> {
  await makeDirectories(directory);
  await moveRecords(directory, [id], RECORDS[end.kind]);
  if (end.kind !== "withdrawn") return;
  const processed = join(directory, PROCESSED_DIRECTORY);
  const name = recordName(id, "withdrawn");
  // Another sidecar may have seen a claim and taken the record away again, too late: it has been acted
  // on, and who claimed it meanwhile must be able to see why it is gone.
  if (!await isRegularFile(join(processed, name))) {
    await publishFirst(processed, name, end.withdrawal);
  }
}

/** All of the first kind before any of the others, with two rounds of fsync however many there are. */
async function moveRecords(
  directory: string,
  ids: readonly ProposalId[],
  [first, ...others]: Kinds,
): Promise<void> {
  const processed = join(directory, PROCESSED_DIRECTORY);
  for (const kinds of [[first], others]) {
    await Promise.all(ids.map(async (id) => {
      for (const kind of kinds) {
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

interface Leaving {
  readonly end: End;
  readonly onFiled: () => void;
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
