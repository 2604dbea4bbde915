/**
 * The MCP endpoint without HTTP, as clients of before 2026-07-28 meet it: every method, version and
 * shape of message, as tables. One file because each row is one message to the same server.
 */

import assert from "node:assert/strict";
import type { Exchange } from "../../../src/sidecar/mcp/exchange.ts";
import { MessageStream, type Reply } from "../../../src/sidecar/mcp/reply.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { Caller, Tool, ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { PROTOCOL_VERSION } from "../../support/meta_keys.ts";
import { from as fromPeer, LEGACY, parsed, request } from "./fixture.ts";

const INFO = { name: "test-server", version: "1.2.3" };

const VERSIONS: readonly string[] = LEGACY;

const SERVED = ["2026-07-28", ...VERSIONS];

function tool(name: string, call: Tool["call"]): Tool {
  const inputSchema = { type: "object" };
  return { name, title: `The ${name}`, description: `Does ${name}.`, inputSchema, call };
}

function answer(text: string, isError = false): ToolOutcome {
  return { kind: "answer", text, isError };
}

/** A server whose tools do one thing each, and what it said about bugs. */
class Fixture {
  readonly defects: unknown[] = [];
  readonly waiting: { readonly caller: Caller; readonly end: (outcome: ToolOutcome) => void }[] =
    [];
  readonly server: McpServer;

  constructor() {
    this.server = new McpServer({
      info: INFO,
      tools: [
        tool("echo", (args) => answer(JSON.stringify(args))),
        tool("reject", () => answer("no", true)),
        tool("later", async (args) => await Promise.resolve(answer(JSON.stringify(args)))),
        tool("wrong", () => ({ kind: "invalid-arguments", message: "wrong: 'a' must be b" })),
        tool("wait", (_args, caller) => {
          const { promise, resolve } = Promise.withResolvers<ToolOutcome>();
          this.waiting.push({ caller, end: resolve });
          caller.onLeave(() => resolve({ kind: "left" }));
          return promise;
        }),
        tool("deaf", (_args, caller) => {
          const { promise, resolve } = Promise.withResolvers<ToolOutcome>();
          this.waiting.push({ caller, end: resolve });
          return promise;
        }),
        tool("throw", () => {
          throw new Error("secret of the tool");
        }),
        tool("fail", () => Promise.reject(new Error("secret of the tool"))),
      ],
      onDefect: (error) => this.defects.push(error),
    });
  }

  handle(value: unknown, exchange = from()): Reply | Promise<Reply> {
    const outcome = this.server.handle(value, exchange);
    return outcome instanceof MessageStream ? outcome.reply : outcome;
  }

  /** The reply as it looks to a client. */
  async reply(value: unknown, version: string | null = null): Promise<unknown> {
    return parsed(await this.handle(value, from(version)));
  }
}

function from(version: string | null = null, address = "10.0.0.1"): Exchange {
  return fromPeer({ version, address });
}

function call(name: unknown, args: unknown = {}, id: unknown = 1): Record<string, unknown> {
  return request("tools/call", { name, arguments: args }, id);
}

function result(value: unknown, id: unknown = 1): unknown {
  return { status: 200, body: { jsonrpc: "2.0", id, result: value } };
}

function error(code: number, message: string, id: unknown = 1, status = 200): unknown {
  return { status, body: { jsonrpc: "2.0", id, error: { code, message } } };
}

/** What 2025-11-25 and later have, where the id is unknown. */
function withoutId(expected: unknown): unknown {
  const { body, ...rest } = expected as { body: Record<string, unknown> };
  const { id: _id, ...named } = body;
  return { ...rest, body: named };
}

function text(said: string, isError = false): unknown {
  return { content: [{ type: "text", text: said }], isError };
}

function initialized(protocolVersion: string): unknown {
  return result({
    protocolVersion,
    capabilities: { tools: { listChanged: false } },
    serverInfo: INFO,
  });
}

const NAMES = ["echo", "reject", "later", "wrong", "wait", "deaf", "throw", "fail"];
const LIST = NAMES.map((name) => ({
  name,
  title: `The ${name}`,
  description: `Does ${name}.`,
  inputSchema: { type: "object" },
}));
const CURSOR = "unknown cursor: the list has one page, leave the cursor out";
const KNOWN = `the tools are ${NAMES.join(", ")}`;

