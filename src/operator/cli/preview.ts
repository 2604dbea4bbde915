/** What an approval would change, worked out from the live files as they are, and printed. */

import type { Item } from "../../queue/bottle.ts";
import type { TargetKind } from "../apply/edit.ts";
import { changedIn, type Plan, type Planned, planOf, targetsFor } from "../apply/plan.ts";
import { unifiedDiff } from "../apply/unified_diff.ts";
import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import { Failure } from "../failure.ts";
import { readLive } from "../live/held_file.ts";
import type { HeldFiles } from "../live/held_files.ts";
import { loud, type Output } from "../output.ts";
import { diffRows } from "../review/diff_rows.ts";
import type { Call } from "./command.ts";

/** Rows of a diff before the rest is only counted; `--full` shows all. */
const MAX_DIFF_ROWS = 400;

/**
 * What would change if `approved` were approved now. Undefined when nothing is configured. Throws a
 * failure when the configuration or a live file is not what it should be.
 */
export async function previewOf(
  call: Call,
  item: Item,
  approved: string,
): Promise<Plan | undefined> {
  const { tool } = item.proposal;
  const targets = (await call.config()).targetsOf(item.slug);
  const wanted = targetsFor(tool, targets);
  if (wanted.length === 0) return undefined;
  const planning = planOf(tool, approved, targets, await textsOf(wanted));
  if (planning.kind === "planned") return planning.plan;
  throw new Failure("bad-target", planning.problem, "supervisectl doctor");
}

/** The texts of live files; of those that are held, as they are held. */
export async function textsOf(
  targets: readonly Target[],
  held?: HeldFiles,
): Promise<Map<TargetKind, string>> {
  const texts = new Map<TargetKind, string>();
  for (const target of targets) {
    texts.set(target.kind, held ? await held.of(target).text() : await readLive(target));
  }
  return texts;
}

/** Prints the unified diff of every file that changes. Returns how many rows it took. */
export function printDiffs(out: Output, plan: Plan, isFull: boolean): number {
  return changedIn(plan).reduce((count, file) => count + printDiff(out, file, isFull), 0);
}

/** A live file as it is and as it would be. */
type Change = Pick<Planned, "target" | "before" | "after">;

export function printDiff(out: Output, file: Change, isFull: boolean): number {
  const { target } = file;
  const maxRows = isFull ? Infinity : MAX_DIFF_ROWS;
  const { rows, leftOut } = diffRows(diffOf(file), out.columns, maxRows);
  out.line();
  out.paragraph(`Would change ${target.path}${tellingOf(target)}:`);
  for (const { text, isChanged } of rows) out.line(isChanged ? loud(text) : text);
  if (leftOut) out.line(`  (${leftOut}; --full shows all)`);
  return rows.length;
}

export function diffOf({ target, before, after }: Change): string {
  return unifiedDiff(target.path, before, after);
}

/** In a sentence what stays as it is, or has to be done by hand. */
export function remarksOn(plan: Plan): string[] {
  const same = plan.files.filter(({ before, after }) => before === after);
  return [
    ...same.map(({ target }) => `${target.path} says it already and stays as it is.`),
    ...plan.missing.map((kind) =>
      `No ${kind} file is configured for this bottle: change it yourself.`
    ),
  ];
}

function tellingOf({ reload }: Target): string {
  return reload ? `, then run ${shellWords(reload)}` : "";
}
