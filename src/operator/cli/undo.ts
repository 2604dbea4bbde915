/** `undo`: takes back exactly what an approval added to the live files. */

import { undoRecord } from "../app/records/answer.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { changeRows, noticeRows, sentenceRows } from "../text/parts.ts";
import type { Row } from "../text/row.ts";
import { instantAndAge } from "../when.ts";
import type { Command, CommandContext } from "./command.ts";
import { addedNothing, endsSentence, isLost } from "./ends_with.ts";
import { endInterrupted } from "./interrupted.ts";
import { readNotes } from "./notes.ts";
import { changeOf, previewOf } from "./preview.ts";
import { shorten } from "./short_id.ts";
import { sentencesOn, takeBack, type Undoing, undoingOf } from "./take_back.ts";

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
    const notes = readNotes(context);
    if (!context.flag("dry-run") && await completesIt(context)) return;
    const record = await findApplied(context);
    const preview = await undoingOf(context, record);
    if (context.flag("dry-run")) {
      if (context.json) return context.out.json(recordOf(record, preview, true));
      context.out.rows(undoingRows(preview, context.out.columns, context.flag("full")));
      return context.out.line("Nothing was done.");
    }
    if (context.confirm) {
      // What is asked about is shown whole.
      context.out.rows(undoingRows(preview, context.out.columns, true));
      if (!await context.confirm("Take this back?")) {
        throw new Failure("interrupted", "nothing was changed");
      }
    }
    const undone = await takeBack(context, record, preview, notes);
    if (context.json) return context.out.json(recordOf(record, undone, false));
    for (const sentence of sentencesOn(record, undone)) {
      context.out.paragraph(sentence);
    }
  },
};

/** Whether this undo was begun before and interrupted, and so has been completed just now. */
async function completesIt(context: CommandContext): Promise<boolean> {
  const id = context.operand?.trim().toLowerCase() ?? "";
  const ended = await endInterrupted(context, { slug: context.slug, id, targets: [] });
  if (!context.json) { for (const { sentence } of ended) context.err.paragraph(sentence); }
  const own = ended.find(({ how, record }) => how === "completed" && record.purpose === "undo");
  if (own && context.json) {
    const { record, sentence } = own;
    const endsToo = record.others ?? [];
    context.out.json(
      undoRecord(record, { files: [], remarks: [sentence], endsToo, isDryRun: false }),
    );
  }
  return own !== undefined;
}

/** Finds what was applied by the beginning of its id. Throws a failure when it is not one. */
async function findApplied(context: CommandContext): Promise<ChangeRecord> {
  const prefix = context.operand?.trim().toLowerCase() ?? "";
  if (prefix === "") throw new Failure("usage", "an empty ID; the beginning of one is wanted");
  const found = (await context.app.changes.applied(prefix)).filter(({ slug }) =>
    context.slug === undefined || slug === context.slug
  );
  const [first, ...more] = found;
  if (first && more.length === 0) return first;
  if (first) {
    const named = found.map(({ id, slug }) => `${shorten(id)} (bottle ${slug})`).join(", ");
    throw new Failure(
      "ambiguous",
      `${found.length} approvals have an id that starts with "${prefix}": ${named}; more ` +
        "characters or --slug are wanted",
    );
  }
  const [undone] = await context.app.changes.undone(prefix);
  if (undone) {
    throw new Failure(
      "nothing-to-undo",
      `${shorten(undone.id)} (bottle ${undone.slug}) was taken back by ${undone.operator} at ` +
        instantAndAge(undone.begunAt, context.app.now()),
      { do: "approve", id: undone.id },
    );
  }
  const [idle] = (await context.app.changes.standing(context.slug, prefix)).filter(addedNothing);
  if (idle) {
    const id = shorten(idle.id);
    const lost = await isLost(context, idle);
    throw new Failure(
      "nothing-to-undo",
      `${id} (bottle ${idle.slug}) added nothing: the live files said it already when it was ` +
        `approved, ${lost ? "and no longer do" : "and it ends when what grants it is undone"}`,
      { do: "show", id },
    );
  }
  throw new Failure(
    "nothing-to-undo",
    `nothing that this program applied and did not take back has an id that starts with "${prefix}"`,
    { do: "audit" },
  );
}

/** What an undo would change, with its diff. */
export function undoingRows(
  { files, remarks, notices, others }: Undoing,
  columns: number,
  isFull: boolean,
): Row[] {
  const named = endsSentence(others, ["ends", "end"]);
  return [
    ...files.flatMap((file) => [
      [],
      ...changeRows(changeOf(previewOf(file, columns, isFull)), columns),
    ]),
    [],
    ...[...remarks, ...named ? [named] : []].flatMap((text) => sentenceRows(text, columns)),
    ...noticeRows(notices, columns),
  ];
}

function recordOf(record: ChangeRecord, { files, remarks, others }: Undoing, isDryRun: boolean) {
  return undoRecord(record, { files, remarks, endsToo: others.map(({ id }) => id), isDryRun });
}
