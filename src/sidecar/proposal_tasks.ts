/**
 * Proposals as tasks of the MCP Tasks extension. The task is the proposal: its id, state and times
 * are those of the queue directory, so it outlives both the sidecar and the client.
 */

import type { Inbox, ProposalStanding } from "../queue/inbox.ts";
import { parseProposalId, type ProposalId } from "../queue/layout.ts";
import { wordDecision, wordEnd, wordEnded, wordPlace } from "./answer.ts";
import type { Task, TaskStore } from "./mcp/task.ts";

/** An operator is deciding it, and the answer is seconds away; or it is there, and asking is cheap. */
const SOON_POLL_MS = 1_000;

const MAX_POLL_MS = 15_000;

/** The older a proposal is, the less it matters to hear of its decision at once. */
const POLL_BY_AGE = [
  { belowMs: 60_000, pollMs: 2_000 },
  { belowMs: 600_000, pollMs: 5_000 },
] as const;

/**
 * The proposal as a task; undefined when this bottle has none of that id. `mayAsk`: the bottle takes
 * asks now.
 */
export function taskOf(
  id: ProposalId,
  standing: ProposalStanding,
  now: Date,
  mayAsk = true,
): Task | undefined {
  // Never dropped: decided proposals stay in the queue directory until the host removes them.
  const ended = { taskId: id, ttlMs: null, pollIntervalMs: SOON_POLL_MS };
  switch (standing.kind) {
    case "unknown":
      return undefined;
    case "pending":
      return {
        taskId: id,
        status: "working",
        statusMessage: `waiting for the operator: ${wordPlace(standing.ahead, standing.claimed)}`,
        createdAt: standing.since,
        lastUpdatedAt: standing.claimedAt ?? standing.since,
        ttlMs: null,
        pollIntervalMs: pollIntervalMs(standing, now),
      };
    case "decided":
      return {
        ...ended,
        status: "completed",
        statusMessage: standing.decision.status,
        createdAt: standing.since,
        lastUpdatedAt: standing.endedAt,
        outcome: wordDecision(standing.decision),
      };
    case "ended":
      return {
        ...ended,
        status: "completed",
        statusMessage: `ended: ${wordEnd(standing.end.reason, "")}`,
        createdAt: standing.since,
        lastUpdatedAt: standing.endedAt,
        outcome: wordEnded(standing.decision, standing.end, mayAsk),
      };
    case "withdrawn":
    case "expired":
      return {
        ...ended,
        status: "cancelled",
        statusMessage: `${standing.kind} before the operator decided`,
        createdAt: standing.since,
        lastUpdatedAt: standing.endedAt,
      };
  }
}

function pollIntervalMs(
  { since, claimed }: ProposalStanding & { kind: "pending" },
  now: Date,
): number {
  if (claimed) return SOON_POLL_MS;
  const ageMs = now.getTime() - Date.parse(since);
  return POLL_BY_AGE.find(({ belowMs }) => ageMs < belowMs)?.pollMs ?? MAX_POLL_MS;
}

export interface TaskOptions {
  /** Default: true. */
  readonly mayCancel?: boolean;
  /** The bottle takes asks now. Default: true. */
  readonly mayAsk?: boolean;
  readonly now?: () => Date;
}

/** The proposals of one bottle as a store of tasks. */
export class ProposalTasks implements TaskStore {
  readonly #inbox: Inbox;
  readonly #mayCancel: boolean;
  readonly #mayAsk: boolean;
  readonly #now: () => Date;

  constructor(
    inbox: Inbox,
    { mayCancel = true, mayAsk = true, now = () => new Date() }: TaskOptions = {},
  ) {
    this.#inbox = inbox;
    this.#mayCancel = mayCancel;
    this.#mayAsk = mayAsk;
    this.#now = now;
  }

  /** A completed task brings the decision: `call` then learns whether that has arrived. */
  async get(
    taskId: string,
    call?: Parameters<TaskStore["get"]>[1],
  ): Promise<Task | undefined> {
    const id = parseProposalId(taskId);
    if (!id) return undefined;
    const standing = await this.#inbox.standing(id);
    if (standing.kind === "decided" || standing.kind === "ended") {
      call?.onSent(this.#inbox.answering(id));
    }
    if (call) this.#inbox.polled(id);
    return taskOf(id, standing, this.#now(), this.#mayAsk);
  }

  /**
   * Withdraws the proposal, unless an operator has claimed or decided it, or the bottle only shows:
   * the cancellation is acknowledged, and the task may go on all the same. False: unknown.
   */
  async cancel(taskId: string): Promise<boolean> {
    const id = parseProposalId(taskId);
    if (id && !this.#mayCancel) return (await this.#inbox.standing(id)).kind !== "unknown";
    return id !== undefined && await this.#inbox.withdraw(id) !== "unknown";
  }

  /** No proposal ever asks the client for anything, so there is nothing to take in. */
  async update(taskId: string): Promise<boolean> {
    return await this.get(taskId) !== undefined;
  }
}