const ROWS: readonly (readonly [name: string, message: unknown, expected: unknown])[] = [
  ["ping", request("ping"), result({})],
  ["ping with params", request("ping", { a: 1 }, "x"), result({}, "x")],
  ["tools/list", request("tools/list"), result({ tools: LIST })],
  [
    "tools/list with a cursor null",
    request("tools/list", { cursor: null }),
    result({ tools: LIST }),
  ],
  ["tools/list with a cursor", request("tools/list", { cursor: "2" }), error(-32602, CURSOR)],
  ["tools/list with an empty cursor", request("tools/list", { cursor: "" }), error(-32602, CURSOR)],
  ["a tool", call("echo", { a: [1] }), result(text('{"a":[1]}'))],
  ["a tool that says no", call("reject"), result(text("no", true))],
  ["a tool that takes a moment", call("later", { a: 1 }, "id"), result(text('{"a":1}'), "id")],
  ["a tool without arguments", request("tools/call", { name: "echo" }), result(text("{}"))],
  [
    "members a newer client sends",
    request("tools/call", { name: "echo", task: {}, _meta: { progressToken: 1 } }),
    result(text("{}")),
  ],
  ["tools/call without params", request("tools/call"), error(-32602, "tools/call missing 'name'")],
  ["a name that is no text", call(5), error(-32602, "tools/call missing 'name'")],
  ["an unknown tool", call("nope"), error(-32602, `unknown tool 'nope': ${KNOWN}`)],
  [
    "a tool named as something of Object's",
    call("constructor"),
    error(-32602, `unknown tool 'constructor': ${KNOWN}`),
  ],
  [
    "an endless name",
    call("x".repeat(100_000)),
    error(-32602, `unknown tool '${"x".repeat(100)}…': ${KNOWN}`),
  ],
  ...[null, [], " {}", "[]"].map((args) =>
    [`arguments ${JSON.stringify(args)}`, call("echo", args), result(text("{}"))] as const
  ),
  ["arguments as text", call("echo", '{"a": ["b"]}'), result(text('{"a":["b"]}'))],
  ...[[1], "x", "[1]", 5].map((args) =>
    [
      `arguments ${JSON.stringify(args)}`,
      call("echo", args),
      error(-32602, "tools/call 'arguments' must be an object"),
    ] as const
  ),
  [
    "an unknown method",
    request("resources/list"),
    error(-32601, "method not found: resources/list"),
  ],
  ["a method of Object's", request("toString"), error(-32601, "method not found: toString")],
  ["a method in upper case", request("PING"), error(-32601, "method not found: PING")],
  ["an empty method", request(""), error(-32601, "method not found: ")],
  [
    "an endless method",
    request("x".repeat(100_000)),
    error(-32601, `method not found: ${"x".repeat(100)}…`),
  ],
  [
    "a cancellation as a request",
    request("notifications/cancelled", { requestId: 1 }),
    error(-32601, "method not found: notifications/cancelled"),
  ],
  ["notifications/initialized with an id", request("notifications/initialized"), result({})],
  ["initialize without params", request("initialize"), initialized("2025-11-25")],
  ...VERSIONS.map((protocolVersion) =>
    [
      `initialize for ${protocolVersion}`,
      request("initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "c" } }),
      initialized(protocolVersion),
    ] as const
  ),
  ...["2026-07-28", "2024-10-07", "", "2025-11-25 ", "latest", 20250326, null].map((version) =>
    [
      `initialize for ${JSON.stringify(version)}`,
      request("initialize", { protocolVersion: version }),
      initialized("2025-11-25"),
    ] as const
  ),
  ["an invalid message", { id: 1 }, error(-32600, "jsonrpc field must be '2.0'", 1, 400)],
  ["an invalid message without an id", {}, error(-32600, "jsonrpc field must be '2.0'", null, 400)],
  [
    "an invalid message with an id of 0",
    { id: 0, jsonrpc: "2.0" },
    error(-32600, "method must be a string", 0, 400),
  ],
  [
    "params that are no object",
    request("ping", [1]),
    error(-32602, "params must be an object", 1, 400),
  ],
  [
    "an id null",
    request("ping", {}, null),
    error(
      -32600,
      "id must be a string of at most 256 characters or an integer within ±(2^53−1); leave it out for a notification",
      null,
      400,
    ),
  ],
  ["a posted result", { jsonrpc: "2.0", id: 1, result: {} }, { status: 202 }],
  ["a posted error", { jsonrpc: "2.0", id: 1, error: { code: 1, message: "" } }, { status: 202 }],
  ["notifications/initialized", { jsonrpc: "2.0", method: "notifications/initialized" }, {
    status: 202,
  }],
  ["an unknown notification", { jsonrpc: "2.0", method: "x" }, { status: 202 }],
  ["a request as a notification", { jsonrpc: "2.0", method: "ping" }, { status: 202 }],
  ["a cancellation of nothing", {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: 9 },
  }, { status: 202 }],
  ["a cancellation of no id", {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: {} },
  }, { status: 202 }],
];

