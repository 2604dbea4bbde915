/** The one story of the sidecar: put an ask before the operator, wait, and word the answer. */

import type { Ask, Inbox, Submission } from "../queue/inbox.ts";
import type { ProposalId } from "../queue/layout.ts";
import type { WaitOutcome } from "../queue/wait.ts";
import {
  refusal,
  wordDecision,
  type Worded,
  wordPending,
  wordPlace,
  wordWithdrawn,
} from "./answer.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import { type ProposalTask, taskOf } from "./proposal_tasks.ts";

/** The one at the other end of a tool call: what is used here of mcp/tool.ts, as main.ts checks. */
export interface Caller {
  /** It takes a task for an answer, and asks for the decision later. */
  readonly takesTask: boolean;
  /** It wants to be told how far the work is. */
  readonly wantsProgress: boolean;
  /** `progress` of `total`, in one unit; the rest in words. */
  report(progress: number, total: number | undefined, message: string): void;
  /** Runs `action` when nobody waits for the answer any more. Undefined takes it back. */
  onLeave(action: (() => void) | undefined): void;
  /** Runs `action` once: with true when the answer has been sent whole, with false when it is lost. */
  onSent(action: (whole: boolean) => void): void;
}

/** What the agent reads, or nothing because it left. */
export type Answer =
  | Worded
  | { readonly kind: "task"; readonly task: ProposalTask }
  | { readonly kind: "left" };

export interface ProposerOptions {
  readonly inbox: Inbox;
  /** How long a call waits for the operator, in seconds. */
  readonly timeoutSeconds: number;
  /** How often a caller that wants to hear of progress does, in seconds. */
  readonly progressSeconds: number;
  /** At most this many calls at once, waiting or being written. */
  readonly maxWaiting: number;
  readonly log: (line: string) => void;
  readonly now?: () => Date;
}

type Queued = Submission & { readonly kind: "queued" | "joined" };

export class Proposer {
  readonly #options: ProposerOptions;
  readonly #deadlines: Deadlines;
  readonly #reports: Deadlines;
  #calls = 0;

  constructor(options: ProposerOptions) {
    this.#options = options;
    this.#deadlines = new Deadlines(options.timeoutSeconds * 1000);
    this.#reports = new Deadlines(options.progressSeconds * 1000);
  }

  /** Calls that are waiting for the operator now. */
  get waiting(): number {
    return this.#calls;
  }

  /**
   * Queues a validated ask and waits for the decision, at most the configured time. Whoever takes a
   * task gets one as soon as the ask is safe on disk.
   */
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
    const { inbox, log, now = () => new Date() } = this.#options;
    if (submission.kind === "queued") {
      log(`queued proposal ${id} (${tool}); waiting for the operator`);
    }
    if (caller.takesTask) {
      const standing = await inbox.standing(id);
      const task = standing.kind === "pending" && taskOf(id, standing, now());
      // What was decided before, for a call that got no answer then, is the answer now.
      if (task) return { kind: "task", task };
    }
    const wait = inbox.wait(id);
    const deadline = this.#deadlines.set(() => wait.end("timed-out"));
    caller.onLeave(() => wait.end("left"));
    const silence = caller.wantsProgress ? this.#report(submission, caller) : undefined;
    const outcome = await wait.outcome;
    silence?.();
    this.#deadlines.clear(deadline);
    caller.onLeave(undefined);
    if (outcome.kind === "decided") caller.onSent(inbox.answering(id));
    return this.#word(outcome, id, tool);
  }

  /** Tells the caller at once, and then at a steady pace, where its proposal stands. */
  #report({ kind, id }: Queued, caller: Caller): () => void {
    const { inbox, timeoutSeconds } = this.#options;
    const startedAt = performance.now();
    let isOver = false;
    let next: Deadline;
    const report = async (lead: (seconds: number) => string) => {
      const standing = await inbox.standing(id).catch(() => undefined);
      // Progress is a courtesy: what stands in its way must not touch the wait itself.
      if (isOver || standing?.kind !== "pending") return;
      // In tenths: of two reports the later must be the greater.
      const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
      const place = wordPlace(standing.ahead, standing.claimed);
      caller.report(
        Math.min(seconds, timeoutSeconds),
        timeoutSeconds,
        `${lead(seconds)}, ${place}`,
      );
    };
    const again = () => {
      next = this.#reports.set(again);
      void report((seconds) => `waiting for the operator for ${Math.round(seconds)} s`);
    };
    next = this.#reports.set(again);
    void report(() => `${kind === "queued" ? "queued as" : "joined"} ${id}`);
    return () => {
      isOver = true;
      this.#reports.clear(next);
    };
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
      case "withdrawn":
        return wordWithdrawn(id);
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

function queueFull(tool: string, limit: number): Worded {
  return refusal(
    `${tool}: not queued, because ${limit} proposals of this bottle are waiting for the operator ` +
      "and that is the limit (one that was withdrawn counts for another minute). Wait for their " +
      "answers (proposal-status tells), then ask again; ask only for what you need.",
  );
}

function tooLarge(tool: string, limitBytes: number): Worded {
  return refusal(
    `${tool}: not queued, because the proposal would be larger than ${limitBytes} bytes. ` +
      "Shorten it and call again.",
  );
}

function tooManyWaiting(tool: string, limit: number): Worded {
  return refusal(
    `${tool}: not queued, because ${limit} calls are waiting for the operator and that is the ` +
      "limit. Call again in a minute.",
  );
}

function unwritable(tool: string): Worded {
  return refusal(
    `${tool}: not queued, because the queue cannot be written. Nothing was asked. ` +
      "Tell your user that the supervise queue needs attention, and call again later.",
  );
}
