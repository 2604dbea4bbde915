/** Several asks answered one after the other, each by its own story and on its own basis. */

import { isOpen, type Item } from "../../queue/item.ts";
import { changedIn, type Plan, targetsFor } from "../apply/plan.ts";
import { Failure } from "../failure.ts";
import { answer } from "./answer.ts";
import type { Actor, App } from "./app.ts";
import { approvableText, whyAlone } from "./approvable.ts";
import { basisOf, shownBasis } from "./basis.ts";
import { coveredBy, coveredNotes, type Shown } from "./covered.ts";
import { reading } from "./find.ts";
import { LiveTexts } from "./live_texts.ts";
import { planShown, previewOf, withTable } from "./preview.ts";
import { Stale } from "./refusals.ts";
import { shorten } from "./shorten.ts";

export interface SeveralAnswer {
  readonly status: "approved" | "rejected";
  readonly notes: string;
  readonly takeOver: boolean;
}

/** What became of one of them. `failure`: it was not answered. */
export interface AnswerOutcome {
  readonly item: Item;
  readonly failure: Failure | undefined;
}

/** Asks that approvals made moot, by the ask that was approved. */
export type CoveredBy = ReadonlyMap<Item, readonly Shown[]>;

/** A live file as this run of answers found it and left it. */
interface Ours {
  readonly before: string;
  readonly after: string;
}

/**
 * `onDone` hears how many are done, and ends it early by returning false: the rest stay open. Also
 * returns the other asks that they made moot, each with the answer that did it.
 */
export async function answerSeveral(
  app: App,
  actor: Actor,
  several: readonly Shown[],
  request: SeveralAnswer,
  onDone: (count: number) => boolean = () => true,
): Promise<{
  readonly outcomes: readonly AnswerOutcome[];
  readonly covered: CoveredBy;
}> {
  const ours = new Map<string, Ours>();
  const outcomes: AnswerOutcome[] = [];
  const applied: (readonly [item: Item, plan: Plan])[] = [];
  let goesOn = true;
  for (const shown of several) {
    const { item } = shown;
    try {
      if (!goesOn) throw new Failure("interrupted", "not answered: you ended it before");
      const { plan } = await answerOne(app, actor, shown, request, ours);
      if (plan) applied.push([item, plan]);
      for (const { target: { path }, before, after } of plan ? changedIn(plan) : []) {
        ours.set(path, { before: ours.get(path)?.before ?? before, after });
      }
      outcomes.push({ item, failure: undefined });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (error.code === "interrupted") goesOn = false;
      outcomes.push({ item, failure: error });
    }
    goesOn = onDone(outcomes.length) && goesOn;
  }
  return { outcomes, covered: await coveredBesides(app, several, applied) };
}

/** Approves what the approval of `approved` covers. */
export async function answerCovered(
  app: App,
  actor: Actor,
  approved: Item,
  covered: readonly Shown[],
): Promise<readonly AnswerOutcome[]> {
  const request = { status: "approved", notes: coveredNotes(approved), takeOver: false } as const;
  return (await answerSeveral(app, actor, covered, request)).outcomes;
}

async function answerOne(
  app: App,
  actor: Actor,
  { item, basis }: Shown,
  { status, notes, takeOver }: SeveralAnswer,
  ours: ReadonlyMap<string, Ours>,
) {
  const { slug, proposal: { id } } = item;
  const now = await reading(app, () => app.desk.look(slug, id));
  if (!now) throw new Failure("gone", `${shorten(id)} is no longer in the queue`);
  const onBasis = status === "approved" && isOpen(now)
    ? await basisNow(app, now, basis, ours)
    : basis;
  return await answer(app, actor, now, {
    status,
    notes,
    finalFile: null,
    basis: onBasis,
    takeOver,
  });
}

/**
 * The basis of what was shown, as the files are after the answers before it. Throws a failure when
 * anything but those answers changed what was shown, or gave it a warning.
 */
async function basisNow(
  app: App,
  item: Item,
  shown: string,
  ours: ReadonlyMap<string, Ours>,
): Promise<string> {
  const { tool, proposed_file } = item.proposal;
  const preview = await previewOf(app, item);
  const basis = shownBasis(item, preview);
  if (basis.startsWith(shown)) return basis;
  if (!(await basisWithout(app, item, ours))?.startsWith(shown)) {
    const { id } = item.proposal;
    throw new Stale(id, preview.plan);
  }
  const why = whyAlone(tool, proposed_file, preview.notices);
  if (why) throw new Failure("changed", `after the answers before it ${why}`);
  return basis;
}

/** The basis if these answers had not changed the files; undefined where somebody else did too. */
async function basisWithout(
  app: App,
  item: Item,
  ours: ReadonlyMap<string, Ours>,
): Promise<string | undefined> {
  const { proposal } = item;
  const approved = approvableText(proposal);
  if (approved === undefined) return undefined;
  const targets = (await app.config()).targetsOf(item.slug);
  const live = new LiveTexts(app);
  const now = await withTable(await live.of(targetsFor(proposal.tool, targets)), live, targets);
  const texts = new Map(now);
  for (const [kind, text] of now) {
    const own = ours.get(targets[kind]?.path ?? "");
    if (!own) continue;
    if (text !== own.after) return undefined;
    texts.set(kind, own.before);
  }
  const planning = await planShown(live, item, { approved, targets, texts });
  return planning.kind === "planned" ? basisOf(proposal, approved, planning) : undefined;
}

/** What each of them made moot, but for those that were answered themselves. */
async function coveredBesides(
  app: App,
  several: readonly Shown[],
  applied: readonly (readonly [item: Item, plan: Plan])[],
): Promise<CoveredBy> {
  const named = new Set(several.map(({ item }) => `${item.slug}/${item.proposal.id}`));
  const found: [item: Item, covered: readonly Shown[]][] = [];
  // The last one first: what it made moot was not granted by those before it.
  for (const [item, plan] of applied.toReversed()) {
    const covered = (await coveredBy(app, item, plan)).filter(({ item: { slug, proposal } }) =>
      !named.has(`${slug}/${proposal.id}`)
    );
    for (const { item: { slug, proposal } } of covered) named.add(`${slug}/${proposal.id}`);
    if (covered.length > 0) found.unshift([item, covered]);
  }
  return new Map(found);
}
