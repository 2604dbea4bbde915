/** A proposal, in the wire form. */

import type { z } from "zod";
import { isOpen, type Item, type Skipped } from "../../../queue/item.ts";
import type { Plan } from "../../apply/plan.ts";
import type { ChangeRecord } from "../../live/record.ts";
import { inWords } from "../../review/in_words.ts";
import type { Notice } from "../../review/kind.ts";
import { reviewOf } from "../../review/mod.ts";
import type { skippedSchema } from "../wire/fields.ts";
import type { listSchema, showSchema } from "../wire/proposal.ts";
import { noticeLines, planRecord } from "./change.ts";

type Listed = z.output<typeof listSchema>["proposals"][number];
type Shown = z.output<typeof showSchema>;

/** What is known of a proposal beside its records in the queue. */
interface Known {
  readonly notices: readonly Notice[];
  /** Of what is shown. */
  readonly basis: string;
  readonly plan: Plan | undefined;
  /** Why there is no plan. */
  readonly problem: Error | undefined;
  readonly applied: ChangeRecord | undefined;
  readonly undone: ChangeRecord | undefined;
  readonly isLost: boolean;
}

/** Everything about one. */
export function shownRecord(item: Item, known: Known): Shown {
  const { proposal, decision, repeats } = item;
  const { plan, problem, applied, undone, isLost } = known;
  return {
    ...fieldsOf(item, known.notices, undone),
    basis: isOpen(item) ? known.basis : null,
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
    bottle_slug: proposal.bottle_slug,
    tool: proposal.tool,
    state: item.state,
    ask: inWords(proposal.tool, review),
    notices: noticeLines(notices),
    problem: review.kind === "malformed" ? review.problem : null,
    file_sha256: proposal.current_file_hash,
    justification: proposal.justification,
    arrival_timestamp: proposal.arrival_timestamp,
    expires_at: proposal.expires_at ?? null,
    waiting: item.waiting,
    polled_at: item.polledAt ?? null,
    claimed_by: claim?.claimed_by ?? null,
    claimed_at: claim?.claimed_at ?? null,
    undone: undone
      ? { undone_by: undone.operator, undone_at: undone.begunAt, notes: undone.notes }
      : null,
  };
}

function decisionFields(decision: NonNullable<Item["decision"]>) {
  return {
    status: decision.status,
    notes: decision.notes,
    decided_by: decision.decided_by ?? null,
    decided_at: decision.decided_at ?? null,
    basis: decision.basis ?? null,
    file_sha256: decision.file_sha256 ?? null,
  };
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
