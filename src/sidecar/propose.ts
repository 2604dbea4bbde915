/** The one story of the sidecar: put an ask before the operator, wait, and word the answer. */

import type { Ask, Inbox, Submission } from "../queue/inbox.ts";
import type { ProposalId } from "../queue/layout.ts";
import type { ShadowLog } from "../queue/shadow.ts";
import type { WaitOutcome } from "../queue/wait.ts";
import {
  refusal,
  wordAlreadyAllowed,
  wordDecision,
  wordEnded,
  wordExpired,
  wordPending,
  wordPlace,
  wordShadow,
  wordWithdrawn,
} from "./answer.ts";
import { type Deadline, Deadlines } from "./deadlines.ts";
import type { Task } from "./mcp/task.ts";
import type { Caller } from "./mcp/tool.ts";
import type { ToolAnswer } from "./mcp/tool_result.ts";
import { type Braked, type NotAsked, refusalOf, whyBraked } from "./not_asked.ts";
import { taskOf } from "./proposal_tasks.ts";
import type { RateLimit } from "./rate_limit.ts";

/** What the agent reads, or nothing because it left. */
export type Answer =
  | ToolAnswer
  | { readonly kind: "task"; readonly task: Task }
  | { readonly kind: "left" };

export interface ProposerOptions {
  readonly inbox: Inbox;
  /** How long a call waits for the operator, in seconds. */
  readonly timeoutSeconds: number;
  /** How often a caller that wants to hear of progress does, in seconds. */
  readonly progressSeconds: number;
  /** At most this many calls at once, waiting or being written. */
  readonly maxWaiting: number;
  /** Without it a client may ask as often as it likes. */
  readonly rateLimit?: RateLimit | undefined;
  /** On a trial run: where asks are recorded instead of being put before the operator. */
  readonly shadow?: Pick<ShadowLog, "record"> | undefined;
  /** Told what became of each ask as soon as that is known. */
  readonly onAsk?: ((tool: string, outcome: AskOutcome) => void) | undefined;
  readonly log: (line: string) => void;
  readonly now?: () => Date;
}

export type AskOutcome = "queued" | "joined" | "already-allowed" | "shadow" | NotAsked["kind"];

/** Says in a few words that it is allowed already; undefined: the operator must be asked. */
export type AlreadyAllowedCheck = () => Promise<string | undefined>;

type Queued = Submission & { readonly kind: "queued" | "joined" };

