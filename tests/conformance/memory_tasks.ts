/** Tasks that live as long as the fixture server does (ext-tasks, specification/tasks). */

import { INTERNAL_ERROR, type RpcError } from "../../src/sidecar/jsonrpc/errors.ts";
import { isObject } from "../../src/sidecar/jsonrpc/message.ts";
import type { Task, TaskStore } from "../../src/sidecar/mcp/task.ts";
import type { ToolAnswer } from "../../src/sidecar/mcp/tool_result.ts";
import type { InputRequests } from "./input_requests.ts";

/** Long enough for any scenario, in milliseconds. */
const TTL_MS = 600_000;

const POLL_INTERVAL_MS = 100;

/** What a task's work can do beside working. */
export interface Job {
  readonly cancelled: AbortSignal;
  /** Waits until the client has answered all of them; never resolves for a cancelled task. */
  ask(requests: InputRequests): Promise<Readonly<Record<string, unknown>>>;
}

/** The end of a task's work: an answer, or the JSON-RPC error that it failed with. */
export type JobEnd = ToolAnswer | { readonly kind: "failed"; readonly error: RpcError };

interface Entry {
  task: Task;
  readonly cancellation: AbortController;
  /** Told each time that the client has answered something. */
  onAnswer: ((responses: Readonly<Record<string, unknown>>) => void) | undefined;
}

export class MemoryTasks implements TaskStore {
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: (taskId: string) => void;

  constructor(onChange: (taskId: string) => void) {
    this.#onChange = onChange;
  }

  /** Begins the work. A crash fails the task without a word of why. */
  start(work: (job: Job) => Promise<JobEnd>): Task {
    const now = new Date().toISOString();
    const entry: Entry = {
      task: {
        taskId: crypto.randomUUID(),
        status: "working",
        createdAt: now,
        lastUpdatedAt: now,
        ttlMs: TTL_MS,
        pollIntervalMs: POLL_INTERVAL_MS,
      },
      cancellation: new AbortController(),
      onAnswer: undefined,
    };
    this.#entries.set(entry.task.taskId, entry);
    const job: Job = {
      cancelled: entry.cancellation.signal,
      ask: (requests) => this.#ask(entry, requests),
    };
    work(job).then(
      (end) =>
        end.kind === "failed"
          ? this.#change(entry, { status: "failed", error: end.error })
          : this.#change(entry, { status: "completed", outcome: end }),
      () =>
        this.#change(entry, {
          status: "failed",
          error: { code: INTERNAL_ERROR, message: "internal error" },
        }),
    );
    return entry.task;
  }

  get(taskId: string): Promise<Task | undefined> {
    return Promise.resolve(this.#entries.get(taskId)?.task);
  }

  cancel(taskId: string): Promise<boolean> {
    const entry = this.#entries.get(taskId);
    if (entry) {
      this.#change(entry, { status: "cancelled" });
      entry.cancellation.abort();
    }
    return Promise.resolve(entry !== undefined);
  }

  update(taskId: string, inputResponses: Readonly<Record<string, unknown>>): Promise<boolean> {
    const entry = this.#entries.get(taskId);
    entry?.onAnswer?.(inputResponses);
    return Promise.resolve(entry !== undefined);
  }

  /** Keys that nobody asked for, and answers that are none, are passed over. */
  #ask(
    entry: Entry,
    requests: InputRequests,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { promise, resolve } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    const answers: Record<string, unknown> = {};
    let open = requests;
    this.#change(entry, { status: "input_required", inputRequests: open });
    entry.onAnswer = (responses) => {
      for (const [key, response] of Object.entries(responses)) {
        if (Object.hasOwn(open, key) && isObject(response)) answers[key] = response;
      }
      open = Object.fromEntries(Object.entries(open).filter(([key]) => !(key in answers)));
      if (Object.keys(open).length > 0) {
        this.#change(entry, { status: "input_required", inputRequests: open });
        return;
      }
      entry.onAnswer = undefined;
      this.#change(entry, { status: "working", inputRequests: undefined });
      resolve(answers);
    };
    return promise;
  }

  /** A task that has ended stays as it is. */
  #change(entry: Entry, change: Partial<Task>): void {
    if (["completed", "failed", "cancelled"].includes(entry.task.status)) return;
    entry.task = { ...entry.task, ...change, lastUpdatedAt: new Date().toISOString() };
    this.#onChange(entry.task.taskId);
  }
}
