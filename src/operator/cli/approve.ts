/** `approve`: the agent may have what it asked for, as it asked for it. */

import { Failure } from "../failure.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import type { Command } from "./command.ts";
import { readNotes } from "./notes.ts";
import { findShown, givenBasis } from "./basis.ts";
import { again } from "./claiming.ts";
import { consent, dryRun } from "./consent.ts";
import { explained, report } from "./report.ts";
import { settle } from "./settle.ts";
import { shorten } from "./short_id.ts";

export const approve: Command = {
  name: "approve",
  usage: "ID [--basis HEX --notes TEXT --dry-run --take-over]",
  summary: "approve a proposal as it stands",
  about: [
    "Claims the proposal, changes the live files that are configured, tells their readers, sees " +
    "that it has taken effect, and then answers the agent: at once if a call is waiting, else when " +
    "it asks again. When a step fails the old files are put back and nothing is decided.",
    "With --basis, as show prints it, nothing is done but what was shown. Without it, on a " +
    "terminal, you see the diff and are asked. --dry-run prints the diff and its basis.",
    "If another operator has claimed or decided it, you are told who.",
  ],
  options: ["basis", "notes", "dry-run", "take-over"],
  operand: { name: "ID", required: true },
  examples: [
    "supervisectl approve 1a2b --basis 3f0c9a526f0e",
    "supervisectl approve 1a2b --notes 'for this week only'",
  ],
  async run(call) {
    const notes = readNotes(call);
    const { item, live: given } = await findShown(call);
    const review = reviewOf(item.proposal);
    const approved = review.kind === "understood" ? review.canonical : "";
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
    const words = again(call, item, "approved", undefined);
    if (call.flag("dry-run")) return await dryRun(call, item, approved, words);
    const live = isOpen ? await consent(call, item, approved, given) : given;
    const takeOver = call.flag("take-over");
    try {
      const answer = { status: "approved", notes, finalFile: null } as const;
      const settled = await settle(call, item, { ...answer, approved, live, takeOver });
      report(call, item, settled, review);
    } catch (error) {
      throw explained(call, item, error, [...words, ...takeOver ? ["--take-over"] : []]);
    }
  },
};
