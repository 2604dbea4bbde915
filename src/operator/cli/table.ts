/** The table of `list`: one line a proposal; where there is a limit, what does not fit is cut. */

import type { Item } from "../../queue/item.ts";
import { shortForms } from "../app/shorten.ts";
import { cut, pad, width } from "../columns.ts";
import type { Review } from "../review/kind.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { visibleLine } from "../visible.ts";
import { age } from "../when.ts";
import { shortState } from "./standing.ts";

export interface TableOptions {
  /** Shows each proposal's state, not only who has claimed it. */
  readonly all: boolean;
  readonly now: Date;
  /** Infinity: nothing is cut. */
  readonly columns: number;
  /** What was undone; default: nothing. */
  readonly undone?: ReadonlySet<Item>;
}

/** The column that takes what the others leave. */
const ASKS = "ASKS";
const GAP = "  ";

/** Where ASKS gets less than this, other columns are cut shorter. */
const COMFORTABLE_ASKS = 28;
const MIN_ASKS = 12;
/** Where there are so many columns, ASKS also says which paths, and which URL or image. */
const WIDE_COLUMNS = 100;
const MAX_COLUMNS = 24;
const NARROW_COLUMNS = 10;

interface Column {
  readonly head: string;
  readonly cells: readonly string[];
}

/** The rows of the table, its heads first. */
export function itemTable(items: readonly Item[], options: TableOptions): string[] {
  let columns = columnsOf(items, options, false);
  let room = roomFor(columns, options.columns);
  if (room < COMFORTABLE_ASKS) {
    columns = columnsOf(items, options, true);
    room = roomFor(columns, options.columns);
  }
  const isWide = options.columns >= WIDE_COLUMNS && options.columns < Infinity;
  const cells = items.map(({ proposal }) => asksOf(reviewOf(proposal), room, isWide));
  const asks = { head: ASKS, cells };
  columns.splice(columns.findIndex(({ head }) => head === "TOOL") + 1, 0, asks);
  const widths = columns.map(widthOf);
  const row = (cellOf: (column: Column) => string) =>
    columns.map((column, index) => pad(cellOf(column), widths[index] ?? 0)).join(GAP).trimEnd();
  return [
    row(({ head }) => head),
    ...items.map((_, index) => cut(row(({ cells }) => cells[index] ?? ""), options.columns)),
  ];
}

/** `api.github.com, 2 paths: /repos/acme/, /user`, as far as there is room for what stands last. */
function asksOf(review: Review, room: number, isWide: boolean): string {
  const short = oneLine(review, room);
  if (!isWide || review.kind === "malformed") return short;
  const more = review.details.filter(([label]) => label !== "host" && label !== "note")
    .map(([, value]) => visibleLine(value)).join(", ");
  return more === "" || width(short) + 4 > room ? short : cut(`${short}: ${more}`, room);
}

/** All columns but ASKS. `narrow` gives names of people's choice less room. */
function columnsOf(
  items: readonly Item[],
  { all, now, columns, undone }: TableOptions,
  narrow: boolean,
): Column[] {
  const cutTo = (text: string, most: number) => columns === Infinity ? text : cut(text, most);
  const short = shortForms(items.map((item) => item.proposal.id));
  const column = (head: string, cell: (item: Item) => string, most = MAX_COLUMNS): Column => ({
    head,
    cells: items.map((item) => cutTo(visibleLine(cell(item)), most)),
  });
  const nameColumns = narrow ? NARROW_COLUMNS : MAX_COLUMNS;
  const isWaited = items.some((item) => item.waiting > 0 || item.polledAt !== undefined);
  const isClaimed = items.some((item) => item.claim || item.state === "claimed");
  return [
    column("ID", ({ proposal: { id } }) => short.get(id) ?? id, Infinity),
    column("AGE", (item) => age(item.proposal.arrival_timestamp, now)),
    column("BOTTLE", (item) => item.slug, nameColumns),
    narrow
      ? column("TOOL", ({ proposal: { tool } }) => tool.replace(/-block$/, ""), NARROW_COLUMNS)
      : column("TOOL", ({ proposal: { tool } }) => tool),
    ...isWaited || !all ? [column("WAIT", waits)] : [],
    ...all ? [column("STATE", (item) => shortState(item, undone?.has(item) ?? false))] : [],
    ...isClaimed && !all ? [column("CLAIMED BY", claimant, nameColumns)] : [],
  ];
}

function waits({ waiting, polledAt }: Item): string {
  if (waiting > 0) return String(waiting);
  return polledAt === undefined ? "-" : "polls";
}

function widthOf({ head, cells }: Column): number {
  return cells.reduce((widest, cell) => Math.max(widest, width(cell)), width(head));
}

function roomFor(columns: readonly Column[], total: number): number {
  const taken = columns.reduce((sum, column) => sum + widthOf(column) + GAP.length, 0);
  return Math.max(total - taken, MIN_ASKS);
}

/** One that cannot be read is named as such: an empty cell would look as if it were free. */
function claimant({ claim, state }: Item): string {
  return claim?.claimed_by ?? (state === "claimed" ? "unreadable" : "");
}
