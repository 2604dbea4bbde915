/** The methods of the Tasks extension, and the shape of a task in each of its states. */

import assert from "node:assert/strict";
import { TASKS_EXTENSION } from "../../../src/sidecar/mcp/meta.ts";
import { findRevision } from "../../../src/sidecar/mcp/revisions.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import { detailsOf, seedOf, type Task, type TaskStore } from "../../../src/sidecar/mcp/task.ts";
import { ask, from, LEGACY, MODERN, modern, request, settled, TASKS } from "./fixture.ts";

const REVISION = findRevision(MODERN)!;

const WORKING: Task = {
  taskId: "t1",
  status: "working",
  createdAt: "2026-11-21T12:00:00.000Z",
  lastUpdatedAt: "2026-11-21T12:00:01.000Z",
  ttlMs: 60_000,
};

const SEED = {
  taskId: "t1",
  createdAt: "2026-11-21T12:00:00.000Z",
  lastUpdatedAt: "2026-11-21T12:00:01.000Z",
  ttlMs: 60_000,
};

/** All that a task could hold at once, so that each state shows what it leaves out. */
const FULL = {
  ...WORKING,
  statusMessage: "m",
  pollIntervalMs: 5,
  outcome: { kind: "answer", text: "words", isError: true, structured: { a: 1 } },
  error: { code: -32603, message: "no" },
  inputRequests: { k: { method: "elicitation/create" } },
} as const;

const RESULT = {
  resultType: "complete",
  content: [{ type: "text", text: "words" }, { type: "text", text: '{"a":1}' }],
  structuredContent: { a: 1 },
  isError: true,
};

const DETAILS: readonly (readonly [status: Task["status"], more: object])[] = [
  ["working", {}],
  ["input_required", { inputRequests: FULL.inputRequests }],
  ["completed", { result: RESULT }],
  ["failed", { error: FULL.error }],
  ["cancelled", {}],
];

/** What goes over the wire: members that are undefined do not. */
function sent(value: object): unknown {
  return JSON.parse(JSON.stringify(value));
}

for (const [status, more] of DETAILS) {
  Deno.test(`a task that is ${status}: the seed and what belongs to that state`, () => {
    const seed = { ...SEED, status, statusMessage: "m", pollIntervalMs: 5 };
    assert.deepEqual(sent(seedOf({ ...FULL, status })), seed);
    assert.deepEqual(sent(detailsOf({ ...FULL, status }, REVISION)), { ...seed, ...more });
  });
}

Deno.test("a task has no member that it has no value for; a life without end is null", () => {
  const bare: Task = { ...WORKING, ttlMs: null };
  assert.deepEqual(sent(detailsOf(bare, REVISION)), { ...SEED, status: "working", ttlMs: null });
});

Deno.test("a completed task brings a result of the tool's own making as it is", () => {
  const outcome = { kind: "result", result: { content: [], x: 1 } } as const;
  const details = detailsOf({ ...WORKING, status: "completed", outcome }, REVISION);
  assert.deepEqual(sent(details), {
    ...SEED,
    status: "completed",
    result: { resultType: "complete", content: [], x: 1 },
  });
});

/** One task, `t1`, that remembers what was done to it. */
class Store implements TaskStore {
  readonly done: string[] = [];
  readonly told: boolean[] = [];

  async get(taskId: string, call?: { onSent(action: (whole: boolean) => void): void }) {
    call?.onSent((whole) => this.told.push(whole));
    return await Promise.resolve(taskId === "t1" ? WORKING : undefined);
  }

  async cancel(taskId: string) {
    this.done.push(`cancel ${taskId}`);
    return await Promise.resolve(taskId === "t1");
  }

  async update(taskId: string, inputResponses: Readonly<Record<string, unknown>>) {
    this.done.push(`update ${taskId} ${JSON.stringify(inputResponses)}`);
    return await Promise.resolve(taskId === "t1");
  }
}

function served(): { readonly server: McpServer; readonly store: Store } {
  const store = new Store();
  const info = { name: "test", version: "1" };
  const onDefect = (error: unknown) => assert.fail(String(error));
  return { store, server: new McpServer({ info, tools: [], tasks: store, onDefect }) };
}

const UNKNOWN = "unknown task: it never was, or it has expired";

