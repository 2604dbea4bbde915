/** What the keys of the triage screen do: the same as the commands, with sentences for an answer. */

import type { Item } from "../../queue/item.ts";
import { answer, type Answered } from "../app/answer.ts";
import { answerSeveral } from "../app/answer_several.ts";
import { shownBasis } from "../app/basis.ts";
import { basisOfChanged, requireKind } from "../app/changed_file.ts";
import { coveredBy } from "../app/covered.ts";
import { reading, requireBottle } from "../app/find.ts";
import { previewOf } from "../app/preview.ts";
import { shorten } from "../app/shorten.ts";
import { Failure } from "../failure.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import {
  type Actions,
  type BoundAsk,
  type Cover,
  keyOf,
  type ScreenNews,
  type ScreenTask,
  type Surveyed,
  type Verb,
} from "../triage/actions.ts";
import { nameOfItem } from "../triage/state.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { answerCoveredInWords, coveredSentence } from "./covered.ts";
import { DraftsFile } from "./drafts_file.ts";
import { sentencesOn } from "./report.ts";
import { reaches } from "./standing.ts";
import { itemTable } from "./table.ts";
import { detailOf } from "./triage_detail.ts";
import { drop, editProposed, type Kept } from "./triage_edit.ts";
import { type Looked, recent, undo, undoing } from "./triage_undo.ts";

const STATUS = { approve: "approved", modify: "modified", reject: "rejected" } as const;

export async function triageActions(context: CommandContext): Promise<Actions> {
  await requireBottle(context.app, context.slug);
  const { slug } = context;
  const isOwn = (key: string) => slug === undefined || key.startsWith(`${slug}/`);
  const drafts = new DraftsFile(context.app.stateDirectory, isOwn);
  const kept: Kept = new Map();
  const looked: Looked = new Map();
  return {
    async perform(task, onDone) {
      switch (task.name) {
        case "list": {
          const { items, skipped } = await reading(
            context.app,
            () => context.app.desk.list({ slug }),
          );
          return { name: "listed", items, skipped: skipped.length };
        }
        case "detail": {
          const { item, columns, edited } = task;
          const detail = await detailOf(context, item, columns, edited);
          return { name: "detailed", columns, edited, detail };
        }
        case "edit":
          return await edit(context, task, kept);
        case "approve":
        case "modify":
        case "reject":
          return await answerShown(context, task, kept);
        case "survey":
          return { name: "surveyed", asks: await survey(context, task) };
        case "several":
          return await answerAll(context, task, onDone);
        case "cover":
          return {
            name: "done",
            sentences: await answerCoveredInWords(
              context,
              task.covers.map(({ by, moot }) => [by, moot]),
            ),
          };
        case "recent":
          return { name: "recalled", recents: await recent(context) };
        case "undoing": {
          const { recent, columns } = task;
          return { name: "undoing", recent, rows: await undoing(context, recent, columns, looked) };
        }
        case "undo":
          return {
            name: "done",
            sentences: await undo(context, task.recent, task.notes, looked),
          };
      }
    },
    table: (items, columns, now) => itemTable(items, { all: false, columns, now }),
    remedyLine: context.remedyLine,
    watch: (onChange) => context.app.desk.watch(onChange, { slug }),
    readDrafts: () => drafts.read(),
    saveDrafts: (texts) => drafts.save(texts),
  };
}

type Of<N> = Extract<ScreenTask, { name: N }>;

/** As it is now: when it expires, and who has it, may have changed since it was shown. */
async function asNow({ app }: CommandContext, item: Item): Promise<Item> {
  return await reading(app, () => app.desk.look(item.slug, item.proposal.id)) ?? item;
}

/** An answer to what was shown, and to nothing else. */
async function answerShown(
  context: CommandContext,
  task: Of<Verb>,
  kept: Kept,
): Promise<ScreenNews> {
  const { name, item: shown, edited, notes } = task;
  const item = await asNow(context, shown);
  const basis = await basisFor(context, task, item);
  const status = STATUS[name];
  const finalFile = name === "modify" ? edited ?? "" : null;
  const request = { status, notes, finalFile, basis, takeOver: false };
  const done = await asOperator(context, (actor) => answer(context.app, actor, item, request));
  if (finalFile !== null) await drop(keyOf(item), kept);
  const review = finalFile === null ? reviewOf(item.proposal) : requireKind(item).review(finalFile);
  const moot = done.plan ? await coveredBy(context.app, item, done.plan) : [];
  const named = moot.length > 0 ? [coveredSentence(item, moot)] : [];
  return {
    name: "done",
    sentences: [...sentencesOn(item, done, review), ...named],
    line: lineOn(item, done, moot),
    covers: moot.length > 0 ? [{ by: item, moot }] : [],
  };
}

/** What is rejected is the ask, also from the card of the changed file. */
async function basisFor(
  { app }: CommandContext,
  { name, edited, basis }: Of<Verb>,
  item: Item,
): Promise<string> {
  if (name !== "reject" || edited === undefined) return basis;
  await basisOfChanged(app, item, edited, basis);
  return shownBasis(item, await previewOf(app, item));
}

/** The text goes on from where the last edit of it left it, until it is decided on. */
async function edit(
  context: CommandContext,
  { item, columns }: Of<"edit">,
  kept: Kept,
): Promise<ScreenNews> {
  const file = await editProposed(context, item, keyOf(item), kept);
  if (file === undefined) return { name: "edited", changed: undefined };
  const detail = await detailOf(context, item, columns, file);
  return { name: "edited", changed: { file, detail } };
}

/** One that cannot be read is left out, and says why. */
async function survey(
  context: CommandContext,
  { items, columns }: Of<"survey">,
): Promise<Surveyed[]> {
  const asks: Surveyed[] = [];
  for (const item of items) {
    try {
      const detail = await detailOf(context, item, columns);
      asks.push({ item: detail.item, detail, why: undefined });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      asks.push({ item, detail: undefined, why: error.message });
    }
  }
  return asks;
}

async function answerAll(
  context: CommandContext,
  { verb, asks, notes }: Of<"several">,
  onDone: (count: number) => boolean,
): Promise<ScreenNews> {
  const request = { status: STATUS[verb], notes, takeOver: false };
  const { outcomes, covered } = await asOperator(
    context,
    (actor) => answerSeveral(context.app, actor, asks, request, onDone),
  );
  const covers = [...covered].map(([by, moot]): Cover => ({ by, moot }));
  return {
    name: "done",
    became: outcomes.map(({ item, failure }) => ({
      name: nameOfItem(item),
      isDone: failure === undefined,
      what: failure?.message ?? `${request.status}: ${oneLine(reviewOf(item.proposal))}`,
    })),
    sentences: covers.map(({ by, moot }) => coveredSentence(by, moot)),
    covers,
  };
}

/** Undefined where the operator must read more: what to do by hand, or what else came of it. */
function lineOn(
  item: Item,
  { decision: { status }, plan, recovered }: Answered,
  moot: readonly BoundAsk[],
): string | undefined {
  if (recovered.length > 0 || moot.length > 0) return undefined;
  if (status !== "rejected" && (!plan || plan.missing.length > 0)) return undefined;
  const said = status === "rejected" ? "" : ", the live files say so";
  return `${shorten(item.proposal.id)} of bottle ${item.slug} is ${status}${said}. ${
    reaches(item)
  }`;
}
