/**
 * What a decision granted no longer holds (`<id>.ended.json`): the operator's last word on it, which
 * the agent reads in place of the decision. A bottle can write it too, so it proves nothing.
 */

import { join } from "node:path";
import { z } from "zod";
import type { Decision } from "./decision.ts";
import { MAX_TIME_LENGTH, recordTime } from "./iso_time.ts";
import { PROCESSED_DIRECTORY, type ProposalId, recordName } from "./layout.ts";
import { readRecord } from "./read.ts";

export type EndReason = "undone" | "expired" | "revoked";

/** How a grant ended. */
export interface GrantEnd {
  readonly reason: EndReason;
  /** The operator's words to the agent; may be empty. */
  readonly notes: string;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
}

/** Field names are those of the file. */
export interface EndRecord {
  readonly proposal_id: ProposalId;
  /** ISO 8601, UTC. */
  readonly ended_at: string;
  readonly reason: EndReason;
  readonly notes: string;
  /** Since when it holds again, in ISO 8601, UTC: such a file says that nothing has ended. */
  readonly resumed_at?: string | undefined;
}

const endFile = z.object({
  proposal_id: z.string(),
  ended_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
  // A reason that only later versions know ends it all the same.
  reason: z.enum(["undone", "expired", "revoked"]).catch("revoked"),
  notes: z.string().nullish().transform((notes) => notes ?? ""),
  resumed_at: z.string().optional(),
});

export function formatEnd(record: EndRecord): string {
  return JSON.stringify(record, null, 2) + "\n";
}

/**
 * How the grant of `decision` ended, as the first file in `places` that can be read says; undefined
 * while it holds. What was rejected granted nothing that could end.
 */
export async function readGrantEnd(
  decision: Decision,
  places: readonly string[],
  now: Date,
): Promise<GrantEnd | undefined> {
  const { proposal_id: id, status } = decision;
  if (status === "rejected") return undefined;
  for (const place of places) {
    const name = recordName(id, "ended");
    const read = await readRecord(place, name, (file) => endFile.parse(file));
    if (read.kind !== "read" || read.value.proposal_id !== id) continue;
    const { reason, notes, ended_at, resumed_at } = read.value;
    if (resumed_at !== undefined) return undefined;
    return { reason, notes, endedAt: await recordTime(ended_at, join(place, name), now) };
  }
  return undefined;
}

/** The newest word is in the queue directory, and replaces what was filed away before. */
export function endPlaces(directory: string): readonly string[] {
  return [directory, join(directory, PROCESSED_DIRECTORY)];
}
