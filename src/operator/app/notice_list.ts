/** What the operator must not overlook of a proposal, from its text and from the live files. */

import { formOf } from "../../queue/asking_tools.ts";
import type { Item } from "../../queue/item.ts";
import type { Failure } from "../failure.ts";
import type { Notice } from "../review/kind.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { shortHash } from "./shorten.ts";

/**
 * The one list that every face has. `approved` is what would be approved, if anything can be; `ofFiles`
 * what the live files make of it, undefined when nothing would be applied; `problem` why that is not
 * known.
 */
export function noticesOn(
  item: Item,
  approved: string | undefined,
  ofFiles?: readonly Notice[],
  problem?: Failure,
): readonly Notice[] {
  return [
    ...ofDecision(item),
    ...ofAsk(item, approved, ofFiles),
    ...ofFiles ?? [],
    ...problem ? [{ label: "CANNOT BE APPLIED", text: problem.message }] : [],
  ];
}

/** Of these the live files say more: that no secret is used, what limit goes. */
const SAID_BETTER = ["SECRET", "WHOLE HOST"];

/** That the decision was on another file than the one that is there. */
function ofDecision({ decision, proposal }: Item): Notice[] {
  if (!decision?.file_sha256 || decision.file_sha256 === proposal.current_file_hash) return [];
  return [{
    label: "NOT WHAT WAS DECIDED",
    text: `the decision was on a file with the SHA-256 ${shortHash(decision.file_sha256)}; the ` +
      "proposed file was changed since",
  }];
}

/** Of a Dockerfile the live one tells what is new in it, and of a route whether its secret is used. */
function ofAsk(
  { proposal }: Item,
  approved: string | undefined,
  ofFiles: readonly Notice[] | undefined,
): readonly Notice[] {
  const kind = approved === undefined ? undefined : kindOf(proposal.tool);
  const review = kind?.review(approved ?? "") ?? reviewOf(proposal);
  if (review.kind === "malformed") {
    const text = `${review.problem}. It cannot be approved as it stands`;
    return [{ label: "NOT IN THE EXPECTED FORM", text }];
  }
  if (ofFiles && formOf(proposal.tool) === "dockerfile") return [];
  const isSaid = (label: string) => ofFiles?.some((notice) => notice.label === label) ?? false;
  return review.notices.filter(({ label }) =>
    !isSaid(label === "SECRET" ? "AUTH IGNORED" : label) || !SAID_BETTER.includes(label)
  );
}
