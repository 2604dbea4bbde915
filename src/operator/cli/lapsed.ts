/** A failure that gave a claim back to an ask that was over meanwhile: nothing can go on from it. */

import type { Item } from "../../queue/item.ts";
import { Failure, type Remedy } from "../failure.ts";
import type { CommandContext } from "./command.ts";
import { shorten } from "./short_id.ts";
import { Stale } from "./stale.ts";
import { claimedBy, decidedBy } from "./standing.ts";

export class Lapsed extends Failure {}

/** Failures that say themselves that this operator cannot decide it. */
const REFUSALS = ["claimed", "already-decided", "withdrawn", "expired", "gone"];

/** Failures that would go on with another answer. */
const TO_ANSWER = ["malformed", "unchanged", "interrupted"];

/**
 * `error`, or when the proposal cannot be decided by this operator any more, the failure that says
 * so too. `remedy` goes on from an error that names nothing. To be asked after the claim was given
 * back. Never throws.
 */
export async function lapsed(
  context: CommandContext,
  { slug, proposal: { id } }: Item,
  error: unknown,
  remedy?: Remedy,
): Promise<unknown> {
  if (!(error instanceof Failure) || error instanceof Lapsed || error instanceof Stale) {
    return error;
  }
  if (REFUSALS.includes(error.code)) return error;
  const now = await context.app.desk.look(slug, id).catch(() => undefined);
  const happened = now && meanwhile(context, now);
  if (happened === undefined) return error;
  const show: Remedy = { do: "show", id: id };
  return new Lapsed(
    error.code,
    `${error.message}; ${happened}`,
    TO_ANSWER.includes(error.code) ? show : error.remedy ?? remedy ?? show,
  );
}

/** What happened to a proposal that this operator had claimed; undefined while it is still to be had. */
function meanwhile(
  context: CommandContext,
  { state, claim, decision, proposal }: Item,
): string | undefined {
  const id = shorten(proposal.id);
  switch (state) {
    case "pending":
      return undefined;
    case "claimed":
      return claim?.claimed_by === context.operator
        ? undefined
        : `meanwhile ${id} was taken over: it is ${claimedBy(claim, context.app.now())}`;
    case "decided":
    case "delivered":
    case "undelivered":
      return `meanwhile ${id} was ${decidedBy(decision, context.app.now())}; that decision stands`;
    case "withdrawn":
      return `meanwhile ${id} was withdrawn by the agent`;
    case "expired":
      return `its time was over meanwhile: ${id} has expired; the agent can ask again`;
  }
}