/** What comes of an ask before its call waits. */
type Beginning =
  | Queued
  | { readonly kind: "already-allowed"; readonly what: string }
  | { readonly kind: "shadow"; readonly id: ProposalId }
  | NotAsked;

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

  /** Calls that are waiting now: for the operator, or until their ask is safe on disk. */
  get waiting(): number {
    return this.#calls;
  }

  /**
   * Queues a validated ask and waits for the decision, at most the configured time. A caller that takes
   * tasks gets one as soon as the ask is safe on disk. What is allowed already, as
   * `alreadyAllowed` says, is answered at once.
   */
  propose(ask: Ask, caller: Caller, alreadyAllowed?: AlreadyAllowedCheck): Promise<Answer> {
    const { tool } = ask;
    const refused = this.#brake(caller);
    if (refused) {
      this.#options.onAsk?.(tool, refused.kind);
      return this.#tellBraked(refused, ask, caller);
    }
    this.#calls++;
    // The ask itself may be large, so nothing that waits holds on to it.
    return this.#begin(ask, alreadyAllowed)
      .then((beginning) => {
        this.#options.onAsk?.(tool, beginning.kind);
        return this.#answer(beginning, tool, caller);
      })
      .finally(() => this.#calls--);
  }

  #brake({ client }: Caller): Braked | undefined {
    const { rateLimit, maxWaiting } = this.#options;
    const inSeconds = rateLimit?.take(client, performance.now());
    if (rateLimit && inSeconds !== undefined) {
      return { kind: "rate-limited", perMinute: rateLimit.perMinute, inSeconds };
    }
    if (this.#calls >= maxWaiting) return { kind: "too-many-waiting", limit: maxWaiting };
    return undefined;
  }

  /**
   * A call that is turned away is told of the same ask where that is queued or decided already: so it
   * neither waits nor writes anything.
   */
  async #tellBraked(refused: Braked, ask: Ask, caller: Caller): Promise<Answer> {
    const { inbox, shadow } = this.#options;
    const id = inbox.held(ask)?.id;
    const standing = id && await inbox.standing(id);
    switch (standing?.kind) {
      case "pending": {
        inbox.polled(id!);
        const place = wordPlace(standing.ahead, standing.claimed);
        const notes = `it is queued as ${id}, ${place}; this call did not wait, because ` +
          whyBraked(refused);
        return wordPending(notes, id!, !shadow);
      }
      case "decided":
        caller.onSent(inbox.answering(id!));
        return wordDecision(standing.decision);
      case "ended":
        caller.onSent(inbox.answering(id!));
        return wordEnded(standing.decision, standing.end, !shadow);
      default:
        return refusalOf(ask.tool, refused);
    }
  }

  /** A repeated ask gets the answer of the first, also where it is allowed now. */
  async #begin(ask: Ask, alreadyAllowed: AlreadyAllowedCheck | undefined): Promise<Beginning> {
    const { inbox, shadow, log } = this.#options;
    // An answer from before a trial run is still an answer; nothing else of it reaches the operator.
    const held = inbox.held(ask);
    if (shadow && held?.isDecided) return { kind: "joined", id: held.id };
    const what = alreadyAllowed && !held ? await alreadyAllowed() : undefined;
    try {
      // What is allowed is needed too.
      const recorded = await shadow?.record(ask);
      if (what !== undefined) return { kind: "already-allowed", what };
      if (!recorded) return await inbox.submit(ask);
      if (recorded.kind === "recorded") return { kind: "shadow", id: recorded.id };
      return recorded.kind === "full" ? { kind: "shadow-full" } : recorded;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`cannot write a proposal (${ask.tool}): ${reason}`);
      return { kind: "unwritable" };
    }
  }

  #answer(beginning: Beginning, tool: string, caller: Caller): Answer | Promise<Answer> {
    switch (beginning.kind) {
      case "queued":
      case "joined":
        return this.#await(beginning, tool, caller);
      case "already-allowed":
        return wordAlreadyAllowed(beginning.what);
      case "shadow":
        return wordShadow(beginning.id);
      default:
        return refusalOf(tool, beginning);
    }
  }

  async #await(submission: Queued, tool: string, caller: Caller): Promise<Answer> {
    const { id } = submission;
    const { inbox, log, now = () => new Date() } = this.#options;
    if (submission.kind === "queued") {
      log(`queued proposal ${id} (${tool}); waiting for the operator`);
    }
    if (caller.takesTask) {
      const standing = await inbox.standing(id);
      const task = standing.kind === "pending" && taskOf(id, standing, now());
      // What was decided before, for a call that got no answer then, is the answer now.
      if (task) {
        inbox.polled(id);
        return { kind: "task", task };
      }
    }
    const wait = inbox.wait(id);
    const deadline = this.#deadlines.set(() => wait.end("timed-out"));
    caller.onLeave(() => wait.end("left"));
    const silence = caller.wantsProgress ? this.#report(submission, caller) : undefined;
    const outcome = await wait.outcome;
    silence?.();
    this.#deadlines.clear(deadline);
    caller.onLeave(undefined);
    if (outcome.kind === "decided" || outcome.kind === "ended") {
      caller.onSent(inbox.answering(id));
    }
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

  #word(outcome: WaitOutcome, id: ProposalId, tool: string): Answer {
    switch (outcome.kind) {
      case "decided":
        return wordDecision(outcome.decision);
      case "ended":
        return wordEnded(outcome.decision, outcome.end, !this.#options.shadow);
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
      case "expired":
        return wordExpired(id);
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
