/** The two writes to a queue that an answer needs, a claim and a decision, and what refuses them. */

import { type Decision, MAX_NAME_LENGTH, type Status } from "../../queue/decision.ts";
import type { ClaimOutcome, DecideOutcome } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import { Failure, fromSystem, type Remedy } from "../failure.ts";
import type { Actor, App } from "./app.ts";
import { requireSame } from "./basis.ts";
import { shorten } from "./shorten.ts";
import { claimedBy, decidedBy, expiredAt } from "./standing.ts";

/** By which the claims of a request are known: only these does it give back. */
const requests = new WeakMap<Actor, string>();

function requestOf(actor: Actor): string {
  const request = requests.get(actor) ?? crypto.randomUUID();
  requests.set(actor, request);
  return request;
}

/**
 * Makes the proposal this actor's to decide, visibly for all others. `status` is what the answer will
 * be. Throws a failure when another operator has it, when it is over, or when it is no longer `item`.
 */
export async function claim(
  app: App,
  actor: Actor,
  item: Item,
  status: Status,
  takeOver = false,
): Promise<void> {
  const { name } = actor;
  if (name.length > MAX_NAME_LENGTH) {
    throw new Failure(
      "usage",
      `the operator's name must have at most ${MAX_NAME_LENGTH} characters, got ${name.length}; ` +
        "set SUPERVISE_OPERATOR",
    );
  }
  const outcome = await writing(
    "claim",
    item,
    () => app.desk.claim(item, name, takeOver, requestOf(actor)),
  );
  if (outcome.kind !== "claimed") throw refusal(app, item, outcome, status);
  try {
    await requireSame(app, item);
  } catch (error) {
    await release(app, actor, item);
    throw error;
  }
}

/**
 * Gives a claim back after a failure, unless another request made it; that it cannot be given back
 * changes nothing.
 */
export async function release(app: App, actor: Actor, item: Item): Promise<void> {
  await app.desk.release(item, requestOf(actor)).catch(() => {});
}

/** Writes the decision on a claimed proposal. When it throws, it may still have been seen. */
export async function decide(app: App, item: Item, decision: Decision): Promise<void> {
  const outcome = await writing("decide", item, () => app.desk.decide(item, decision));
  if (outcome.kind !== "decided") throw refusal(app, item, outcome, decision.status);
}

async function writing<T>(what: string, item: Item, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw fromSystem(error, "cannot-write", `${what} ${shorten(item.proposal.id)}`);
  }
}

const REMEDY_OF = { approved: "approve", modified: "modify", rejected: "reject" } as const;

type Refusal =
  | Exclude<ClaimOutcome, { kind: "claimed" }>
  | Exclude<DecideOutcome, { kind: "decided" }>;

function refusal(app: App, { proposal }: Item, outcome: Refusal, status: Status): Failure {
  const { id } = proposal;
  const show: Remedy = { do: "show", id };
  const short = shorten(id);
  switch (outcome.kind) {
    case "taken":
      return new Failure(
        "claimed",
        `${short} is ${claimedBy(outcome.claim, app.now())}; leave it to them or take it over`,
        { do: REMEDY_OF[status], id, takeOver: true },
      );
    case "decided":
    case "already":
      return new Failure(
        "already-decided",
        `${short} was ${decidedBy(outcome.decision, app.now())}; that decision stands`,
        show,
      );
    case "withdrawn":
      return new Failure(
        "withdrawn",
        `${short} was withdrawn by the agent; no answer is needed`,
        show,
      );
    case "expired":
      return new Failure(
        "expired",
        `${short} ${expiredAt(outcome.at, app.now())} before anybody answered; nothing is ` +
          "decided or applied, and the agent can ask again",
        show,
      );
    case "gone":
      return new Failure("gone", `${short} is no longer in the queue`, { do: "list" });
    case "too-large":
      return new Failure(
        "too-large",
        `the decision on ${short} must have at most ${outcome.limitBytes} bytes; shorten the file`,
      );
  }
}
