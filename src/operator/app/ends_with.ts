/** Approvals that hold only as long as another does: what that one added is all that grants them. */

import type { Texts } from "../apply/change_kinds.ts";
import { noticedOf, targetsFor } from "../apply/plan.ts";
import type { Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { App } from "./app.ts";
import { LiveTexts } from "./live_texts.ts";

/** Whether the live files, as they are in `texts`, say all of what was approved. */
function isGranted({ tool, approved }: ChangeRecord, targets: Targets, texts: Texts): boolean {
  const noticed = noticedOf(tool, approved, targets, texts);
  return noticed.kind === "noticed" && noticed.changed.length === 0;
}

/**
 * The other approvals of the bottle of `record`, none of them undone, that `texts` grant and `others`
 * do not; by this operator's own records.
 */
export async function grantedOnlyIn(
  app: App,
  { slug, id }: ChangeRecord,
  targets: Targets,
  { texts, others }: { readonly texts: Texts; readonly others: Texts },
): Promise<readonly ChangeRecord[]> {
  const standing = await app.changes.standing(slug);
  return standing.filter((one) =>
    one.id !== id && isGranted(one, targets, texts) && !isGranted(one, targets, others)
  );
}

/** Whether the live files no longer say what `record` was approved for; false where that is not known. */
export async function isLost(app: App, record: ChangeRecord): Promise<boolean> {
  try {
    const targets = (await app.config()).targetsOf(record.slug);
    return !isGranted(
      record,
      targets,
      await new LiveTexts(app).of(targetsFor(record.tool, targets)),
    );
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}

/** Whether it found in the live files all that it asked for. */
export function addedNothing({ files }: ChangeRecord): boolean {
  return files.every(({ added }) => added === undefined);
}
