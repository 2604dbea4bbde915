/** What the keys of the triage screen do: the same as the commands, with sentences for an answer. */

import { isOpen, type Item } from "../../queue/item.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Review } from "../review/kind.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import type { Row } from "../text/row.ts";
import {
  type Actions,
  type Answered,
  type Chosen,
  type Edited,
  keyOf,
  type Moot,
  type Outcome,
  type Recent,
} from "../triage/actions.ts";
import { answerSeveral, type SeveralAnswer } from "./answer_several.ts";
import { requireShown } from "./basis.ts";
import type { CommandContext } from "./command.ts";
import { answerCovered, coveredBy, coveredSentence } from "./covered.ts";
import { DraftsFile } from "./drafts_file.ts";
import { reading, requireBottle } from "./find.ts";
import { requireKind } from "./modify.ts";
import { sentencesOn } from "./report.ts";
import { settle, type Settled } from "./settle.ts";
import { shorten } from "./short_id.ts";
import { reaches } from "./standing.ts";
import { itemTable } from "./table.ts";
import { sentencesOn as undoneSentences, takeBack, type Undoing, undoingOf } from "./take_back.ts";
import { detailOf } from "./triage_detail.ts";
import { drop, editProposed, type Kept } from "./triage_edit.ts";
import { undoingRows } from "./undo.ts";

export async function triageActions(context: CommandContext): Promise<Actions> {
  await requireBottle(context);
  const { slug } = context;
  const isOwn = (key: string) => slug === undefined || key.startsWith(`${slug}/`);
  const drafts = new DraftsFile(context.app.stateDirectory, isOwn);
  const kept: Kept = new Map();
  const looked: Looked = new Map();
  return {
    async list() {
      const { items, skipped } = await reading(context, () => context.app.desk.list({ slug }));
      return { items, skipped: skipped.length };
    },
    table: (items, columns, now) => itemTable(items, { all: false, columns, now }),
    detail: (item, columns, edited) => detailOf(context, item, columns, edited),
    approve: (item, basis, notes) => approve(context, item, basis, notes),
    reject: (item, basis, notes) => reject(context, item, basis, notes),
    edit: (item, columns) => edit(context, item, columns, kept),
    modify: (item, file, basis, notes) => modify(context, item, file, { basis, notes, kept }),
    answerAll(verb, chosen, notes, onDone) {
      const status = verb === "approve" ? "approved" : "rejected";
      return answerAll(context, chosen, { status, notes, takeOver: false }, onDone);
    },
    cover: (by, moot) => answerCovered(context, by, moot),
    recent: () => recent(context),
    undoing: (one, columns) => undoing(context, one, columns, looked),
    undo: (one, notes) => undo(context, one, notes, looked),
    remedyLine: context.remedyLine,
    watch: (onChange) => context.app.desk.watch(onChange, { slug }),
    readDrafts: () => drafts.read(),
    saveDrafts: (texts) => drafts.save(texts),
  };
}

/** The proposal as it is now. Throws a failure when it is not what was shown, or gone. */
async function asShown(context: CommandContext, item: Item, basis: string): Promise<Item> {
  const { slug, proposal: { id } } = item;
  const now = await reading(context, () => context.app.desk.look(slug, id));
  if (!now) throw new Failure("gone", `${shorten(id)} is no longer in the queue`);
  if (isOpen(now)) await requireShown(context, now, basis);
  return now;
}

async function approve(
  context: CommandContext,
  item: Item,
  basis: string,
  notes: string,
): Promise<Answered> {
  const now = await asShown(context, item, basis);
  const answer = { status: "approved", notes, finalFile: null } as const;
  const settled = await settle(context, now, { ...answer, basis, takeOver: false });
  return await answered(context, now, settled, reviewOf(now.proposal));
}

async function reject(
  context: CommandContext,
  item: Item,
  basis: string,
  notes: string,
): Promise<Answered> {
  const now = await asShown(context, item, basis);
  const answer = { status: "rejected", notes, finalFile: null } as const;
  const settled = await settle(context, now, { ...answer, basis: undefined, takeOver: false });
  return await answered(context, now, settled, reviewOf(now.proposal));
}

/** The text goes on from where the last edit of it left it, until it is decided on. */
async function edit(
  context: CommandContext,
  item: Item,
  columns: number,
  kept: Kept,
): Promise<Edited> {
  const file = await editProposed(context, item, keyOf(item), kept);
  if (file === undefined) return { kind: "unchanged" };
  return { kind: "changed", file, detail: await detailOf(context, item, columns, file) };
}

async function modify(
  context: CommandContext,
  item: Item,
  file: string,
  { basis, notes, kept }: { readonly basis: string; readonly notes: string; readonly kept: Kept },
): Promise<Answered> {
  const answer = { status: "modified", notes, finalFile: file } as const;
  const settled = await settle(context, item, { ...answer, basis, takeOver: false });
  await drop(keyOf(item), kept);
  return await answered(context, item, settled, requireKind(item).review(file));
}

async function answerAll(
  context: CommandContext,
  chosen: readonly Chosen[],
  answer: SeveralAnswer,
  onDone: (count: number) => boolean,
) {
  const { outcomes, covered } = await answerSeveral(context, chosen, answer, onDone);
  return {
    outcomes: outcomes.map(({ item, failure }): Outcome => ({
      item,
      isDone: failure === undefined,
      what: failure?.message ?? `${answer.status}: ${oneLine(reviewOf(item.proposal))}`,
    })),
    sentences: covered.entries().map(([{ proposal }, moot]) =>
      `${shorten(proposal.id)}: ${coveredSentence(moot)}`
    ).toArray(),
  };
}

async function answered(
  context: CommandContext,
  item: Item,
  settled: Settled,
  review: Review,
): Promise<Answered> {
  const moot = settled.plan ? await coveredBy(context, item, settled.plan) : [];
  const named = moot.length > 0 ? [coveredSentence(moot)] : [];
  const sentences = [...sentencesOn(item, settled, review), ...named];
  return { sentences, line: lineOn(item, settled, moot), moot };
}

/** Undefined where the operator must read more: what to do by hand, or what else came of it. */
function lineOn(
  item: Item,
  { decision: { status }, plan, ended }: Settled,
  moot: readonly Moot[],
): string | undefined {
  if (ended.length > 0 || moot.length > 0) return undefined;
  if (status !== "rejected" && (!plan || plan.missing.length > 0)) return undefined;
  const done = status === "rejected" ? "" : ", the live files say so";
  return `${shorten(item.proposal.id)} of bottle ${item.slug} is ${status}${done}. ${
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
type Looked = Map<string, readonly [record: ChangeRecord, undoing: Undoing]>;

async function undoing(
  context: CommandContext,
  { key, id, slug }: Recent,
  columns: number,
  looked: Looked,
): Promise<readonly Row[]> {
  const record = (await context.app.changes.applied(id)).find((one) => one.slug === slug);
  if (!record) throw new Failure("nothing-to-undo", "it has been taken back meanwhile");
  const found = await undoingOf(context, record);
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
  return undoneSentences(record, await takeBack(context, record, found, notes));
}
