/** Decisions as people read them: a row each. */

import type { Entry } from "../audit/chain.ts";
import { outcomeOf } from "../audit/outcome.ts";
import { cut, cutStart, pad, width } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";

const GAP = "  ";
const SHORT_ID = 8;
const MINUTE = "2026-11-01 12:00".length;

/** Names of people's choice get this much at least, and more where there is room. */
const NAME_COLUMNS = 10;
const WIDE_NAME_COLUMNS = 24;
const WIDE = 120;
const MIN_WHAT = 12;

const HEADS = ["TIME (UTC)", "WHO", "DECISION", "BOTTLE", "ID", "FROM"];

const MOST = [MINUTE, 0, "undo unfinished".length, 0, SHORT_ID, "triage".length];

/** One decision as one row, before its columns are laid out. */
export interface DecisionRow {
  readonly cells: readonly string[];
  readonly host: string;
  /** What more is known of it; begins with how it goes on from the host. */
  readonly rest: string;
}

/** Whatever is not cut is kept whole: the columns are laid out when all rows are known. */
export function rowOf(entry: Entry): DecisionRow {
  const { at, who, bottle_slug, proposal_id, face = "-", tool } = entry;
  const isOfLog = proposal_id === "-";
  const host = entry.host ?? (isOfLog ? "" : tool);
  return {
    cells: [
      instant(at).replace("T", " ").slice(0, MINUTE),
      who,
      outcomeOf(entry),
      bottle_slug,
      proposal_id.slice(0, SHORT_ID),
      face,
    ].map(visibleLine),
    host: visibleLine(host),
    rest: visibleLine(restOf(entry, host)),
  };
}

function restOf({ step, detail = "", ask = "", granted }: Entry, host: string): string {
  if (step === "failed" || ask === "") return detail && (host === "" ? detail : `: ${detail}`);
  const words = granted ?? ask;
  const rest = words.startsWith(host) ? words.slice(host.length) : `: ${words}`;
  return granted === undefined ? rest : `${rest}, asked for ${ask}`;
}

/** `columns` is Infinity where nothing is to be cut. */
export function* decisionRows(rows: readonly DecisionRow[], columns: number): Generator<string> {
  const most = columns === Infinity ? Infinity : columns < WIDE ? NAME_COLUMNS : WIDE_NAME_COLUMNS;
  const widths = HEADS.map((head, at) =>
    rows.reduce(
      (widest, { cells }) => Math.max(widest, Math.min(width(cells[at] ?? ""), mostOf(at, most))),
      head.length,
    )
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => pad(cut(cell, mostOf(at, most)), widths[at] ?? 0)).join(GAP) + GAP;
  yield cut(`${line(HEADS)}WHAT`, columns);
  for (const { cells, host, rest } of rows) {
    const start = line(cells);
    const room = Math.max(columns - width(start), MIN_WHAT);
    yield cut(`${start}${cutStart(host, room)}${rest}`.trimEnd(), columns);
  }
}

/** Who and bottle are of people's choice; the others are longer only where a log was forged. */
function mostOf(column: number, most: number): number {
  return column === 1 || column === 3 ? most : MOST[column] ?? Infinity;
}
