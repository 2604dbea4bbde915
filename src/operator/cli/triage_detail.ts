/** One proposal as the triage screen shows it. */

import type { Item } from "../../queue/item.ts";
import type { Plan } from "../apply/plan.ts";
import type { Notice } from "../review/kind.ts";
import { growthOf } from "../review/growth.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { cardRows } from "../text/card.ts";
import type { Detail } from "../triage/actions.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";
import { approvableText, whyNot } from "./approvable.ts";
import { basisOf } from "./basis.ts";
import type { CommandContext } from "./command.ts";
import { type Outlook, outlookOn, whyNothing } from "./outlook.ts";
import { changeOf, previewsOf, remarksOn } from "./preview.ts";
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
  const outlook = await outlookOn(context, item, approved);
  const previews = outlook.plan ? previewsOf(outlook.plan, columns, true) : [];
  const wrong = edited === undefined ? whyNot(proposal) : undefined;
  const why = wrong ? `${wrong}: modify or reject it` : outlook.problem?.message;
  const file = edited ?? proposal.proposed_file;
  const now = context.app.now();
  return {
    rows: cardRows({
      review: (edited === undefined ? undefined : kindOf(proposal.tool)?.review(edited)) ??
        reviewOf(proposal),
      isEdited: edited !== undefined,
      notices: outlook.notices,
      justification: proposal.justification,
      repeats: item.repeats.map((repeat) => [askedAgain(repeat, now), repeat.justification]),
      fields: [
        ["bottle", item.slug],
        ["tool", proposal.tool],
        ["arrived", instant(proposal.arrival_timestamp)],
        ["state", stateOf(item, now)],
        ["waiting", waitingFor(item, now)],
      ],
      changes: previews.map(changeOf),
      remarks: wrong ? [] : remarksIn(outlook, proposal.tool),
      file,
    }, columns),
    basis: basisOf(proposal, approved, outlook),
    grows: growthOf(proposal.tool, file) ?? (wrong ? [] : asksOf(proposal.tool, file)),
    notices: outlook.notices.map(({ label, text }) => visibleLine(`${label}  ${text}`)),
    changes: changedRows(outlook.plan, columns),
    canApprove: why === undefined,
    why,
    alone: whyAlone(proposal.tool, file, outlook.notices),
  };
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

function asksOf(tool: string, file: string): readonly string[] {
  const review = kindOf(tool)?.review(file);
  return review?.kind === "understood" ? [review.asks] : [];
}

function remarksIn({ plan, problem }: Outlook, tool: string): readonly string[] {
  if (plan) return remarksOn(plan);
  return problem ? [] : [`Nothing would be applied: ${whyNothing(tool)}.`];
}

/** Where the approval is confirmed, what it changes is seen once more. */
const MAX_CHANGED_ROWS = 40;

function changedRows(plan: Plan | undefined, columns: number): readonly string[] {
  const rows = (plan ? previewsOf(plan, columns - 2, true) : []).flatMap((preview) => [
    visibleLine(preview.target.path),
    ...preview.lineEnds ? [preview.lineEnds] : [],
    ...preview.rows.filter(({ isChanged }) => isChanged).map(({ text }) => text),
  ]);
  const more = rows.length - MAX_CHANGED_ROWS;
  const rest = more > 0 ? [`and ${more} more rows, see the diff`] : [];
  return [...rows.slice(0, MAX_CHANGED_ROWS), ...rest];
}
