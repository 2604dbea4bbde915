/** Approvals that hold only as long as another does: what that one added is all that grants them. */

import { noticedOf, targetsFor } from "../apply/plan.ts";
import type { Texts } from "../apply/change_kinds.ts";
import type { Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import type { CommandContext } from "./command.ts";
import { LiveTexts } from "./live_texts.ts";
import { shorten } from "./short_id.ts";

/** The length of an ask in a sentence, in columns. */
const MAX_ASKS = 60;

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
  context: CommandContext,
  { slug, id }: ChangeRecord,
  targets: Targets,
  { texts, others }: { readonly texts: Texts; readonly others: Texts },
): Promise<readonly ChangeRecord[]> {
  const standing = await context.app.changes.standing(slug);
  return standing.filter((one) =>
    one.id !== id && isGranted(one, targets, texts) && !isGranted(one, targets, others)
  );
}

/** Whether the live files no longer say what `record` was approved for; not where nobody can say. */
export async function isLost(context: CommandContext, record: ChangeRecord): Promise<boolean> {
  try {
    const targets = (await context.app.config()).targetsOf(record.slug);
    return !isGranted(
      record,
      targets,
      await new LiveTexts(context).of(targetsFor(record.tool, targets)),
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

/** `1 more approval ends with it: 1a2b3c4d (api.github.com, 1 path).`; undefined for none. */
export function endsSentence(
  records: readonly ChangeRecord[],
  [one, many]: readonly [one: string, many: string],
): string | undefined {
  if (records.length === 0) return undefined;
  const what = records.length === 1 ? `approval ${one}` : `approvals ${many}`;
  return `${records.length} more ${what} with it: ${records.map(nameOf).join(", ")}.`;
}

function nameOf({ id, tool, approved }: ChangeRecord): string {
  const review = kindOf(tool)?.review(approved);
  return `${shorten(id)} (${review ? oneLine(review, MAX_ASKS) : tool})`;
}
