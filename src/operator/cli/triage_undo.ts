/** What the triage screen does about approvals that can be taken back: names, shows and undoes them. */

import { previewUndo, recoverForUndo, undo as takeBack, type UndoPreview } from "../app/undo.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import type { Row } from "../text/row.ts";
import type { Recent } from "../triage/actions.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { undoingRows, undoneSentences } from "./undo.ts";

export async function recent(context: CommandContext): Promise<Recent[]> {
  const records = await context.app.changes.applied(context.slug);
  return records.map(({ slug, id, tool, approved, begun_at }) => {
    const review = kindOf(tool)?.review(approved);
    return { slug, id, at: begun_at, what: review ? oneLine(review) : tool };
  });
}

/** What was shown of each undo: nothing else is taken back. */
export type Looked = Map<Recent, readonly [record: ChangeRecord, undoing: UndoPreview]>;

export async function undoing(
  context: CommandContext,
  recent: Recent,
  columns: number,
  looked: Looked,
): Promise<readonly Row[]> {
  const { id, slug } = recent;
  await asOperator(context, (actor) => recoverForUndo(context.app, actor, id));
  const found = await context.app.changes.applied(undefined, id);
  const record = found.find((one) => one.slug === slug);
  if (!record) throw new Failure("nothing-to-undo", "it has been taken back meanwhile");
  const preview = await previewUndo(context.app, record);
  looked.set(recent, [record, preview]);
  return undoingRows(preview, columns, true);
}

export async function undo(
  context: CommandContext,
  recent: Recent,
  notes: string,
  looked: Looked,
): Promise<string[]> {
  const shown = looked.get(recent);
  if (!shown) throw new Failure("changed", "what it would change was not shown yet");
  const [record, found] = shown;
  const undone = await asOperator(
    context,
    (actor) => takeBack(context.app, actor, record, found, notes),
  );
  return undoneSentences(record, undone);
}
