/** What the keys of the triage screen do: the same as the commands, with sentences for an answer. */

import type { Item } from "../../queue/item.ts";
import { answer, type Answered, type AnswerRequest } from "../app/answer.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Review } from "../review/kind.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import type { Row } from "../text/row.ts";
import type { Became } from "../text/several.ts";
import {
  type Actions,
  type AnswerReport,
  type Chosen,
  type EditResult,
  keyOf,
  type Moot,
  type Recent,
} from "../triage/actions.ts";
import { nameOf } from "../triage/state.ts";
import { answerSeveral, type SeveralAnswer } from "../app/answer_several.ts";
import { requireKind } from "../app/changed_file.ts";
import { coveredBy } from "../app/covered.ts";
import { reading, requireBottle } from "../app/find.ts";
import { shorten } from "../app/short_id.ts";
import { previewUndo, recoverForUndo, undo as takeBack, type UndoPreview } from "../app/undo.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { answerCoveredInWords, coveredSentence } from "./covered.ts";
import { DraftsFile } from "./drafts_file.ts";
import { sentencesOn } from "./report.ts";
import { reaches } from "./standing.ts";
import { itemTable } from "./table.ts";
import { detailOf } from "./triage_detail.ts";
import { drop, editProposed, type Kept } from "./triage_edit.ts";
import { undoingRows } from "./undo.ts";
import { undoneSentences } from "./undo_words.ts";

export async function triageActions(context: CommandContext): Promise<Actions> {
  await requireBottle(context.app, context.slug);
  const { slug } = context;
  const isOwn = (key: string) => slug === undefined || key.startsWith(`${slug}/`);
  const drafts = new DraftsFile(context.app.stateDirectory, isOwn);
  const kept: Kept = new Map();
  const looked: Looked = new Map();
  return {
    async list() {
      const { items, skipped } = await reading(context.app, () => context.app.desk.list({ slug }));
      return { items, skipped: skipped.length };
    },
    table: (items, columns, now) => itemTable(items, { all: false, columns, now }),
    detail: (item, columns, edited) => detailOf(context, item, columns, edited),
    approve: (item, basis, notes) =>
      answerShown(context, item, { status: "approved", basis, notes }),
    reject: (item, basis, notes) =>
      answerShown(context, item, { status: "rejected", basis, notes }),
    edit: (item, columns) => edit(context, item, columns, kept),
    modify: (item, file, basis, notes) => modify(context, item, file, { basis, notes, kept }),
    answerAll(verb, chosen, notes, onDone) {
      const status = verb === "approve" ? "approved" : "rejected";
      return answerAll(context, chosen, { status, notes, takeOver: false }, onDone);
    },
    cover: (by, moot) =>
      asOperator(context, (actor) => answerCoveredInWords(context.app, actor, by, moot)),
    recent: () => recent(context),
    undoing: (one, columns) => undoing(context, one, columns, looked),
    undo: (one, notes) => undo(context, one, notes, looked),
    remedyLine: context.remedyLine,
    watch: (onChange) => context.app.desk.watch(onChange, { slug }),
    readDrafts: () => drafts.read(),
    saveDrafts: (texts) => drafts.save(texts),
  };
}

/** As it is now: when it expires, and who has it, may have changed since it was shown. */
async function asNow({ app }: CommandContext, item: Item): Promise<Item> {
  return await reading(app, () => app.desk.look(item.slug, item.proposal.id)) ?? item;
}

/** An answer to what was shown, and to nothing else. */
async function answerShown(
  context: CommandContext,
  shown: Item,
  request: Pick<AnswerRequest, "status" | "basis" | "notes">,
): Promise<AnswerReport> {
  const item = await asNow(context, shown);
  const whole: AnswerRequest = { ...request, finalFile: null, takeOver: false };
  const done = await asOperator(context, (actor) => answer(context.app, actor, item, whole));
  return await answered(context, item, done, reviewOf(item.proposal));
}

