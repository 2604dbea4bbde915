/** The rules of what may be approved as it stands, and of what together with other asks. */

import type { Item } from "../../queue/item.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { Failure } from "../failure.ts";
import type { Notice } from "../review/kind.ts";
import { growthOf, kindOf, reviewOf } from "../review/mod.ts";
import { shorten } from "./shorten.ts";

/** Why a proposal cannot be approved as it stands; undefined when it can. */
export function whyNot(proposal: Proposal): string | undefined {
  const review = reviewOf(proposal);
  if (review.kind === "malformed") return `the proposed file is wrong: ${review.problem}`;
  return review.isCanonical
    ? undefined
    : "the proposed file is not in its one form, and others may read something else from it";
}

/** The text to approve, in its one form; undefined when it cannot be approved as it stands. */
export function approvableText(proposal: Proposal): string | undefined {
  const review = reviewOf(proposal);
  return review.kind === "understood" && review.isCanonical ? review.canonical : undefined;
}

/** Throws a failure that leads to `modify`, or to `reject`, when it cannot be approved. */
export function requireApprovable({ proposal }: Item): string {
  const text = approvableText(proposal);
  if (text !== undefined) return text;
  const id = shorten(proposal.id);
  throw new Failure(
    "malformed",
    `${id} cannot be approved as it stands, ${whyNot(proposal)}`,
    kindOf(proposal.tool) ? { do: "modify", id } : { do: "reject", id, notes: "why not" },
  );
}

/** Said of nearly every ask, beside the host itself: a fact, and no warning. */
const FACTS = ["NEW HOST"];

/** Why it cannot be approved together with others: what grows must be told in full, in words. */
export function whyAlone(
  tool: string,
  file: string,
  notices: readonly Notice[],
): string | undefined {
  const first = notices.find(({ label }) => !FACTS.includes(label));
  if (first) return `it has a warning, ${first.label}: approve it by itself`;
  return growthOf(tool, file)
    ? undefined
    : "only its diff says what it changes: approve it by itself";
}
