/** The one story of an answer: claim, change the live files, decide, and write down each step. */

import { isDeepStrictEqual } from "node:util";
import type { Decision } from "../../queue/decision.ts";
import type { Item } from "../../queue/item.ts";
import { type Plan, planOf, targetsFor } from "../apply/plan.ts";
import type { Event } from "../audit/entry.ts";
import type { Target, Targets } from "../config/config.ts";
import { Failure, type Remedy } from "../failure.ts";
import type { Open } from "../live/applications.ts";
import { carryOut, type Means, tell as tellChange, type Telling } from "../live/carry_out.ts";
import { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Ended } from "../live/recover.ts";
import { inWords } from "../review/in_words.ts";
import { reviewOf } from "../review/mod.ts";
import { requireApprovable } from "./approvable.ts";
import { askFields } from "./asked.ts";
import { basisOf } from "./basis.ts";
import { type Answer, claim, decide, decisionOf, release } from "./claiming.ts";
import type { CommandContext } from "./command.ts";
import { endInterrupted, requireWhole } from "./interrupted.ts";
import { Lapsed, lapsed } from "./lapsed.ts";
import { meansOf } from "./means.ts";
import { textsOf } from "./outlook.ts";
import { shorten } from "./short_id.ts";
import { Stale } from "./stale.ts";
import { Unlogged } from "./unlogged.ts";

export interface Request extends Answer {
  /** The beginning of the basis of what was shown; undefined: the files are taken as they are. */
  readonly basis: string | undefined;
  readonly takeOver: boolean;
}

export interface Settled {
  readonly decision: Decision;
  /** Undefined when there was nothing to apply. */
  readonly plan: Plan | undefined;
  /** What an earlier, killed command was found to have left. */
  readonly ended: readonly Ended[];
  /** It was undone before, and is applied again. */
  readonly again?: Telling;
}

/**
 * Answers a proposal. Throws a failure when a step fails: then the live files are as before, the
 * proposal is not decided, and the message says what failed and what became of it.
 */
export async function settle(
  context: CommandContext,
  item: Item,
  request: Request,
): Promise<Settled> {
  const { slug, proposal } = item;
  const applications = context.app.changes;
  const isApproval = request.status !== "rejected";
  // A configuration that is wrong stops it before anything is claimed.
  const targets = isApproval ? (await context.app.config()).targetsOf(slug) : {};
  const wanted = targetsFor(proposal.tool, targets);
  const ended = await endInterrupted(context, { slug, id: proposal.id, targets: wanted });
  using interrupts = context.interrupts();
  const means = meansOf(context, interrupts.signal);
  await claim(context, item, request.status, request.takeOver);
  let isBegun = false;
  try {
    await tell(context, item, { step: "claimed", proposed_file: proposal.proposed_file });
    if (isApproval) await requireNew(context, item);
    using held = await HeldFiles.hold(wanted);
    await requireWhole(context, wanted);
    const approved = isApproval ? request.finalFile ?? requireApprovable(item) : undefined;
    const plan = await planned(item, approved, targets, wanted, held);
    const shown = basisOf(proposal, approved, { plan });
    if (isApproval && !shown.startsWith(request.basis ?? "")) {
      const id = shorten(proposal.id);
      throw new Stale(id, { do: "show", id }, plan);
    }
    // While the files were waited for, another operator may have decided or taken it over.
    await claim(context, item, request.status);
    using open = await applications.begin(
      recordOf(context, item, request, { approved, plan, shown }),
    );
    isBegun = true;
    return { ended, ...await answered(context, item, request, { open, held, means, plan }) };
  } catch (error) {
    if (error instanceof Unlogged) throw error;
    // Of a busy file or record another command of this operator may be the reason.
    const isKept = error instanceof Failure && error.code === "busy";
    if (!isKept) await release(context, item);
    if (!isBegun) await tellFailed(context, item, error);
    throw isKept ? error : await pending(context, item, error);
  }
}

/** Failures that are about the live files: what to try is to look at those. */
const OF_FILES = ["reload-failed", "no-effect", "cannot-write", "cannot-read", "bad-target"];

/** What became of the proposal now that the claim is given back, and what to try. */
async function pending(context: CommandContext, item: Item, error: unknown): Promise<unknown> {
  const { slug, proposal } = item;
  const id = shorten(proposal.id);
  const remedy: Remedy | undefined = !(error instanceof Failure)
    ? undefined
    : error.code === "changed"
    ? { do: "show", id }
    : !OF_FILES.includes(error.code)
    ? undefined
    : { do: "doctor", slug };
  const told = await lapsed(context, item, error, remedy);
  if (told instanceof Lapsed || remedy === undefined || !(error instanceof Failure)) return told;
  if (error.remedy !== undefined) return told;
  return new Failure(error.code, `${error.message}; ${id} stays pending`, remedy);
}