/** The text goes on from where the last edit of it left it, until it is decided on. */
async function edit(
  context: CommandContext,
  item: Item,
  columns: number,
  kept: Kept,
): Promise<EditResult> {
  const file = await editProposed(context, item, keyOf(item), kept);
  if (file === undefined) return { kind: "unchanged" };
  return { kind: "changed", file, detail: await detailOf(context, item, columns, file) };
}

async function modify(
  context: CommandContext,
  item: Item,
  file: string,
  { basis, notes, kept }: { readonly basis: string; readonly notes: string; readonly kept: Kept },
): Promise<AnswerReport> {
  const request = { status: "modified", notes, finalFile: file, basis, takeOver: false } as const;
  const done = await asOperator(context, (actor) => answer(context.app, actor, item, request));
  await drop(keyOf(item), kept);
  return await answered(context, item, done, requireKind(item).review(file));
}

async function answerAll(
  context: CommandContext,
  chosen: readonly Chosen[],
  request: SeveralAnswer,
  onDone: (count: number) => boolean,
) {
  const { outcomes, covered } = await asOperator(
    context,
    (actor) => answerSeveral(context.app, actor, chosen, request, onDone),
  );
  return {
    outcomes: outcomes.map(({ item, failure }): Became => ({
      name: nameOf(item),
      isDone: failure === undefined,
      what: failure?.message ?? `${request.status}: ${oneLine(reviewOf(item.proposal))}`,
    })),
    sentences: [...covered].map(([item, moot]) => coveredSentence(item, moot)),
  };
}

async function answered(
  context: CommandContext,
  item: Item,
  done: Answered,
  review: Review,
): Promise<AnswerReport> {
  const moot = done.plan ? await coveredBy(context.app, item, done.plan) : [];
  const named = moot.length > 0 ? [coveredSentence(item, moot)] : [];
  const sentences = [...sentencesOn(item, done, review), ...named];
  return { sentences, line: lineOn(item, done, moot), moot };
}

/** Undefined where the operator must read more: what to do by hand, or what else came of it. */
function lineOn(
  item: Item,
  { decision: { status }, plan, recovered }: Answered,
  moot: readonly Moot[],
): string | undefined {
  if (recovered.length > 0 || moot.length > 0) return undefined;
  if (status !== "rejected" && (!plan || plan.missing.length > 0)) return undefined;
  const said = status === "rejected" ? "" : ", the live files say so";
  return `${shorten(item.proposal.id)} of bottle ${item.slug} is ${status}${said}. ${
    reaches(item)
  }`;
}

async function recent(context: CommandContext): Promise<Recent[]> {
  const records = (await context.app.changes.applied()).filter(({ slug }) =>
    context.slug === undefined || slug === context.slug
  );
  return records.map(({ slug, id, tool, approved, begunAt }) => {
    const review = kindOf(tool)?.review(approved);
    return { key: `${slug}/${id}`, slug, id, at: begunAt, what: review ? oneLine(review) : tool };
  });
}

/** What was shown of each undo: nothing else is taken back. */
type Looked = Map<string, readonly [record: ChangeRecord, undoing: UndoPreview]>;

async function undoing(
  context: CommandContext,
  { key, id, slug }: Recent,
  columns: number,
  looked: Looked,
): Promise<readonly Row[]> {
  await asOperator(context, (actor) => recoverForUndo(context.app, actor, id));
  const record = (await context.app.changes.applied(id)).find((one) => one.slug === slug);
  if (!record) throw new Failure("nothing-to-undo", "it has been taken back meanwhile");
  const found = await previewUndo(context.app, record);
  looked.set(key, [record, found]);
  return undoingRows(found, columns, true);
}

async function undo(
  context: CommandContext,
  { key }: Recent,
  notes: string,
  looked: Looked,
): Promise<string[]> {
  const shown = looked.get(key);
  if (!shown) throw new Failure("changed", "what it would change was not shown yet");
  const [record, found] = shown;
  const undone = await asOperator(
    context,
    (actor) => takeBack(context.app, actor, record, found, notes),
  );
  return undoneSentences(record, undone);
}
