/** A proposal, in the wire form. */

import type { z } from "zod";
import type { Decision } from "../../../queue/decision.ts";
import { isOpen, type Item, type Skipped } from "../../../queue/item.ts";
import type { ChangeRecord } from "../../live/record.ts";
import { inWords, type Notice, ODD_FORM, type Review } from "../../review/kind.ts";
import { reviewOf } from "../../review/mod.ts";
import type { Preview } from "../preview.ts";
import type { skippedSchema } from "../wire/fields.ts";
import type { listSchema, showSchema } from "../wire/proposal.ts";
import { noticeLines, planRecord } from "./change.ts";
import { known } from "./known.ts";

type Listed = z.output<typeof listSchema>["proposals"][number];
type Shown = z.output<typeof showSchema>;

/** Everything about one, with the basis of what is shown. */
export function shownRecord(
  item: Item,
  { plan, problem, applied, undone, isLost, notices }: Preview,
  basis: string,
): Shown {
  const { proposal, decision, repeats } = item;
  return {
    ...fieldsOf(item, notices, undone),
    basis: isOpen(item) ? basis : null,
    proposed_file: proposal.proposed_file,
    repeats: [...repeats],
    decision: decision ? { ...decisionFields(decision), final_file: decision.final_file } : null,
    live: isOpen(item) && !problem ? planRecord(proposal.tool, plan) : null,
    live_problem: problem?.message ?? null,
    applied_to: applied?.files.map(({ target }) => target.path) ?? [],
    lost: isLost,
  };
}

/** A string of a list is cut to this many characters; a sidecar lets no longer justification in. */
const MAX_LISTED_LENGTH = 4_000;

/** The same for a list, where files are left out and strings cut. */
export function listedRecord(
  item: Item,
  notices: readonly Notice[],
  undone: ChangeRecord | undefined,
): Listed {
  const { decision } = item;
  return {
    ...shortened(fieldsOf(item, notices, undone)),
    decision: decision ? shortened(decisionFields(decision)) : null,
  };
}

function fieldsOf(
  item: Item,
  notices: readonly Notice[],
  undone: ChangeRecord | undefined,
): Omit<Listed, "decision"> {
  const { proposal, claim } = item;
  const review = reviewOf(proposal);
  return {
    id: proposal.id,
    ...known(proposal, "bottle_slug", "tool"),
    state: item.state,
    ask: inWords(review),
    notices: noticeLines(notices),
    problem: problemOf(review),
    file_sha256: proposal.current_file_hash,
    ...known(proposal, "justification", "arrival_timestamp", "expires_at"),
    waiting: item.waiting,
    polled_at: item.polledAt ?? null,
    claimed_by: claim?.claimed_by ?? null,
    claimed_at: claim?.claimed_at ?? null,
    undone: undone
      ? { undone_by: undone.operator, undone_at: undone.begun_at, notes: undone.notes }
      : null,
  };
}

function problemOf(review: Review): string | null {
  if (review.kind === "malformed") return review.problem;
  return review.isCanonical ? null : ODD_FORM.text;
}

function decisionFields(decision: Decision) {
  return known(decision, "status", "notes", "decided_by", "decided_at", "basis", "file_sha256");
}

function shortened<T extends object>(record: T): T {
  const entries = Object.entries(record).map(([name, value]) =>
    typeof value === "string" && value.length > MAX_LISTED_LENGTH
      ? [name, `${value.slice(0, MAX_LISTED_LENGTH - 1).toWellFormed()}…`]
      : [name, value]
  );
  return Object.fromEntries(entries);
}

export function skippedRecord({ slug, name, why }: Skipped): z.output<typeof skippedSchema> {
  return { bottle_slug: slug, name, why };
}
