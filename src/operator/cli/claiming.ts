/** The two writes to a queue that every answer takes, and what stands in their way. */

import { type Decision, MAX_NAME_LENGTH, type Status } from "../../queue/decision.ts";
import type { ClaimOutcome, DecideOutcome } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import { Failure, fromSystem, type Remedy } from "../failure.ts";
import { requireSame } from "./basis.ts";
import type { CommandContext } from "./command.ts";
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
  context: CommandContext,
  item: Item,
  status: Status,
  takeOver = false,
): Promise<void> {
  if (context.operator.length > MAX_NAME_LENGTH) {
    throw new Failure(
      "usage",
      `your name has ${context.operator.length} characters; at most ${MAX_NAME_LENGTH} are wanted in ` +
        "SUPERVISE_OPERATOR",
    );
  }
  const claiming = () => context.app.desk.claim(item, context.operator, takeOver);
  const outcome = await writing("claim", item, claiming);
  if (outcome.kind !== "claimed") throw refusal(context, item, outcome, status);
  try {
    await requireSame(context, item);
  } catch (error) {
    await release(context, item);
    throw error;
  }
}

/** Gives a claim back after a failure; that it cannot be given back changes nothing. */
export async function release(context: CommandContext, item: Item): Promise<void> {
  await context.app.desk.release(item, context.operator).catch(() => {});
}

/** The decision that an answer is, as it is written. */
export function decisionOf(
  context: CommandContext,
  item: Item,
  answer: Answer,
  application: string,
): Decision {
  return {
    proposal_id: item.proposal.id,
    status: answer.status,
    notes: answer.notes,
    final_file: answer.finalFile,
    decided_by: context.operator,
    decided_at: context.app.now().toISOString(),
    basis: item.proposal.current_file_hash,
    application,
  };
}

/** Writes the decision on a claimed proposal. When it throws, it may still have been seen. */
export async function decide(
  context: CommandContext,
  item: Item,
  decision: Decision,
): Promise<void> {
  const outcome = await writing("decide", item, () => context.app.desk.decide(item, decision));
  if (outcome.kind !== "decided") throw refusal(context, item, outcome, decision.status);
}

const COMMAND_OF = { approved: "approve", modified: "modify", rejected: "reject" } as const;

/** The command line that gives this answer, to be typed again with something more. */
export function again(
  context: CommandContext,
  item: Item,
  status: Status,
  basis: string | undefined,
): string[] {
  const notes = context.text("notes");
  const file = context.text("file");
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

function refusal(context: CommandContext, item: Item, outcome: Refused, status: Status): Failure {
  const id = shorten(item.proposal.id);
  const show: Remedy = { do: "show", id };
  switch (outcome.kind) {
    case "taken":
      return new Failure(
        "claimed",
        `${id} is ${claimedBy(outcome.claim, context.app.now())}; leave it to them or take it over`,
        { do: COMMAND_OF[status], id, takeOver: true },
      );
    case "decided":
    case "already":
      return new Failure(
        "already-decided",
        `${id} was ${decidedBy(outcome.decision, context.app.now())}; that decision stands`,
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
        `${id} ${
          expiredAt(outcome.at, context.app.now())
        } before anybody answered; nothing is decided ` +
          "or applied, and the agent can ask again",
        show,
      );
    case "gone":
      return new Failure("gone", `${id} is no longer in the queue`, { do: "list" });
    case "too-large":
      return new Failure(
        "too-large",
        `the decision on ${id} is over ${outcome.limitBytes} bytes; a shorter file is wanted`,
      );
  }
}
