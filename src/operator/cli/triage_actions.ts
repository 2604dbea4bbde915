/** What the keys of the triage screen do: the same as the commands, with sentences for an answer. */

import { isOpen, type Item } from "../../queue/item.ts";
import type { Plan } from "../apply/plan.ts";
import type { Draft } from "../edit/draft.ts";
import { Failure } from "../failure.ts";
import { Output } from "../output.ts";
import type { Review } from "../review/kind.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import type { Actions, Answered, Detail, Recent } from "../triage/actions.ts";
import { visibleLine } from "../visible.ts";
import { whyNot } from "./approvable.ts";
import { requireShown } from "./basis.ts";
import type { CommandContext } from "./command.ts";
import { answerCovered, coveredBy, coveredSentence } from "./covered.ts";
import { DraftsFile } from "./drafts_file.ts";
import { reading, requireBottle } from "./find.ts";
import { modifyInEditor, requireEditor, requireKind } from "./modify.ts";
import { outlookOn } from "./outlook.ts";
import { Page } from "./page.ts";
import { previewsOf } from "./preview.ts";
import { sentencesOn } from "./report.ts";
import { settle, type Settled } from "./settle.ts";
import { shorten } from "./short_id.ts";
import { itemTable } from "./table.ts";
import { sentencesOn as undoneSentences, takeBack, undoingOf } from "./take_back.ts";

export async function triageActions(context: CommandContext): Promise<Actions> {
  await requireBottle(context);
  const { slug } = context;
  const isOwn = (key: string) => slug === undefined || key.startsWith(`${slug}/`);
  const drafts = new DraftsFile(context.app.stateDirectory, isOwn);
  const kept = new Map<string, Draft>();
  return {
    async list() {
      const { items, skipped } = await reading(context, () => context.app.desk.list({ slug }));
      return { items, skipped: skipped.length };
    },
    table: (items, columns, now) => itemTable(items, { all: false, columns, now }),
    detail: (item, columns) => detailOf(context, item, columns),
    approve: (item, basis, notes) => approve(context, item, basis, notes),
    reject: (item, basis, notes) => reject(context, item, basis, notes),
    modify: (item, basis, notes) => modify(context, item, basis, notes, kept),
    cover: (by, moot) => answerCovered(context, by, moot),
    recent: () => recent(context),
    undo: (one) => undo(context, one),
    remedyLine: context.remedyLine,
    watch: (onChange) => context.app.desk.watch(onChange, { slug }),
    readDrafts: () => drafts.read(),
    saveDrafts: (texts) => drafts.save(texts),
  };
}

async function detailOf(context: CommandContext, shown: Item, columns: number): Promise<Detail> {
  const item = await context.app.desk.look(shown.slug, shown.proposal.id) ?? shown;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const out = new Output({
    ...{ isTerminal: true, columns, styled: true },
    write(bytes) {
      chunks.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
  });
  const outlook = await outlookOn(context, item);
  const page = new Page(context, item, outlook, out, { withCommands: false });
  page.print();
  await out.flush();
  const text = await new Blob(chunks).text();
  const wrong = whyNot(item.proposal);
  const why = wrong ? `${wrong}: modify or reject it` : outlook.problem?.message;
  return {
    rows: text.replace(/\n$/, "").split("\n"),
    basis: page.basis,
    notices: [
      ...outlook.notices.map(({ label, text }) => visibleLine(`${label}  ${text}`)),
      ...changedRows(outlook.plan, columns),
    ],
    canApprove: why === undefined,
    why,
  };
}

/** Where the approval is confirmed, what it changes is seen once more. */
const MAX_CHANGED_ROWS = 40;

function changedRows(plan: Plan | undefined, columns: number): readonly string[] {
  const rows = (plan ? previewsOf(plan, columns, true) : []).flatMap((preview) => [
    visibleLine(preview.target.path),
    ...preview.lineEnds ? [preview.lineEnds] : [],
    ...preview.rows.filter(({ isChanged }) => isChanged).map(({ text }) => text),
  ]);
  const more = rows.length - MAX_CHANGED_ROWS;
  const rest = more > 0 ? [`and ${more} more rows, see the diff`] : [];
  return [...rows.slice(0, MAX_CHANGED_ROWS), ...rest];
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

/** What was edited and not decided is in `kept`: the next edit of it goes on from there. */
async function modify(
  context: CommandContext,
  item: Item,
  basis: string,
  notes: string,
  kept: Map<string, Draft>,
): Promise<Answered> {
  const editor = requireEditor(context);
  const now = await asShown(context, item, basis);
  const kind = requireKind(now);
  const { settled, review } = await modifyInEditor(context, now, { kind, editor, notes, kept });
  return await answered(context, now, settled, review);
}

async function answered(
  context: CommandContext,
  item: Item,
  settled: Settled,
  review: Review,
): Promise<Answered> {
  const moot = settled.plan ? await coveredBy(context, item, settled.plan) : [];
  const named = moot.length > 0 ? [coveredSentence(moot)] : [];
  return { sentences: [...sentencesOn(item, settled, review), ...named], moot };
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

async function undo(context: CommandContext, { id, slug }: Recent): Promise<string[]> {
  const record = (await context.app.changes.applied(id)).find((one) => one.slug === slug);
  if (!record) throw new Failure("nothing-to-undo", "it has been taken back meanwhile");
  const undone = await takeBack(context, record, await undoingOf(context, record));
  return undoneSentences(record, undone);
}
