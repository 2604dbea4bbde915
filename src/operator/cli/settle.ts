/** Claim, then decide: the two steps every answer takes, and what stands in their way. */

import type { Item } from "../../queue/bottle.ts";
import type { ClaimOutcome, DecideOutcome } from "../../queue/desk.ts";
import { type Decision, MAX_NAME_LENGTH, type Status } from "../../queue/decision.ts";
import { Failure, fromSystem } from "../failure.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import type { Review } from "../review/kind.ts";
import type { Call } from "./command.ts";
import { findItem, reading } from "./find.ts";
import { shorten } from "./short_id.ts";
import { claimedBy, decidedBy, reaches } from "./standing.ts";

/** The length of an ask that is repeated, in columns: a host's name can have 253. */
const MAX_ASKS = 100;

export interface Answer {
  readonly status: Status;
  readonly notes: string;
  /** What is approved instead of the proposed file. */
  readonly finalFile: string | null;
}

/**
 * Finds the proposal that is to be answered. Throws a failure when its file is not the one that
 * `--basis` was shown with; a bottle that took its sidecar over can change it at any time.
 */
export async function findShown(call: Call): Promise<Item> {
  const basis = call.text("basis")?.toLowerCase();
  if (basis !== undefined && !/^[0-9a-f]{8,64}$/.test(basis)) {
    throw new Failure(
      "usage",
      `--basis "${basis}" is no basis; the 8 to 64 hexadecimal digits that show prints are wanted`,
      call.next("show", call.operand ?? "ID"),
    );
  }
  const item = await findItem(call);
  if (basis === undefined || item.proposal.current_file_hash.startsWith(basis)) return item;
  throw notShown(call, item);
}

function notShown(call: Call, item: Item): Failure {
  const id = shorten(item.proposal.id);
  return new Failure(
    "changed",
    `${id} is not what was shown any more: its file was changed, nothing was decided`,
    call.next("show", id),
  );
}

/** Throws a failure when what stands in the queue now is not what `item` was read from. */
async function requireSame(call: Call, item: Item): Promise<void> {
  const { id, tool, current_file_hash: basis } = item.proposal;
  const found = await reading(call, () => call.desk.find(id, item.slug));
  const now = found.kind === "found" ? found.item.proposal : undefined;
  if (now?.current_file_hash !== basis || now.tool !== tool) throw notShown(call, item);
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

/** Writes the decision on a claimed proposal. When it throws, nothing was decided here. */
export async function decide(call: Call, item: Item, answer: Answer): Promise<Decision> {
  const decision: Decision = {
    proposal_id: item.proposal.id,
    status: answer.status,
    notes: answer.notes,
    final_file: answer.finalFile,
    decided_by: call.operator,
    decided_at: call.now().toISOString(),
    basis: item.proposal.current_file_hash,
  };
  const outcome = await writing("decide", item, () => call.desk.decide(item, decision));
  if (outcome.kind !== "decided") throw refusal(call, item, outcome, answer.status);
  return decision;
}

/** Claims and decides at once, and gives the claim back when that fails. */
export async function settle(call: Call, item: Item, answer: Answer): Promise<Decision> {
  await claim(call, item, answer.status, call.flag("take-over"));
  try {
    return await decide(call, item, answer);
  } catch (error) {
    await release(call, item);
    throw error;
  }
}

/** Says what was decided, whom it reaches, and that nothing was applied. */
export function report(call: Call, item: Item, decision: Decision, review: Review): void {
  const { id, tool } = item.proposal;
  const { status } = decision;
  const byHand = status === "rejected" ? undefined : kindOf(tool)?.byHand;
  if (call.json) {
    return call.out.json({
      ...{ id, bottle_slug: item.slug, tool, status, notes: decision.notes },
      ...{ final_file: decision.final_file, waiting: item.waiting },
      ...{ decided_by: decision.decided_by, decided_at: decision.decided_at },
      ...{ basis: decision.basis, applied: false },
    });
  }
  const verb = { approved: "Approved", modified: "Modified and approved", rejected: "Rejected" };
  const what = `${verb[status]} ${shorten(id)} (${tool}, bottle ${item.slug})`;
  const asks = review.kind === "understood" ? `: ${oneLine(review, MAX_ASKS)}` : "";
  call.out.paragraph(`${what}${asks}.`);
  call.out.paragraph(reaches(item));
  if (byHand) call.out.paragraph(`Nothing was applied, no live file was changed: ${byHand}.`);
}

const COMMAND_OF = { approved: "approve", modified: "modify", rejected: "reject" };

/** The command line that gives this answer, to be typed again with something more. */
export function again(
  call: Call,
  item: Item,
  status: Status,
  basis = call.text("basis"),
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

/** `--basis` as it was given, to go on with. */
export function givenBasis(call: Call): string[] {
  const basis = call.text("basis");
  return basis === undefined ? [] : ["--basis", basis];
}

/** The digits of a basis that are printed and typed. */
const SHOWN_DIGITS = 12;

export function shortBasis(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
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
        call.next(...again(call, item, status), "--take-over"),
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
    case "gone":
      return new Failure("gone", `${id} is no longer in the queue`, call.next("list"));
    case "too-large":
      return new Failure(
        "too-large",
        `the decision on ${id} is over ${outcome.limitBytes} bytes; a shorter file is wanted`,
      );
  }
}
