/** One proposal's records as they lie in a directory, and what they mean at a given time. */

import { join } from "node:path";
import { type Claim, type Decision, readClaim, readDecision } from "./decision.ts";
import { datesOf, isExpired } from "./expired.ts";
import type { End, Item, ItemState } from "./item.ts";
import {
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "./layout.ts";
import type { Proposal } from "./proposal.ts";
import type { Read } from "./read.ts";
import { readRepeats, type Repeat } from "./repeats.ts";
import type { Waiting } from "./waiting.ts";
import { readWithdrawal, type Withdrawal } from "./withdrawal.ts";

/** What was read of one proposal. Time passes over it: it does not say whether it has expired. */
export interface Records {
  readonly proposal: Proposal;
  readonly repeats: readonly Repeat[];
  /** Of its directory first, then of `processed/`. */
  readonly withdrawals: readonly SeenWithdrawal[];
  readonly claim: Claim | undefined;
  /** There is a claim, though it may not be readable. */
  readonly isClaimed: boolean;
  readonly decision: Decision | undefined;
  readonly isFiled: boolean;
  /** It was filed away before its agent picked the answer up. */
  readonly isUnread: boolean;
}

export interface SeenWithdrawal {
  readonly isFiled: boolean;
  /** Undefined: it cannot be read, and counts as the agent's. */
  readonly record: Withdrawal | undefined;
}

/** Where the records of a bottle are. */
export interface RecordPlace {
  readonly slug: Slug;
  /** The bottle's queue directory. */
  readonly queue: string;
  /** The one below it for what is over. */
  readonly processed: string;
  /** Which of the two is meant, and its path. */
  readonly isFiled: boolean;
  readonly directory: string;
}

/** `root` holds one queue directory a bottle. */
export function placeIn(root: string, slug: Slug, isFiled = false): RecordPlace {
  const queue = join(root, slug);
  const processed = join(queue, PROCESSED_DIRECTORY);
  return { slug, queue, processed, isFiled, directory: isFiled ? processed : queue };
}

/**
 * Reads what has become of a proposal. `has`: whether there is a record of a kind, by a listing that
 * may be wrong about files that came or went since; default: perhaps.
 */
export function readRecords(
  place: RecordPlace,
  proposal: Proposal,
  has: (kind: RecordKind) => boolean = () => true,
): Records {
  const { directory, isFiled } = place;
  const { id } = proposal;
  const repeats = has("repeats") ? readValue(readRepeats(directory, id)) : undefined;
  // Looked for before the response, which is filed away before it.
  const isTakenBack = has("withdrawn") &&
    isFile(join(directory, recordName(id, "withdrawn")));
  const claim = isTakenBack || has("claim") ? readClaim(directory, id) : undefined;
  const decision = has("response") ? readValue(readDecision(directory, id)) : undefined;
  return {
    proposal,
    repeats: repeats?.repeats ?? [],
    withdrawals: isTakenBack && !decision ? readWithdrawals(place, id) : [],
    claim: claim && readValue(claim),
    isClaimed: claim?.kind === "read" ||
      claim?.kind === "unreadable" && isFile(join(directory, recordName(id, "claim"))),
    decision,
    isFiled,
    isUnread: isFiled && has("undelivered") &&
      isFile(join(directory, recordName(id, "undelivered"))),
  };
}

/** The withdrawals of a proposal, also one that is filed away meanwhile. */
export function readWithdrawals(
  { queue, processed, isFiled }: RecordPlace,
  id: ProposalId,
): SeenWithdrawal[] {
  const seen: SeenWithdrawal[] = [];
  for (const isThere of isFiled ? [true] : [false, true]) {
    const place = isThere ? processed : queue;
    if (isThere && !isRealDirectory(processed)) continue;
    if (!isFile(join(place, recordName(id, "withdrawn")))) continue;
    const read = readWithdrawal(place, id);
    if (read.kind !== "missing") seen.push({ isFiled: isThere, record: readValue(read) });
  }
  return seen;
}

/**
 * What its withdrawals say, if there is one; one that cannot be read is the agent's. One that says
 * `expired` counts for nothing while `claim` holds the proposal open, until it is filed away.
 */
export function endOf(
  withdrawals: readonly SeenWithdrawal[],
  proposal: Proposal,
  claim: Claim | undefined,
  now: Date,
): End | undefined {
  for (const { isFiled, record } of withdrawals) {
    if (record?.reason !== "expired") return { reason: "withdrawn" };
    if (!isFiled && claim && !isExpired(datesOf(proposal), true, now)) continue;
    return { reason: "expired", at: proposal.expires_at ?? record.withdrawn_at };
  }
  return undefined;
}

/** What the records mean at `now`. */
export function itemOf(
  slug: Slug,
  records: Records,
  waiting: ReadonlyMap<ProposalId, Waiting>,
  now: Date,
): Item {
  const { proposal, claim, decision, repeats, withdrawals } = records;
  const end = decision ? undefined : endOf(withdrawals, proposal, claim, now);
  const state = end?.reason ?? stateOf(records, now);
  const { calls = 0, polledAt } = waiting.get(proposal.id) ?? {};
  return {
    slug,
    proposal,
    state,
    claim,
    decision,
    expiredAt: state === "expired" ? end?.at ?? proposal.expires_at : undefined,
    repeats,
    waiting: calls,
    ...polledAt === undefined ? {} : { polledAt },
  };
}

function stateOf(records: Records, now: Date): ItemState {
  const { proposal, claim, isClaimed, decision, isFiled, isUnread } = records;
  if (isFiled) return isUnread ? "undelivered" : "delivered";
  if (decision) return "decided";
  if (isExpired(datesOf(proposal), claim !== undefined, now)) return "expired";
  return isClaimed ? "claimed" : "pending";
}

/** The value that was read; undefined when there was none. */
export function readValue<T>(read: Read<T>): T | undefined {
  return read.kind === "read" ? read.value : undefined;
}

/** Whether there is a directory; a link to one does not count. */
export function isRealDirectory(path: string): boolean {
  return lookAt(path)?.isDirectory ?? false;
}

function isFile(path: string): boolean {
  return lookAt(path)?.isFile ?? false;
}

/** Undefined where nothing is, or nothing can be seen. */
export function lookAt(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}