for (const [name, message, expected] of ROWS) {
  Deno.test(`handle() answers ${name}`, async () => {
    const fixture = new Fixture();
    assert.deepEqual(await fixture.reply(message), expected);
    assert.deepEqual(fixture.defects, []);
  });
}

Deno.test("handle() runs no tool for a notification", async () => {
  const fixture = new Fixture();
  const { id: _id, ...notification } = call("wait");
  assert.deepEqual(await fixture.reply(notification), { status: 202 });
  assert.equal(fixture.waiting.length, 0);
});

for (const name of ["throw", "fail"]) {
  for (const version of VERSIONS) {
    Deno.test(`handle() says only "internal error" for a tool that breaks (${name}), and tells of the bug, ${version}`, async () => {
      const fixture = new Fixture();
      const said = `${name}: internal error. Try again later, and tell your user.`;
      assert.deepEqual(await fixture.reply(call(name), version), result(text(said, true)));
      assert.equal(fixture.defects.length, 1);
      assert.equal((fixture.defects[0] as Error).message, "secret of the tool");
      assert.deepEqual(await fixture.reply(request("ping")), result({}));
    });
  }
}

for (const version of [null, ...VERSIONS]) {
  const expected = version === "2025-11-25"
    ? result(text("wrong: 'a' must be b", true))
    : error(-32602, "wrong: 'a' must be b");
  Deno.test(`handle() answers wrong arguments as revision ${version ?? "without a header"} has it`, async () => {
    assert.deepEqual(await new Fixture().reply(call("wrong"), version), expected);
  });
}

for (const version of ["2024-10-07", "", "x", "2025-11-25,2025-06-18"]) {
  const refusal = (id: unknown) => ({
    status: 400,
    body: {
      jsonrpc: "2.0",
      id,
      error: {
        code: -32022,
        message: `unsupported MCP-Protocol-Version '${version}': use one of ${SERVED.join(", ")}`,
        data: { supported: SERVED, requested: version },
      },
    },
  });
  Deno.test(`handle() refuses the version header ${JSON.stringify(version)} for all but initialize`, async () => {
    const fixture = new Fixture();
    assert.deepEqual(await fixture.reply(request("ping", {}, "p"), version), refusal("p"));
    assert.deepEqual(await fixture.reply(call("wait"), version), refusal(1));
    assert.equal(fixture.waiting.length, 0);
    assert.deepEqual(
      await fixture.reply({ jsonrpc: "2.0", method: "notifications/x" }, version),
      withoutId(refusal(null)),
    );
    const initialize = request("initialize", { protocolVersion: "2025-03-26" });
    assert.deepEqual(await fixture.reply(initialize, version), initialized("2025-03-26"));
  });
}

function batch(...bodies: readonly unknown[]): unknown {
  return { status: 200, body: bodies.map((body) => (body as { body: unknown }).body) };
}

const NOT_A_BATCH = error(-32600, "request must be a JSON object, not a batch", null, 400);
const NOTIFICATION = { jsonrpc: "2.0", method: "notifications/x" };

