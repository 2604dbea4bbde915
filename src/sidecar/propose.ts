/** The one story of the sidecar: put an ask before the operator, wait, and word the answer. */

import type { Decision } from "../queue/decision.ts";
import type { Ask, Inbox, Submission } from "../queue/inbox.ts";
import type { ProposalId } from "../queue/layout.ts";
import type { WaitOutcome } from "../queue/wait.ts";
import { Deadlines } from "./deadlines.ts";

/** The one at the other end of a tool call. */
export interface Caller {
  /** Runs `action` when nobody waits for the answer any more. Undefined takes it back. */
  onLeave(action: (() => void) | undefined): void;
  /** Runs `action` once: with true when the answer has been sent whole, with false when it is lost. */
  onSent(action: (whole: boolean) => void): void;
}

/** What the agent reads, or nothing because it left. */
export type Answer =
  | { readonly kind: "answer"; readonly text: string; readonly isError: boolean }
  | { readonly kind: "left" };

export interface ProposerOptions {
  readonly inbox: Inbox;
  /** How long a call waits for the operator, in seconds. */
  readonly timeoutSeconds: number;
  /** At most this many calls at once, waiting or being written. */
  readonly maxWaiting: number;
  readonly log: (line: string) => void;
}

export class Proposer {
  readonly #options: ProposerOptions;
  readonly #deadlines: Deadlines;
  #calls = 0;

  constructor(options: ProposerOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.timeoutSeconds * 1000);
  }

  /** Calls that are waiting for the operator now. */
  get waiting(): number {
    return this.#calls;
  }

  /** Queues a validated ask and waits for the decision, at most the configured time. */
  propose(ask: Ask, caller: Caller): Promise<Answer> {
    const { tool } = ask;
    const { maxWaiting } = this.#options;
    if (this.#calls >= maxWaiting) return Promise.resolve(tooManyWaiting(tool, maxWaiting));
    this.#calls++;
    // The ask itself may be large, so nothing that waits holds on to it.
    return this.#submit(ask)
      .then((submission) => this.#answer(submission, tool, caller))
      .finally(() => this.#calls--);
  }

  async #answer(
    submission: Submission | { readonly kind: "unwritable" },
    tool: string,
    caller: Caller,
  ): Promise<Answer> {
    if (submission.kind === "unwritable") return unwritable(tool);
    if (submission.kind === "queue-full") return queueFull(tool, submission.limit);
    if (submission.kind === "too-large") return tooLarge(tool, submission.limitBytes);
    const { id } = submission;
    const { inbox, log } = this.#options;
    if (submission.kind === "queued") {
      log(`queued proposal ${id} (${tool}); waiting for the operator`);
    }
    const wait = inbox.wait(id);
    const deadline = this.#deadlines.set(() => wait.end("timed-out"));
    caller.onLeave(() => wait.end("left"));
    const outcome = await wait.outcome;
    this.#deadlines.clear(deadline);
    caller.onLeave(undefined);
    if (outcome.kind === "decided") caller.onSent(inbox.answering(id));
    return this.#word(outcome, id, tool);
  }

  async #submit(ask: Ask): Promise<Submission | { readonly kind: "unwritable" }> {
    try {
      return await this.#options.inbox.submit(ask);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log(`cannot write a proposal (${ask.tool}): ${reason}`);
      return { kind: "unwritable" };
    }
  }

  #word(outcome: WaitOutcome, id: ProposalId, tool: string): Answer {
    switch (outcome.kind) {
      case "decided":
        return wordDecision(outcome.decision);
      case "timed-out":
        return wordPending(
          `operator response timed out after ${this.#options.timeoutSeconds}s; ` +
            "proposal remains queued",
          id,
        );
      case "stopping":
        return wordPending("the supervisor is stopping; proposal remains queued", id);
      case "removed":
        return refusal(
          `${tool}: proposal ${id} was removed from the queue before it was decided. ` +
            "Make the same call again if you still need it.",
        );
      case "left":
        return { kind: "left" };
    }
  }
}

/** The answer for a decided proposal. A rejection is an error result. */
export function wordDecision(decision: Decision): Answer {
  const lines = [`status: ${decision.status}`];
  if (decision.notes) lines.push(`notes: ${decision.notes}`);
  if (decision.status === "modified" && decision.final_file !== null) {
    lines.push(
      "the operator modified your proposal before approving; " +
        "the final config is now what's been applied",
    );
  }
  return { kind: "answer", text: lines.join("\n"), isError: decision.status === "rejected" };
}

/** The answer for a proposal that nobody has decided yet. */
export function wordPending(notes: string, id: ProposalId): Answer {
  const lines = [
    "status: pending",
    `notes: ${notes}`,
    `proposal_id: ${id}`,
    "next: go on with other work, then call proposal-status with this proposal_id; or make the " +
    "same call again to wait longer, it joins this proposal",
  ];
  return { kind: "answer", text: lines.join("\n"), isError: false };
}

/** An error result: the call did nothing, and the text says what to do. */
export function refusal(text: string): Answer {
  return { kind: "answer", text, isError: true };
}

function queueFull(tool: string, limit: number): Answer {
  return refusal(
    `${tool}: not queued, because ${limit} proposals of this bottle are waiting for the operator ` +
      "and that is the limit. Wait for their answers (proposal-status tells), then ask again; " +
      "ask only for what you need.",
  );
}

function tooLarge(tool: string, limitBytes: number): Answer {
  return refusal(
    `${tool}: not queued, because the proposal would be larger than ${limitBytes} bytes. ` +
      "Shorten it and call again.",
  );
}

function tooManyWaiting(tool: string, limit: number): Answer {
  return refusal(
    `${tool}: not queued, because ${limit} calls are waiting for the operator and that is the ` +
      "limit. Call again in a minute.",
  );
}

function unwritable(tool: string): Answer {
  return refusal(
    `${tool}: not queued, because the queue cannot be written. Nothing was asked. ` +
      "Tell your user that the supervise queue needs attention, and call again later.",
  );
}
