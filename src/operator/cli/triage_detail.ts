/** One proposal as the triage screen shows it. */

import type { Item } from "../../queue/item.ts";
import { approvableText, whyAlone, whyNot } from "../app/approvable.ts";
import { basisOf } from "../app/basis.ts";
import { type Preview, previewOf, whyNothing } from "../app/preview.ts";
import type { Plan } from "../apply/plan.ts";
import { wrapWords } from "../columns.ts";
import { growthOf, kindOf, reviewOf } from "../review/mod.ts";
import { cardRows } from "../text/card.ts";
import type { Detail } from "../triage/actions.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";
import type { CommandContext } from "./command.ts";
import { layOutAll, remarksOn } from "./live_diff.ts";
import { askedAgain, stateOf, waitingFor } from "./standing.ts";

/** `edited`: what the operator made of the proposed file, in its one form. */
export async function detailOf(
  context: CommandContext,
  shown: Item,
  columns: number,
  edited?: string,
): Promise<Detail> {
  const item = await context.app.desk.look(shown.slug, shown.proposal.id) ?? shown;
  const { proposal } = item;
  const approved = edited ?? approvableText(proposal);
  const preview = await previewOf(context.app, item, approved);
  const diffs = preview.plan ? layOutAll(preview.plan, columns, true) : [];
  const wrong = edited === undefined ? whyNot(proposal) : undefined;
  const remarks = wrong ? [] : remarksIn(preview, proposal.tool);
  const why = wrong ? `${wrong}: modify or reject it` : preview.problem?.message;
  const file = edited ?? proposal.proposed_file;
  const now = context.app.now();
  return {
    item,
    rows: cardRows({
      review: (edited === undefined ? undefined : kindOf(proposal.tool)?.review(edited)) ??
        reviewOf(proposal),
      isEdited: edited !== undefined,
      notices: preview.notices,
      justification: proposal.justification,
      repeats: item.repeats.map((repeat) => [askedAgain(repeat, now), repeat.justification]),
      fields: [
        ["tool", proposal.tool],
        ["arrived", instant(proposal.arrival_timestamp)],
        ["state", stateOf(item, now)],
        ["waiting", waitingFor(item, now)],
      ],
      changes: diffs,
      remarks,
      file,
    }, columns),
    basis: basisOf(proposal, approved, preview),
    grows: growthOf(proposal.tool, file) ?? (wrong ? [] : asksOf(proposal.tool, file)),
    notices: preview.notices.map(({ label, text }) => visibleLine(`${label}  ${text}`)),
    changes: [
      ...changedRows(preview.plan, columns),
      ...remarks.flatMap((remark) => wrapWords(visibleLine(remark), columns - 2)),
    ],
    why,
    alone: whyAlone(proposal.tool, file, preview.notices),
  };
}

function asksOf(tool: string, file: string): readonly string[] {
  const review = kindOf(tool)?.review(file);
  return review?.kind === "understood" ? [review.asks] : [];
}

function remarksIn({ plan, problem }: Preview, tool: string): readonly string[] {
  if (plan) return remarksOn(plan);
  return problem ? [] : [`Nothing would be applied: ${whyNothing(tool)}.`];
}

/** Where the approval is confirmed, what it changes is seen once more. */
const MAX_CHANGED_ROWS = 40;

function changedRows(plan: Plan | undefined, columns: number): readonly string[] {
  const rows = (plan ? layOutAll(plan, columns - 2, true) : []).flatMap((diff) => [
    visibleLine(diff.target.path),
    ...diff.lineEnds ? [diff.lineEnds] : [],
    ...diff.rows.filter(({ isChanged }) => isChanged).map(({ text }) => text),
  ]);
  const more = rows.length - MAX_CHANGED_ROWS;
  const rest = more > 0 ? [`and ${more} more rows, see the diff`] : [];
  return [...rows.slice(0, MAX_CHANGED_ROWS), ...rest];
}
