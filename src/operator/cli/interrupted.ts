/** Before anything is decided or taken back: what an earlier, killed command left of it is ended. */

import { Desk } from "../../queue/desk.ts";
import type { Slug } from "../../queue/layout.ts";
import { AMONG_QUEUES, AmongQueues } from "../config/among_queues.ts";
import { requireOwnDirectory } from "../config/check_directory.ts";
import type { Target } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { type Ended, recover } from "../live/recover.ts";
import { hasStateDirectory } from "../settings.ts";
import type { CommandContext } from "./command.ts";
import { meansOf } from "./means.ts";
import { shorten } from "./short_id.ts";

/** What is to be changed: a proposal, by its id or the beginning of it, and live files. */
export interface Scope {
  readonly slug: Slug | undefined;
  readonly id: string;
  readonly targets: readonly Target[];
}

/**
 * Ends what was interrupted of the proposal or of the live files in `scope`, and every answer that is
 * not in the audit log yet. Throws a failure when what `scope` names cannot be ended. What is under
 * way in another process is left to it.
 */
export async function endInterrupted(
  context: CommandContext,
  scope: Scope,
): Promise<readonly Ended[]> {
  await requireOutOfReach(context, scope.targets);
  using interrupts = context.interrupts();
  const means = meansOf(context, interrupts.signal);
  const decided = (record: ChangeRecord) => isDecided(context, record);
  // Of an answer only the audit log is behind: whoever comes next writes it.
  const { ended, left } = await recover(
    means,
    decided,
    async (slug) => (await context.app.config()).targetsOf(slug),
    (record) => record.purpose === "answer" || concerns(scope, record),
  );
  const inTheWay = left.find(({ record }) => concerns(scope, record));
  if (inTheWay) throw inTheWay.failure;
  return ended;
}

/** Throws a failure when somebody else, or a bottle, could write what is relied on. */
export async function requireOutOfReach(
  context: CommandContext,
  targets: readonly Target[],
): Promise<void> {
  await requireOwnDirectory(context.app.stateDirectory);
  const queues = await AmongQueues.under(context.app.desk.root);
  await queues.requireOutside(context.app.stateDirectory);
  for (const target of targets) {
    const [found] = await queues.of(target, context.env("PATH"));
    if (!found) continue;
    const what = found.what || `the ${target.kind} file ${found.path} `;
    throw new Failure("bad-target", `${what}${AMONG_QUEUES}`, { do: "doctor" });
  }
}

function concerns({ slug, id, targets }: Scope, record: ChangeRecord): boolean {
  const isIt = id !== "" && record.id.startsWith(id) && (slug ?? record.slug) === record.slug;
  return isIt || sharesFile(targets, record);
}

function sharesFile(targets: readonly Target[], { files }: ChangeRecord): boolean {
  return files.some(({ target }) => targets.some(({ path }) => path === target.path));
}

/** Throws a failure when a change of one of `targets`, which are held, came while they were waited for. */
export async function requireWhole(
  context: CommandContext,
  targets: readonly Target[],
): Promise<void> {
  for (const { record, directory } of await context.app.changes.unfinished()) {
    if (!sharesFile(targets, record)) continue;
    throw new Failure(
      "busy",
      `a change of the same file, that of ${
        shorten(record.id)
      }, is unfinished, see ${directory}; ` +
        "try again",
      { do: "doctor" },
    );
  }
}

/** Whether the decision of a change is in its bottle's queue. A bottle cannot know its token. */
export async function isDecided(context: CommandContext, record: ChangeRecord): Promise<boolean> {
  const { slug, id, token, queueRoot } = record;
  const desk = queueRoot === context.app.desk.root
    ? context.app.desk
    : new Desk(queueRoot, () => context.app.now());
  const bottles: readonly Slug[] = await desk.bottles().catch(() => []);
  if (!bottles.includes(slug)) {
    throw new Failure(
      "no-queue",
      `whether ${shorten(id)} of bottle ${slug} was decided before it was interrupted cannot be ` +
        `seen: its queue is not under ${queueRoot} any more; make its live files what they should ` +
        "be, then end it by hand",
      { do: "abandon", id },
    );
  }
  return (await desk.look(slug, id))?.decision?.application === token;
}

/** Says, where proposals are shown, that something was interrupted and is not ended yet. */
export async function announceInterrupted(
  context: CommandContext,
  slug = context.slug,
): Promise<void> {
  if (!hasStateDirectory(context.env)) return;
  for (const { record, take } of await context.app.changes.unfinished()) {
    if (slug !== undefined && record.slug !== slug) continue;
    using open = await take();
    if (!open || record.purpose === "answer") continue;
    const what = record.purpose === "undo" ? "undo" : "approval";
    context.err.paragraph(
      `supervisectl: the ${what} of ${
        shorten(record.id)
      } (bottle ${record.slug}) was interrupted, ` +
        "and its files may be half changed; the next answer to it, or change of them, puts that right",
    );
  }
}