/** An id that comes a second time would make it impossible to take back what it had the first time. */
async function requireNew(
  context: CommandContext,
  { slug, proposal: { id } }: Item,
): Promise<void> {
  if (!await context.app.changes.done(slug, id, "apply")) return;
  throw new Failure(
    "already-decided",
    `a proposal of bottle ${slug} with the id ${id} was approved before, and an id is not used ` +
      "twice; reject it",
    { do: "reject", id, notes: "ask again" },
  );
}

/** A log that cannot be written is why it failed, or is told with the next command. */
async function tellFailed(context: CommandContext, item: Item, error: unknown): Promise<void> {
  const detail = error instanceof Error ? error.message : String(error);
  await tell(context, item, { step: "failed", detail }).catch(() => {});
}

/** Undefined where nothing is approved, or no live file is configured. */
export async function planned(
  item: Item,
  approved: string | undefined,
  targets: Targets,
  wanted: readonly Target[],
  held: HeldFiles,
): Promise<Plan | undefined> {
  if (approved === undefined || wanted.length === 0) return undefined;
  const planning = planOf(item.proposal.tool, approved, targets, await textsOf(wanted, held));
  if (planning.kind === "planned") return planning.plan;
  throw new Failure("bad-target", `${planning.problem}; nothing was changed`);
}

function recordOf(
  context: CommandContext,
  { slug, proposal }: Item,
  { status, notes, finalFile }: Request,
  { approved = "", plan, shown }: {
    readonly approved: string | undefined;
    readonly plan: Plan | undefined;
    readonly shown: string;
  },
): ChangeRecord {
  const { arrived, ask, host } = askFields(proposal, finalFile ?? undefined);
  return {
    ...{ asked: { arrived, ask, host } },
    granted: finalFile === null
      ? undefined
      : inWords(proposal.tool, reviewOf({ ...proposal, proposed_file: finalFile })),
    ...{ purpose: plan ? "apply" : "answer", slug, id: proposal.id, tool: proposal.tool },
    ...{ approved, shown, files: plan?.files ?? [], status, notes },
    ...{
      operator: context.operator,
      begunAt: context.app.now().toISOString(),
      queueRoot: context.app.desk.root,
    },
    ...{ basis: proposal.current_file_hash, justification: proposal.justification },
    token: crypto.randomUUID(),
  };
}

interface Ready {
  readonly open: Open;
  readonly held: HeldFiles;
  readonly means: Means;
  readonly plan: Plan | undefined;
}

/** Changes the live files, decides, and writes both down. */
async function answered(
  context: CommandContext,
  item: Item,
  request: Request,
  { open, held, means, plan }: Ready,
): Promise<Omit<Settled, "ended">> {
  const { status, notes, finalFile } = request;
  const decision = decisionOf(context, item, request, open.record.token);
  await carryOut(open, held, means, () => decideOnce(context, item, decision));
  try {
    await tellChange(means, open.record, status === "rejected" ? "rejected" : "answered", {
      ...{ status, notes, final_file: finalFile ?? undefined },
      ...plan || status === "rejected" ? {} : { detail: "no live file is configured for it" },
    });
    await context.app.changes.finish(open);
  } catch (error) {
    const id = shorten(item.proposal.id);
    throw new Unlogged(`${id} is ${status}${plan ? " and applied" : ""}`, error);
  }
  return { decision, plan };
}

/** A write that failed may still have been seen: then the decision stands, word for word. */
async function decideOnce(context: CommandContext, item: Item, decision: Decision): Promise<void> {
  try {
    await decide(context, item, decision);
  } catch (error) {
    const now = await context.app.desk.look(item.slug, item.proposal.id).catch(() => undefined);
    // What a bottle made of it, token and all, is no decision of this operator.
    if (!isDeepStrictEqual(now?.decision, decision)) throw error;
  }
}

async function tell(
  context: CommandContext,
  { slug, proposal }: Item,
  event: Pick<Event, "step"> & Partial<Event>,
): Promise<void> {
  const about = { slug, proposal_id: proposal.id, tool: proposal.tool, ...askFields(proposal) };
  await context.app.audit({ name: context.operator }).append({ ...about, ...event });
}
