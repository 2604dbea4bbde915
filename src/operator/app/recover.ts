/** What an earlier, killed program left half done is ended before anything else changes. */

import { Desk } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { targetsFor } from "../apply/plan.ts";
import { AMONG_QUEUES, AmongQueues } from "../config/among_queues.ts";
import { requireOwnDirectory } from "../config/check_directory.ts";
import type { Target } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { recoverChange, type Recovered } from "../live/recover.ts";
import type { Actor, App } from "./app.ts";
import { dependenciesOf } from "./dependencies.ts";
import { shorten } from "./shorten.ts";

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
export async function recoverInterrupted(
  app: App,
  actor: Actor,
  scope: Scope,
): Promise<readonly Recovered[]> {
  await requireOutOfReach(app, scope.targets);
  const dependencies = dependenciesOf(app, actor);
  const recovered: Recovered[] = [];
  let inTheWay: Failure | undefined;
  for (const { record, take } of await app.changes.unfinished({ sweeps: true })) {
    const isInScope = concerns(scope, record);
    // Of an answer only the audit log is behind: the next request writes it.
    if (!isInScope && record.purpose !== "answer") continue;
    using open = await take();
    if (!open) continue;
    try {
      const today = { ...open, record: await asConfigured(app, record) };
      recovered.push(await recoverChange(today, dependencies, () => isDecided(app, record)));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (isInScope) inTheWay ??= error;
    }
  }
  if (inTheWay) throw inTheWay;
  return recovered;
}

/**
 * With the commands that are configured for its files now: what it was begun with may be what broke
 * it. A file that is configured no more keeps its own, so that its reader is told all the same.
 */
async function asConfigured(app: App, record: ChangeRecord): Promise<ChangeRecord> {
  if (record.files.length === 0) return record;
  const targets = (await app.config()).targetsOf(record.slug);
  const files = record.files.map((file) => {
    const target = targets[file.target.kind];
    return target?.path === file.target.path ? { ...file, target } : file;
  });
  return { ...record, files };
}

/** A proposal of which, and of whose live files, nothing is left half done. */
export interface Whole {
  /** As it is then. */
  readonly item: Item;
  /** What was ended for that. */
  readonly recovered: readonly Recovered[];
}

/** The same for `item`, before it is shown or answered: what would be shown is half of it. */
export async function recoverItem(
  app: App,
  actor: Actor,
  item: Item,
): Promise<Whole> {
  const { slug, proposal: { id, tool } } = item;
  const configured = await app.config().then((config) => config.targetsOf(slug)).catch((error) => {
    // A configuration that is wrong is told by what needs it.
    if (error instanceof Failure) return {};
    throw error;
  });
  const targets = targetsFor(tool, configured);
  const recovered = await recoverInterrupted(app, actor, { slug, id, targets });
  if (recovered.length === 0) return { item, recovered };
  return { item: await app.desk.look(slug, id) ?? item, recovered };
}

/** Throws a failure when somebody else, or a bottle, could write what is relied on. */
export async function requireOutOfReach(app: App, targets: readonly Target[]): Promise<void> {
  await requireOwnDirectory(app.stateDirectory);
  const queues = await AmongQueues.under(app.desk.root);
  await queues.requireOutside(app.stateDirectory);
  for (const target of targets) {
    const [found] = await queues.of(target, app.searchPath);
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

/** Throws a failure when a change of one of `targets`, which are held, was interrupted meanwhile. */
export async function requireWhole(app: App, targets: readonly Target[]): Promise<void> {
  if (targets.length === 0) return;
  for (const { record, directory } of await app.changes.unfinished()) {
    if (!sharesFile(targets, record)) continue;
    throw new Failure(
      "busy",
      `a change of the same file, that of ${shorten(record.id)}, is unfinished, see ` +
        `${directory}; try again`,
      { do: "doctor" },
    );
  }
}

/** Whether the decision of a change is in its bottle's queue. A bottle cannot know its token. */
export async function isDecided(app: App, record: ChangeRecord): Promise<boolean> {
  const { slug, id, token, queue_root } = record;
  const desk = queue_root === app.desk.root ? app.desk : new Desk(queue_root, () => app.now());
  const bottles: readonly Slug[] = await desk.bottles().catch(() => []);
  if (!bottles.includes(slug)) {
    throw new Failure(
      "no-queue",
      `whether ${shorten(id)} of bottle ${slug} was decided before it was interrupted cannot be ` +
        `seen: its queue is not under ${queue_root} any more; make its live files what they should ` +
        "be, then end it by hand",
      { do: "abandon", id },
    );
  }
  return (await desk.look(slug, id))?.decision?.application === token;
}

/** The changes, of one bottle or of all, that were interrupted and are not ended yet. */
export async function interruptedChanges(app: App, slug?: Slug): Promise<ChangeRecord[]> {
  if (!app.hasState) return [];
  const interrupted: ChangeRecord[] = [];
  for (const { record, take } of await app.changes.unfinished()) {
    if (slug !== undefined && record.slug !== slug) continue;
    using open = await take();
    if (open && record.purpose !== "answer") interrupted.push(record);
  }
  return interrupted;
}
