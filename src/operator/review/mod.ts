/** The kinds of ask, one line each, and the review of a proposal. */

import type { Proposal } from "../../queue/proposal.ts";
import { capabilityBlock } from "./capability_block.ts";
import { egressBlock } from "./egress_block.ts";
import { type Kind, malformed, type Review } from "./kind.ts";
import { pipelockBlock } from "./pipelock_block.ts";

const KINDS: readonly Kind[] = [
  egressBlock,
  pipelockBlock,
  capabilityBlock,
];

/** The kind that belongs to a tool; undefined when this version does not know the tool. */
export function kindOf(tool: string): Kind | undefined {
  return KINDS.find((kind) => kind.tool === tool);
}

export function reviewOf(proposal: Pick<Proposal, "tool" | "proposed_file">): Review {
  return kindOf(proposal.tool)?.review(proposal.proposed_file) ??
    malformed(`this version does not know the tool ${proposal.tool}`);
}
