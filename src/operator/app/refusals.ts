/** Failures of an answer that are told apart by what caused them, and not by their code alone. */

import type { Item } from "../../queue/item.ts";
import type { Plan } from "../apply/plan.ts";
import { Failure, type Remedy } from "../failure.ts";
import { messageOf } from "../live/message_of.ts";
import type { Actor, App } from "./app.ts";
import { shorten } from "./shorten.ts";
import { claimedBy, decidedBy } from "./standing.ts";

/** Of an answer to something that is no longer what was shown. */
export class Stale extends Failure {
  /** What would change now, where that is known and anything would. */
  readonly plan: Plan | undefined;

  constructor(id: string, plan?: Plan) {
    super(
      "changed",
      `${shorten(id)}, or what approving it would change, is not what was shown any more: ` +
        "nothing was written, nothing was decided; look at it as it is now and decide again",
      { do: "show", id },
    );
    this.plan = plan;
  }
}

/** What was done and could not be written down: the one failure after which nothing is put back. */
export class Unlogged extends Failure {
  constructor(what: string, error: unknown) {
    super(
      "cannot-write",
      `${what}, but that could not be written down: ${messageOf(error)}; the next request that ` +
        "answers completes the audit log",
    );
  }
}

/** The claim was given back to an ask that was over meanwhile: nothing goes on from it. */
export class ExpiredMeanwhile extends Failure {}

/** Failures that say themselves that this actor cannot decide it. */
const REFUSALS = ["claimed", "already-decided", "withdrawn", "expired", "gone"];

/** Failures that would go on with another answer. */
const TO_ANSWER = ["malformed", "unchanged", "interrupted"];

/**
 * `error`, or when the actor cannot decide the proposal any more, the failure that says so too.
 * `remedy` goes on from an error that names none. Ask after the claim was given back. Never throws.
 */
export async function expiredMeanwhile(
  app: App,
  actor: Actor,
  { slug, proposal: { id } }: Item,
  error: unknown,
  remedy?: Remedy,
): Promise<unknown> {
  if (!(error instanceof Failure)) return error;
  if (error instanceof ExpiredMeanwhile || error instanceof Stale) return error;
  if (REFUSALS.includes(error.code)) return error;
  const now = await app.desk.look(slug, id).catch(() => undefined);
  const happened = now && meanwhile(app, actor, now);
  if (happened === undefined) return error;
  const show: Remedy = { do: "show", id };
  return new ExpiredMeanwhile(
    error.code,
    `${error.message}; ${happened}`,
    TO_ANSWER.includes(error.code) ? show : error.remedy ?? remedy ?? show,
  );
}

/** What happened to a proposal that the actor had claimed; undefined while it can be claimed again. */
function meanwhile(app: App, actor: Actor, item: Item): string | undefined {
  const { state, claim, decision, proposal } = item;
  const id = shorten(proposal.id);
  switch (state) {
    case "pending":
      return undefined;
    case "claimed":
      return claim?.claimed_by === actor.name
        ? undefined
        : `meanwhile ${id} was taken over: it is ${claimedBy(claim, app.now())}`;
    case "decided":
    case "delivered":
    case "undelivered":
      return `meanwhile ${id} was ${decidedBy(decision, app.now())}; that decision stands`;
    case "withdrawn":
      return `meanwhile ${id} was withdrawn by the agent`;
    case "expired":
      return `its time was over meanwhile: ${id} has expired; the agent can ask again`;
  }
}
