/** The way back from a change that failed or was interrupted: the old texts, and their readers told. */

import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import { Failure } from "../failure.ts";
import type { ApplyDependencies } from "./apply_dependencies.ts";
import type { OpenChange } from "./change_journal.ts";
import { logStep } from "./change_log.ts";
import { between, exactly } from "./held_file.ts";
import type { HeldFiles } from "./held_files.ts";
import { messageOf } from "./message_of.ts";
import type { RecordedFile } from "./record.ts";
import { run } from "./run.ts";
import { oneLine, touched } from "./tell_readers.ts";

/**
 * Puts the old texts of `files` back after `cause`, tells the readers in `told`, of which the paths
 * are given, and forgets the change. Returns the failure to throw. A text that is neither the old nor
 * the new one is somebody's work: it stays, and so does the record.
 */
export async function putBack(
  open: OpenChange,
  held: HeldFiles,
  dependencies: ApplyDependencies,
  cause: unknown,
  files: readonly RecordedFile[],
  told: ReadonlySet<string>,
): Promise<unknown> {
  const { record, directory } = open;
  const remarks: string[] = [];
  let isWhole = true;
  for (const file of [...files].reverse()) {
    const { path, kind } = file.target;
    try {
      if (await restore(file, held)) remarks.push(`the old text is back in ${path}`);
    } catch (error) {
      isWhole = false;
      remarks.push(`${messageOf(error)}; the old text is in ${directory}/${kind}.before`);
    }
  }
  // Ctrl-C has ended the change; a second one must not stop the way back.
  const never = new AbortController().signal;
  for (const { target } of touched(record)) {
    if (!target.reload || !told.has(target.path)) continue;
    const ran = await run(target.reload, target.reloadTimeoutMs, never);
    const command = shellWords(target.reload);
    if (ran.kind === "done") remarks.push(`${command} was run again`);
    else remarks.push(`${command} failed again, run it yourself: ${oneLine(ran.why)}`);
  }
  const detail = [messageOf(cause), ...remarks].join("; ");
  await logStep(dependencies, record, "failed", {
    detail,
    purpose: record.purpose === "apply" ? "put-back" : record.purpose,
  }).catch((error) => {
    remarks.push(`the audit log does not have this: ${messageOf(error)}`);
  });
  const message = [messageOf(cause), ...remarks].join("; ");
  if (!isWhole) {
    return new Failure(
      "not-restored",
      `${message}; make the file what it should be, then end it by hand`,
      { do: "abandon", id: record.id },
    );
  }
  try {
    await dependencies.changes.discard(open);
  } catch (error) {
    const all = `${message}; ${messageOf(error)}`;
    return new Failure(cause instanceof Failure ? cause.code : "internal", all);
  }
  if (cause instanceof Failure) return new Failure(cause.code, message, cause.remedy);
  return new Error(message, { cause });
}

/** Returns whether anything had to be written. Throws a failure for what is not ours. */
async function restore({ target, before, after }: RecordedFile, held: HeldFiles): Promise<boolean> {
  if (before === after) return false;
  const file = held.of(target);
  // A reload command may have replaced it.
  await file.follow();
  if (exactly(before)(file.bytes())) return false;
  if (await file.write(before, between(before, after)) === "stale") throw foreign(target);
  return true;
}

/** Of a live file that says neither what it said before nor what was written. */
export function foreign({ path }: Target): Failure {
  return new Failure(
    "not-restored",
    `${path} was changed meanwhile by something else and was left as it is`,
  );
}
