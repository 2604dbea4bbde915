/** `approve` and `reject` with several IDs: one table, one question, and a line on each. */

import { isOpen, type Item } from "../../queue/item.ts";
import { type AnswerOutcome, answerSeveral, type SeveralAnswer } from "../app/answer_several.ts";
import { whyAlone, whyNot } from "../app/approvable.ts";
import { shownBasis } from "../app/basis.ts";
import type { Shown } from "../app/covered.ts";
import { findItem } from "../app/find.ts";
import { type Preview, previewOf } from "../app/preview.ts";
import { severalRecord } from "../app/records/answer.ts";
import { Failure } from "../failure.ts";
import { count } from "../review/kind.ts";
import { growthOf, reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { type AskedAbout, nameOf, outcomeLines, severalRows } from "../text/several.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { offerCovered } from "./covered.ts";

interface Looked extends Shown {
  readonly preview: Preview;
  /** Why it is left out; undefined when it is not. */
  readonly why: string | undefined;
}

/**
 * Nothing is answered when one of the IDs names no proposal. Throws a failure in the end when one was
 * not answered.
 */
export async function answerSeveralIds(
  context: CommandContext,
  status: SeveralAnswer["status"],
  notes: string,
): Promise<void> {
  const ofOne = (["basis", "dry-run"] as const).find((option) => context.has(option));
  if (ofOne) {
    throw new Failure("usage", `--${ofOne} goes with one ID, got ${context.operands.length}`);
  }
  const looked: Looked[] = [];
  for (const item of await findAll(context)) looked.push(await look(context, item, status));
  const chosen = looked.filter(({ why }) => why === undefined);
  const verb = status === "approved" ? "approve" : "reject";
  if (context.confirm && chosen.length > 0) {
    context.out.rows(severalRows(verb, looked.map(askedAbout), notes, context.out.columns));
    const question = `${verb === "approve" ? "Approve" : "Reject"} ${count(chosen.length, "ask")}?`;
    if (!await context.confirm(question)) {
      throw new Failure("interrupted", "nothing was changed, nothing was decided");
    }
  }
  const request = { status, notes, takeOver: context.flag("take-over") };
  const answered = await asOperator(
    context,
    (actor) => answerSeveral(context.app, actor, chosen, request),
  );
  const outcomes: AnswerOutcome[] = [
    ...answered.outcomes,
    ...looked.flatMap(({ item, why }) =>
      why === undefined ? [] : [{ item, failure: new Failure("malformed", why) }]
    ),
  ];
  const covered = answered.covered;
  if (context.json) {
    const ids = [...covered.values()].flat().map(({ item }) => item.proposal.id);
    context.out.json(severalRecord(status, outcomes, ids));
  } else {
    for (const line of outcomeLines(outcomes.map((one) => became(one, status)))) {
      context.out.paragraph(line);
    }
    await offerCovered(context, covered);
  }
  const left = outcomes.filter(({ failure }) => failure !== undefined).length;
  if (left === 0) return;
  throw new Failure("not-all-done", `${left} of ${outcomes.length} could not be done`, {
    do: "list",
  });
}

async function findAll(context: CommandContext): Promise<readonly Item[]> {
  const found = new Map<string, Item>();
  for (const operand of context.operands) {
    const item = await findItem(context.app, operand, context.slug);
    found.set(`${item.slug}/${item.proposal.id}`, item);
  }
  return [...found.values()];
}

async function look(
  context: CommandContext,
  item: Item,
  status: SeveralAnswer["status"],
): Promise<Looked> {
  const { tool, proposed_file } = item.proposal;
  const preview = await previewOf(context.app, item);
  const why = !isOpen(item)
    ? `it is ${item.state} already`
    : status === "rejected"
    ? undefined
    : whyNot(item.proposal) ?? preview.problem?.message ??
      whyAlone(tool, proposed_file, preview.notices);
  return { item, preview, basis: shownBasis(item, preview), why };
}

function askedAbout({ item, preview, why }: Looked): AskedAbout {
  const { tool, proposed_file, justification } = item.proposal;
  return {
    name: nameOf(item.slug, item.proposal.id),
    what: oneLine(reviewOf(item.proposal)),
    allows: growthOf(tool, proposed_file) ?? [],
    notices: preview.notices.map(({ label, text }) => `${label}  ${text}`),
    reason: justification,
    why,
  };
}

function became({ item, failure }: AnswerOutcome, status: string) {
  const what = failure?.message ?? `${status}, ${oneLine(reviewOf(item.proposal))}`;
  return { name: nameOf(item.slug, item.proposal.id), isDone: failure === undefined, what };
}
