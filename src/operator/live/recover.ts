/** Ends what a crashed process left unfinished: an approval is put back, an undo is completed. */

import type { Slug } from "../../queue/layout.ts";
import type { Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { Open } from "./applications.ts";
import {
  abandoning,
  foreign,
  type Means,
  putBack,
  reload,
  see,
  tell,
  type Telling,
  touched,
} from "./carry_out.ts";
import { isTorn } from "./held_file.ts";
import { HeldFiles } from "./held_files.ts";
import { requireKept } from "./kept.ts";
import type { ChangeRecord } from "./record.ts";

/** Whether the decision of a change was written. Throws a failure when nobody can say. */
export type Decided = (record: ChangeRecord) => Promise<boolean>;

/** Which changes are to be ended: what else is unfinished is left to whoever it concerns. */
export type Concerns = (record: ChangeRecord) => boolean;

/** One change that was ended, in a sentence. */
export interface Ended {
  readonly record: ChangeRecord;
  readonly how: "put back" | "found decided" | "completed";
  readonly sentence: string;
}

export interface Recovery {
  readonly ended: readonly Ended[];
  /** What could not be ended, and why. */
  readonly left: readonly { readonly record: ChangeRecord; readonly failure: Failure }[];
}

/** What is configured for a bottle now. Throws a failure when the configuration is wrong. */
export type Configured = (slug: Slug) => Promise<Targets>;

/** Ends the unfinished changes that no living process is at. */
export async function recover(
  means: Means,
  decided: Decided,
  configured: Configured,
  concerns: Concerns,
): Promise<Recovery> {
  const ended: Ended[] = [];
  const left: { record: ChangeRecord; failure: Failure }[] = [];
  await means.applications.sweep();
  for (const unfinished of await means.applications.unfinished()) {
    if (!concerns(unfinished.record)) continue;
    using open = await unfinished.take();
    if (!open) continue;
    const { record } = open;
    try {
      const today = { ...open, record: await asConfigured(record, configured) };
      ended.push({ record, ...await recoverOne(today, means, decided) });
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      left.push({ record, failure });
    }
  }
  return { ended, left };
}

/**
 * With the commands that are configured for its files now: what it was begun with may be what broke
 * it. A file that is configured no more keeps its own, so that its reader is told all the same.
 */
async function asConfigured(record: ChangeRecord, configured: Configured): Promise<ChangeRecord> {
  if (record.files.length === 0) return record;
  const targets = await configured(record.slug);
  const files = record.files.map((file) => {
    const target = targets[file.target.kind];
    return target?.path === file.target.path ? { ...file, target } : file;
  });
  return { ...record, files };
}

async function recoverOne(
  open: Open,
  means: Means,
  decided: Decided,
): Promise<Omit<Ended, "record">> {
  const { record } = open;
  const what = `${record.purpose === "undo" ? "the undo of " : ""}${record.id.slice(0, 8)} ` +
    `(bottle ${record.slug}), begun by ${record.operator}`;
  using held = await HeldFiles.hold(record.files.map(({ target }) => target));
  if (record.purpose === "undo") {
    await completeUndo(open, held, means);
    return { how: "completed", sentence: `Completed ${what}, which had not come to its end.` };
  }
  if (record.again && await means.applications.isCommitted(open)) {
    await completeAgain(open, means);
    return { how: "completed", sentence: `Completed ${what}, which holds again.` };
  }
  if (!record.again && await decided(record)) {
    const step = record.status === "rejected" ? "rejected" : "answered";
    const detail = "found decided after an interruption";
    await tell(means, record, step, { ...decisionFields(record), detail });
    await means.applications.finish(open);
    return { how: "found decided", sentence: `Found ${what}, decided after an interruption.` };
  }
  if (record.purpose === "apply") await restoreAll(open, held, means);
  else await means.applications.discard(open);
  return {
    how: "put back",
    sentence: `Put back ${what}, which was interrupted before it was decided.`,
  };
}

async function restoreAll(open: Open, held: HeldFiles, means: Means): Promise<void> {
  const { record } = open;
  // Where nothing can be put back, no reader is told of anything.
  for (const { target, before, after } of record.files) {
    if (isOurs(held.of(target).bytes(), before, after)) continue;
    throw wayOn(open, foreign(target));
  }
  const cause = new Failure("interrupted", "it was interrupted before it was decided");
  const all = new Set(record.files.map(({ target }) => target.path));
  const failure = await putBack(open, held, means, cause, record.files, all);
  if (failure instanceof Failure && failure.code === "interrupted") return;
  throw failure;
}

/** An undo takes access away: it is never put back, since that would give it again. */
async function completeUndo(open: Open, held: HeldFiles, means: Means): Promise<void> {
  const { record } = open;
  for (const { target, before, after } of record.files) {
    const isExpected = (now: Uint8Array) => isOurs(now, before, after);
    if (await held.of(target).write(after, isExpected) === "stale") {
      throw wayOn(open, foreign(target));
    }
  }
  for (const { target } of touched(record)) await reload(target, record, means);
  for (const file of touched(record)) await see(file, record, means);
  await requireKept(record);
  const telling = await means.tellAgent(record);
  const detail = ["begun before, and completed now", ...told(record, telling)].join("; ");
  const { notes } = record;
  await tell(means, record, "undone", { ...notes && { notes }, detail });
  await means.applications.finish(open);
}

/** Of what was applied again, and seen: the agent is told, and the log. */
export async function completeAgain(open: Open, means: Means): Promise<Telling> {
  const { record } = open;
  const telling = await means.tellAgent(record);
  const detail = ["approved again after it was undone", ...told(record, telling)].join("; ");
  await tell(means, record, "answered", { ...decisionFields(record), detail });
  await means.applications.finish(open);
  return telling;
}

/** What else it concerns, and who cannot be told, as the log has it: sentences. */
export function told({ purpose, others = [] }: ChangeRecord, { untold }: Telling): string[] {
  if (others.length === 0) return [...untold];
  const what = purpose === "undo" ? "Ended with it" : "Holds again with it";
  return [`${what}: ${others.join(", ")}.`, ...untold];
}

/** What was decided, as the log has it of every answer. */
function decisionFields({ status, notes, approved }: ChangeRecord) {
  return { status, notes, final_file: status === "modified" ? approved : undefined };
}

function wayOn({ record, directory }: Open, { code, message }: Failure): Failure {
  const what = record.purpose === "undo" ? "undo" : "approval";
  return new Failure(
    code,
    `the ${what} of ${record.id.slice(0, 8)} (bottle ${record.slug}) was interrupted, and ` +
      `${message}; make it what it should be, with the texts before and after in ${directory}, ` +
      "then end it by hand",
    abandoning(record),
  );
}

function isOurs(now: Uint8Array, before: string, after: string): boolean {
  const encoder = new TextEncoder();
  return isTorn(now, encoder.encode(before), encoder.encode(after));
}
