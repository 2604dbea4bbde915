/** What an approval would do to the live files now, or did: looked at, without changing anything. */

import { isOpen, type Item } from "../../queue/item.ts";
import { changeKindsOf } from "../apply/change_kinds.ts";
import type { TargetKind } from "../apply/edit.ts";
import { type Plan, planOf, targetsFor } from "../apply/plan.ts";
import type { Target } from "../config/config.ts";
import { Failure } from "../failure.ts";
import { readLive } from "../live/held_file.ts";
import type { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord } from "../live/record.ts";
import { approvableText } from "./approvable.ts";
import type { Call } from "./command.ts";

export interface Outlook {
  /** Undefined when nothing would be applied, or nobody can say. */
  readonly plan: Plan | undefined;
  /** Why nobody can say. */
  readonly problem: Failure | undefined;
  /** What the approval changed, if it has not been undone. */
  readonly applied: ChangeRecord | undefined;
  /** How the approval was undone, by this operator's own records, if it was and still is. */
  readonly undone: ChangeRecord | undefined;
}

/** For `approved`, the text in its one form; by default what is asked for, as far as it has one. */
export async function outlookOn(
  call: Call,
  item: Item,
  approved = approvableText(item.proposal),
): Promise<Outlook> {
  try {
    const { applications } = call;
    const { slug, proposal: { id } } = item;
    const undone = await applications.done(slug, id, "undo");
    const applied = undone ? undefined : await applications.done(slug, id, "apply");
    const plan = isOpen(item) && approved !== undefined
      ? await previewOf(call, item, approved)
      : undefined;
    return { plan, problem: undefined, applied, undone };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { plan: undefined, problem: error, applied: undefined, undone: undefined };
  }
}

/**
 * What would change if `approved` were approved now. Undefined when nothing is configured. Throws a
 * failure when the configuration or a live file is not what it should be.
 */
async function previewOf(call: Call, item: Item, approved: string): Promise<Plan | undefined> {
  const { tool } = item.proposal;
  const targets = (await call.config()).targetsOf(item.slug);
  const wanted = targetsFor(tool, targets);
  if (wanted.length === 0) return undefined;
  const planning = planOf(tool, approved, targets, await textsOf(wanted));
  if (planning.kind === "planned") return planning.plan;
  throw new Failure("bad-target", planning.problem, "supervisectl doctor");
}

/** The texts of live files; of those that are held, as they are held. */
export async function textsOf(
  targets: readonly Target[],
  held?: HeldFiles,
): Promise<Map<TargetKind, string>> {
  const texts = new Map<TargetKind, string>();
  for (const target of targets) {
    texts.set(target.kind, held ? held.of(target).text() : await readLive(target));
  }
  return texts;
}

/** Why nothing of a tool's approval would be applied, as a sentence without its end. */
export function whyNothing(tool: string): string {
  const [first] = changeKindsOf(tool);
  return first
    ? `no ${first.target} file is configured for this bottle`
    : `this version does not know the tool ${tool}`;
}
