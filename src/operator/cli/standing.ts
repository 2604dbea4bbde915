/** The words for where a proposal stands: state, who decides or decided, who waits. */

import type { Item } from "../../queue/item.ts";
import type { Repeat } from "../../queue/repeats.ts";
import { claimedBy, decidedBy, expiredAt, named } from "../app/standing.ts";
import type { ChangeRecord } from "../live/record.ts";
import { age, instant, instantAndAge } from "../when.ts";

/** Who took an approval back, and when. */
type Undone = Pick<ChangeRecord, "operator" | "begun_at">;

/** Stands beside what a bottle that took its sidecar over could have written itself. */
const HEARSAY = "says the queue";

/** `Asked again, 2026-11-21T05:39:00Z (3m ago)`: stands above the justification. */
export function askedAgain({ asked_at: at }: Repeat, now: Date): string {
  return `Asked again, ${instantAndAge(at, now)}`;
}

/** The state in a sentence, for `show`. */
export function stateOf(item: Item, now: Date): string {
  switch (item.state) {
    case "pending":
      return `pending, not claimed${expiresAt(item)}`;
    case "claimed":
      return `${claimedBy(item.claim, now)}, ${HEARSAY}`;
    case "decided":
      return `${decidedBy(item.decision, now)}, ${HEARSAY}; the agent has not picked it up`;
    case "delivered":
      return `${decidedBy(item.decision, now)}, ${HEARSAY}; the agent has the answer`;
    case "undelivered": {
      const by = decidedBy(item.decision, now);
      return `${by}, ${HEARSAY}; it was filed away before the agent picked it up`;
    }
    case "withdrawn":
      return "withdrawn: the agent took it back";
    case "expired":
      return `${expiredAt(item.expiredAt, now)} without an answer`;
  }
}

function expiresAt({ proposal: { expires_at: at } }: Item): string {
  return at === undefined ? "" : `; it expires at ${instant(at)}`;
}

/** `by bob@host at 2026-11-21T05:39:00Z (3m ago)`, by this operator's own records. */
export function undoneBy({ operator, begun_at }: Undone, now: Date): string {
  return `by ${named(operator)} at ${instantAndAge(begun_at, now)}`;
}

/** The state in a word or two, for a table. */
export function shortState({ state, decision }: Item, isUndone: boolean): string {
  if (isUndone && decision) return "undone";
  switch (state) {
    case "decided":
    case "undelivered":
      return `${decision?.status ?? state}, unread`;
    case "delivered":
      return decision?.status ?? state;
    case "pending":
    case "claimed":
    case "withdrawn":
    case "expired":
      return state;
  }
}

/** Who waits for the answer. */
export function waitingFor(item: Item, now: Date): string {
  if (item.waiting === 1) return `1 call of bottle ${item.slug} is waiting now`;
  if (item.waiting > 1) return `${item.waiting} calls of bottle ${item.slug} are waiting now`;
  if (item.polledAt !== undefined) {
    return `the agent of bottle ${item.slug} polls for it, last ${age(item.polledAt, now)} ago`;
  }
  return "no call now; the answer is delivered when the agent asks again";
}

/** Whether the answer that was just given reaches anybody. */
export function reaches(item: Item): string {
  if (item.waiting === 1) return "1 call of the agent is waiting and gets the answer now.";
  if (item.waiting > 1) {
    return `${item.waiting} calls of the agent are waiting and get the answer now.`;
  }
  if (item.polledAt !== undefined) {
    return "The agent polls for the answer and gets it the next time.";
  }
  return "No call is waiting now: the answer is delivered when the agent asks again.";
}
