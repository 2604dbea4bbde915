/** The first rows of each bottle, where all of one would push those of others off a screen. */

import type { Slug } from "../../queue/layout.ts";
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
