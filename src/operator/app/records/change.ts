/** What changes in the live files, in the wire form. */

import type { z } from "zod";
import { changeKindsOf } from "../../apply/change_kinds.ts";
import type { Lines } from "../../apply/edit.ts";
import { withSameEnds } from "../../apply/line_ends.ts";
import type { Plan } from "../../apply/plan.ts";
import { unifiedDiff } from "../../apply/unified_diff.ts";
import type { Target } from "../../config/config.ts";
import type { Notice } from "../../review/kind.ts";
import type { changeSchema, planSchema } from "../wire/change.ts";

/** A live file as it is and as it would be. */
interface Changing {
  readonly target: Target;
  readonly before: string;
  readonly after: string;
  readonly around?: Lines | undefined;
}

export function changeRecord(
  { target, before, after, around }: Changing,
): z.output<typeof changeSchema> {
  const same = withSameEnds(before, after);
  return {
    kind: target.kind,
    path: target.path,
    changed: before !== after,
    diff: unifiedDiff(target.path, before, after, around),
    line_ends: same.change ?? null,
    text_diff: same.change ? unifiedDiff(target.path, same.before, same.after, around) : null,
  };
}

export function planRecord(tool: string, plan: Plan | undefined): z.output<typeof planSchema> {
  return {
    files: (plan?.files ?? []).map(changeRecord),
    missing: plan ? [...plan.missing] : changeKindsOf(tool).map(({ target }) => target),
  };
}

export function noticeLines(notices: readonly Notice[]): string[] {
  return notices.map(({ label, text }) => `${label}: ${text}`);
}
