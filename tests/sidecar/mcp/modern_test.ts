/** The modern era at the whole server: the ladder of refusals, and what every result carries. */

import assert from "node:assert/strict";
import { type Method, result, STATIC } from "../../../src/sidecar/mcp/method.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { ServerOptions } from "../../../src/sidecar/mcp/server_options.ts";
import type { Tool } from "../../../src/sidecar/mcp/tool.ts";
import { PROTOCOL_VERSION, SERVER_INFO, TASKS_EXTENSION } from "../../support/meta_keys.ts";
import {
  ask,
  envelope,
  from,
  LEGACY,
  MODERN,
  modern,
  parsed,
  type PeerOptions,
  request,
  type Seen,
  settled,
  TASKS,
} from "./fixture.ts";

const INFO = { name: "test", version: "1.2.3" };

function serve(options: Partial<ServerOptions> = {}): McpServer {
  return new McpServer({
    info: INFO,
    tools: [{
      name: "echo",
      description: "",
      inputSchema: { type: "object" },
      call: (args) => ({ kind: "answer", text: JSON.stringify(args), isError: false }),
    }],
    onDefect: (error) => assert.fail(String(error)),
    ...options,
  });
}

// The ladder: of two mistakes the one on the upper rung is answered.

interface Rung {
  readonly name: string;
  readonly message: unknown;
  readonly peer: PeerOptions;
  readonly status: number;
  readonly code?: number;
}

const CALL = { name: "echo", arguments: {}, _meta: envelope() };
const LIST = { _meta: envelope() };
const UNKNOWN = { _meta: { ...envelope(), [PROTOCOL_VERSION]: "v999" } };
const NAMED = { "mcp-method": "tools/call", "mcp-name": "echo" };

const LADDER: readonly Rung[] = [
  {
    name: "all in order",
    message: request("tools/call", CALL, "q"),
    peer: { version: MODERN, headers: NAMED },
    status: 200,
  },
  {
    name: "1. no envelope, and everything else wrong too",
    message: request("no/such", {}, "q"),
    peer: { version: MODERN },
    status: 400,
    code: -32602,
  },
  {
    name: "1. no capabilities, a version nobody knows, another header",
    message: request("no/such", { _meta: { [PROTOCOL_VERSION]: "v999" } }, "q"),
    peer: { version: MODERN },
    status: 400,
    code: -32602,
  },
  {
    name: "2. another header, and a version nobody knows",
    message: request("no/such", UNKNOWN, "q"),
    peer: { version: MODERN },
    status: 400,
    code: -32020,
  },
  {
    name: "3. a version nobody knows, and no Mcp-Method",
    message: request("no/such", UNKNOWN, "q"),
    peer: { version: "v999" },
    status: 400,
    code: -32022,
  },
  {
    name: "3. a version nobody knows, and no header for it",
    message: request("no/such", UNKNOWN, "q"),
    peer: {},
    status: 400,
    code: -32022,
  },
  {
    name: "4. no version header",
    message: request("tools/list", LIST, "q"),
    peer: { headers: { "mcp-method": "tools/list" } },
    status: 400,
    code: -32020,
  },
  {
    name: "4. no Mcp-Method, and an unknown method",
    message: request("no/such", LIST, "q"),
    peer: { version: MODERN },
    status: 400,
    code: -32020,
  },
  {
    name: "4. no Mcp-Name",
    message: request("tools/call", CALL, "q"),
    peer: { version: MODERN, headers: { "mcp-method": "tools/call" } },
    status: 400,
    code: -32020,
  },
  {
    name: "5. an unknown method",
    message: request("no/such", LIST, "q"),
    peer: { version: MODERN, headers: { "mcp-method": "no/such" } },
    status: 404,
    code: -32601,
  },
  {
    name: "7. an unknown tool",
    message: request("tools/call", { ...CALL, name: "nobody" }, "q"),
    peer: { version: MODERN, headers: { ...NAMED, "mcp-name": "nobody" } },
    status: 200,
    code: -32602,
  },
  {
    name: "without headers, none are missed",
    message: request("tools/call", CALL, "q"),
    peer: { headers: null },
    status: 200,
  },
  {
    name: "without headers, the envelope goes before what was agreed on",
    message: request("tools/call", CALL, "q"),
    peer: { headers: null, version: "2025-06-18" },
    status: 200,
  },
  {
    name: "without headers, an unknown method",
    message: request("no/such", LIST, "q"),
    peer: { headers: null },
    status: 404,
    code: -32601,
  },
];

