/** Taking over what the records in the directory say of one open proposal, and telling where it stands. */

import { join } from "node:path";
import { readClaim, readDecision } from "./decision.ts";
import { readGrantEnd } from "./grant_end.ts";
import { recordTime } from "./iso_time.ts";
import { type ProposalId, recordName } from "./layout.ts";
import { type OpenProposal, toolOf } from "./open_proposals.ts";
import type { QueueState } from "./queue_state.ts";
import { isRegularFile } from "./read.ts";
import { type ProposalStanding, readFinished, standingOf, summaryOf } from "./standing.ts";
import { type Ended, withdrawalText } from "./withdrawal.ts";

/** Reads the decision on a pending proposal, if there is one that can be read. */
export async function takeInDecision(state: QueueState, entry: OpenProposal): Promise<void> {
  const { directory, entries, now } = state;
  const name = recordName(entry.id, "response");
  const read = readDecision(directory, entry.id);
  if (read.kind === "unreadable") return state.sayOnce(name, `skipped ${name}: ${read.why}`);
  if (read.kind === "missing") return;
  const decidedAt = await recordTime(read.value.decided_at, join(directory, name), now());
  const end = await readGrantEnd(read.value, [directory], now());
  const written = await Deno.lstat(join(directory, name)).then(({ mtime }) => mtime, () => null);
  // What it says of itself may be long ago, or to come.
  const lastMs = Math.max(Date.parse(decidedAt), written?.getTime() ?? 0);
  const seenMs = Math.min(lastMs, now().getTime());
  entries.decided(entry, read.value, decidedAt, { end, seenMs });
}

export async function takeInClaim(state: QueueState, entry: OpenProposal): Promise<void> {
  const { directory, entries, now } = state;
  const path = join(directory, recordName(entry.id, "claim"));
  const read = readClaim(directory, entry.id);
  if (read.kind === "read") {
    entries.claimed(entry, await recordTime(read.value.claimed_at, path, now()));
  } else {
    entries.claimed(entry, await isRegularFile(path) ? "" : undefined);
  }
}

/** The withdrawal stands: it can no longer be decided. */
export function endWithdrawn(state: QueueState, entry: OpenProposal, ended: Ended): void {
  const { entries, archive, recentlyEnded } = state;
  const { id, since } = entry;
  if (!entries.isPending(entry)) return;
  const { reason: kind, endedAt } = ended;
  recentlyEnded.add(summaryOf(id, { kind, tool: toolOf(entry), since, endedAt }));
  state.inBackground(archive.file(id, { withdrawal: withdrawalText(id, ended) }));
  entries.withdrawn(entry, kind);
}

/**
 * Whether a proposal's own file is there. Where it has gone, what became of it is taken in first:
 * another sidecar on this queue may have filed it away, with the answer that calls here wait for.
 */
export async function stillThere(state: QueueState, entry: OpenProposal): Promise<boolean> {
  const { directory, entries } = state;
  if (await isRegularFile(join(directory, recordName(entry.id, "proposal")))) return true;
  if (entries.isPending(entry)) {
    if (await takeInEnd(state, entry)) return false;
    // Of several that look at once only one tells it.
    if (!entries.isPending(entry)) return false;
    state.trouble(`proposal ${entry.id} was removed from the queue undecided`);
  }
  entries.removed(entry);
  return false;
}

/** What became of a pending proposal whose own file has gone. False: it was not filed away. */
async function takeInEnd(state: QueueState, entry: OpenProposal): Promise<boolean> {
  const { entries, recentlyEnded } = state;
  // Here before there: of two sidecars on one queue the other may be moving it away just now.
  await takeInDecision(state, entry);
  if (!entries.isPending(entry)) return true;
  const standing = await finishedStanding(state, entry.id);
  if (!entries.isPending(entry)) return true;
  if (standing.kind === "unknown" || standing.kind === "pending") return false;
  recentlyEnded.add(summaryOf(entry.id, standing));
  if (standing.kind === "decided" || standing.kind === "ended") {
    const end = standing.kind === "ended" ? standing.end : undefined;
    entries.decided(entry, standing.decision, standing.endedAt, { end });
    entries.delivered(entry);
  } else {
    entries.withdrawn(entry, standing.kind);
  }
  return true;
}

/** Where a proposal of this bottle stands, also when it was filed away long ago. */
export async function standing(state: QueueState, id: ProposalId): Promise<ProposalStanding> {
  const { entries, recentlyEnded, reads } = state;
  const entry = entries.get(id);
  if (entry) return standingOf(entry, entry.decision ? 0 : entries.ahead(entry));
  return recentlyEnded.takenBack(id) ?? await reads.run(() => finishedStanding(state, id));
}

/** Where one stands that is not open any more, as far as the directory tells. */
export function finishedStanding(
  { directory, slug, now }: QueueState,
  id: ProposalId,
): Promise<ProposalStanding> {
  return readFinished(directory, slug, id, now());
}
