/** The one story of an answer: each step once, from top to bottom. */

import { isDeepStrictEqual } from "node:util";
import type { Decision, Status } from "../../queue/decision.ts";
import type { Item } from "../../queue/item.ts";
import { type Plan, targetsFor } from "../apply/plan.ts";
import type { AuditEvent } from "../audit/entry.ts";
import { NO_CONFIG, type Target, type Targets } from "../config/config.ts";
import { Failure, type Remedy } from "../failure.ts";
import type { Telling } from "../live/apply_dependencies.ts";
import { logStep } from "../live/change_log.ts";
import type { HeldFiles } from "../live/held_files.ts";
import { messageOf } from "../live/message_of.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Recovered } from "../live/recover.ts";
import { inWords } from "../review/kind.ts";
import { reviewOf } from "../review/mod.ts";
import type { Actor, App } from "./app.ts";
import { requireApprovable } from "./approvable.ts";
import { askFields } from "./asked.ts";
import { basisOf, requireShown } from "./basis.ts";
import { changeLiveFiles } from "./change_live_files.ts";
import { claim, decide, release } from "./claim.ts";
import { LiveTexts } from "./live_texts.ts";
import { planShown, textsOf, withTable } from "./preview.ts";
import { recoverItem, type Whole } from "./recover.ts";
import { ExpiredMeanwhile, expiredMeanwhile, Stale, Unlogged } from "./refusals.ts";
import { shorten } from "./shorten.ts";

export interface AnswerRequest {
  readonly status: Status;
  /** The operator's words to the agent. */
  readonly notes: string;
  /** What is approved instead of the proposed file. */
  readonly finalFile: string | null;
  /** The beginning of the basis of what was shown; undefined: the files are taken as they are. */
  readonly basis: string | undefined;
  /** Whether the claim of another operator is replaced. */
  readonly takeOver: boolean;
}

export interface Answered {
  readonly decision: Decision;
  /** Undefined when there was nothing to apply. */
  readonly plan: Plan | undefined;
  /** What earlier, killed programs were found to have left, as far as that was not known before. */
  readonly recovered: readonly Recovered[];
  /** It was undone before, and is applied again. */
  readonly again?: Telling;
}

/**
 * Answers a proposal: recovers what was interrupted, unless it was before it was shown; holds the live
 * files, claims, plans, compares with the basis; writes, reloads and sees; decides; logs. Throws a
 * failure when a step fails: then the live files are as before, the proposal is not decided, and the
 * message says what became of it.
 */
export async function answer(
  app: App,
  actor: Actor,
  asked: Item | Whole,
  request: AnswerRequest,
): Promise<Answered> {
  const { status, takeOver } = request;
  const isApproval = status !== "rejected";
  // A configuration that is wrong stops it before anything else.
  const config = isApproval ? await app.config() : NO_CONFIG;
  const { item, recovered } = "recovered" in asked
    ? asked
    : await recoverItem(app, actor, asked).catch((error) => {
      throw stillPending(asked, error);
    });
  const { slug, proposal } = item;
  const targets = config.targetsOf(slug);
  const wanted = targetsFor(proposal.tool, targets);
  let isClaimed = false;
  try {
    const { decision, plan } = await changeLiveFiles(app, actor, {
      targets: wanted,
      done: `${shorten(proposal.id)} is ${status}${wanted.length > 0 ? " and applied" : ""}`,
      async plan(held) {
        await claim(app, actor, item, status, takeOver);
        isClaimed = true;
        await tellOf(app, actor, item, {
          step: "claimed",
          proposed_file: proposal.proposed_file,
        });
        if (!isApproval) return await rejection(app, actor, item, request);
        await requireNew(app, item);
        const approved = request.finalFile ?? requireApprovable(item);
        const plan = await planned(app, item, approved, { targets, wanted, held });
        const basis = basisOf(proposal, approved, { plan });
        if (!basis.startsWith(request.basis ?? "")) throw new Stale(proposal.id, plan);
        return answerOn(app, actor, item, request, { approved, plan, basis });
      },
      async refused(error) {
        if (!isClaimed) return;
        // A log that cannot be written is why it failed, or is told by the next request.
        await tellOf(app, actor, item, { step: "failed", detail: messageOf(error) })
          .catch(() => {});
      },
      commit: (_open, { decision }) => decideOnce(app, item, decision),
      log: ({ record }, { decision, plan }) =>
        logStep({ audit: app.audit(actor) }, record, isApproval ? "answered" : "rejected", {
          status,
          notes: decision.notes,
          final_file: decision.final_file ?? undefined,
          ...plan || !isApproval ? {} : { detail: "no live file is configured for it" },
        }),
    });
    return { decision, plan, recovered };
  } catch (error) {
    if (error instanceof Unlogged) throw error;
    if (!isClaimed) throw stillPending(item, error);
    await release(app, actor, item);
    throw await pendingAgain(app, actor, item, error);
  }
}

interface PlannedAnswer {
  readonly record: ChangeRecord;
  readonly decision: Decision;
  readonly plan: Plan | undefined;
}