for (const { name, message, peer, status, code } of LADDER) {
  Deno.test(`the ladder, ${name}: HTTP ${status}${code ? ` and ${code}` : ""}`, async () => {
    const seen = await settled(serve().handle(message, from(peer)));
    assert.deepEqual([seen.status, seen.body.id, seen.body.error?.code], [status, "q", code]);
  });
}

const REMOVED = [
  "initialize",
  "ping",
  "notifications/initialized",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "resources/list",
  "resources/read",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "prompts/list",
  "completion/complete",
  "toString",
  "",
];

for (const method of REMOVED) {
  Deno.test(`${JSON.stringify(method)} is HTTP 404 and -32601 in the modern era`, async () => {
    const { status, body } = await ask(serve(), method, {}, { capabilities: TASKS });
    assert.deepEqual([status, body.id, body.error.code], [404, 1, -32601]);
  });
}

for (const version of LEGACY) {
  Deno.test(`server/discover is HTTP 200 and -32601 under ${version}`, async () => {
    const seen = await settled(serve().handle(request("server/discover"), from({ version })));
    assert.deepEqual([seen.status, seen.body.error.code], [200, -32601]);
  });
}

Deno.test("both eras are served in turn, and nothing is kept from one for the other", async () => {
  const server = serve();
  const initialize = request("initialize", { protocolVersion: "2024-11-05" });
  for (const _round of [1, 2]) {
    const legacy = await settled(server.handle(initialize, from()));
    assert.equal(legacy.body.result.protocolVersion, "2024-11-05");
    assert.equal((await ask(server, "tools/list")).body.result.resultType, "complete");
    const ping = await settled(server.handle(request("ping"), from({ version: "2025-06-18" })));
    assert.deepEqual(ping.body.result, {});
  }
});

// What has no id, or one that cannot be read.

interface Anonymous {
  readonly name: string;
  readonly message: unknown;
  readonly status: number;
  /** The id in the modern era and in the old one; undefined: the member is left out. */
  readonly modern?: unknown;
  readonly legacy?: unknown;
  /** In the modern era; in the old one the status. */
  readonly legacyStatus?: number;
}

const ANONYMOUS: readonly Anonymous[] = [
  { name: "no object", message: 5, status: 400, modern: undefined, legacy: null },
  { name: "a batch", message: [request("ping")], status: 400, modern: undefined, legacy: null },
  { name: "an id null", message: request("x", {}, null), status: 400, legacy: null },
  { name: "an id that can be read", message: { id: 0 }, status: 400, modern: 0, legacy: 0 },
  {
    name: "params that are no object",
    message: request("x", 5, "p"),
    status: 400,
    modern: "p",
    legacy: "p",
  },
  {
    name: "a posted result",
    message: { jsonrpc: "2.0", id: 1, result: {} },
    status: 400,
    legacyStatus: 202,
  },
];

for (const { name, message, status, legacyStatus = status, ...ids } of ANONYMOUS) {
  Deno.test(`${name}: the id is ${JSON.stringify(ids.modern) ?? "left out"} in the modern era`, async () => {
    const seen = await settled(serve().handle(message, from({ version: MODERN })));
    assert.equal(seen.status, status);
    assert.equal("id" in seen.body, ids.modern !== undefined);
    assert.equal(seen.body.id, ids.modern);
    assert.equal(seen.body.error.code, name === "params that are no object" ? -32602 : -32600);
  });

  Deno.test(`${name}: the id is ${JSON.stringify(ids.legacy) ?? "none"} in 2025-06-18`, async () => {
    const seen = await settled(serve().handle(message, from({ version: "2025-06-18" })));
    assert.deepEqual([seen.status, seen.body?.id], [legacyStatus, ids.legacy]);
  });
}

Deno.test("refuse() leaves an unknown id out in the modern era", () => {
  const reply = serve().refuse({ code: -32700, message: "x" }, from({ version: MODERN }));
  const error = { code: -32700, message: "x" };
  assert.deepEqual(parsed(reply), { status: 400, body: { jsonrpc: "2.0", error } });
});

Deno.test("without headers an unknown id is left out until a client of the old era has spoken", () => {
  const refused = (version: string | null) =>
    parsed(serve().refuse({ code: -32700, message: "x" }, from({ version, headers: null }))).body;
  assert.ok(!("id" in refused(null)));
  assert.ok(!("id" in refused(MODERN)));
  assert.equal(refused("2025-06-18").id, null);
});

