/** What an approval would change, laid out for a terminal and printed. */

import type { Lines } from "../apply/edit.ts";
import { withSameEnds } from "../apply/line_ends.ts";
import { changedIn, type Plan } from "../apply/plan.ts";
import { unifiedDiff } from "../apply/unified_diff.ts";
import type { Target } from "../config/config.ts";
import { shellWords } from "../config/shell_word.ts";
import type { Output } from "../output.ts";
import { diffRows } from "../review/diff_rows.ts";
import { type Change, changeRows } from "../text/parts.ts";

/** Rows of a diff before the rest is only counted; `--full` shows all. */
const MAX_DIFF_ROWS = 400;

/** Rows of the route's own lines above a diff that does not reach them. */
const MAX_HEAD_ROWS = 60;
const LIST_ITEM = /^\s*-\s/;

/** A live file as it is and as it would be. */
interface FileChange {
  readonly target: Target;
  readonly before: string;
  readonly after: string;
  readonly around?: Lines | undefined;
}

/** A change as it is printed. */
interface LaidOutDiff extends Change {
  readonly target: Target;
  /** The first line of the changed file that is not among the rows. */
  readonly hiddenFrom: number | undefined;
}

export function layOutAll(plan: Plan, columns: number, isFull: boolean): LaidOutDiff[] {
  return changedIn(plan).map((file) => layOut(file, columns, isFull));
}

export function layOut(file: FileChange, columns: number, isFull: boolean): LaidOutDiff {
  const { target, around } = file;
  const { before, after, change } = withSameEnds(file.before, file.after);
  const diff = unifiedDiff(target.path, before, after, around);
  const laidOut = diffRows(diff, columns, isFull ? Infinity : MAX_DIFF_ROWS);
  const head = around ? headRows(before, diff, around, columns) : [];
  const telling = target.reload ? `, then run ${shellWords(target.reload)}` : "";
  const title = `Would change ${target.path}${telling}`;
  return { target, title, ...laidOut, rows: [...head, ...laidOut.rows], lineEnds: change };
}

/** The route without its long lists, where the diff has not all of it: it says what is sent. */
function headRows(before: string, diff: string, { first, last }: Lines, columns: number) {
  const hunks = diff.split("\n").flatMap((line) => {
    const [found, start, rows = 1] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    return found === undefined ? [] : [[Number(start), Number(start) + Number(rows) - 1] as const];
  });
  if (hunks.some(([start, end]) => start <= first && end >= last)) return [];
  const lines = before.split("\n").slice(first - 1, last);
  const head = lines.filter((line, at) => at === 0 || !LIST_ITEM.test(line));
  const text = `@@ -${first},${head.length} +${first},${head.length} @@\n${
    head.map((line) => ` ${line}\n`).join("")
  }`;
  const [, ...rows] = diffRows(text, columns, MAX_HEAD_ROWS).rows;
  return [
    { text: "  The route without its lists:", isChanged: false },
    ...rows,
  ];
}

/** Prints the unified diff of every file that changes. */
export function printDiffs(out: Output, plan: Plan, isFull: boolean): void {
  for (const diff of layOutAll(plan, out.columns, isFull)) {
    out.line();
    out.rows(changeRows(diff, out.room));
  }
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
