/** What a task is: an answer that is asked for later, by id (ext-tasks, specification/tasks). */

import type { RpcError } from "../jsonrpc/errors.ts";
import type { Call } from "./exchange.ts";
import { TASKS_EXTENSION } from "./meta.ts";
import type { Revision } from "./revisions.ts";
import { type ToolAnswer, toolResult } from "./tool_result.ts";

export type TaskStatus = "working" | "input_required" | "completed" | "failed" | "cancelled";

/** What is known of a task. Times are ISO 8601. */
export interface Task {
  readonly taskId: string;
  readonly status: TaskStatus;
  /** For the user or the model. */
  readonly statusMessage?: string | undefined;
  readonly createdAt: string;
  readonly lastUpdatedAt: string;
  /** How long the task is kept, from its creation; null: for ever. In milliseconds. */
  readonly ttlMs: number | null;
  /** In milliseconds. */
  readonly pollIntervalMs?: number | undefined;
  /** Of a completed task: what the call would have returned. */
  readonly outcome?: ToolAnswer | { readonly kind: "result"; readonly result: object } | undefined;
  /** Of a failed task. */
  readonly error?: RpcError | undefined;
  /** Of one that needs input: all requests that are open. */
  readonly inputRequests?: Readonly<Record<string, unknown>> | undefined;
}

/** Where tasks are. An unknown, expired or foreign id is undefined or false, without difference. */
export interface TaskStore {
  /** `call` learns whether the answer has arrived. An announcement has none: it may not be read. */
  get(taskId: string, call?: Pick<Call, "onSent">): Promise<Task | undefined>;
  /** Asks for an end; the task may end otherwise. */
  cancel(taskId: string): Promise<boolean>;
  update(taskId: string, inputResponses: Readonly<Record<string, unknown>>): Promise<boolean>;
}

export const TASKS_REQUIRED = { extensions: { [TASKS_EXTENSION]: {} } };

/** The part of a task that its creation shows. */
export function seedOf(task: Task): object {
  const { taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs } = task;
  return { taskId, status, statusMessage, createdAt, lastUpdatedAt, ttlMs, pollIntervalMs };
}

/** The whole of a task, as `tasks/get` returns it and `notifications/tasks` announces it. */
export function detailsOf(task: Task, revision: Revision): object {
  const { status, outcome, error, inputRequests } = task;
  const seed = seedOf(task);
  if (status === "completed" && outcome) {
    const inner = outcome.kind === "answer" ? toolResult(outcome, revision) : outcome.result;
    return { ...seed, result: { resultType: "complete", ...inner } };
  }
  if (status === "failed") return { ...seed, error };
  if (status === "input_required") return { ...seed, inputRequests };
  return seed;
}