/** Nothing is approved, so what was shown can only have changed in the queue and the live files. */
async function rejection(
  app: App,
  actor: Actor,
  item: Item,
  request: AnswerRequest,
): Promise<PlannedAnswer> {
  const basis = request.basis === undefined
    ? basisOf(item.proposal, undefined, { plan: undefined })
    : await requireShown(app, item, request.basis);
  return answerOn(app, actor, item, request, { approved: "", plan: undefined, basis });
}

/** The record and the decision, which belong together by a token. */
function answerOn(
  app: App,
  actor: Actor,
  { slug, proposal }: Item,
  { status, notes, finalFile }: AnswerRequest,
  { approved, plan, basis }: {
    readonly approved: string;
    readonly plan: Plan | undefined;
    readonly basis: string;
  },
): PlannedAnswer {
  const { id, tool, justification, current_file_hash: file_sha256 } = proposal;
  const { arrival_timestamp, ask, host } = askFields(proposal, finalFile ?? undefined);
  const at = app.now().toISOString();
  const token = crypto.randomUUID();
  const record: ChangeRecord = {
    purpose: plan ? "apply" : "answer",
    slug,
    id,
    tool,
    approved,
    status,
    notes,
    operator: actor.name,
    begun_at: at,
    basis,
    file_sha256,
    justification,
    asked: { arrival_timestamp, ask, host },
    granted: finalFile === null
      ? undefined
      : inWords(reviewOf({ ...proposal, proposed_file: finalFile })),
    queue_root: app.desk.root,
    token,
    files: plan?.files ?? [],
  };
  const decision: Decision = {
    proposal_id: id,
    status,
    notes,
    final_file: finalFile,
    decided_by: actor.name,
    decided_at: at,
    basis,
    file_sha256,
    application: token,
  };
  return { record, decision, plan };
}

/** An id that comes a second time would make it impossible to take back what it had the first time. */
async function requireNew(app: App, { slug, proposal: { id } }: Item): Promise<void> {
  if (!await app.changes.done(slug, id, "apply")) return;
  throw new Failure(
    "already-decided",
    `a proposal of bottle ${slug} with the id ${id} was approved before, and an id is not used ` +
      "twice; reject it",
    { do: "reject", id, notes: "ask again" },
  );
}

/** Undefined where no live file is configured. */
export async function planned(
  app: App,
  item: Item,
  approved: string,
  { targets, wanted, held }: {
    readonly targets: Targets;
    readonly wanted: readonly Target[];
    readonly held: HeldFiles;
  },
): Promise<Plan | undefined> {
  if (wanted.length === 0) return undefined;
  const live = new LiveTexts(app);
  const texts = await withTable(await textsOf(wanted, held), live, targets);
  const planning = await planShown(live, item, { approved, targets, texts });
  if (planning.kind === "planned") return planning.plan;
  throw new Failure("bad-target", `${planning.problem}; nothing was changed`);
}

/** A write that failed may still have been seen: then the decision stands, word for word. */
async function decideOnce(app: App, item: Item, decision: Decision): Promise<void> {
  try {
    await decide(app, item, decision);
  } catch (error) {
    const now = await app.desk.look(item.slug, item.proposal.id).catch(() => undefined);
    // What a bottle made of it, token and all, is no decision of this operator.
    if (!isDeepStrictEqual(now?.decision, decision)) throw error;
  }
}

/** An entry about a proposal that has no record yet. */
async function tellOf(
  app: App,
  actor: Actor,
  { slug, proposal }: Item,
  event: Pick<AuditEvent, "step"> & Partial<AuditEvent>,
): Promise<void> {
  const about = {
    bottle_slug: slug,
    proposal_id: proposal.id,
    tool: proposal.tool,
    ...askFields(proposal),
  };
  await app.audit(actor).append({ ...about, ...event });
}

/** Failures that are about the live files: what to try is to look at those. */
const OF_FILES = ["reload-failed", "no-effect", "cannot-write", "cannot-read", "bad-target"];

/** What to try after a failure that names nothing itself. */
function remedyOf({ slug, proposal: { id } }: Item, { code }: Failure): Remedy | undefined {
  if (code === "changed") return { do: "show", id };
  return OF_FILES.includes(code) ? { do: "doctor", slug } : undefined;
}

function stillPending(item: Item, error: unknown): unknown {
  if (!(error instanceof Failure) || error.remedy !== undefined) return error;
  const remedy = remedyOf(item, error);
  if (!remedy) return error;
  return new Failure(
    error.code,
    `${error.message}; ${shorten(item.proposal.id)} stays pending`,
    remedy,
  );
}

/** The claim was given back: the proposal is pending, or over meanwhile. */
async function pendingAgain(
  app: App,
  actor: Actor,
  item: Item,
  error: unknown,
): Promise<unknown> {
  const remedy = error instanceof Failure ? remedyOf(item, error) : undefined;
  const told = await expiredMeanwhile(app, actor, item, error, remedy);
  return told instanceof ExpiredMeanwhile ? told : stillPending(item, told);
}
