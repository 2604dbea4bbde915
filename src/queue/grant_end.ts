/**
 * What a decision granted no longer holds (`<id>.ended.json`): the operator's last word on it, which
 * the agent reads in place of the decision. A bottle can write it too, so it proves nothing.
 */

import { join } from "node:path";
import { z } from "zod";
import type { Decision } from "./decision.ts";
import { MAX_TIME_LENGTH, recordTime } from "./iso_time.ts";
import { PROCESSED_DIRECTORY, recordName } from "./layout.ts";
import { recordForm, type RecordOf } from "./record.ts";

export type EndReason = "undone" | "expired" | "revoked";

/** How a grant ended. */
export interface GrantEnd {
  readonly reason: EndReason;
  /** The operator's words to the agent; may be empty. */
  readonly notes: string;
  /** ISO 8601, UTC. */
  readonly endedAt: string;
}

const endFile = z.object({
  proposal_id: z.string(),
  /** ISO 8601, UTC. */
  ended_at: z.string().max(MAX_TIME_LENGTH).optional().catch(undefined),
  // A reason that only later versions know ends it all the same.
  reason: z.enum(["undone", "expired", "revoked"]).catch("revoked"),
  notes: z.string().nullish().transform((notes) => notes ?? ""),
  /** Since when it holds again, in ISO 8601, UTC: such a file says that nothing has ended. */
  resumed_at: z.string().optional(),
});

export type EndRecord = RecordOf<typeof endFile>;

const { read: readEndRecord } = recordForm("ended", endFile);

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
    const read = readEndRecord(place, id);
    if (read.kind !== "read") continue;
    const { reason, notes, ended_at, resumed_at } = read.value;
    if (resumed_at !== undefined) return undefined;
    const path = join(place, recordName(id, "ended"));
    return { reason, notes, endedAt: await recordTime(ended_at, path, now) };
  }
  return undefined;
}

/** The newest word is in the queue directory, and replaces what was filed away before. */
export function endPlaces(directory: string): readonly string[] {
  return [directory, join(directory, PROCESSED_DIRECTORY)];
}