const BATCHES:
  readonly (readonly [name: string, messages: readonly unknown[], expected: unknown])[] = [
    ["of one", [request("ping")], batch(result({}))],
    [
      "in its order, slow ones too",
      [call("later", {}, 1), request("ping", {}, 2), call("echo", {}, "3")],
      batch(result(text("{}"), 1), result({}, 2), result(text("{}"), "3")),
    ],
    [
      "without the notifications and responses in it",
      [NOTIFICATION, request("ping"), { jsonrpc: "2.0", id: 5, result: {} }],
      batch(result({})),
    ],
    ["of notifications", [NOTIFICATION, NOTIFICATION], { status: 202 }],
    [
      "with an error beside a result",
      [request("nope"), request("ping", {}, 2)],
      batch(error(-32601, "method not found: nope"), result({}, 2)),
    ],
    [
      "with what is no message",
      [1, [], request("ping")],
      batch(
        error(-32600, "request must be a JSON object", null),
        error(-32600, "request must be a JSON object", null),
        result({}),
      ),
    ],
    [
      "with invalid messages that have an id",
      [{ jsonrpc: "2.0", id: "a" }, { id: 7, method: "ping" }],
      batch(
        error(-32600, "method must be a string", "a"),
        error(-32600, "jsonrpc field must be '2.0'", 7),
      ),
    ],
    [
      "with a request of the modern era",
      [
        request("ping", { _meta: { [PROTOCOL_VERSION]: "2026-07-28" } }, 5),
        request("ping", { _meta: { [PROTOCOL_VERSION]: null } }, 6),
        request("ping", { _meta: null }),
      ],
      batch(
        error(-32600, "revisions since 2025-06-18 have no batches", 5),
        error(-32600, "revisions since 2025-06-18 have no batches", 6),
        result({}),
      ),
    ],
    [
      "with initialize",
      [request("initialize", {}, "i"), request("ping")],
      batch(error(-32600, "initialize must not be part of a batch", "i"), result({})),
    ],
    ["that is empty", [], error(-32600, "a batch must not be empty", null, 400)],
    [
      "of 65",
      Array(65).fill(request("ping")),
      error(-32600, "a batch must have at most 64 messages", null, 400),
    ],
  ];

for (const [name, messages, expected] of BATCHES) {
  for (const version of [null, "2025-03-26"]) {
    Deno.test(`handle() answers a batch ${name}, ${version ?? "without a header"}`, async () => {
      assert.deepEqual(await new Fixture().reply(messages, version), expected);
    });
  }
}

Deno.test("handle() answers a batch of 64", async () => {
  const messages = Array.from({ length: 64 }, (_, id) => request("ping", {}, id));
  const replies = messages.map(({ id }) => result({}, id));
  assert.deepEqual(await new Fixture().reply(messages), batch(...replies));
});

for (const version of ["2025-06-18", "2024-11-05"]) {
  Deno.test(`handle() refuses a batch under ${version}`, async () => {
    assert.deepEqual(await new Fixture().reply([request("ping")], version), NOT_A_BATCH);
  });
}

for (const version of ["2026-07-28", "2025-11-25", "x"]) {
  Deno.test(`handle() refuses a batch under ${version}, where an unknown id is left out`, async () => {
    const reply = await new Fixture().reply([request("ping")], version);
    assert.deepEqual(reply, withoutId(NOT_A_BATCH));
  });
}

Deno.test("handle() answers a batch when the last of its calls has ended", async () => {
  const fixture = new Fixture();
  const replying = fixture.handle([
    call("wait", {}, 1),
    request("ping", {}, 2),
    call("wait", {}, 3),
  ]);
  assert.ok(replying instanceof Promise);
  fixture.waiting[1]!.end(answer("second"));
  fixture.waiting[0]!.end({ kind: "left" });
  assert.deepEqual(parsed(await replying), batch(result({}, 2), result(text("second"), 3)));
});

Deno.test("handle() answers quick calls without a promise", () => {
  const fixture = new Fixture();
  for (const message of [request("ping"), request("tools/list"), call("echo"), call("nope")]) {
    assert.ok(!(fixture.handle(message) instanceof Promise));
  }
});

