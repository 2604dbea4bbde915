/** Prints what the operator must not overlook. */

import type { Output } from "../output.ts";
import type { Notice } from "../review/kind.ts";
import { noticeRows } from "../text/parts.ts";

export function notices(out: Output, found: readonly Notice[]): void {
  out.rows(noticeRows(found, out.columns));
}
