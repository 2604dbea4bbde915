/** Changes live files so that all of it holds or nothing does: write, reload, see, commit. */

import { sha256 } from "../apply/sha256.ts";
import { unifiedDiff } from "../apply/unified_diff.ts";
import type { Event, Step } from "../audit/entry.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import { Failure } from "../failure.ts";
import type { Applications, Open } from "./applications.ts";
import { awaitEffect } from "./effect.ts";
import { expectedIn } from "./expected.ts";
import { isTorn } from "./held_file.ts";
import type { HeldFiles } from "./held_files.ts";
import type { ChangeRecord, RecordedFile } from "./record.ts";
import { run } from "./run.ts";

export interface Means {
  readonly applications: Applications;
  readonly audit: AuditLog;
  /** Aborted, it ends the step that is under way, and what was done is put back. */
  readonly signal: AbortSignal;
}

/**
 * Writes the new texts, tells their readers, sees the effect, and then commits. When a step fails
 * the old texts are put back and their readers told, and the step's failure is thrown with what
 * became of it. After `commit` nothing is put back; the record is open until it is finished.
 */
export async function carryOut(
  open: Open,
  held: HeldFiles,
  means: Means,
  commit: () => Promise<void>,
): Promise<void> {
  const { record } = open;
  try {
    for (const file of record.files) {
      if (file.before === file.after) continue;
      await held.of(file.target).write(file.after);
      await tell(means, record, "applied", fileFields(file));
    }
    for (const file of touched(record)) await reload(file.target, record, means);
    for (const file of touched(record)) await see(file, record, means);
    stopIfAborted(means.signal);
    await commit();
  } catch (error) {
    throw await putBack(open, held, means, error);
  }
}

/**
 * Puts the old texts back after `cause`, tells their readers, and forgets the change. Returns the
 * failure to throw. A text that is neither the old nor the new one is somebody's work and stays.
 */
export async function putBack(
  open: Open,
  held: HeldFiles,
  means: Means,
  cause: unknown,
): Promise<unknown> {
  const { record } = open;
  const remarks: string[] = [];
  let isWhole = true;
  const never = new AbortController().signal;
  for (const file of [...record.files].reverse()) {
    const { path } = file.target;
    try {
      if (!await restore(file, held)) continue;
      remarks.push(`the old text is back in ${path}`);
    } catch (error) {
      isWhole = false;
      remarks.push(
        `${messageOf(error)}; the old text is in ${open.directory}/${file.target.kind}.before`,
      );
    }
  }
  for (const { target } of touched(record)) {
    if (!target.reload) continue;
    const ran = await run(target.reload, target.reloadTimeoutMs, never);
    if (ran.kind === "done") remarks.push(`${shellWords(target.reload)} was run again`);
    else remarks.push(`${shellWords(target.reload)} failed again, run it yourself: ${ran.why}`);
  }
  const message = [messageOf(cause), ...remarks].join("; ");
  await tell(means, record, "failed", { detail: message }).catch((error) => {
    remarks.push(`the audit log does not have this: ${messageOf(error)}`);
  });
  if (isWhole) await means.applications.discard(open);
  if (!isWhole) return new Failure("not-restored", message);
  if (!(cause instanceof Failure)) return cause;
  return new Failure(cause.code, [cause.message, ...remarks].join("; "), cause.next);
}

/** Returns whether anything had to be written. */
async function restore({ target, before, after }: RecordedFile, held: HeldFiles): Promise<boolean> {
  if (before === after) return false;
  const file = held.of(target);
  const now = await file.bytes();
  const old = encode(before);
  if (isSame(now, old)) return false;
  if (!isTorn(now, old, encode(after))) {
    throw new Failure(
      "not-restored",
      `${target.path} was changed meanwhile by something else and was left as it is`,
    );
  }
  await file.write(before);
  return true;
}

/** Tells the reader of one file. Throws a failure when its command fails. */
export async function reload(
  { reload, reloadTimeoutMs, kind }: Target,
  record: ChangeRecord,
  means: Means,
): Promise<void> {
  if (!reload) return;
  stopIfAborted(means.signal);
  const ran = await run(reload, reloadTimeoutMs, means.signal);
  if (ran.kind === "failed") {
    throw new Failure(
      "reload-failed",
      `the reload of ${kind}, ${shellWords(reload)}, failed: ${ran.why}`,
    );
  }
  await tell(means, record, "reloaded", { detail: shellWords(reload) });
}

async function see(file: RecordedFile, record: ChangeRecord, means: Means): Promise<void> {
  const { check, kind } = file.target;
  if (!check) return;
  const effect = await awaitEffect(check, expectedIn(record, file), means.signal);
  if (effect.kind === "not-seen") {
    throw new Failure("no-effect", `the change of ${kind} does not show: ${effect.why}`);
  }
  const asked = check.kind === "command" ? shellWords(check.argv) : check.url.href;
  await tell(means, record, "effective", { detail: `seen by ${asked}` });
}

/** The files whose readers are told: those that change, or all when none does. */
export function touched({ files }: ChangeRecord): readonly RecordedFile[] {
  const changed = files.filter(({ before, after }) => before !== after);
  return changed.length > 0 ? changed : files;
}

/** Writes an entry about a change. */
export async function tell(
  { audit }: Means,
  record: ChangeRecord,
  step: Step,
  fields: Partial<Event> = {},
): Promise<void> {
  await audit.append({
    ...{ step, slug: record.slug, proposal_id: record.id, tool: record.tool },
    shown: `${record.basis}-${record.live}`,
    ...fields,
  });
}

function fileFields({ target, before, after }: RecordedFile): Partial<Event> {
  return {
    file: target.path,
    before: sha256(before),
    after: sha256(after),
    diff: unifiedDiff(target.path, before, after),
  };
}

function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure("interrupted", "interrupted, nothing was decided");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
