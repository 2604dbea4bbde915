/** The operator's last words on what was granted: read beside a decision, and filed away after it. */

import { join } from "node:path";
import { hasCode, moveDurably } from "./durable.ts";
import { readGrantEnd } from "./grant_end.ts";
import { type ProposalId, recordName } from "./layout.ts";
import type { OpenProposal } from "./open_proposals.ts";
import type { QueueState } from "./queue_state.ts";
import { isRegularFile } from "./read.ts";
import { standingOf, type Summary, summaryOf } from "./standing.ts";
import { finishedStanding } from "./take_in.ts";

/** The records of an entry have been filed away, with its decision. */
export function filedAway(state: QueueState, entry: OpenProposal): void {
  state.recentlyEnded.add(summaryOf(entry.id, standingOf(entry, 0)));
  state.entries.delivered(entry);
  state.inBackground(takeInGrantEnd(state, entry.id));
}

/**
 * Takes in what the file says that is, or was, in the queue directory. Of a proposal that is being
 * filed away it is taken in when that is over.
 */
export async function takeInGrantEnd(state: QueueState, id: ProposalId): Promise<void> {
  const { directory, entries, archive, now } = state;
  if (archive.has(id)) return;
  const entry = entries.get(id);
  if (!entry) return await takeInFiled(state, id);
  if (!entry.decision) return;
  const end = await readGrantEnd(entry.decision, [directory], now());
  if (!archive.has(id)) entries.ended(entry, end);
}

async function takeInFiled(state: QueueState, id: ProposalId): Promise<void> {
  const { directory, processed, changes, recentlyEnded } = state;
  const name = recordName(id, "ended");
  if (!await isRegularFile(join(directory, name))) return;
  if (!await isRegularFile(join(processed, recordName(id, "proposal")))) return;
  // Moved before it is read: what the operator writes from here on is another file, and seen as new.
  await moveDurably(name, directory, processed).catch((error) => {
    // Another look, or another sidecar on this queue, was quicker.
    if (!hasCode(error, "ENOENT")) state.cannotMove(name, error);
  });
  const standing = await finishedStanding(state, id);
  if (standing.kind !== "decided" && standing.kind !== "ended") return;
  const summary = summaryOf(id, standing);
  const before = recentlyEnded.get(id);
  recentlyEnded.add(summary);
  if (before && isSame(before, summary)) return;
  const { kind, tool, since } = standing;
  changes.tell({ kind: kind === "ended" ? "ended" : "resumed", id, tool, since });
}

function isSame(one: Summary, other: Summary): boolean {
  return one.status === other.status && one.endedAt === other.endedAt && one.notes === other.notes;
}
