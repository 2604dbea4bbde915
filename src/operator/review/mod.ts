/** The review of each form of ask, one line each, and the review of a proposal. */

import { type AskForm, formOf } from "../../queue/asking_tools.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { capabilityBlock } from "./capability_block.ts";
import { egressBlock } from "./egress_block.ts";
import { type Kind, malformed, type Review } from "./kind.ts";
import { pipelockBlock } from "./pipelock_block.ts";

const KINDS: Readonly<Record<AskForm, Kind>> = {
  route: egressBlock,
  url: pipelockBlock,
  dockerfile: capabilityBlock,
};

/** The review of what a tool asks for; undefined when this version does not know the tool. */
export function kindOf(tool: string): Kind | undefined {
  const form = formOf(tool);
  return form && KINDS[form];
}

/** What access an approval would add, unless the file cannot be approved as it stands. */
export function growthOf(tool: string, file: string): readonly string[] | undefined {
  const review = kindOf(tool)?.review(file);
  return review?.kind === "understood" && review.isCanonical ? review.grows : undefined;
}

export function reviewOf(proposal: Pick<Proposal, "tool" | "proposed_file">): Review {
  return kindOf(proposal.tool)?.review(proposal.proposed_file) ??
    malformed(`this version does not know the tool ${proposal.tool}`);
}
