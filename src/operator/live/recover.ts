/** Ends what a crashed process left unfinished: an approval is put back, an undo is completed. */

import type { Target } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { Open } from "./applications.ts";
import { type Means, putBack, reload, tell, touched } from "./carry_out.ts";
import { HeldFiles } from "./held_files.ts";
import { isTorn } from "./held_file.ts";
import type { ChangeRecord } from "./record.ts";

/** Whether the decision that a change belongs to was written: then the change was whole. */
export type Stands = (record: ChangeRecord) => Promise<boolean>;

/**
 * Recovers every unfinished change of one of `targets`, after whoever is still at it. Returns what
 * was done, in sentences. Throws a failure when a file cannot be put right.
 */
export async function recover(
  targets: readonly Target[],
  means: Means,
  stands: Stands,
): Promise<string[]> {
  const paths = new Set(targets.map(({ path }) => path));
  const done: string[] = [];
  for (const open of await means.applications.unfinished()) {
    if (!open.record.files.some(({ target }) => paths.has(target.path))) continue;
    const sentence = await recoverOne(open, means, stands);
    if (sentence) done.push(sentence);
  }
  return done;
}

async function recoverOne(open: Open, means: Means, stands: Stands): Promise<string | undefined> {
  const { record } = open;
  const what = `${record.purpose === "undo" ? "the undo of " : ""}${record.id.slice(0, 8)} ` +
    `(bottle ${record.slug}), begun by ${record.operator}`;
  using held = await HeldFiles.hold(record.files.map(({ target }) => target));
  // Whoever held the files until now may have finished.
  if (!await means.applications.isOpen(open)) return undefined;
  if (record.purpose === "undo") {
    await completeUndo(open, held, means);
    return `Completed ${what}, which was interrupted.`;
  }
  if (await stands(record)) {
    await tell(means, record, "answered", {
      ...{ status: record.status, detail: "found decided and applied after an interruption" },
    });
    await means.applications.finish(open);
    return `Found ${what} decided and applied.`;
  }
  const cause = new Failure("interrupted", "the approval was interrupted before it was decided");
  const failure = await putBack(open, held, means, cause);
  if (failure instanceof Failure && failure.code === "not-restored") throw failure;
  return `Put back ${what}, which was interrupted before it was decided.`;
}

/** An undo takes access away: it is never put back, since that would give it again. */
async function completeUndo(open: Open, held: HeldFiles, means: Means): Promise<void> {
  const { record } = open;
  const encoder = new TextEncoder();
  for (const { target, before, after } of record.files) {
    const file = held.of(target);
    const now = await file.bytes();
    const [old, wanted] = [encoder.encode(before), encoder.encode(after)];
    if (isTorn(now, old, wanted)) {
      await file.write(after);
      continue;
    }
    throw new Failure(
      "not-restored",
      `the undo of ${
        record.id.slice(0, 8)
      } was interrupted, and ${target.path} was changed since; ` +
        `compare it with ${open.directory}/${target.kind}.after, then remove that directory`,
    );
  }
  for (const { target } of touched(record)) await reload(target, record, means);
  await tell(means, record, "undone", { detail: "completed after an interruption" });
  await means.applications.finish(open);
}
