/** `subscriptions/listen`: what is acknowledged, who hears of what and in which order, and the end. */

import assert from "node:assert/strict";
import type { ResourceProvider } from "../../../src/sidecar/mcp/resources.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { Announcement, ListKind } from "../../../src/sidecar/mcp/subscription.ts";
import { MAX_SUBSCRIPTIONS } from "../../../src/sidecar/mcp/subscriptions.ts";
import type { Task, TaskStore } from "../../../src/sidecar/mcp/task.ts";
import { SERVER_INFO, SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import { within } from "../../support/within.ts";
import {
  ask,
  from,
  LEGACY,
  modern,
  type ModernOptions,
  request,
  settled,
  StreamReader,
  TASKS,
} from "./fixture.ts";

const ACK = "notifications/subscriptions/acknowledged";
const UPDATED = "notifications/resources/updated";
const INFO = { name: "test", version: "1" };

/** Tasks `t1` and `t2`; `hold` keeps whoever asks for one waiting until it is let go. */
class Tasks implements TaskStore {
  status: Task["status"] = "working";
  readonly asked: string[] = [];
  held: Promise<void> | undefined;

  async get(taskId: string, call?: object) {
    this.asked.push(call ? `${taskId} for a call` : taskId);
    await this.held;
    if (taskId !== "t1" && taskId !== "t2") return undefined;
    return taskOf(taskId, this.status);
  }

  cancel(): Promise<boolean> {
    return Promise.resolve(true);
  }

  update(): Promise<boolean> {
    return Promise.resolve(true);
  }
}

function taskOf(taskId: string, status: Task["status"]): Task {
  return {
    taskId,
    status,
    createdAt: "2026-11-21T12:00:00.000Z",
    lastUpdatedAt: "2026-11-21T12:00:00.000Z",
    ttlMs: null,
    outcome: { kind: "answer", text: "words", isError: false, structured: { a: 1 } },
  };
}

/** Whoever asks whether this one will be announced waits for ever. */
const UNSETTLED = "a://unsettled";

const RESOURCES: ResourceProvider = {
  templates: [],
  list: () => Promise.resolve([]),
  read: () => Promise.resolve({ kind: "unknown" }),
  announces: (uri) =>
    uri === UNSETTLED ? new Promise(() => {}) : Promise.resolve(uri.startsWith("a://")),
};

class Fixture {
  readonly tasks = new Tasks();
  readonly defects: unknown[] = [];
  readonly server: McpServer;

  constructor(changingLists: readonly ListKind[] = ["tools"]) {
    this.server = new McpServer({
      info: INFO,
      tools: [],
      resources: RESOURCES,
      tasks: this.tasks,
      changingLists,
      onDefect: (error) => this.defects.push(error),
    });
  }

  /** Begins to listen, without waiting for the acknowledgement. */
  begin(notifications: object, options: ModernOptions = {}) {
    const { message, exchange } = modern("subscriptions/listen", { notifications }, {
      capabilities: TASKS,
      canStream: true,
      ...options,
    });
    const reader = new StreamReader(this.server.handle(message, exchange));
    return Object.assign(reader, { exchange });
  }

  async listen(notifications: object, options: ModernOptions = {}) {
    const reader = this.begin(notifications, options);
    await within(60, "acknowledgement", reader.until(1));
    assert.equal(reader.messages[0].method, ACK);
    return reader;
  }

  announce(...announcements: readonly Announcement[]): void {
    for (const announcement of announcements) this.server.announce(announcement);
  }

  /** Lets everything that was announced before be delivered: a listener of its own hears the last. */
  async delivered(): Promise<void> {
    const last = await this.listen({ resourceSubscriptions: ["a://last"] });
    this.announce(updated("a://last"));
    await within(60, "last announcement", last.until(2));
    last.exchange.leave();
  }
}

function updated(uri: string): Announcement {
  return { kind: "resource-updated", uri };
}

function changed(taskId: string): Announcement {
  return { kind: "task-changed", taskId };
}

function listChanged(list: ListKind): Announcement {
  return { kind: "list-changed", list };
}

// What is honoured.

const HONOURED: readonly (readonly [name: string, asked: object, honoured: object])[] = [
  ["nothing", {}, {}],
  ["a list that changes", { toolsListChanged: true }, { toolsListChanged: true }],
  ["a list that is not asked for", { toolsListChanged: false }, {}],
  ["a list that is asked for in another way", { toolsListChanged: 1 }, {}],
  ["lists that do not change", { promptsListChanged: true, resourcesListChanged: true }, {}],
  ["an unknown kind", { logs: true, constructor: true }, {}],
  [
    "resources, of which some are known",
    { resourceSubscriptions: ["b://1", "a://2", "a://1", ""] },
    { resourceSubscriptions: ["a://2", "a://1"] },
  ],
  [
    "a resource twice",
    { resourceSubscriptions: ["a://1", "a://1"] },
    { resourceSubscriptions: ["a://1"] },
  ],
  ["no known resource", { resourceSubscriptions: ["b://1"] }, {}],
  ["tasks, of which some are known", { taskIds: ["t2", "t9", "t1"] }, { taskIds: ["t2", "t1"] }],
  ["no known task", { taskIds: ["t9"] }, {}],
  ["empty lists", { resourceSubscriptions: [], taskIds: [] }, {}],
  ["null for a list", { resourceSubscriptions: null }, {}],
  [
    "everything",
    { toolsListChanged: true, resourceSubscriptions: ["a://1"], taskIds: ["t1"] },
    { toolsListChanged: true, resourceSubscriptions: ["a://1"], taskIds: ["t1"] },
  ],
];

for (const [name, asked, honoured] of HONOURED) {
  Deno.test(`listen acknowledges first, with what is honoured of ${name}`, async () => {
    const { messages } = await new Fixture().listen(asked, { id: "s" });
    assert.deepEqual(messages, [{
      jsonrpc: "2.0",
      method: ACK,
      params: { notifications: honoured, _meta: { [SUBSCRIPTION_ID]: "s" } },
    }]);
  });
}

const MANY = Array.from({ length: 257 }, (_, index) => `a://${index}`);

const REFUSED: readonly (readonly [
  name: string,
  params: Readonly<Record<string, unknown>>,
  expected: readonly [status: number, code: number],
  options?: ModernOptions,
])[] = [
  ["no filter", {}, [200, -32602]],
  ["a filter null", { notifications: null }, [200, -32602]],
  ["a filter that is a list", { notifications: [1] }, [200, -32602]],
  ["resources that are no list", { notifications: { resourceSubscriptions: "a://1" } }, [
    200,
    -32602,
  ]],
  ["resources that are no text", { notifications: { resourceSubscriptions: [1] } }, [200, -32602]],
  ["257 resources", { notifications: { resourceSubscriptions: MANY } }, [200, -32602]],
  ["257 tasks", { notifications: { taskIds: MANY } }, [200, -32602]],
  ["tasks of a client that takes none", { notifications: { taskIds: [] } }, [400, -32021], {
    capabilities: {},
  }],
  ["a client that reads no stream", { notifications: {} }, [406, -32600], { canStream: false }],
];

for (const [name, params, expected, options = {}] of REFUSED) {
  Deno.test(`listen refuses ${name}, and begins no stream`, async () => {
    const { server } = new Fixture();
    const seen = await ask(server, "subscriptions/listen", params, {
      capabilities: TASKS,
      canStream: true,
      ...options,
    });
    assert.deepEqual([seen.status, seen.body.error.code], expected);
    assert.equal(seen.messages, undefined);
    if (expected[1] === -32021) {
      assert.deepEqual(seen.body.error.data, { requiredCapabilities: TASKS });
    }
  });
}

Deno.test("listen takes an empty filter that is written as a list", async () => {
  const { messages } = await new Fixture().listen([]);
  assert.deepEqual(messages[0].params.notifications, {});
});

Deno.test("listen takes 256 resources", async () => {
  const { messages } = await new Fixture().listen({ resourceSubscriptions: MANY.slice(1) });
  assert.equal(messages[0].params.notifications.resourceSubscriptions.length, 256);
});

Deno.test("listen sends a stream to a client that does not say what it reads", async () => {
  await new Fixture().listen({}, { canStream: false, mayStream: true });
});

for (const version of LEGACY) {
  Deno.test(`listen is no method of ${version}`, async () => {
    const message = request("subscriptions/listen", { notifications: {} });
    const exchange = from({ version, canStream: true });
    const { status, body } = await settled(new Fixture().server.handle(message, exchange));
    assert.deepEqual([status, body.error.code], [200, -32601]);
  });
}

// Who hears of what.

const HEARD: readonly (readonly [asked: object, heard: readonly string[]])[] = [
  [{}, []],
  [{ toolsListChanged: true }, ["notifications/tools/list_changed"]],
  [{ resourceSubscriptions: ["a://1"] }, [`${UPDATED} a://1`]],
  [{ resourceSubscriptions: ["a://2", "a://1"] }, [`${UPDATED} a://1`, `${UPDATED} a://2`]],
  [{ taskIds: ["t2"] }, ["notifications/tasks t2"]],
  [
    { taskIds: ["t1"], toolsListChanged: true },
    ["notifications/tools/list_changed", "notifications/tasks t1"],
  ],
];

Deno.test("each subscription hears of what it asked for, in order, and of nothing else", async () => {
  const fixture = new Fixture(["tools", "prompts"]);
  const readers = await Promise.all(
    HEARD.map(([asked], index) => fixture.listen(asked, { id: index })),
  );
  fixture.announce(
    updated("a://1"),
    listChanged("tools"),
    listChanged("prompts"),
    listChanged("resources"),
    changed("t1"),
    updated("a://3"),
    updated("a://2"),
    changed("t2"),
    changed("t9"),
  );
  await fixture.delivered();
  for (const [id, [, heard]] of HEARD.entries()) {
    assert.deepEqual(readers[id]!.said.slice(1), heard);
    for (const { params } of readers[id]!.messages) {
      assert.equal(params._meta[SUBSCRIPTION_ID], id, "the id as it came, also when it is 0");
    }
  }
  assert.deepEqual(fixture.defects, []);
});

Deno.test("every list has a notification of its own", async () => {
  const fixture = new Fixture(["tools", "prompts", "resources"]);
  const reader = await fixture.listen({
    toolsListChanged: true,
    promptsListChanged: true,
    resourcesListChanged: true,
  });
  const lists = ["resources", "tools", "prompts"] as const;
  fixture.announce(...lists.map(listChanged));
  await within(60, "three notifications", reader.until(4));
  assert.deepEqual(reader.said.slice(1), lists.map((list) => `notifications/${list}/list_changed`));
});

Deno.test("a task is announced as tasks/get returns it", async () => {
  const fixture = new Fixture();
  const reader = await fixture.listen({ taskIds: ["t1"] });
  for (const status of ["working", "completed"] as const) {
    fixture.tasks.status = status;
    fixture.announce(changed("t1"));
    await fixture.delivered();
    const { _meta: tag, ...announced } = reader.messages.at(-1).params;
    const options = { capabilities: TASKS };
    const { body } = await ask(fixture.server, "tasks/get", { taskId: "t1" }, options);
    const { resultType: _type, _meta, ...got } = body.result;
    assert.deepEqual(announced, got);
    assert.deepEqual(tag, { [SUBSCRIPTION_ID]: 1 });
  }
});

Deno.test("an announcement answers no call, since nobody may read it; tasks/get does", async () => {
  const fixture = new Fixture();
  await fixture.listen({ taskIds: ["t1"] });
  fixture.tasks.status = "completed";
  fixture.tasks.asked.length = 0;
  fixture.announce(changed("t1"));
  await fixture.delivered();
  assert.deepEqual(fixture.tasks.asked, ["t1"]);
  await ask(fixture.server, "tasks/get", { taskId: "t1" }, { capabilities: TASKS });
  assert.deepEqual(fixture.tasks.asked, ["t1", "t1 for a call"]);
});

Deno.test("changes that lead to one state are told as one, to each who has not heard of it", async () => {
  const fixture = new Fixture();
  const early = await fixture.listen({ taskIds: ["t1"] }, { id: 1 });
  fixture.announce(changed("t1"), changed("t1"));
  await fixture.delivered();
  const late = await fixture.listen({ taskIds: ["t1"] }, { id: 2 });
  fixture.announce(changed("t1"));
  await fixture.delivered();
  fixture.tasks.status = "completed";
  fixture.announce(changed("t1"));
  await fixture.delivered();
  const statuses = ({ messages }: StreamReader) =>
    messages.slice(1).map(({ params }) => params.status);
  assert.deepEqual([statuses(early), statuses(late)], [
    ["working", "completed"],
    ["working", "completed"],
  ]);
});

Deno.test("a task that nobody listens to any more is not asked for", async () => {
  const fixture = new Fixture();
  const [leaving, staying] = [
    await fixture.listen({ taskIds: ["t1"] }, { id: 1 }),
    await fixture.listen({ taskIds: ["t2"] }, { id: 2 }),
  ];
  leaving.exchange.leave();
  fixture.tasks.asked.length = 0;
  fixture.announce(changed("t1"), changed("t2"));
  await within(60, "the other task", staying.until(2));
  assert.deepEqual(fixture.tasks.asked, ["t2"]);
});

Deno.test("a store that breaks at one announcement is told as a bug, and the next is delivered", async () => {
  const fixture = new Fixture();
  const get = fixture.tasks.get.bind(fixture.tasks);
  const reader = await fixture.listen({ taskIds: ["t1"] });
  fixture.tasks.get = () => Promise.reject(new Error("broken store"));
  fixture.announce(changed("t1"));
  await fixture.delivered();
  fixture.tasks.get = get;
  fixture.announce(changed("t1"));
  await within(60, "notification", reader.until(2));
  assert.deepEqual(reader.said.slice(1), ["notifications/tasks t1"]);
  assert.equal((fixture.defects[0] as Error).message, "broken store");
});

// One thing after the other.

Deno.test("a change between the request and its acknowledgement comes after that", async () => {
  const fixture = new Fixture();
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.tasks.held = promise;
  const reader = fixture.begin({ taskIds: ["t1"], resourceSubscriptions: ["a://1"] });
  fixture.announce(updated("a://1"), changed("t1"));
  assert.deepEqual(reader.messages, []);
  resolve();
  await within(60, "three messages", reader.until(3));
  assert.deepEqual(reader.said, [ACK, `${UPDATED} a://1`, "notifications/tasks t1"]);
});

Deno.test("a change from before the request is not heard of, also when it is delivered later", async () => {
  const fixture = new Fixture();
  const early = await fixture.listen({ taskIds: ["t1"], resourceSubscriptions: ["a://1"] });
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.tasks.held = promise;
  fixture.announce(changed("t1"), updated("a://1"));
  const late = fixture.begin({ taskIds: ["t1"], resourceSubscriptions: ["a://1"] }, { id: 2 });
  fixture.announce(updated("a://1"));
  resolve();
  await within(60, "the later change", late.until(2));
  assert.deepEqual(late.said, [ACK, `${UPDATED} a://1`]);
  assert.deepEqual(early.said, [
    ACK,
    "notifications/tasks t1",
    `${UPDATED} a://1`,
    `${UPDATED} a://1`,
  ]);
});

Deno.test("what changes several times before the acknowledgement is told once after it", async () => {
  const fixture = new Fixture();
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.tasks.held = promise;
  const wanted = {
    toolsListChanged: true,
    resourceSubscriptions: ["a://1", "b://1"],
    taskIds: ["t1", "t9"],
  };
  const reader = fixture.begin(wanted);
  for (let times = 0; times < 3; times++) {
    fixture.announce(listChanged("tools"), updated("a://1"), updated("b://1"), changed("t9"));
    fixture.announce(updated("a://2"), changed("t1"));
  }
  await fixture.delivered();
  assert.deepEqual(reader.messages, []);
  resolve();
  await within(60, "what happened", reader.until(4));
  fixture.announce(updated("a://1"));
  await within(60, "what happens after", reader.until(5));
  assert.deepEqual(reader.said, [
    ACK,
    "notifications/tools/list_changed",
    `${UPDATED} a://1`,
    "notifications/tasks t1",
    `${UPDATED} a://1`,
  ]);
});

Deno.test("a look-up that never ends holds up nobody else: neither listening, hearing nor closing", async () => {
  const fixture = new Fixture();
  const first = await fixture.listen({ resourceSubscriptions: ["a://1"] }, { id: 1 });
  const stuck = fixture.begin({ resourceSubscriptions: [UNSETTLED, "a://1"] }, { id: 2 });
  const later = await fixture.listen({ resourceSubscriptions: ["a://1"] }, { id: 3 });
  fixture.announce(updated("a://1"), updated("a://1"));
  for (const reader of [first, later]) {
    await within(60, "two announcements", reader.until(3));
    assert.deepEqual(reader.said, [ACK, `${UPDATED} a://1`, `${UPDATED} a://1`]);
  }
  assert.deepEqual(stuck.messages, []);
  fixture.server.close();
  for (const reader of [first, later]) await within(60, "end", reader.stream.reply);
  stuck.exchange.leave();
  assert.deepEqual(await within(60, "end", stuck.stream.reply), { status: 202, text: null });
});

// The end.

Deno.test("a client that closes its stream is told nothing more and frees its place", async () => {
  const fixture = new Fixture();
  const reader = await fixture.listen({ resourceSubscriptions: ["a://1"] });
  reader.exchange.leave();
  reader.exchange.leave();
  assert.deepEqual(await within(60, "end", reader.stream.reply), { status: 202, text: null });
  fixture.announce(updated("a://1"));
  await fixture.delivered();
  assert.equal(reader.messages.length, 1);
});

Deno.test("a client that leaves before its acknowledgement is not asked about any further", async () => {
  const fixture = new Fixture();
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.tasks.held = promise;
  const reader = fixture.begin({ taskIds: ["t1"] });
  const next = fixture.begin({}, { id: 2 });
  reader.exchange.leave();
  assert.deepEqual(await within(60, "end", reader.stream.reply), { status: 202, text: null });
  resolve();
  await within(60, "acknowledgement of the next", next.until(1));
  assert.deepEqual(reader.messages, []);
});

Deno.test("a slow reader is let go, and the others go on", async () => {
  const fixture = new Fixture();
  const slow = await fixture.listen({ resourceSubscriptions: ["a://1"] }, { id: 1 });
  const other = await fixture.listen({ resourceSubscriptions: ["a://1"] }, { id: 2 });
  slow.reads = false;
  fixture.announce(updated("a://1"));
  assert.deepEqual(await within(60, "end", slow.stream.reply), { status: 202, text: null });
  slow.reads = true;
  fixture.announce(updated("a://1"));
  await within(60, "both changes", other.until(3));
  assert.equal(slow.messages.length, 1);
});

Deno.test("the limit: one more is refused before a stream begins, and a free place is taken", async () => {
  const fixture = new Fixture();
  const readers = Array.from({ length: MAX_SUBSCRIPTIONS }, (_, id) => fixture.begin({}, { id }));
  const params = { notifications: {} };
  const oneMore = () => ask(fixture.server, "subscriptions/listen", params, { canStream: true });
  const { status, body, messages } = await oneMore();
  assert.deepEqual([status, body.error.code, messages], [200, -32603, undefined]);
  assert.match(body.error.message, /^256 subscriptions are open and that is the limit: close one/);
  await within(60, "acknowledgements", Promise.all(readers.map((reader) => reader.until(1))));
  for (const _again of [1, 2]) readers[0]!.exchange.leave();
  await fixture.listen({}, { id: "free" });
  assert.equal((await oneMore()).body.error.code, -32603, "one place was free, not two");
});

Deno.test("close() ends each with an empty result that names it", async () => {
  const fixture = new Fixture();
  const [one, two] = [await fixture.listen({}, { id: 1 }), await fixture.listen({}, { id: "2" })];
  fixture.server.close();
  for (const [reader, id] of [[one, 1], [two, "2"]] as const) {
    const { status, text } = await within(60, "end", reader.stream.reply);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text!), {
      jsonrpc: "2.0",
      id,
      result: { resultType: "complete", _meta: { [SUBSCRIPTION_ID]: id, [SERVER_INFO]: INFO } },
    });
    assert.deepEqual(reader.said, [ACK], "over HTTP the end of the stream says it");
  }
});

