/** Says loudly that a page does not show all, and where what must not be overlooked is hidden. */

import { inLines } from "../review/hint_notices.ts";
import type { Notice } from "../review/kind.ts";

/** A text of the page. */
interface Part {
  readonly what: string;
  /** What is not printed of it, in words; undefined when all is. */
  readonly leftOut: string | undefined;
  /** The first line of the proposed file that is not printed, if it is about lines of that. */
  readonly hiddenFrom: number | undefined;
}

/** Undefined when all is printed. */
export function hiddenNotice(
  parts: readonly Part[],
  notices: readonly Notice[],
): Notice | undefined {
  const cut = parts.filter(({ leftOut }) => leftOut !== undefined);
  if (cut.length === 0) return undefined;
  const left = cut.map(({ what, leftOut }) => `${what} is cut (${leftOut})`).join("; ");
  const from = Math.min(...cut.map(({ hiddenFrom }) => hiddenFrom ?? Infinity));
  const found = notices.flatMap(({ label, lines = [] }) => {
    const hidden = lines.filter((line) => line >= from);
    return hidden.length > 0 ? [`${label} in ${inLines(hidden)}`] : [];
  });
  const among = found.length > 0 ? `. Among what is not shown: ${found.join("; ")}` : "";
  return {
    label: "NOT ALL SHOWN",
    text: `${left}${among}. --full shows all, and then the basis to approve it`,
  };
}
