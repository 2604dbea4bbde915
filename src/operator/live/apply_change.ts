/** Changes live files so that all of it holds or nothing does: write, reload, see, commit. */

import { Buffer } from "node:buffer";
import type { ProposalId } from "../../queue/layout.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import { unifiedDiff } from "../apply/unified_diff.ts";
import type { AuditEvent, AuditStep } from "../audit/entry.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import { Failure, type Remedy } from "../failure.ts";
import type { ChangeJournal, OpenChange } from "./change_journal.ts";
import { askForEffect } from "./effect.ts";
import { expectedIn } from "./expected.ts";
import { isTorn } from "./held_file.ts";
import type { HeldFiles } from "./held_files.ts";
import { requireKept } from "./kept.ts";
import { messageOf } from "./message_of.ts";
import type { ChangeRecord, RecordedFile } from "./record.ts";
import { run } from "./run.ts";

export interface Telling {
  /** Of what the agent is told. */
  readonly told: readonly ProposalId[];
  /** For each of the rest why it cannot be told, as a sentence. */
  readonly untold: readonly string[];
}

export interface ApplyDependencies {
  readonly changes: ChangeJournal;
  readonly audit: AuditLog;
  /**
   * Tells the agent that what it was granted was undone, or holds again, the record's `others` too.
   * Survives a power cut when it settles, and may be repeated. Never rejects.
   */
  readonly tellAgent: (record: ChangeRecord) => Promise<Telling>;
  /** Aborted, it ends the step that is under way, and what was done is put back. */
  readonly signal: AbortSignal;
}

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
      const before = encode(file.before);
      begun.push(file);
      isStale = await held.of(file.target).write(file.after, (now) => isSame(now, before)) ===
        "stale";
      if (isStale) {
        begun.pop();
        throw stale(file.target);
      }
      await tell(dependencies, record, "applied", fileFields(file));
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
  await tell(dependencies, record, "failed", { detail: message }).catch(() => {});
  return cause instanceof Failure ? new Failure(cause.code, message, cause.remedy) : cause;
}

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
  await tell(dependencies, record, "failed", {
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
      abandoning(record),
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
  const [old, written] = [encode(before), encode(after)];
  const file = held.of(target);
  // A reload command may have replaced it.
  await file.follow();
  if (isSame(file.bytes(), old)) return false;
  if (await file.write(before, (now) => isTorn(now, old, written)) === "stale") {
    throw foreign(target);
  }
  return true;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** Of a live file that was edited after what would be done was worked out. */
function stale({ path }: Target): Failure {
  return new Failure(
    "changed",
    `${path} was changed by something else right before it was to be written: nothing was written ` +
      "to it; look at it as it is now and try again",
  );
}

/** What ends a change that nothing else can end. */
export function abandoning({ id }: ChangeRecord): Remedy {
  return { do: "abandon", id };
}

/** Of a live file that says neither what it said before nor what was written. */
export function foreign({ path }: Target): Failure {
  return new Failure(
    "not-restored",
    `${path} was changed meanwhile by something else and was left as it is`,
  );
}

/** Tells the reader of one file. Throws a failure when its command fails. */
export async function reload(
  { reload, reloadTimeoutMs, kind }: Target,
  record: ChangeRecord,
  dependencies: ApplyDependencies,
): Promise<void> {
  if (!reload) return;
  stopIfAborted(dependencies.signal);
  const ran = await run(reload, reloadTimeoutMs, dependencies.signal);
  if (ran.kind === "failed") {
    throw new Failure(
      ran.interrupted ? "interrupted" : "reload-failed",
      `the reload of ${kind}, ${shellWords(reload)}, failed: ${oneLine(ran.why)}`,
    );
  }
  await tell(dependencies, record, "reloaded", { detail: shellWords(reload) });
}

/** Awaits that a change shows, where a check is configured. Throws a failure when it does not. */
export async function awaitEffect(
  file: RecordedFile,
  record: ChangeRecord,
  dependencies: ApplyDependencies,
): Promise<void> {
  const { check, kind } = file.target;
  if (!check) return;
  const effect = await askForEffect(check, expectedIn(record, file), dependencies.signal);
  if (effect.kind === "not-seen") {
    throw new Failure(
      effect.interrupted ? "interrupted" : "no-effect",
      `the change of ${kind} does not show: ${oneLine(effect.why)}`,
    );
  }
  const asked = check.kind === "command" ? shellWords(check.command) : check.url.href;
  await tell(dependencies, record, "effective", { detail: `seen by ${asked}` });
}

/** The files whose readers are told: those that change, or all when none does. */
export function touched({ files }: ChangeRecord): readonly RecordedFile[] {
  const changed = files.filter(({ before, after }) => before !== after);
  return changed.length > 0 ? changed : files;
}

/** Writes an entry about a change, with what was asked. */
export async function tell(
  { audit }: Pick<ApplyDependencies, "audit">,
  record: ChangeRecord,
  step: AuditStep,
  fields: Partial<AuditEvent> = {},
): Promise<void> {
  await audit.append({
    ...{ step, bottle_slug: record.slug, proposal_id: record.id, tool: record.tool },
    ...{ ...record.asked, granted: record.granted, justification: record.justification },
    ...{ file_sha256: record.file_sha256, basis: record.basis, purpose: record.purpose },
    ...fields,
  });
}

function fileFields({ target, before, after, added }: RecordedFile): Partial<AuditEvent> {
  return {
    added: added === undefined ? undefined : inShort(added),
    file: target.path,
    before: sha256Hex(before),
    after: sha256Hex(after),
    diff: unifiedDiff(target.path, before, after),
  };
}

/** Without how the text was written: the diff has that. */
function inShort(added: unknown): string {
  return JSON.stringify(added, (key, value) => HOW_WRITTEN.includes(key) ? undefined : value);
}

const HOW_WRITTEN = ["exact", "lines", "behind"];

/** Throws a failure once the actor has stopped. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure("interrupted", "it was interrupted");
}

/** What a command printed, in a sentence. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " / ");
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
