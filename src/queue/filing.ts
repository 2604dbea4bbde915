/** The queue directory's own shape: making it, and filing away what is over. */

import { join } from "node:path";
import { moveDurably } from "./durable.ts";
import { DIRECTORY_MODE, PROCESSED_DIRECTORY, type ProposalId, recordName } from "./layout.ts";
import { isRegularFile } from "./read.ts";

/** Makes the queue directory and the one for what is over, as far as they are not there. */
export async function makeDirectories(directory: string): Promise<void> {
  const processed = join(directory, PROCESSED_DIRECTORY);
  await Deno.mkdir(processed, { recursive: true, mode: DIRECTORY_MODE });
}

/**
 * Moves all records of a proposal to `processed/`; the proposal first, so that a crash never makes
 * a decided one look undecided. Safe to repeat. Survives a power cut when it returns.
 */
export async function fileAway(directory: string, id: ProposalId): Promise<void> {
  const processed = join(directory, PROCESSED_DIRECTORY);
  await makeDirectories(directory);
  for (const kind of ["proposal", "claim", "withdrawn", "response"] as const) {
    const name = recordName(id, kind);
    if (await isRegularFile(join(directory, name))) await moveDurably(name, directory, processed);
  }
}
