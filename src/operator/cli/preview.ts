/** What an approval would change, printed. */

import { changedIn, type Plan, type Planned } from "../apply/plan.ts";
import { unifiedDiff } from "../apply/unified_diff.ts";
import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import { loud, type Output } from "../output.ts";
import { diffRows } from "../review/diff_rows.ts";

/** Rows of a diff before the rest is only counted; `--full` shows all. */
const MAX_DIFF_ROWS = 400;

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
