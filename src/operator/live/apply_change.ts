/** Changes live files so that all of it holds or nothing does: write, reload, see, commit. */

import type { Target } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { ApplyDependencies } from "./apply_dependencies.ts";
import type { OpenChange } from "./change_journal.ts";
import { fileFields, logStep } from "./change_log.ts";
import { exactly } from "./held_file.ts";
import type { HeldFiles } from "./held_files.ts";
import { requireKept } from "./kept.ts";
import { messageOf } from "./message_of.ts";
import { putBack } from "./put_back.ts";
import type { RecordedFile } from "./record.ts";
import { awaitEffect, reload, stopIfAborted, touched } from "./tell_readers.ts";

/**
 * Writes the new texts, tells their readers, sees the effect, and then commits. When a step fails
 * the old texts are put back and their readers told, and the step's failure is thrown with what
 * became of it. After `commit` nothing is put back; the record is open until it is finished.
 */
export async function applyChange(
  open: OpenChange,
  held: HeldFiles,
  dependencies: ApplyDependencies,
  commit: () => Promise<void>,
): Promise<void> {
  const { record } = open;
  const begun: RecordedFile[] = [];
  const told = new Set<string>();
  let isStale = false;
  try {
    stopIfAborted(dependencies.signal);
    for (const file of record.files) {
      if (file.before === file.after) continue;
      begun.push(file);
      const written = await held.of(file.target).write(file.after, exactly(file.before));
      isStale = written === "stale";
      if (isStale) {
        begun.pop();
        throw stale(file.target);
      }
      await logStep(dependencies, record, "applied", fileFields(file));
    }
    for (const { target } of touched(record)) {
      told.add(target.path);
      await reload(target, record, dependencies);
    }
    for (const file of touched(record)) await awaitEffect(file, record, dependencies);
    await requireKept(record);
    stopIfAborted(dependencies.signal);
    await commit();
  } catch (error) {
    throw record.purpose === "undo" && !isStale && begun.length > 0
      ? await leftOpen(open, dependencies, error)
      : await putBack(open, held, dependencies, error, begun, told);
  }
}

/**
 * An undo takes access away: once all is written it is never put back, and the next command ends it.
 */
async function leftOpen(
  { record }: OpenChange,
  dependencies: ApplyDependencies,
  cause: unknown,
): Promise<unknown> {
  // A reload command may have put the old text back.
  const isKept = await requireKept(record).then(() => true, () => false);
  const remark = isKept
    ? "what was taken back stays so, and undo again tells those who read the files"
    : "what was to be taken back may still hold, and undo again takes it out once more";
  const message = `${messageOf(cause)}; ${remark}`;
  await logStep(dependencies, record, "failed", { detail: message }).catch(() => {});
  return cause instanceof Failure ? new Failure(cause.code, message, cause.remedy) : cause;
}

/** Of a live file that was edited after what would be done was worked out. */
function stale({ path }: Target): Failure {
  return new Failure(
    "changed",
    `${path} was changed by something else right before it was to be written: nothing was written ` +
      "to it; look at it as it is now and try again",
  );
}
