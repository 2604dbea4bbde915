/** `undo`: takes back exactly what an approval added to the live files. */

import type { ProposalId } from "../../queue/layout.ts";
import { findApplied } from "../app/find_applied.ts";
import { undoRecord } from "../app/records/answer.ts";
import { shorten } from "../app/shorten.ts";
import {
  previewUndo,
  recoverForUndo,
  undo as takeBack,
  type Undone,
  type UndoPreview,
} from "../app/undo.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { changeRows, noticeRows, sentenceRows } from "../text/parts.ts";
import type { Row } from "../text/row.ts";
import { readNotes } from "./answer_options.ts";
import { asOperator, type Command, type CommandContext } from "./command.ts";
import { layOut } from "./live_diff.ts";
import { tellRecovered } from "./recovered.ts";

export const undo: Command = {
  name: "undo",
  usage: "ID [--notes TEXT] [--dry-run] [--full]",
  summary: "take back what an approval added to the live files",
  about: [
    "Takes back exactly what that approval added, if the files still have it, tells their readers, " +
    "and sees that it has taken effect. What others added since stays.",
    "The agent is told that it was undone, with the notes, and its next request is refused again. " +
    "Approving the same ID again puts it back.",
    "Approvals of the bottle that hold by what it added alone end with it: they are named before, " +
    "and the agent is told of each.",
    "On a terminal you see the diff and are asked. --dry-run prints it and does nothing.",
  ],
  options: ["notes", "dry-run", "full"],
  operand: { name: "ID", required: true },
  examples: [
    "supervisectl undo 1a2b --dry-run",
    "supervisectl undo 1a2b --notes 'that was the wrong repository'",
  ],
  acts: true,
  async run(context) {
    const { app, out, json } = context;
    const notes = readNotes(context);
    const isDryRun = context.flag("dry-run");
    if (!isDryRun && await completesIt(context)) return;
    const record = await findApplied(app, context.operand, context.slug);
    const preview = await previewUndo(app, record);
    if (isDryRun) {
      if (json) return out.json(recordOf(record, preview, true));
      out.rows(undoingRows(preview, out.columns, context.flag("full")));
      return out.line("Nothing was done.");
    }
    if (context.confirm) {
      // What is asked about is shown whole.
      out.rows(undoingRows(preview, out.columns, true));
      if (!await context.confirm("Take this back?")) {
        throw new Failure("interrupted", "nothing was changed");
      }
    }
    const undone = await asOperator(
      context,
      (actor) => takeBack(app, actor, record, preview, notes),
    );
    if (json) return out.json(recordOf(record, undone, false));
    for (const sentence of undoneSentences(record, undone)) out.paragraph(sentence);
  },
};

/** Whether this undo was begun before and interrupted, and so has been completed just now. */
async function completesIt(context: CommandContext): Promise<boolean> {
  const id = context.operand?.trim().toLowerCase() ?? "";
  const recovered = await asOperator(
    context,
    (actor) => recoverForUndo(context.app, actor, id, context.slug),
  );
  tellRecovered(context, recovered);
  const own = recovered.find(({ how, record }) => how === "completed" && record.purpose === "undo");
  if (own && context.json) {
    const { record, sentence } = own;
    const endsToo = record.others ?? [];
    context.out.json(
      undoRecord(record, { files: [], remarks: [sentence], endsToo, isDryRun: false }),
    );
  }
  return own !== undefined;
}

/** What an undo would change, with its diff. */
export function undoingRows(
  { files, remarks, notices, others }: UndoPreview,
  columns: number,
  isFull: boolean,
): Row[] {
  const named = endsSentence(others, ["ends", "end"]);
  return [
    ...files.flatMap((file) => [
      [],
      ...changeRows(layOut(file, columns, isFull), columns),
    ]),
    [],
    ...[...remarks, ...named ? [named] : []].flatMap((text) => sentenceRows(text, columns)),
    ...noticeRows(notices, columns),
  ];
}

function recordOf(
  record: ChangeRecord,
  { files, remarks, others }: UndoPreview,
  isDryRun: boolean,
) {
  return undoRecord(record, { files, remarks, endsToo: others.map(({ id }) => id), isDryRun });
}

/** The length of an ask in a sentence, in columns. */
const MAX_ASKS = 60;

export function undoneSentences(
  record: ChangeRecord,
  { files, remarks, notices: found, others, told }: Undone,
): string[] {
  const what = `Took back what ${shorten(record.id)} (${record.tool}, bottle ${record.slug}) added`;
  const named = endsSentence(others, ["ended", "ended"]);
  return [
    `${what} to ${files.map(({ target }) => target.path).join(" and ")}.`,
    ...remarks,
    ...found.map(({ label, text }) => `${label}: ${text}.`),
    ...named ? [named] : [],
    toldSentence(told, others.length === 0),
  ];
}

/** Why the agent is not told of the rest is in the remarks. */
function toldSentence(told: readonly ProposalId[], isAlone: boolean): string {
  if (told.length === 0) return "Its next request is refused again.";
  const what = isAlone
    ? "it was"
    : `${told.map((id) => shorten(id)).join(", ")} ${told.length === 1 ? "was" : "were"}`;
  return `The agent is told that ${what} undone; its next request is refused again.`;
}

/** `1 more approval ends with it: 1a2b3c4d (api.github.com, 1 path).`; undefined for none. */
function endsSentence(
  records: readonly ChangeRecord[],
  [one, many]: readonly [one: string, many: string],
): string | undefined {
  if (records.length === 0) return undefined;
  const what = records.length === 1 ? `approval ${one}` : `approvals ${many}`;
  return `${records.length} more ${what} with it: ${records.map(nameOf).join(", ")}.`;
}

function nameOf({ id, tool, approved }: ChangeRecord): string {
  const review = kindOf(tool)?.review(approved);
  return `${shorten(id)} (${review ? oneLine(review, MAX_ASKS) : tool})`;
}
