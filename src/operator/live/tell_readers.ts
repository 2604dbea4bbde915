/** The readers of live files: they are told of a change, and it is awaited that they have it. */

import { changeKindsOf } from "../apply/change_kinds.ts";
import { routeOf } from "../apply/routes.ts";
import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import { Failure } from "../failure.ts";
import type { ApplyDependencies } from "./apply_dependencies.ts";
import { logStep } from "./change_log.ts";
import { askForEffect, type Expected } from "./effect.ts";
import type { ChangeRecord, RecordedFile } from "./record.ts";
import { run } from "./run.ts";

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
  await logStep(dependencies, record, "reloaded", { detail: shellWords(reload) });
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
  await logStep(dependencies, record, "effective", { detail: `seen by ${asked}` });
}

/** The files whose readers are told: those that change, or all when none does. */
export function touched({ files }: ChangeRecord): readonly RecordedFile[] {
  const changed = files.filter(({ before, after }) => before !== after);
  return changed.length > 0 ? changed : files;
}

/** Empty for a file that is no route table; a command has to know itself what it looks for. */
function expectedIn(record: ChangeRecord, file: RecordedFile): readonly Expected[] {
  const change = changeKindsOf(record.tool).find(({ target }) => target === file.target.kind);
  const host = change?.hostOf?.(record.approved);
  return host === undefined ? [] : [{ host, route: routeOf(file.after, host) }];
}

/** Throws a failure once the actor has stopped. */
export function stopIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new Failure("interrupted", "it was interrupted");
}

/** What a command printed, in a sentence. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " / ");
}
