/** What the route table must say once a change has taken effect: what the file says. */

import { changeKindsOf } from "../apply/change_kinds.ts";
import { routeOf } from "../apply/routes.ts";
import type { Expected } from "./effect.ts";
import type { ChangeRecord, RecordedFile } from "./record.ts";

/** Empty for a file that is no route table; a command has to know itself what it looks for. */
export function expectedIn(record: ChangeRecord, file: RecordedFile): readonly Expected[] {
  const change = changeKindsOf(record.tool).find(({ target }) => target === file.target.kind);
  const host = change?.hostOf?.(record.approved);
  return host === undefined ? [] : [{ host, route: routeOf(file.after, host) }];
}