for (const version of [null, ...VERSIONS, "x"]) {
  const isNamed = version !== "2025-11-25" && version !== "x";
  const id = isNamed ? "the id null" : "no id";
  Deno.test(`refuse() is HTTP 400 with ${id}, ${version ?? "without a header"}`, () => {
    const reason = { code: -32700, message: "parse error" };
    const reply = new Fixture().server.refuse(reason, from(version));
    const expected = error(-32700, "parse error", null, 400);
    assert.deepEqual(parsed(reply), isNamed ? expected : withoutId(expected));
  });
}

function cancel(requestId: unknown): Record<string, unknown> {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
}

interface Cancellation {
  readonly name: string;
  /** Waiting calls, by address and id; the first is the one that is meant. */
  readonly calls: readonly (readonly [address: string, id: string | number])[];
  readonly cancelled: readonly [address: string, id: unknown];
  readonly ends: boolean;
}

const CANCELLATIONS: readonly Cancellation[] = [
  { name: "the one call", calls: [["a", 1]], cancelled: ["a", 1], ends: true },
  { name: "the one of text", calls: [["a", "1"], ["a", 1]], cancelled: ["a", "1"], ends: true },
  { name: "none of another type", calls: [["a", 1]], cancelled: ["a", "1"], ends: false },
  { name: "none of another address", calls: [["a", 1]], cancelled: ["b", 1], ends: false },
  { name: "the one of that address", calls: [["a", 1], ["b", 1]], cancelled: ["a", 1], ends: true },
  {
    name: "none of two with one id",
    calls: [["a", 1], ["a", 1]],
    cancelled: ["a", 1],
    ends: false,
  },
  { name: "none for another id", calls: [["a", 1]], cancelled: ["a", 2], ends: false },
  { name: "none for no id", calls: [["a", 1]], cancelled: ["a", undefined], ends: false },
  { name: "none for an object", calls: [["a", 1]], cancelled: ["a", { a: 1 }], ends: false },
];

for (const { name, calls, cancelled: [address, requestId], ends } of CANCELLATIONS) {
  Deno.test(`notifications/cancelled ends ${name}`, async () => {
    const fixture = new Fixture();
    const replies = calls.map(([from_, id]) =>
      fixture.handle(call("wait", {}, id), from(null, from_))
    );
    const reply = fixture.handle(cancel(requestId), from(null, address));
    assert.deepEqual(parsed(await reply), { status: 202 });
    for (const { end } of fixture.waiting) end(answer("decided"));
    const ended = await Promise.all(replies);
    assert.deepEqual(
      ended.map(({ status }) => status),
      calls.map((_, index) => ends && index === 0 ? 202 : 200),
    );
  });
}

Deno.test("notifications/cancelled ends the one that is left of two with one id", async () => {
  const fixture = new Fixture();
  const [first, second] = [fixture.handle(call("wait")), fixture.handle(call("wait"))];
  fixture.waiting[0]!.end(answer("decided"));
  assert.equal((await first).status, 200);
  await fixture.handle(cancel(1));
  assert.equal((await second).status, 202);
});

Deno.test("notifications/cancelled does nothing to a call that has ended, and the id is free again", async () => {
  const fixture = new Fixture();
  for (let round = 0; round < 2; round++) {
    const replying = fixture.handle(call("wait"));
    fixture.waiting[round]!.end(answer("decided"));
    assert.deepEqual(parsed(await replying), result(text("decided")));
    assert.deepEqual(await fixture.reply(cancel(1)), { status: 202 });
  }
  const third = fixture.handle(call("wait"));
  await fixture.handle(cancel(1));
  assert.deepEqual(parsed(await third), { status: 202 });
});

Deno.test("a cancelled call is not answered, even where its tool goes on", async () => {
  const fixture = new Fixture();
  const replying = fixture.handle(call("deaf"));
  await fixture.handle(cancel(1));
  fixture.waiting[0]!.end(answer("decided"));
  assert.deepEqual(parsed(await replying), { status: 202 });
});

Deno.test("a client that leaves ends all its calls and is sent nothing", async () => {
  const fixture = new Fixture();
  const exchange = from();
  const replying = fixture.handle([call("wait", {}, 1), call("wait", {}, 2)], exchange);
  exchange.leave();
  assert.deepEqual(parsed(await replying), { status: 202 });
});