Deno.test("a notification is taken without a word in the modern era, known or not", async () => {
  for (const method of ["notifications/x", "tools/list", "notifications/cancelled"]) {
    for (const params of [undefined, { _meta: envelope() }, { requestId: 1 }]) {
      const message = { jsonrpc: "2.0", method, params };
      assert.deepEqual(await settled(serve().handle(message, from({ version: MODERN }))), {
        status: 202,
      });
    }
  }
});

// Every result.

function method(name: string, rest: Partial<Method>): Method {
  return { name, eras: "both", handle: () => result({ a: 1 }), ...rest };
}

const PRIVATE = { ttlMs: 5, cacheScope: "private" } as const;

const METHODS: readonly Method[] = [
  method("plain", {}),
  method("hinted", { cache: PRIVATE }),
  method("interim", { cache: PRIVATE, handle: () => result({ resultType: "input_required" }) }),
  method("a-task", { cache: PRIVATE, handle: () => result({ resultType: "task", a: 1 }) }),
  method("with-meta", { handle: () => result({ _meta: { "x/y": 1 } }) }),
  method("own-info", { handle: () => result({ _meta: { [SERVER_INFO]: "mine" } }) }),
  method("old", { eras: "legacy" }),
];

const META = { _meta: { [SERVER_INFO]: INFO } };

const RESULTS: readonly (readonly [name: string, modern: object, legacy: object])[] = [
  ["plain", { resultType: "complete", a: 1, ...META }, { a: 1 }],
  ["hinted", { resultType: "complete", a: 1, ...PRIVATE, ...META }, { a: 1 }],
  ["interim", { resultType: "input_required", ...META }, { resultType: "input_required" }],
  ["a-task", { resultType: "task", a: 1, ...META }, { resultType: "task", a: 1 }],
  [
    "with-meta",
    { resultType: "complete", _meta: { "x/y": 1, [SERVER_INFO]: INFO } },
    { _meta: { "x/y": 1 } },
  ],
  ["own-info", { resultType: "complete", ...META }, { _meta: { [SERVER_INFO]: "mine" } }],
];

for (const [name, ofModern, ofLegacy] of RESULTS) {
  Deno.test(`the result of ${name} has what its era wants and nothing more`, async () => {
    const server = serve({ methods: METHODS });
    assert.deepEqual((await ask(server, name)).body.result, ofModern);
    const legacy = await settled(server.handle(request(name), from({ version: "2025-11-25" })));
    assert.deepEqual(legacy.body.result, ofLegacy);
  });
}

Deno.test("a method of one era is none in the other", async () => {
  const server = serve({ methods: METHODS });
  assert.equal((await ask(server, "old")).body.error.code, -32601);
  assert.deepEqual((await settled(server.handle(request("old"), from()))).body.result, { a: 1 });
});

Deno.test("a result that never changes is put into JSON once, for all requests", async () => {
  let serialised = 0;
  const part = {
    toJSON() {
      serialised++;
      return "x";
    },
  };
  const fixed = result({ part });
  const server = serve({ methods: [method("fixed", { cache: STATIC, handle: () => fixed })] });
  const seen: Seen[] = [];
  for (const id of [1, "two"]) seen.push(await ask(server, "fixed", {}, { id }));
  assert.equal(serialised, 1);
  assert.deepEqual(seen.map(({ body }) => body.id), [1, "two"]);
  assert.deepEqual(seen[0]!.body.result, seen[1]!.body.result);
  const hint = { ttlMs: 600_000, cacheScope: "public" };
  assert.deepEqual(seen[0]!.body.result, { resultType: "complete", part: "x", ...hint, ...META });
});

const HINTED:
  readonly (readonly [method: string, params: Record<string, unknown>, hinted: boolean])[] = [
    ["server/discover", {}, true],
    ["tools/list", {}, true],
    ["tools/call", { name: "echo" }, false],
  ];

for (const [name, params, hinted] of HINTED) {
  Deno.test(`${name} ${hinted ? "says" : "does not say"} how long it may be kept`, async () => {
    const { resultType, ttlMs, cacheScope, _meta } = (await ask(serve(), name, params)).body.result;
    assert.deepEqual([resultType, _meta], ["complete", META._meta]);
    assert.deepEqual([ttlMs, cacheScope], hinted ? [600_000, "public"] : [undefined, undefined]);
  });
}

Deno.test("an error carries no hint, no type and no name", async () => {
  const { body } = await ask(serve(), "tools/list", { cursor: "x" });
  assert.deepEqual(Object.keys(body), ["jsonrpc", "id", "error"]);
  assert.deepEqual(Object.keys(body.error), ["code", "message"]);
});

// How a client gets to know the server.

