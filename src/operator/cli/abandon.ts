/** `doctor --abandon`: ends by hand what was interrupted and what no other command can end. */

import { abandonRecord } from "../app/records/answer.ts";
import { Failure } from "../failure.ts";
import type { OpenChange, UnfinishedChange } from "../live/change_journal.ts";
import { tell } from "../live/apply_change.ts";
import { readLive } from "../live/held_file.ts";
import type { ChangeRecord, RecordedFile } from "../live/record.ts";
import { instantAndAge } from "../when.ts";
import { asOperator, type CommandContext } from "./command.ts";
import { isDecided, recoverInterrupted, requireOutOfReach } from "../app/recover.ts";
import { shorten } from "../app/short_id.ts";

/** What a live file holds of an interrupted change. */
const HOLDS = {
  "old": "holds the text from before it",
  "new": "holds the text that it wrote",
  "unchanged": "was not to be changed by it",
  "other": "holds something else: neither the text from before nor the one that it wrote",
  "unreadable": "cannot be read",
} as const;

interface Look {
  readonly file: RecordedFile;
  readonly holds: keyof typeof HOLDS;
}

/** No live file is written and no command run. Throws a failure when there is no such change. */
export async function abandon(context: CommandContext, prefix: string): Promise<void> {
  await requireOutOfReach(context.app, []);
  const unfinished = await find(context, prefix.trim().toLowerCase());
  await requireUndecided(context, unfinished);
  using open = await take(unfinished);
  const { record } = open;
  const looks = await Promise.all(record.files.map(look));
  const place = context.app.changes.abandonedPlace(open, context.app.now());
  const sentences = looks.map(({ file, holds }) => `${file.target.path} ${HOLDS[holds]}`);
  if (!context.json) print(context, record, sentences, place);
  if (context.confirm && !await context.confirm("Abandon it?")) {
    throw new Failure("interrupted", "nothing was changed");
  }
  // In this order: what was abandoned is in the log in any case.
  const detail = [about(record), ...sentences, `the texts are kept in ${place}`].join("; ");
  const audit = context.app.audit({ name: context.operator });
  await tell({ audit }, record, "abandoned", { detail });
  await context.app.changes.abandon(open, place);
  if (context.json) return context.out.json(abandonRecord(record, looks, place));
  context.out.line("Abandoned.");
}

async function find(context: CommandContext, prefix: string): Promise<UnfinishedChange> {
  const found = (await context.app.changes.unfinished()).filter(({ record }) =>
    prefix !== "" && record.id.startsWith(prefix) && (context.slug ?? record.slug) === record.slug
  );
  const [first, ...more] = found;
  if (first && more.length === 0) return first;
  const doctor = { do: "doctor" } as const;
  if (!first) {
    throw new Failure(
      "not-found",
      `no interrupted change has an id that starts with "${prefix}"`,
      doctor,
    );
  }
  const named = found.map(({ record: { id, slug, purpose } }) =>
    `the ${purpose} of ${shorten(id)} (bottle ${slug})`
  );
  throw new Failure(
    "ambiguous",
    `${found.length} interrupted changes have an id that starts with "${prefix}": ` +
      `${named.join(", ")}; give more characters of it, or --slug`,
    doctor,
  );
}

async function take({ record, take }: UnfinishedChange): Promise<OpenChange> {
  const open = await take();
  if (open) return open;
  throw new Failure(
    "busy",
    `the change of ${shorten(record.id)} is under way in another process; wait for it, or end it`,
    { do: "doctor" },
  );
}

/** What was decided stands: it is written down as such, and can be undone then. */
async function requireUndecided(
  context: CommandContext,
  unfinished: UnfinishedChange,
): Promise<void> {
  const { record } = unfinished;
  if (record.purpose === "undo") return;
  const { slug, id } = record;
  // What is applied again was decided before: whether it holds is on record here.
  if (record.again && !await context.app.changes.isCommitted(unfinished)) return;
  try {
    if (!await isDecided(context.app, record)) return;
  } catch (error) {
    // Its queue is gone: only the operator knows.
    if (error instanceof Failure && error.code === "no-queue") return;
    throw error;
  }
  const scope = { slug, id, targets: [] };
  await asOperator(context, (actor) => recoverInterrupted(context.app, actor, scope));
  throw new Failure(
    "already-decided",
    `${
      shorten(id)
    } was decided before it was interrupted: that is written down now, and there was ` +
      "nothing to abandon",
    { do: "show", id: id },
  );
}

async function look(file: RecordedFile): Promise<Look> {
  const { target, before, after } = file;
  if (before === after) return { file, holds: "unchanged" };
  try {
    const now = await readLive(target);
    return { file, holds: now === before ? "old" : now === after ? "new" : "other" };
  } catch (error) {
    if (error instanceof Failure) return { file, holds: "unreadable" };
    throw error;
  }
}

function about({ purpose, operator, begunAt }: ChangeRecord): string {
  return `the ${purpose === "undo" ? "undo" : "approval"} begun by ${operator} at ${begunAt}`;
}

function print(
  context: CommandContext,
  { id, slug, purpose, operator, begunAt }: ChangeRecord,
  sentences: readonly string[],
  place: string,
): void {
  context.out.paragraph(
    `The ${purpose === "undo" ? "undo" : "approval"} of ${
      shorten(id)
    } (bottle ${slug}), begun by ` +
      `${operator} at ${instantAndAge(begunAt, context.app.now())}, was interrupted.`,
  );
  for (const sentence of sentences) context.out.paragraph(`${sentence}.`);
  context.out.paragraph(
    "This stays so: no live file is written, no command is run, and nothing is decided. The texts " +
      `from before it and after it are kept in ${place}.`,
  );
}
