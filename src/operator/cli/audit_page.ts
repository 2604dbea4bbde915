/** Entries and counts as people read them: an entry is one row, and what was said stands below. */

import type { Entry } from "../audit/chain.ts";
import type { Count } from "../audit/stats.ts";
import { cut, cutStart, pad, wrapWords } from "../columns.ts";
import type { Output } from "../output.ts";
import { quote } from "../review/quote.ts";
import { visibleLine } from "../visible.ts";
import { age, instant } from "../when.ts";

const GAP = "  ";
const STEP_COLUMNS = 9;
const SHORT_ID = 8;

/** Names of people's choice get more where there is room. */
const NAME_COLUMNS = 10;
const WIDE_NAME_COLUMNS = 20;
const WIDE = 120;

const INDENT = "    ";
const LABEL_COLUMNS = 19;

/** Rows of what was said; `--full` shows all. */
const MAX_ROWS = 4;

const BRIEF = ["file", "notes", "detail"] as const;
const FULL = [
  ...["proposal_id", "tool", "host", "ask", "granted", "purpose", "face"] as const,
  ...["arrival_timestamp"] as const,
  ...["status", "file", "notes", "detail", "basis", "before", "after", "added"] as const,
  ...["file_sha256", "cut", "hash"] as const,
];
const QUOTED = ["justification", "proposed_file", "final_file", "diff"] as const;

/** `full` adds the hashes, the justification and the diff. */
export function printEntry(out: Output, entry: Entry, full: boolean): void {
  out.line(entryRow(entry, out.columns));
  printFields(out, entry, full ? FULL : BRIEF, full);
  for (const name of full ? QUOTED : []) {
    if (entry[name] === undefined) continue;
    out.line(`${INDENT}${name}`);
    for (const row of quote(entry[name], out.columns, Infinity).rows) out.line(row);
  }
}

/** Those of `names` that say something; what is long is cut unless `full`. */
export function printFields(
  out: Output,
  entry: Entry,
  names: readonly (keyof Entry)[],
  full: boolean,
): void {
  for (const name of names) {
    if (entry[name]) printField(out, name, entry[name], full);
  }
}

function entryRow(entry: Entry, columns: number): string {
  const name = (text: string) => {
    const most = columns < WIDE ? NAME_COLUMNS : WIDE_NAME_COLUMNS;
    return pad(cut(visibleLine(text), most), most);
  };
  const start = [
    instant(entry.at),
    name(entry.who),
    pad(cut(visibleLine(entry.step), STEP_COLUMNS), STEP_COLUMNS),
    name(entry.bottle_slug),
    pad(cut(visibleLine(entry.proposal_id.slice(0, SHORT_ID)), SHORT_ID), SHORT_ID),
  ].join(GAP) + GAP;
  return (start + what(entry, Math.max(NAME_COLUMNS, columns - start.length))).trimEnd();
}

/** What the step was about: of a path the end tells. */
function what({ step, tool, file, status }: Entry, columns: number): string {
  if (step === "repaired") return "";
  if (file !== undefined) return cutStart(visibleLine(file), columns);
  return cut(visibleLine(status ?? tool), columns);
}

function printField(out: Output, name: string, value: string, full: boolean): void {
  const columns = out.columns - INDENT.length - LABEL_COLUMNS;
  const shown = visibleLine(value);
  const rows = wrapWords(full ? shown : cut(shown, MAX_ROWS * columns), columns);
  for (const [index, row] of rows.entries()) {
    out.line(INDENT + pad(index === 0 ? name : "", LABEL_COLUMNS) + row);
  }
}

const HEADS = [
  "BOTTLE",
  "TOOL",
  "APPROVED",
  "MODIFIED",
  "REJECTED",
  "FAILED",
  "UNDONE",
  "MEDIAN",
];

export function printCounts(out: Output, counts: readonly Count[]): void {
  const rows = counts.map((count) => [
    count.bottle_slug,
    count.tool,
    ...[count.approved, count.modified, count.rejected, count.failed, count.undone].map(String),
    count.median_ms === null ? "-" : duration(count.median_ms),
  ]);
  const most = out.columns < WIDE ? NAME_COLUMNS + 2 : WIDE_NAME_COLUMNS;
  for (const row of [HEADS, ...rows]) {
    const cells = row.map((cell, column) =>
      column < 2 ? pad(cut(visibleLine(cell), most), most) : pad(cell, HEADS[column]?.length ?? 0)
    );
    out.line(cells.join(GAP).trimEnd());
  }
}

function duration(ms: number): string {
  return age(new Date(0).toISOString(), new Date(ms));
}
