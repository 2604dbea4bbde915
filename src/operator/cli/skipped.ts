/** Tells, beside a listing, which files of the queues were passed over and why. */

import type { Skipped } from "../../queue/item.ts";
import { cut } from "../columns.ts";
import type { Output } from "../output.ts";
import { visibleLine } from "../visible.ts";

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
