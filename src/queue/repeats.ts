/**
 * The justifications with which an agent made the same ask again (`<id>.repeats.json`), for the
 * operator to read beside the first. They ask for nothing more, so no decision depends on them.
 */

import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import { type ProposalId, recordName } from "./layout.ts";
import { type Read, readRecord } from "./read.ts";

/** At most this many are kept: the latest. */
export const MAX_REPEATS = 10;

/** One further justification of an ask that is in the queue already. Field names are those of the file. */
export interface Repeat {
  readonly justification: string;
  /** ISO 8601, UTC; empty where the file holds no such thing. */
  readonly asked_at: string;
}

const repeatsFile = z.object({
  proposal_id: z.string(),
  repeats: z.array(z.object({
    justification: z.string(),
    asked_at: z.string().transform((text) => text.length > MAX_TIME_LENGTH ? "" : text),
  })),
});

/** Checks the parsed content of a file found under `id`. Throws a `ZodError` or an `Error`. */
export function parseRepeats(content: unknown, id: ProposalId): readonly Repeat[] {
  const file = repeatsFile.parse(content);
  if (file.proposal_id !== id) throw new Error("proposal_id: is not the one in the file's name");
  return file.repeats.slice(-MAX_REPEATS);
}

/** Reads the repeats of `id`, oldest first, from a queue directory or its `processed` directory. */
export function readRepeats(directory: string, id: ProposalId): Promise<Read<readonly Repeat[]>> {
  return readRecord(directory, recordName(id, "repeats"), (file) => parseRepeats(file, id));
}

export function formatRepeats(id: ProposalId, repeats: readonly Repeat[]): string {
  return JSON.stringify({ proposal_id: id, repeats }, null, 2) + "\n";
}
