/**
 * The one order in which live files change, for an answer, an approval given again, and an undo, once
 * what was interrupted is recovered: hold the files, plan, write down, apply, make it hold, log.
 */

import type { Target } from "../config/config.ts";
import { applyChange } from "../live/apply_change.ts";
import type { OpenChange } from "../live/change_journal.ts";
import { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord } from "../live/record.ts";
import { stopIfAborted } from "../live/tell_readers.ts";
import type { Actor, App } from "./app.ts";
import { dependenciesOf } from "./dependencies.ts";
import { requireOutOfReach, requireWhole } from "./recover.ts";
import { Unlogged } from "./refusals.ts";

/** What is to be changed and how, where changes differ; the functions are called in this order. */
export interface LiveChange<P extends { readonly record: ChangeRecord }> {
  /** The live files that it is about; none for a rejection. */
  readonly targets: readonly Target[];
  /** With the files held: makes sure that it may be done, and that it is what was shown. */
  plan(held: HeldFiles): Promise<P>;
  /** It was refused, or could not be written down before it began. */
  refused?(error: unknown): Promise<void>;
  /** All is written and seen: from here on it holds, and nothing is put back. */
  commit(open: OpenChange, planned: P): Promise<void>;
  /** Writes down, and tells, that it holds. */
  log(open: OpenChange, planned: P): Promise<void>;
  /** What holds, for the case that it cannot be written down. */
  readonly done: string;
}

/**
 * Throws a failure when a step fails: then the live files are as they were before, except that what
 * holds already, and an undo, are never put back.
 */
export async function changeLiveFiles<P extends { readonly record: ChangeRecord }>(
  app: App,
  actor: Actor,
  change: LiveChange<P>,
): Promise<P> {
  await requireOutOfReach(app, change.targets);
  stopIfAborted(actor.signal);
  using held = await HeldFiles.hold(change.targets, actor.signal);
  await requireWhole(app, change.targets);
  const { planned, open } = await begin(app, change, held);
  using _open = open;
  await applyChange(open, held, dependenciesOf(app, actor), () => change.commit(open, planned));
  try {
    await change.log(open, planned);
    await app.changes.finish(open);
  } catch (error) {
    throw new Unlogged(change.done, error);
  }
  return planned;
}

async function begin<P extends { readonly record: ChangeRecord }>(
  app: App,
  change: LiveChange<P>,
  held: HeldFiles,
): Promise<{ readonly planned: P; readonly open: OpenChange }> {
  try {
    const planned = await change.plan(held);
    return { planned, open: await app.changes.begin(planned.record) };
  } catch (error) {
    await change.refused?.(error);
    throw error;
  }
}
