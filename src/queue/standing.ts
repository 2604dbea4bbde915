/** Where a proposal stands, for those who ask: from memory while it is open, else from `processed/`. */

import { join } from "node:path";
import { type Decision, readDecision, type Status } from "./decision.ts";
import { type OpenProposal, toolOf } from "./open_proposals.ts";
import { endPlaces, type EndReason, type GrantEnd, readGrantEnd } from "./grant_end.ts";
import { recordTime } from "./iso_time.ts";
import { PROCESSED_DIRECTORY, type ProposalId, recordName, type Slug } from "./layout.ts";
import { type Proposal, readProposal } from "./proposal.ts";
import { isRegularFile } from "./read.ts";
import { type Ended, readWithdrawal, type TakenBack } from "./withdrawal.ts";

interface Known {
  readonly tool: string;
  readonly since: string;
}

interface Decided extends Known {
  readonly decision: Decision;
  /** When it was decided, or when what it granted ended. */
  readonly endedAt: string;
  /** No agent has the answer yet. */
  readonly isUndelivered?: boolean;
}

/** All times are ISO 8601, UTC. */
export type ProposalStanding =
  | Known & {
    readonly kind: "pending";
    /** Undecided proposals that arrived earlier. */
    readonly ahead: number;
    /** An operator is deciding it now. */
    readonly claimed: boolean;
    /** Undefined without a claim, and where the claim cannot be read. */
    readonly claimedAt: string | undefined;
  }
  | Decided & { readonly kind: "decided" }
  /** What it granted no longer holds. */
  | Decided & { readonly kind: "ended"; readonly end: GrantEnd }
  | Known & { readonly kind: TakenBack; readonly endedAt: string }
  | { readonly kind: "unknown" };

/** One proposal in a list. All times are ISO 8601, UTC. */
export interface Summary {
  readonly id: ProposalId;
  readonly tool: string;
  readonly since: string;
  readonly status: "pending" | Status | TakenBack | "ended";
  /** An operator is deciding it now. */
  readonly claimed: boolean;
  /** With `ended`: why what was granted no longer holds. */
  readonly endReason?: EndReason | undefined;
  /** The operator's, cut to 500 characters. */
  readonly notes: string;
  /** There is more of them. */
  readonly notesCut: boolean;
  /** When it was decided or withdrawn, was seen to have expired, or what it granted ended. */
  readonly endedAt: string | undefined;
  /** An answer with its decision has arrived. */
  readonly pickedUp: boolean;
}

/** The length of the notes in a summary, in UTF-16 units; a character is not cut in two. */
const MAX_NOTES = 500;

/** Where an open proposal stands. `ahead`: how many undecided ones arrived earlier. */
export function standingOf(
  entry: OpenProposal,
  ahead: number,
): Exclude<ProposalStanding, { kind: "unknown" }> {
  const { since, claim, decision, decidedAt, end } = entry;
  const tool = toolOf(entry);
  if (!decision) {
    const claimed = claim !== undefined;
    return { kind: "pending", tool, since, ahead, claimed, claimedAt: claim || undefined };
  }
  const isUndelivered = !entry.answered;
  if (end) {
    return { kind: "ended", tool, since, decision, end, endedAt: end.endedAt, isUndelivered };
  }
  return { kind: "decided", tool, since, decision, endedAt: decidedAt ?? since, isUndelivered };
}

export function summaryOf(
  id: ProposalId,
  standing: Exclude<ProposalStanding, { kind: "unknown" }>,
): Summary {
  const { kind, tool, since } = standing;
  const isDecided = kind === "decided" || kind === "ended";
  const { notes } = kind === "ended" ? standing.end : isDecided ? standing.decision : { notes: "" };
  return {
    id,
    tool,
    since,
    status: kind === "decided" ? standing.decision.status : kind,
    endReason: kind === "ended" ? standing.end.reason : undefined,
    claimed: kind === "pending" && standing.claimed,
    ...shortNotes(notes),
    endedAt: kind === "pending" ? undefined : standing.endedAt,
    pickedUp: isDecided && !standing.isUndelivered,
  };
}

function shortNotes(notes: string): Pick<Summary, "notes" | "notesCut"> {
  if (notes.length <= MAX_NOTES) return { notes, notesCut: false };
  const splits = /[\ud800-\udbff]/.test(notes.charAt(MAX_NOTES - 1));
  const short = notes.slice(0, splits ? MAX_NOTES - 1 : MAX_NOTES);
  // A slice would keep the whole text, of up to 1 MiB, in memory.
  return { notes: new TextDecoder().decode(new TextEncoder().encode(short)), notesCut: true };
}

/** The proposal and the directory it was found in; undefined where `slug` has none of that id. */
export async function findProposal(
  directory: string,
  slug: Slug,
  id: ProposalId,
): Promise<{ readonly value: Proposal; readonly directory: string } | undefined> {
  // Here before there: it may be filed away between the two looks, and never comes back.
  for (const place of [directory, join(directory, PROCESSED_DIRECTORY)]) {
    // Others have their turn between two of many.
    if (!await isRegularFile(join(place, recordName(id, "proposal")))) continue;
    const read = readProposal({ directory: place, slug }, id);
    if (read.kind === "read") return { value: read.value, directory: place };
  }
  return undefined;
}

/** Where a proposal of `slug` stands that is not open any more, as far as the directory tells. */
export async function readFinished(
  directory: string,
  slug: Slug,
  id: ProposalId,
  now: Date,
): Promise<ProposalStanding> {
  const processed = join(directory, PROCESSED_DIRECTORY);
  // Each looked for here before there, since it may be filed away between the two looks; and the
  // withdrawal before the response, which is filed away before it.
  const ended = await readEnd(directory, id, now);
  const proposal = await findProposal(directory, slug, id);
  if (!proposal) return { kind: "unknown" };
  const { tool, arrival_timestamp: arrived } = proposal.value;
  const since = await recordTime(
    arrived,
    join(proposal.directory, recordName(id, "proposal")),
    now,
  );
  // A response here beside a proposal there came too late for it.
  for (const place of new Set([proposal.directory, processed])) {
    const response = readDecision(place, id);
    if (response.kind !== "read") continue;
    const decision = response.value;
    const mark = join(processed, recordName(id, "undelivered"));
    const isUndelivered = place === directory || await isRegularFile(mark);
    const end = await readGrantEnd(decision, endPlaces(directory), now);
    if (end) {
      return { kind: "ended", tool, since, decision, end, endedAt: end.endedAt, isUndelivered };
    }
    const path = join(place, recordName(id, "response"));
    const endedAt = await recordTime(decision.decided_at, path, now);
    return { kind: "decided", tool, since, decision, endedAt, isUndelivered };
  }
  return ended ? { kind: ended.reason, tool, since, endedAt: ended.endedAt } : { kind: "unknown" };
}

/** What the withdrawal of a proposal says, if there is one; what cannot be read is the agent's. */
export async function readEnd(
  directory: string,
  id: ProposalId,
  now: Date,
): Promise<Ended | undefined> {
  // Here before there: another sidecar may be moving it away.
  for (const place of [directory, join(directory, PROCESSED_DIRECTORY)]) {
    const path = join(place, recordName(id, "withdrawn"));
    if (!await isRegularFile(path)) continue;
    const read = readWithdrawal(place, id);
    if (read.kind === "missing") continue;
    const record = read.kind === "read" ? read.value : undefined;
    const endedAt = await recordTime(record?.withdrawn_at, path, now);
    return { reason: record?.reason ?? "withdrawn", endedAt };
  }
  return undefined;
}
