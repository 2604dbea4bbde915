/** What an approval would do to the live files now, or did: looked at, without changing anything. */

import { isOpen, type Item } from "../../queue/item.ts";
import { changeKindsOf } from "../apply/change_kinds.ts";
import type { TargetKind } from "../apply/edit.ts";
import {
  changedIn,
  noticedOf,
  type Plan,
  type Planning,
  planOf,
  targetsFor,
} from "../apply/plan.ts";
import type { Target, Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import { readLive } from "../live/held_file.ts";
import type { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Notice } from "../review/kind.ts";
import type { App } from "./app.ts";
import { approvableText } from "./approvable.ts";
import { isLost } from "./ends_with.ts";
import { LiveTexts } from "./live_texts.ts";
import { noticesOn } from "./notice_list.ts";

export interface Preview {
  /** Undefined when nothing would be applied, or that is not known. */
  readonly plan: Plan | undefined;
  /** Why that is not known. */
  readonly problem: Failure | undefined;
  /** What the approval changed, if it has not been undone. */
  readonly applied: ChangeRecord | undefined;
  /** Whether the live files no longer say all of what was applied. */
  readonly isLost: boolean;
  /** How the approval was undone, by this operator's own records, if it was and still is. */
  readonly undone: ChangeRecord | undefined;
  /** What the operator must not overlook. */
  readonly notices: readonly Notice[];
}

/** For `approved`, the text in its one form; by default what is asked for, as far as it has one. */
export async function previewOf(
  app: App,
  item: Item,
  approved = approvableText(item.proposal),
): Promise<Preview> {
  try {
    return { ...await changesOf(app, item), ...await prospectOf(app, item, approved) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const notices = noticesOn(item, approved, undefined, error);
    return { ...NO_CHANGE, plan: undefined, problem: error, notices };
  }
}

type OnRecord = Pick<Preview, "applied" | "undone" | "isLost">;

const NO_CHANGE: OnRecord = { applied: undefined, undone: undefined, isLost: false };

/** What is on record of an approval; without a state directory nothing is. */
async function changesOf(app: App, { slug, proposal: { id } }: Item): Promise<OnRecord> {
  if (!app.hasState) return NO_CHANGE;
  const undone = await app.changes.done(slug, id, "undo");
  const applied = undone ? undefined : await app.changes.done(slug, id, "apply");
  return { applied, undone, isLost: applied !== undefined && await isLost(app, applied) };
}

async function prospectOf(
  app: App,
  item: Item,
  approved: string | undefined,
): Promise<Omit<Preview, keyof OnRecord>> {
  const live = new LiveTexts(app);
  const files = await filesFor(item, approved, live);
  if (!files) return { plan: undefined, problem: undefined, notices: noticesOn(item, approved) };
  const planning = await planShown(live, item, files);
  if (planning.kind === "refused") throw refused(planning.problem);
  const { plan } = planning;
  return { plan, problem: undefined, notices: noticesOn(item, approved, plan.notices) };
}

/** What approving does, with all that is said of it, also of what other bottles get by it. */
export async function planShown(
  live: LiveTexts,
  { slug, proposal: { tool } }: Item,
  { approved, targets, texts }: Files,
): Promise<Planning> {
  const planning = planOf(tool, approved, targets, texts);
  if (planning.kind === "refused") return planning;
  const { plan } = planning;
  const sharing = await live.sharing(slug, changedIn(plan).map(({ target }) => target));
  return { kind: "planned", plan: { ...plan, notices: [...plan.notices, ...sharing] } };
}

/**
 * `list`, each with the notices alone, as they are in a preview: fast for many proposals. `itemOf`: the
 * proposal that one of them is about.
 */
export async function withNotices<T>(
  app: App,
  list: readonly T[],
  itemOf: (one: T) => Item,
): Promise<(readonly [of: T, notices: readonly Notice[]])[]> {
  const live = new LiveTexts(app);
  const notices = new Map<T, readonly Notice[]>();
  // The engines remember one file: those of one bottle come one after another.
  for (const group of Map.groupBy(list, (one) => itemOf(one).slug).values()) {
    for (const one of group) notices.set(one, await noticesNow(itemOf(one), live));
    live.forget();
  }
  return list.map((one) => [one, notices.get(one) ?? []]);
}

async function noticesNow(
  item: Item,
  live: LiveTexts,
): Promise<readonly Notice[]> {
  const approved = approvableText(item.proposal);
  try {
    const files = await filesFor(item, approved, live);
    if (!files) return noticesOn(item, approved);
    const { tool } = item.proposal;
    const noticed = noticedOf(tool, files.approved, files.targets, files.texts);
    if (noticed.kind === "refused") throw refused(noticed.problem);
    const sharing = await live.sharing(item.slug, noticed.changed);
    return noticesOn(item, approved, [...noticed.notices, ...sharing]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return noticesOn(item, approved, undefined, error);
  }
}

function refused(problem: string): Failure {
  return new Failure("bad-target", problem, { do: "doctor" });
}

export interface Files {
  readonly approved: string;
  readonly targets: Targets;
  readonly texts: ReadonlyMap<TargetKind, string>;
}

/**
 * The live files that `approved` is about. Undefined when nothing would be applied. Throws a failure
 * when the configuration is wrong or a live file cannot be read.
 */
async function filesFor(
  item: Item,
  approved: string | undefined,
  live: LiveTexts,
): Promise<Files | undefined> {
  if (!isOpen(item) || approved === undefined) return undefined;
  const targets = (await live.config()).targetsOf(item.slug);
  const wanted = targetsFor(item.proposal.tool, targets);
  if (wanted.length === 0) return undefined;
  return { approved, targets, texts: await withTable(await live.of(wanted), live, targets) };
}

/**
 * Adds the route table to the texts of an allowlist, for what it says of a host alone: without it the
 * allowlist can be changed all the same.
 */
export async function withTable(
  texts: ReadonlyMap<TargetKind, string>,
  live: LiveTexts,
  { routes }: Targets,
): Promise<ReadonlyMap<TargetKind, string>> {
  if (!routes || !texts.has("pipelock") || texts.has("routes")) return texts;
  try {
    return new Map([...texts, ...await live.of([routes])]);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return texts;
  }
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