interface Row {
  readonly name: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly capabilities?: object;
  readonly status?: number;
  readonly result?: object;
  readonly code?: number;
  readonly message?: string;
  readonly done?: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    name: "a task",
    method: "tasks/get",
    params: { taskId: "t1" },
    result: { resultType: "complete", ...SEED, status: "working" },
  },
  {
    name: "an unknown one",
    method: "tasks/get",
    params: { taskId: "t2" },
    code: -32602,
    message: UNKNOWN,
  },
  {
    name: "an empty id",
    method: "tasks/get",
    params: { taskId: "" },
    code: -32602,
    message: UNKNOWN,
  },
  {
    name: "an id that is no text",
    method: "tasks/get",
    params: { taskId: 5 },
    code: -32602,
    message: "tasks/get 'taskId' must be a string",
  },
  {
    name: "no id",
    method: "tasks/cancel",
    params: {},
    code: -32602,
    message: "tasks/cancel 'taskId' must be a string",
    done: [],
  },
  {
    name: "a task, with nothing but the word that it was taken in",
    method: "tasks/cancel",
    params: { taskId: "t1" },
    result: { resultType: "complete" },
    done: ["cancel t1"],
  },
  {
    name: "an unknown one",
    method: "tasks/cancel",
    params: { taskId: "t2" },
    code: -32602,
    message: UNKNOWN,
    done: ["cancel t2"],
  },
  {
    name: "a task, with nothing but the word that it was taken in",
    method: "tasks/update",
    params: { taskId: "t1", inputResponses: { k: 1 } },
    result: { resultType: "complete" },
    done: ['update t1 {"k":1}'],
  },
  {
    name: "a task, by a client that writes empty objects as lists",
    method: "tasks/update",
    params: { taskId: "t1", inputResponses: [] },
    capabilities: { extensions: { [TASKS_EXTENSION]: [] } },
    result: { resultType: "complete" },
    done: ["update t1 {}"],
  },
  {
    name: "an unknown one",
    method: "tasks/update",
    params: { taskId: "t2", inputResponses: {} },
    code: -32602,
    message: UNKNOWN,
    done: ["update t2 {}"],
  },
  ...[undefined, null, [1], "x"].map((inputResponses): Row => ({
    name: `the responses ${JSON.stringify(inputResponses)}`,
    method: "tasks/update",
    params: { taskId: "t1", inputResponses },
    code: -32602,
    message: "tasks/update 'inputResponses' must be an object",
    done: [],
  })),
  ...["tasks/get", "tasks/update", "tasks/cancel"].map((method): Row => ({
    name: "a client that does not declare tasks, before all else",
    method,
    params: { taskId: "t2" },
    capabilities: { tasks: {} },
    status: 400,
    code: -32021,
    message: `${method} needs the Tasks extension`,
    done: [],
  })),
  ...["tasks/list", "tasks/result"].map((method): Row => ({
    name: "nobody, since it is not of this extension",
    method,
    params: { taskId: "t1" },
    status: 404,
    code: -32601,
    message: `method not found: ${method}`,
  })),
];

for (const { name, method, params, capabilities = TASKS, ...row } of ROWS) {
  Deno.test(`${method} of ${name}`, async () => {
    const { server, store } = served();
    const { status, body } = await ask(server, method, params, { id: "q", capabilities });
    assert.deepEqual([status, body.id], [row.status ?? 200, "q"]);
    if (row.result) {
      const { _meta, ...result } = body.result;
      assert.deepEqual(result, row.result);
    } else {
      assert.deepEqual([body.error.code, body.error.message], [row.code, row.message]);
      const data = row.code === -32021 ? { requiredCapabilities: TASKS } : undefined;
      assert.deepEqual(body.error.data, data);
    }
    if (row.done) assert.deepEqual(store.done, row.done);
  });
}

for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
  Deno.test(`${method} wants Mcp-Name to repeat the task's id, before the capability`, async () => {
    const { server, store } = served();
    const params = { taskId: "t1", inputResponses: {} };
    const { status, body } = await ask(server, method, params, { headers: { "mcp-name": "t2" } });
    assert.deepEqual([status, body.error.code], [400, -32020]);
    assert.deepEqual(store.done, []);
  });

  for (const version of LEGACY) {
    Deno.test(`${method} is no method of ${version}`, async () => {
      const message = request(method, { taskId: "t1" });
      const { status, body } = await settled(served().server.handle(message, from({ version })));
      assert.deepEqual([status, body.error.code], [200, -32601]);
    });
  }

  Deno.test(`${method} is no method of a server without tasks`, async () => {
    const info = { name: "test", version: "1" };
    const server = new McpServer({ info, tools: [], onDefect: () => assert.fail() });
    const { status, body } = await ask(server, method, { taskId: "t1" }, { capabilities: TASKS });
    assert.deepEqual([status, body.error.code], [404, -32601]);
  });
}

Deno.test("tasks/get tells the store once whether the answer has arrived", async () => {
  const { server, store } = served();
  for (const whole of [true, false]) {
    const { message, exchange } = modern("tasks/get", { taskId: "t1" }, { capabilities: TASKS });
    await settled(server.handle(message, exchange));
    exchange.sent(whole);
    exchange.sent(true);
  }
  const { message, exchange } = modern("tasks/get", { taskId: "t1" }, { capabilities: TASKS });
  const answering = settled(server.handle(message, exchange));
  exchange.leave();
  await answering;
  assert.deepEqual(store.told, [true, false, false]);
});