Deno.test("close() delivers what was announced before it", async () => {
  const fixture = new Fixture();
  const reader = await fixture.listen({ taskIds: ["t1"] });
  fixture.announce(changed("t1"));
  fixture.server.close();
  fixture.announce(changed("t1"));
  await within(60, "end", reader.stream.reply);
  assert.deepEqual(reader.said, [ACK, "notifications/tasks t1"]);
});

Deno.test("close() says it with a notification before the result where one channel is shared", async () => {
  const fixture = new Fixture();
  const options = { id: "s", headers: null, sharesChannel: true };
  const reader = await fixture.listen({}, options);
  fixture.server.close();
  const { text } = await within(60, "end", reader.stream.reply);
  assert.deepEqual(reader.messages[1], {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: "s", _meta: { [SUBSCRIPTION_ID]: "s" } },
  });
  assert.equal(reader.messages.length, 2);
  assert.equal(JSON.parse(text!).id, "s");
});

Deno.test("listen after close() is acknowledged and ended at once", async () => {
  const fixture = new Fixture();
  fixture.server.close();
  const reader = fixture.begin({ toolsListChanged: true });
  const { status } = await within(60, "end", reader.stream.reply);
  assert.deepEqual([status, reader.said], [200, [ACK]]);
});

Deno.test("two clients with one id do not mix", async () => {
  const fixture = new Fixture();
  const one = await fixture.listen({ resourceSubscriptions: ["a://1"] }, { address: "a" });
  const two = await fixture.listen({ resourceSubscriptions: ["a://2"] }, { address: "b" });
  fixture.announce(updated("a://1"), updated("a://2"));
  await fixture.delivered();
  assert.deepEqual([one.said[1], two.said[1]], [`${UPDATED} a://1`, `${UPDATED} a://2`]);
  one.exchange.leave();
  fixture.announce(updated("a://2"));
  await within(60, "second change", two.until(3));
});
