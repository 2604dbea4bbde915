/** What the keys of the triage screen do: the same as the commands, with sentences for an answer. */

import type { Item } from "../../queue/bottle.ts";
import { Failure } from "../failure.ts";
import { Output } from "../output.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { visibleLine } from "../visible.ts";
import type { Actions, Detail, Recent } from "../triage/actions.ts";
import { requireShown } from "./basis.ts";
import type { Call } from "./command.ts";
import { DraftsFile } from "./drafts_file.ts";
import { reading, requireBottle } from "./find.ts";
import { modifyInEditor, requireEditor, requireKind } from "./modify.ts";
import { sentencesOn } from "./report.ts";
import { NOTHING_LIVE, settle } from "./settle.ts";
import { outlookOn, Page } from "./show.ts";
import { itemTable } from "./table.ts";
import { sentencesOn as undoneSentences, takeBack, undoingOf } from "./take_back.ts";

export async function triageActions(call: Call): Promise<Actions> {
  await requireBottle(call);
  const { slug } = call;
  const isOwn = (key: string) => slug === undefined || key.startsWith(`${slug}/`);
  const drafts = new DraftsFile(call.stateDirectory, isOwn);
  return {
    async list() {
      const { items, skipped } = await reading(call, () => call.desk.list({ slug }));
      return { items, skipped: skipped.length };
    },
    table: (items, columns, now) => itemTable(items, { all: false, columns, now }),
    detail: (item, columns) => detailOf(call, item, columns),
    approve: (item, basis, notes) => approve(call, item, basis, notes),
    reject: (item, basis, notes) => reject(call, item, basis, notes),
    modify: (item, basis, notes) => modify(call, item, basis, notes),
    recent: () => recent(call),
    undo: (one) => undo(call, one),
    watch: (onChange) => call.desk.watch(onChange, { slug }),
    readDrafts: () => drafts.read(),
    saveDrafts: (texts) => drafts.save(texts),
  };
}

async function detailOf(call: Call, shown: Item, columns: number): Promise<Detail> {
  const item = await call.desk.look(shown.slug, shown.proposal.id) ?? shown;
  const chunks: Uint8Array[] = [];
  const out = new Output({
    columns,
    styled: true,
    write(bytes) {
      chunks.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
  });
  const outlook = await outlookOn(call, item);
  const page = new Page(call, item, outlook, out, { withCommands: false });
  page.print();
  await out.flush();
  const text = await new Blob(chunks as Uint8Array<ArrayBuffer>[]).text();
  const review = reviewOf(item.proposal);
  const why = review.kind === "malformed"
    ? "The proposed file is not in the expected form: modify or reject it."
    : review.isCanonical
    ? outlook.problem?.message
    : "The proposed file is not in its one form: modify or reject it.";
  return {
    rows: text.replace(/\n$/, "").split("\n"),
    basis: page.basis,
    notices: page.notices.map(({ label, text }) => visibleLine(`${label}  ${text}`)),
    canApprove: why === undefined,
    why,
  };
}

async function approve(call: Call, item: Item, basis: string, notes: string): Promise<string[]> {
  const [file = "", live = NOTHING_LIVE] = basis.split("-");
  const now = await requireShown(call, item, file);
  const review = reviewOf(now.proposal);
  if (review.kind === "malformed") throw new Failure("malformed", review.problem);
  const settled = await settle(call, now, {
    ...{ status: "approved", notes, finalFile: null, approved: review.canonical },
    ...{ live, takeOver: false },
  });
  return sentencesOn(now, settled, review);
}

async function reject(call: Call, item: Item, basis: string, notes: string): Promise<string[]> {
  const [file = ""] = basis.split("-");
  const now = await requireShown(call, item, file);
  const settled = await settle(call, now, {
    ...{ status: "rejected", notes, finalFile: null, approved: undefined },
    ...{ live: undefined, takeOver: false },
  });
  return sentencesOn(now, settled, reviewOf(now.proposal));
}

async function modify(call: Call, item: Item, basis: string, notes: string): Promise<string[]> {
  const [file = ""] = basis.split("-");
  const editor = requireEditor(call);
  const now = await requireShown(call, item, file);
  const { settled, review } = await modifyInEditor(
    call,
    now,
    requireKind(call, now),
    editor,
    notes,
  );
  return sentencesOn(now, settled, review);
}

async function recent(call: Call): Promise<Recent[]> {
  const records = (await call.applications.applied()).filter(({ slug }) =>
    call.slug === undefined || slug === call.slug
  );
  return records.map(({ slug, id, tool, approved, begunAt }) => {
    const review = kindOf(tool)?.review(approved);
    return { key: `${slug}/${id}`, slug, id, at: begunAt, what: review ? oneLine(review) : tool };
  });
}

async function undo(call: Call, { id, slug }: Recent): Promise<string[]> {
  const record = (await call.applications.applied(id)).find((one) => one.slug === slug);
  if (!record) throw new Failure("nothing-to-undo", "it has been taken back meanwhile");
  const { undone, recovered } = await takeBack(call, record, await undoingOf(call, record));
  return [...recovered, ...undoneSentences(record, undone)];
}
