/** `approve`: the agent may have what it asked for, as it asked for it. */

import { Failure } from "../failure.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import type { Command } from "./command.ts";
import { findItem } from "./find.ts";
import { readNotes } from "./notes.ts";
import { report, settle } from "./settle.ts";
import { shorten } from "./short_id.ts";

export const approve: Command = {
  name: "approve",
  usage: "ID [--notes TEXT] [--take-over]",
  summary: "approve a proposal as it stands",
  about: [
    "Claims the proposal and approves it. The agent gets the answer at once if a call is waiting, " +
    "else when it asks again. If another operator has claimed or decided it, you are told who.",
    "No live file is changed: make the change yourself, best before you approve.",
  ],
  options: ["notes", "take-over"],
  operand: { name: "ID", required: true },
  examples: ["supervisectl approve 1a2b", "supervisectl approve 1a2b --notes 'for this week only'"],
  async run(call) {
    const notes = readNotes(call);
    const item = await findItem(call);
    const review = reviewOf(item.proposal);
    const isOpen = item.state === "pending" || item.state === "claimed";
    if (review.kind === "malformed" && isOpen) {
      const id = shorten(item.proposal.id);
      throw new Failure(
        "malformed",
        `${id} cannot be approved as it stands, the proposed file is wrong: ${review.problem}`,
        kindOf(item.proposal.tool)
          ? call.next("modify", id)
          : call.next("reject", id, "--notes", "why not"),
      );
    }
    const decision = await settle(call, item, { status: "approved", notes, finalFile: null });
    report(call, item, decision, review);
  },
};