const resources = {
  templates: [],
  list: () => Promise.resolve([]),
  read: () => Promise.resolve({ kind: "unknown" } as const),
  announces: () => Promise.resolve(false),
};
const tasks = {
  get: () => Promise.resolve(undefined),
  cancel: () => Promise.resolve(false),
  update: () => Promise.resolve(false),
};

const CAPABILITIES: readonly (readonly [
  name: string,
  options: Partial<ServerOptions>,
  modern: object,
  legacy: object,
])[] = [
  ["tools", {}, { tools: { listChanged: false } }, { tools: { listChanged: false } }],
  [
    "resources and tasks",
    { resources, tasks },
    {
      tools: { listChanged: false },
      resources: { subscribe: true, listChanged: false },
      extensions: { [TASKS_EXTENSION]: {} },
    },
    { tools: { listChanged: false }, resources: {} },
  ],
  [
    "lists that change, and more",
    {
      resources,
      changingLists: ["tools", "resources"],
      modernCapabilities: { prompts: {} },
      legacyCapabilities: { logging: {} },
    },
    {
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      prompts: {},
    },
    { tools: { listChanged: false }, resources: {}, logging: {} },
  ],
];

for (const [name, options, ofModern, ofLegacy] of CAPABILITIES) {
  Deno.test(`a server with ${name} says so, to each era in its way`, async () => {
    const server = serve({ ...options, instructions: "Do this." });
    const { body } = await ask(server, "server/discover", {}, { id: 0 });
    assert.deepEqual(body, {
      jsonrpc: "2.0",
      id: 0,
      result: {
        resultType: "complete",
        supportedVersions: [MODERN],
        capabilities: ofModern,
        instructions: "Do this.",
        ttlMs: 600_000,
        cacheScope: "public",
        ...META,
      },
    });
    const legacy = await settled(server.handle(request("initialize"), from()));
    assert.deepEqual(legacy.body.result, {
      protocolVersion: "2025-11-25",
      capabilities: ofLegacy,
      serverInfo: INFO,
      instructions: "Do this.",
    });
  });
}

Deno.test("a server without instructions leaves them out", async () => {
  const server = serve();
  assert.ok(!("instructions" in (await ask(server, "server/discover")).body.result));
  const legacy = await settled(server.handle(request("initialize"), from()));
  assert.ok(!("instructions" in legacy.body.result));
});

Deno.test("initialize leaves the revision for a transport that keeps it; others leave none", async () => {
  const negotiated = async (message: unknown) => {
    const exchange = from({ headers: null });
    await settled(serve().handle(message, exchange));
    return exchange.negotiated;
  };
  assert.equal(
    await negotiated(request("initialize", { protocolVersion: "2025-03-26" })),
    "2025-03-26",
  );
  assert.equal(await negotiated(request("initialize", { protocolVersion: MODERN })), "2025-11-25");
  assert.equal(await negotiated(request("ping")), undefined);
  const { message } = modern("server/discover", {}, { headers: null });
  assert.equal(await negotiated(message), undefined);
});

Deno.test("a method that breaks is an internal error with its id, and nothing of it is told", async () => {
  const defects: unknown[] = [];
  const methods = [
    method("throws", {
      handle() {
        throw new Error("secret");
      },
    }),
    method("rejects", { handle: () => Promise.reject(new Error("secret")) }),
  ];
  const server = serve({ methods, onDefect: (error) => defects.push(error) });
  for (const name of ["throws", "rejects"]) {
    const { status, body } = await ask(server, name, {}, { id: "q" });
    assert.deepEqual([status, body.id], [200, "q"]);
    assert.deepEqual(body.error, { code: -32603, message: "internal error" });
  }
  assert.equal(defects.length, 2);
});

Deno.test("a tool that breaks is an error result, and nothing of it is told", async () => {
  const defects: unknown[] = [];
  const tool = (name: string, call: Tool["call"]): Tool => ({
    name,
    description: "",
    inputSchema: { type: "object" },
    call,
  });
  const tools = [
    tool("throws", () => {
      throw new Error("secret");
    }),
    tool("rejects", () => Promise.reject(new Error("secret"))),
  ];
  const server = serve({ tools, onDefect: (error) => defects.push(error) });
  for (const { name } of tools) {
    const { status, body } = await ask(server, "tools/call", { name });
    assert.deepEqual([status, body.result.resultType, body.result.isError], [
      200,
      "complete",
      true,
    ]);
    assert.match(body.result.content[0].text, /internal error/);
    assert.doesNotMatch(JSON.stringify(body), /secret/);
  }
  assert.equal(defects.length, 2);
});
