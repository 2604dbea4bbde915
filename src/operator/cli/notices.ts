/** Prints what the operator must not overlook. */

import { wrapWords } from "../columns.ts";
import { loud, type Output } from "../output.ts";
import type { Notice } from "../review/kind.ts";
import { visibleLine } from "../visible.ts";

export function notices(out: Output, found: readonly Notice[]): void {
  for (const { label, text } of found) {
    const rows = wrapWords(visibleLine(`${label}  ${text}`), out.columns - 4);
    for (const [index, row] of rows.entries()) {
      if (index > 0 || !row.startsWith(label)) out.line(`    ${row}`);
      else out.line("  ! ", loud(label), row.slice(label.length));
    }
  }
}
