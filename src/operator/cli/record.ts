/** A proposal as `--json` prints it: a contract with scripts, so one form for every command. */

import type { Item, Skipped } from "../../queue/item.ts";
import { oneLine } from "../review/one_line.ts";
import type { Notice } from "../review/kind.ts";
import { reviewOf } from "../review/mod.ts";
import type { ChangeRecord } from "../live/record.ts";

/** Everything that is known. Names are those of the queue's files where they come from there. */
export function itemRecord(item: Item, notices: readonly Notice[]) {
  const { proposal, claim, decision } = item;
  const review = reviewOf(proposal);
  return {
    id: proposal.id,
    bottle_slug: proposal.bottle_slug,
    tool: proposal.tool,
    state: item.state,
    asks: oneLine(review),
    notices: noticeLines(notices),
    /** Null, or why the proposed file cannot be approved. */
    problem: review.kind === "malformed" ? review.problem : null,
    /** SHA-256 of the proposed file; `--basis` takes the `approve_basis` of `show`. */
    basis: proposal.current_file_hash,
    proposed_file: proposal.proposed_file,
    justification: proposal.justification,
    /** Of the same ask, made again: the latest ten, oldest first. */
    repeats: item.repeats,
    arrival_timestamp: proposal.arrival_timestamp,
    /** Null: it does not expire. */
    expires_at: proposal.expires_at ?? null,
    waiting: item.waiting,
    /** When the agent last asked for the answer; null: not within the last minute. */
    polled_at: item.polledAt ?? null,
    claimed_by: claim?.claimed_by ?? null,
    claimed_at: claim?.claimed_at ?? null,
    decision: decision
      ? {
        status: decision.status,
        notes: decision.notes,
        final_file: decision.final_file,
        decided_by: decision.decided_by ?? null,
        decided_at: decision.decided_at ?? null,
        basis: decision.basis ?? null,
      }
      : null,
  };
}

/** How an approval was undone, by this operator's own records; null: it was not. */
export function undoneRecord(undone: ChangeRecord | undefined) {
  return undone ? { by: undone.operator, at: undone.begunAt, notes: undone.notes } : null;
}

/** As `LABEL: text`. */
export function noticeLines(notices: readonly Notice[]): string[] {
  return notices.map(({ label, text }) => `${label}: ${text}`);
}

/** A string of a list is cut to this many characters; a sidecar lets no longer justification in. */
const MAX_LISTED_LENGTH = 4_000;

/** The same for a list, where files are left out and strings cut: `show --json` has all of one. */
export function listedRecord(item: Item, notices: readonly Notice[]) {
  const { proposed_file: _proposed, repeats: _repeats, decision, ...rest } = itemRecord(
    item,
    notices,
  );
  const { final_file: _final, ...answer } = decision ?? { final_file: null };
  return { ...shortened(rest), decision: decision && shortened(answer) };
}

function shortened<T extends object>(record: T): T {
  const entries = Object.entries(record).map(([name, value]) =>
    typeof value === "string" && value.length > MAX_LISTED_LENGTH
      ? [name, `${value.slice(0, MAX_LISTED_LENGTH - 1).toWellFormed()}…`]
      : [name, value]
  );
  return Object.fromEntries(entries);
}

export function skippedRecord({ slug, name, why }: Skipped) {
  return { bottle_slug: slug, name, why };
}
