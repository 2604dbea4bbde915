/** Ends by hand what was interrupted and what nothing else can end: no live file is written. */

import type { Slug } from "../../queue/layout.ts";
import { Failure } from "../failure.ts";
import type { OpenChange, UnfinishedChange } from "../live/change_journal.ts";
import { logStep } from "../live/change_log.ts";
import { readLive } from "../live/held_file.ts";
import { type RecordedFile, workOf } from "../live/record.ts";
import type { Actor, App } from "./app.ts";
import { onlyOne } from "./find.ts";
import { isDecided, recoverInterrupted, requireOutOfReach } from "./recover.ts";
import { shorten } from "./shorten.ts";

/** What a live file holds of an interrupted change. */
export const HOLDS = {
  "old": "holds the text from before it",
  "new": "holds the text that it wrote",
  "unchanged": "was not to be changed by it",
  "other": "holds something else: neither the text from before nor the one that it wrote",
  "unreadable": "cannot be read",
} as const;

/** An interrupted change that can be abandoned: no other process is at it meanwhile. */
export interface Abandonable extends Disposable {
  readonly open: OpenChange;
  readonly files: readonly { readonly file: RecordedFile; readonly holds: keyof typeof HOLDS }[];
  /** Where the texts from before and after it are kept. */
  readonly kept: string;
}

/** Throws a failure when there is not one such change, or when it can be ended otherwise. */
export async function findAbandonable(
  app: App,
  actor: Actor,
  prefix: string,
  slug?: Slug,
): Promise<Abandonable> {
  await requireOutOfReach(app, []);
  const unfinished = await find(app, prefix.trim().toLowerCase(), slug);
  await requireUndecided(app, actor, unfinished);
  const open = await unfinished.take();
  if (!open) {
    const id = shorten(unfinished.record.id);
    throw new Failure(
      "busy",
      `the change of ${id} is under way in another process; wait for it, or end it`,
      { do: "doctor" },
    );
  }
  const files = await Promise.all(open.record.files.map(async (file) => ({
    file,
    holds: await holdsOf(file),
  })));
  const kept = app.changes.abandonedPlace(open, app.now());
  return { open, files, kept, [Symbol.dispose]: () => open[Symbol.dispose]() };
}

/** In this order: what was abandoned is in the log in any case. */
export async function abandon(
  app: App,
  actor: Actor,
  { open, files, kept }: Abandonable,
): Promise<void> {
  const { record } = open;
  const detail = [
    `the ${workOf(record)} begun by ${record.operator} at ${record.begun_at}`,
    ...files.map(({ file, holds }) => `${file.target.path} ${HOLDS[holds]}`),
    `the texts are kept in ${kept}`,
  ].join("; ");
  await logStep({ audit: app.audit(actor) }, record, "abandoned", { detail });
  await app.changes.abandon(open, kept);
}

async function find(app: App, prefix: string, slug?: Slug): Promise<UnfinishedChange> {
  const found = (await app.changes.unfinished()).filter(({ record }) =>
    prefix !== "" && record.id.startsWith(prefix) && (slug ?? record.slug) === record.slug
  );
  const one = onlyOne(
    found,
    "interrupted changes",
    prefix,
    ({ record }) => `the ${record.purpose} of ${shorten(record.id)} (bottle ${record.slug})`,
  );
  if (one) return one;
  throw new Failure(
    "not-found",
    `no interrupted change has an id that starts with "${prefix}"`,
    { do: "doctor" },
  );
}

/** What was decided stands: it is written down as such, and can be undone then. */
async function requireUndecided(
  app: App,
  actor: Actor,
  unfinished: UnfinishedChange,
): Promise<void> {
  const { record } = unfinished;
  const { slug, id, purpose } = record;
  if (purpose === "undo") return;
  // What is applied again was decided before: whether it holds is on record here.
  if (record.again && !await app.changes.isCommitted(unfinished)) return;
  try {
    if (!await isDecided(app, record)) return;
  } catch (error) {
    // Its queue is gone: only the operator knows.
    if (error instanceof Failure && error.code === "no-queue") return;
    throw error;
  }
  await recoverInterrupted(app, actor, { slug, id, targets: [] });
  throw new Failure(
    "already-decided",
    `${shorten(id)} was decided before it was interrupted: that is written down now, and there ` +
      "was nothing to abandon",
    { do: "show", id },
  );
}

async function holdsOf({ target, before, after }: RecordedFile): Promise<keyof typeof HOLDS> {
  if (before === after) return "unchanged";
  try {
    const now = await readLive(target);
    return now === before ? "old" : now === after ? "new" : "other";
  } catch (error) {
    if (error instanceof Failure) return "unreadable";
    throw error;
  }
}
