/** A failure that gave a claim back when the ask's time was over: what would go on from it cannot. */

import type { Item } from "../../queue/item.ts";
import { Failure } from "../failure.ts";
import type { Call } from "./command.ts";
import { shorten } from "./short_id.ts";
import { Stale } from "./stale.ts";

export class Lapsed extends Failure {}

/** Failures that say themselves that this operator cannot decide it. */
const REFUSALS = ["claimed", "already-decided", "withdrawn", "expired", "gone"];

/** Failures that would go on with another answer. */
const TO_ANSWER = ["malformed", "unchanged", "interrupted"];

/**
 * `error`, or when the proposal has expired by now the failure that says so too. `next` goes on from
 * an error that names nothing. To be asked after the claim was given back. Never throws.
 */
export async function lapsed(
  call: Call,
  { slug, proposal: { id } }: Item,
  error: unknown,
  next?: string,
): Promise<unknown> {
  if (!(error instanceof Failure) || error instanceof Lapsed || error instanceof Stale) {
    return error;
  }
  if (REFUSALS.includes(error.code)) return error;
  const now = await call.desk.look(slug, id).catch(() => undefined);
  if (now?.state !== "expired") return error;
  const show = call.next("show", shorten(id));
  return new Lapsed(
    error.code,
    `${error.message}; its time was over meanwhile: ${
      shorten(id)
    } has expired; the agent can ask ` +
      "again",
    TO_ANSWER.includes(error.code) ? show : error.next ?? next ?? show,
  );
}
