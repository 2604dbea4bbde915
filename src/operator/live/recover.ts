/** Ends what a crashed process left unfinished: an approval is put back, an undo is completed. */

import { Failure } from "../failure.ts";
import type { ApplyDependencies, Telling } from "./apply_dependencies.ts";
import type { OpenChange } from "./change_journal.ts";
import { logStep } from "./change_log.ts";
import { between } from "./held_file.ts";
import { HeldFiles } from "./held_files.ts";
import { requireKept } from "./kept.ts";
import { foreign, putBack } from "./put_back.ts";
import { type ChangeRecord, workOf } from "./record.ts";
import { awaitEffect, reload, touched } from "./tell_readers.ts";

/** One change that was ended, in a sentence. */
export interface Recovered {
  readonly record: ChangeRecord;
  readonly how: "put back" | "found decided" | "completed";
  readonly sentence: string;
}

/**
 * Ends a change that no living process is at. `decided` says whether its decision was written, and
 * throws a failure when that is not known. Throws one when the change cannot be ended.
 */
export async function recoverChange(
  open: OpenChange,
  dependencies: ApplyDependencies,
  decided: () => Promise<boolean>,
): Promise<Recovered> {
  const { record } = open;
  const what = `${record.purpose === "undo" ? "the undo of " : ""}${record.id.slice(0, 8)} ` +
    `(bottle ${record.slug}), begun by ${record.operator}`;
  const targets = record.files.map(({ target }) => target);
  using held = await HeldFiles.hold(targets, dependencies.signal);
  if (record.purpose === "undo") {
    await completeUndo(open, held, dependencies);
    return {
      record,
      how: "completed",
      sentence: `Completed ${what}, which had not come to its end.`,
    };
  }
  if (record.again && await dependencies.changes.isCommitted(open)) {
    await tellHoldsAgain(open, dependencies);
    await dependencies.changes.finish(open);
    return { record, how: "completed", sentence: `Completed ${what}, which holds again.` };
  }
  if (!record.again && await decided()) {
    const step = record.status === "rejected" ? "rejected" : "answered";
    const detail = "found decided after an interruption";
    await logStep(dependencies, record, step, { ...decisionFields(record), detail });
    await dependencies.changes.finish(open);
    return {
      record,
      how: "found decided",
      sentence: `Found ${what}, decided after an interruption.`,
    };
  }
  if (record.purpose === "apply") await restoreAll(open, held, dependencies);
  else await dependencies.changes.discard(open);
  return {
    record,
    how: "put back",
    sentence: `Put back ${what}, which was interrupted before it was decided.`,
  };
}

async function restoreAll(
  open: OpenChange,
  held: HeldFiles,
  dependencies: ApplyDependencies,
): Promise<void> {
  const { record } = open;
  // Where nothing can be put back, no reader is told of anything.
  for (const { target, before, after } of record.files) {
    if (between(before, after)(held.of(target).bytes())) continue;
    throw wayOn(open, foreign(target));
  }
  const cause = new Failure("interrupted", "it was interrupted before it was decided");
  const all = new Set(record.files.map(({ target }) => target.path));
  const failure = await putBack(open, held, dependencies, cause, record.files, all);
  if (failure instanceof Failure && failure.code === "interrupted") return;
  throw failure;
}

/** An undo takes access away: it is never put back, since that would give it again. */
async function completeUndo(
  open: OpenChange,
  held: HeldFiles,
  dependencies: ApplyDependencies,
): Promise<void> {
  const { record } = open;
  for (const { target, before, after } of record.files) {
    if (await held.of(target).write(after, between(before, after)) === "stale") {
      throw wayOn(open, foreign(target));
    }
  }
  for (const { target } of touched(record)) await reload(target, record, dependencies);
  for (const file of touched(record)) await awaitEffect(file, record, dependencies);
  await requireKept(record);
  const telling = await dependencies.tellAgent(record);
  const detail = ["begun before, and completed now", ...told(record, telling)].join("; ");
  const { notes } = record;
  await logStep(dependencies, record, "undone", { ...notes && { notes }, detail });
  await dependencies.changes.finish(open);
}

/** Of what was applied again, and seen: the agent is told, and the log. */
export async function tellHoldsAgain(
  open: OpenChange,
  dependencies: ApplyDependencies,
): Promise<Telling> {
  const { record } = open;
  const telling = await dependencies.tellAgent(record);
  const detail = ["approved again after it was undone", ...told(record, telling)].join("; ");
  await logStep(dependencies, record, "answered", { ...decisionFields(record), detail });
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

function wayOn({ record, directory }: OpenChange, { code, message }: Failure): Failure {
  return new Failure(
    code,
    `the ${workOf(record)} of ${
      record.id.slice(0, 8)
    } (bottle ${record.slug}) was interrupted, and ` +
      `${message}; make it what it should be, with the texts before and after in ${directory}, ` +
      "then end it by hand",
    { do: "abandon", id: record.id },
  );
}
