/** Whether the live files still say what was written into them once their readers have been told. */

import { changeKindsOf } from "../apply/change_kinds.ts";
import { Failure } from "../failure.ts";
import { readLive } from "./held_file.ts";
import type { ChangeRecord, RecordedFile } from "./record.ts";

/**
 * Looks at what each name leads to, as the readers do: a reload command may have put the old file
 * back. An edit of somebody else beside the change is no harm. Throws a failure when a file does not
 * say it any more.
 */
export async function requireKept(record: ChangeRecord): Promise<void> {
  for (const file of record.files) {
    if (isKept(record, file, await readLive(file.target))) continue;
    const { path, kind } = file.target;
    throw new Failure(
      "no-effect",
      `the change of ${kind} was taken out of ${path} again, by its reload command or by ` +
        "something else",
    );
  }
}

function isKept(
  { tool, approved, purpose }: ChangeRecord,
  { target, before, after }: RecordedFile,
  now: string,
): boolean {
  if (now === after) return true;
  if (now === before) return false;
  const change = changeKindsOf(tool).find((kind) => kind.target === target.kind);
  return change?.add(now, approved).kind === (purpose === "undo" ? "changed" : "unchanged");
}
