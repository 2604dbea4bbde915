/** `approve`: the agent may have what it asked for, as it asked for it. */

import { Failure } from "../failure.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import type { Command } from "./command.ts";
import { readNotes } from "./notes.ts";
import { findShown, givenBasis, report, settle } from "./settle.ts";
import { shorten } from "./short_id.ts";

export const approve: Command = {
  name: "approve",
  usage: "ID [--basis HEX] [--notes TEXT] [--take-over]",
  summary: "approve a proposal as it stands",
  about: [
    "Claims the proposal and approves it. The agent gets the answer at once if a call is waiting, " +
    "else when it asks again. If another operator has claimed or decided it, you are told who.",
    "With --basis, as show prints it, nothing but the file that was shown is approved; the decision " +
    "records the basis in any case.",
    "No live file is changed: make the change yourself, best before you approve.",
  ],
  options: ["basis", "notes", "take-over"],
  operand: { name: "ID", required: true },
  examples: [
    "supervisectl approve 1a2b --basis 3f0c9a526f0e",
    "supervisectl approve 1a2b --notes 'for this week only'",
  ],
  async run(call) {
    const notes = readNotes(call);
    const item = await findShown(call);
    const review = reviewOf(item.proposal);
    const problem = review.kind === "malformed"
      ? `the proposed file is wrong: ${review.problem}`
      : review.isCanonical
      ? undefined
      : "the proposed file is not in its one form, and others may read something else from it";
    const isOpen = item.state === "pending" || item.state === "claimed";
    if (problem && isOpen) {
      const id = shorten(item.proposal.id);
      throw new Failure(
        "malformed",
        `${id} cannot be approved as it stands, ${problem}`,
        kindOf(item.proposal.tool)
          ? call.next("modify", id, ...givenBasis(call))
          : call.next("reject", id, ...givenBasis(call), "--notes", "why not"),
      );
    }
    const decision = await settle(call, item, { status: "approved", notes, finalFile: null });
    report(call, item, decision, review);
  },
};
