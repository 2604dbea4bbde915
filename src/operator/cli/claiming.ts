/** The two writes to a queue that every answer takes, and what stands in their way. */

import { type Decision, MAX_NAME_LENGTH, type Status } from "../../queue/decision.ts";
import type { ClaimOutcome, DecideOutcome } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import { Failure, fromSystem } from "../failure.ts";
import { requireSame } from "./basis.ts";
import type { Call } from "./command.ts";
import { shorten } from "./short_id.ts";
import { claimedBy, decidedBy, expiredAt } from "./standing.ts";

export interface Answer {
  readonly status: Status;
  readonly notes: string;
  /** What is approved instead of the proposed file. */
  readonly finalFile: string | null;
}

/**
 * Makes the proposal this operator's to decide, or makes sure that it still is. `status` is what
 * the answer will be. Throws a failure when the proposal is not to be had, or changed meanwhile.
 */
export async function claim(
  call: Call,
  item: Item,
  status: Status,
  takeOver = false,
): Promise<void> {
  if (call.operator.length > MAX_NAME_LENGTH) {
    throw new Failure(
      "usage",
      `your name has ${call.operator.length} characters; at most ${MAX_NAME_LENGTH} are wanted in ` +
        "SUPERVISE_OPERATOR",
    );
  }
  const claiming = () => call.desk.claim(item, call.operator, takeOver);
  const outcome = await writing("claim", item, claiming);
  if (outcome.kind !== "claimed") throw refusal(call, item, outcome, status);
  try {
    await requireSame(call, item);
  } catch (error) {
    await release(call, item);
    throw error;
  }
}

/** Gives a claim back after a failure; that it cannot be given back changes nothing. */
export async function release(call: Call, item: Item): Promise<void> {
  await call.desk.release(item, call.operator).catch(() => {});
}

/** The decision that an answer is, as it is written. */
export function decisionOf(
  call: Call,
  item: Item,
  answer: Answer,
  application: string,
): Decision {
  return {
    proposal_id: item.proposal.id,
    status: answer.status,
    notes: answer.notes,
    final_file: answer.finalFile,
    decided_by: call.operator,
    decided_at: call.now().toISOString(),
    basis: item.proposal.current_file_hash,
    application,
  };
}

/** Writes the decision on a claimed proposal. When it throws, it may still have been seen. */
export async function decide(call: Call, item: Item, decision: Decision): Promise<void> {
  const outcome = await writing("decide", item, () => call.desk.decide(item, decision));
  if (outcome.kind !== "decided") throw refusal(call, item, outcome, decision.status);
}

const COMMAND_OF = { approved: "approve", modified: "modify", rejected: "reject" };

/** The command line that gives this answer, to be typed again with something more. */
export function again(
  call: Call,
  item: Item,
  status: Status,
  basis: string | undefined,
): string[] {
  const notes = call.text("notes");
  const file = call.text("file");
  return [
    COMMAND_OF[status],
    shorten(item.proposal.id),
    ...file === undefined ? [] : ["--file", file],
    ...basis === undefined ? [] : ["--basis", basis],
    ...notes === undefined ? [] : ["--notes", notes],
  ];
}

async function writing<T>(what: string, item: Item, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw fromSystem(error, "cannot-write", `${what} ${shorten(item.proposal.id)}`);
  }
}

type Refused =
  | Exclude<ClaimOutcome, { kind: "claimed" }>
  | Exclude<DecideOutcome, { kind: "decided" }>;

function refusal(call: Call, item: Item, outcome: Refused, status: Status): Failure {
  const id = shorten(item.proposal.id);
  const show = call.next("show", id);
  switch (outcome.kind) {
    case "taken":
      return new Failure(
        "claimed",
        `${id} is ${claimedBy(outcome.claim, call.now())}; leave it to them or take it over`,
        call.next(...again(call, item, status, call.text("basis")), "--take-over"),
      );
    case "decided":
    case "already":
      return new Failure(
        "already-decided",
        `${id} was ${decidedBy(outcome.decision, call.now())}; that decision stands`,
        show,
      );
    case "withdrawn":
      return new Failure(
        "withdrawn",
        `${id} was withdrawn by the agent; nobody waits for it`,
        show,
      );
    case "expired":
      return new Failure(
        "expired",
        `${id} ${expiredAt(outcome.at, call.now())} before anybody answered; nothing is decided ` +
          "or applied, and the agent can ask again",
        show,
      );
    case "gone":
      return new Failure("gone", `${id} is no longer in the queue`, call.next("list"));
    case "too-large":
      return new Failure(
        "too-large",
        `the decision on ${id} is over ${outcome.limitBytes} bytes; a shorter file is wanted`,
      );
  }
}
