/** `show`: everything about one proposal, in plain words before the file itself. */

import { shownBasis } from "../app/basis.ts";
import { findItem } from "../app/find.ts";
import { previewOf } from "../app/preview.ts";
import { shownRecord } from "../app/records/proposal.ts";
import type { Command } from "./command.ts";
import { pageRows } from "./page.ts";
import { announceInterrupted } from "./recovered.ts";

export const show: Command = {
  name: "show",
  usage: "ID [--full]",
  summary: "show one proposal: what is asked, why, and who waits",
  about: [
    "Shows what would change in plain words, the agent's justification, where the proposal " +
    "stands, who waits for the answer, the diff of every live file that would change, and the " +
    "proposed file.",
    "The basis is a hash over all that: an answer with --basis is given to nothing but what was " +
    "shown. Where rows of something long are left out there is none: --full shows all.",
    "What an agent wrote stands behind a bar, and every character that hides or moves text is " +
    "spelled out, as <U+202E>.",
  ],
  options: ["full"],
  operand: { name: "ID", required: true },
  examples: ["supervisectl show 1a2b", "supervisectl show 1a2b --json | jq -r .proposed_file"],
  async run(context) {
    const item = await findItem(context.app, context.operand, context.slug);
    const preview = await previewOf(context.app, item);
    if (!context.json) {
      await announceInterrupted(context, item.slug);
      return context.out.rows(pageRows(context, item, preview));
    }
    context.out.json(shownRecord(item, preview, shownBasis(item, preview)));
  },
};
