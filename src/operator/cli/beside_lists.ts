/** What stands beside a list: the rows that were left out of it, and the files that were passed over. */

import type { Skipped } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { cut } from "../columns.ts";
import type { Output } from "../output.ts";
import { visibleLine } from "../visible.ts";
import type { CommandContext } from "./command.ts";

/** So many rows of one bottle are printed on a terminal, unless that bottle is asked for. */
const MAX_ROWS = 100;

export interface Firsts<T> {
  readonly shown: readonly T[];
  /** How many more there are, of which bottle. */
  readonly left: ReadonlyMap<Slug, number>;
}

/** All of them where no person looks at a screen. `rows` are in the order in which they are shown. */
export function firstsOf<T>(
  context: CommandContext,
  rows: readonly T[],
  slugOf: (row: T) => Slug,
): Firsts<T> {
  const left = new Map<Slug, number>();
  const isAsked = context.slug !== undefined || context.json || context.flag("full");
  if (isAsked || !context.out.isTerminal) return { shown: rows, left };
  const counts = new Map<Slug, number>();
  const shown = rows.filter((row) => {
    const slug = slugOf(row);
    const count = (counts.get(slug) ?? 0) + 1;
    counts.set(slug, count);
    if (count > MAX_ROWS) left.set(slug, count - MAX_ROWS);
    return count <= MAX_ROWS;
  });
  return { shown, left };
}

/** Says what was left out, and of which bottle. */
export function printLeft(
  context: CommandContext,
  left: ReadonlyMap<Slug, number>,
  all = false,
): void {
  for (const [slug, count] of left) {
    const words = ["list", "--slug", slug, ...all ? ["--all"] : []];
    context.out.paragraph(
      `${count} more of bottle ${slug} are not shown: ${context.next(...words)}`,
    );
  }
}

const MAX_LINES = 10;
const MAX_COLUMNS = 300;

export function reportSkipped(err: Output, skipped: readonly Skipped[]): void {
  for (const { slug, name, why } of skipped.slice(0, MAX_LINES)) {
    const place = name ? `${slug}/${name}` : slug;
    err.paragraph(cut(visibleLine(`supervisectl: skipped ${place}: ${why}`), MAX_COLUMNS));
  }
  const more = skipped.length - MAX_LINES;
  if (more > 0) err.line(`supervisectl: skipped ${more} more; --json names them all`);
}
