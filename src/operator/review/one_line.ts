/** An ask in one line that is never longer than its place: the facts stay, the subject is cut. */

import { cut, cutStart, width } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import type { Review } from "./kind.ts";

/** A host is cut at its start, since its end says whose it is. */
export function oneLine(review: Review, columns = Infinity): string {
  if (review.kind === "malformed") return cut("NOT IN THE EXPECTED FORM", columns);
  const facts = `, ${review.facts.join(", ")}`;
  const room = Math.max(columns - width(facts), 8);
  return cut(cutStart(visibleLine(review.subject), room) + facts, columns);
}
