/** The one story of an answer: claim, change the live files, decide, and write down each step. */

import type { Item } from "../../queue/bottle.ts";
import type { Decision } from "../../queue/decision.ts";
import { type Plan, planOf, targetsFor } from "../apply/plan.ts";
import type { Event } from "../audit/entry.ts";
import type { Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import { carryOut, type Means } from "../live/carry_out.ts";
import { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord } from "../live/record.ts";
import { recover } from "../live/recover.ts";
import { type Answer, claim, decide, release } from "./claiming.ts";
import type { Call } from "./command.ts";
import { textsOf } from "./preview.ts";
import { shorten } from "./short_id.ts";
import { Stale } from "./stale.ts";

export interface Request extends Answer {
  /** The decided file in its one form; undefined when rejected. */
  readonly approved: string | undefined;
  /**
   * The beginning of the hash over the live files that were shown, or that nothing would be applied
   * was; undefined when nothing was shown at all.
   */
  readonly live: string | undefined;
  readonly takeOver: boolean;
}

/** In the place of a hash: it was shown that no live file would change. */
export const NOTHING_LIVE = "none";

export interface Settled {
  readonly decision: Decision;
  /** Undefined when there was nothing to apply. */
  readonly plan: Plan | undefined;
  /** What an earlier, interrupted change was found to have left, in sentences. */
  readonly recovered: readonly string[];
}

/**
 * Answers a proposal. Throws a failure when a step fails: then the live files are as before, the
 * proposal is not decided, and the message says what failed and what became of it.
 */
export async function settle(call: Call, item: Item, request: Request): Promise<Settled> {
  const { slug, proposal } = item;
  // A configuration that is wrong stops it before anything is claimed.
  const config = request.approved === undefined ? undefined : await call.config();
  using interrupts = call.interrupts();
  const { applications, audit } = call;
  const means: Means = { applications, audit, signal: interrupts.signal };
  await claim(call, item, request.status, request.takeOver);
  try {
    await tell(call, item, { step: "claimed", justification: proposal.justification });
    const targets = config?.targetsOf(slug) ?? {};
    const isApplied = targetsFor(proposal.tool, targets).length > 0;
    const { live } = request;
    if (!isApplied && live !== undefined && live !== NOTHING_LIVE) throw unapplied(item);
    if (request.approved === undefined || !isApplied) return await answered(call, item, request);
    return await applied(call, item, request, request.approved, targets, means);
  } catch (error) {
    if (error instanceof Unlogged) throw error;
    await release(call, item);
    throw error;
  }
}

function unapplied({ proposal }: Item): Failure {
  return new Failure(
    "changed",
    `no live file is configured any more for what was shown of ${shorten(proposal.id)}; nothing ` +
      "was decided",
    "supervisectl doctor",
  );
}

/** Decides where no live file is to change. */
async function answered(call: Call, item: Item, request: Request): Promise<Settled> {
  const { status, notes } = request;
  const decision = await decide(call, item, request);
  const step = status === "rejected" ? "rejected" : "answered";
  const detail = status === "rejected" ? undefined : "no live file is configured for it";
  const { justification } = item.proposal;
  try {
    await tell(call, item, { step, status, notes, justification, detail });
  } catch (error) {
    throw new Unlogged(`${shorten(item.proposal.id)} is ${status}, but`, error);
  }
  return { decision, plan: undefined, recovered: [] };
}

async function applied(
  call: Call,
  item: Item,
  request: Request,
  approved: string,
  targets: Targets,
  means: Means,
): Promise<Settled> {
  const { slug, proposal } = item;
  const wanted = targetsFor(proposal.tool, targets);
  const stands = (record: ChangeRecord) => isDecided(call, record);
  const recovered = await recover(wanted, means, stands);
  using held = await HeldFiles.hold(wanted);
  const planning = planOf(proposal.tool, approved, targets, await textsOf(wanted, held));
  if (planning.kind === "refused") {
    throw new Failure("bad-target", `${planning.problem}; nothing was changed`);
  }
  const { plan } = planning;
  const { live = "" } = plan;
  if (request.live !== undefined && !live.startsWith(request.live)) {
    throw new Stale(plan, shorten(proposal.id));
  }
  // While the files were waited for, another operator may have decided or taken it over.
  await claim(call, item, request.status);
  const record: ChangeRecord = {
    ...{ purpose: "apply", slug, id: proposal.id, tool: proposal.tool, approved, live },
    ...{ status: request.status, operator: call.operator, begunAt: call.now().toISOString() },
    basis: proposal.current_file_hash,
    files: plan.files,
  };
  const open = await call.applications.begin(record);
  let decision: Decision | undefined;
  await carryOut(open, held, means, async () => {
    decision = await decideOnce(call, item, request, record);
  });
  if (!decision) throw new Error("carried out without a decision");
  try {
    const { status, notes } = request;
    const { justification } = proposal;
    await tell(call, item, { step: "answered", status, notes, justification }, live);
    await call.applications.finish(open);
  } catch (error) {
    const id = shorten(item.proposal.id);
    throw new Unlogged(
      `${id} is ${request.status} and applied, and the next approval that changes the same files ` +
        "completes the record, but",
      error,
    );
  }
  return { decision, plan, recovered };
}

/** A write that failed may still have been seen: then the decision stands. */
async function decideOnce(
  call: Call,
  item: Item,
  request: Request,
  record: ChangeRecord,
): Promise<Decision> {
  try {
    return await decide(call, item, request);
  } catch (error) {
    const now = await call.desk.look(item.slug, item.proposal.id).catch(() => undefined);
    if (now?.decision && await isDecided(call, record)) return now.decision;
    throw error;
  }
}

/** Whether the decision that belongs to a change is in its bottle's queue. */
export async function isDecided(call: Call, { slug, id, operator, status, basis }: ChangeRecord) {
  const decision = (await call.desk.look(slug, id))?.decision;
  return decision !== undefined && decision.decided_by === operator &&
    decision.status === status && decision.basis === basis;
}

async function tell(
  call: Call,
  { slug, proposal }: Item,
  event: Pick<Event, "step"> & Partial<Event>,
  live?: string,
): Promise<void> {
  const shown = [proposal.current_file_hash, live].filter((hash) => hash).join("-");
  await call.audit.append({
    ...{ slug, proposal_id: proposal.id, tool: proposal.tool, shown },
    ...event,
  });
}

/** Decided, but not in the audit log. */
class Unlogged extends Failure {
  constructor(what: string, error: unknown) {
    const why = error instanceof Error ? error.message : String(error);
    super("cannot-write", `${what} that could not be written down: ${why}`);
  }
}
