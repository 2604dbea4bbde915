/** `POST /rpc` by real clients: what plain JSON gets for an answer, and that no call of it is lost. */

import assert from "node:assert/strict";
import { MCP } from "../../../src/sidecar/http/face.ts";
import * as errors from "../../../src/sidecar/jsonrpc/errors.ts";
import { STATUS_OF_ERROR } from "../../../src/sidecar/mcp/plain.ts";
import type { ResourceRead } from "../../../src/sidecar/mcp/resources.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import { exchange } from "../../support/agent.ts";
import { finish } from "../../support/process.ts";
import { type Reply, request, type RequestParts, Wire } from "../../support/wire.ts";
import { eventually, within } from "../../support/within.ts";
import { EndpointFixture, refusalIn, toolCall } from "./endpoint_fixture.ts";

const MAX_BODY_BYTES = 1_048_576;

const CHUNKED = { "Content-Length": null, "Transfer-Encoding": "chunked" };

function rpc(
  fixture: EndpointFixture,
  body: unknown,
  parts: RequestParts = {},
): Promise<Reply> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return exchange(fixture.port, request(text, { path: "/rpc", ...parts }));
}

function call(name: string, args: object = {}, more: object = {}): object {
  return { method: "tools/call", params: { name, arguments: args, ...more } };
}

/** A call of `wait` whose client can hang up. */
async function startWaiting(fixture: EndpointFixture): Promise<Wire> {
  const wire = await Wire.open(fixture.port);
  await wire.send(request(JSON.stringify(call("wait")), { path: "/rpc" }));
  return wire;
}

interface Refusal {
  readonly name: string;
  readonly body?: unknown;
  readonly parts?: RequestParts;
  readonly status: number;
  readonly says: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  { name: "not JSON", body: "{", status: 400, says: /^parse error: / },
  { name: "nothing", body: "", status: 400, says: /^parse error: / },
  { name: "nested too deeply", body: "[".repeat(65), status: 400, says: /64 levels/ },
  { name: "a list", body: [{ method: "ping" }], status: 400, says: /must be a JSON object/ },
  { name: "a string", body: '"ping"', status: 400, says: /must be a JSON object/ },
  { name: "null", body: "null", status: 400, says: /must be a JSON object/ },
  { name: "no method", body: {}, status: 400, says: /^'method' must be a string/ },
  { name: "a method that is a number", body: { method: 1 }, status: 400, says: /^'method' must/ },
  {
    name: "params that are a list",
    body: { method: "ping", params: [1] },
    status: 400,
    says: /^'params' must be an object/,
  },
  {
    name: "params that are a string",
    body: { method: "ping", params: "x" },
    status: 400,
    says: /^'params' must be an object/,
  },
  {
    name: "an unknown method",
    body: { method: "x\ny" },
    status: 404,
    says: /^method not found: x/,
  },
  {
    name: "a method of every object",
    body: { method: "toString" },
    status: 404,
    says: /not found/,
  },
  ...["notifications/cancelled", "notifications/initialized", "server/discover", "tasks/get"].map((
    method,
  ) => ({ name: method, body: { method }, status: 404, says: /^method not found: / })),
  {
    name: "a method of the modern era alone",
    body: { method: "subscriptions/listen", params: { notifications: {} } },
    status: 404,
    says: /^method not found: /,
  },
  {
    name: "a call of nothing",
    body: { method: "tools/call" },
    status: 400,
    says: /missing 'name'/,
  },
  {
    name: "an unknown tool",
    body: call("nope"),
    status: 400,
    says: /^unknown tool 'nope': the tools are echo, wait, broken$/,
  },
  {
    name: "arguments that are a list",
    body: call("echo", [1]),
    status: 400,
    says: /'arguments' must be an object/,
  },
  {
    name: "wrong arguments",
    body: call("echo", { text: 1 }),
    status: 400,
    says: /^echo: text must be a string$/,
  },
  {
    name: "an unknown cursor",
    body: { method: "tools/list", params: { cursor: "x" } },
    status: 400,
    says: /^unknown cursor/,
  },
  {
    name: "an unknown resource",
    body: { method: "resources/read", params: { uri: "test://none" } },
    status: 400,
    says: /^resource not found/,
  },
  {
    name: "a resource that cannot be had now",
    body: { method: "resources/read", params: { uri: "test://down" } },
    status: 502,
    says: /^the source is down/,
  },
  {
    name: "one byte too much",
    body: " ".repeat(MAX_BODY_BYTES + 1),
    status: 413,
    says: /at most 1048576 bytes/,
  },
  {
    name: "no length",
    body: "",
    parts: { headers: { "Content-Length": null } },
    status: 411,
    says: /^Content-Length required$/,
  },
  {
    name: "a type that is not JSON",
    parts: { headers: { "Content-Type": "text/plain" } },
    status: 415,
    says: /^Content-Type must be/,
  },
  ...["text/html", "text/event-stream", "application/json;q=0, */*", "text/*"].map((accept) => ({
    name: `Accept: ${accept}`,
    parts: { headers: { "Accept": accept } },
    status: 406,
    says: /^accept application\/json/,
  })),
  {
    name: "a name that is not allowed",
    parts: { headers: { "Host": "evil.example" } },
    status: 403,
    says: /^this Host is not allowed/,
  },
  {
    name: "a web page",
    parts: { headers: { "Origin": "https://evil.example" } },
    status: 403,
    says: /^this Origin is not allowed/,
  },
  ...["GET", "PUT", "DELETE", "OPTIONS"].map((method) => ({
    name: method,
    parts: { method },
    status: 405,
    says: /^use POST for \/rpc$/,
  })),
];

Deno.test("/rpc refuses with a status and a reason in JSON", async (t) => {
  await using fixture = await EndpointFixture.start();
  for (const { name, body = { method: "ping" }, parts, status, says } of REFUSALS) {
    await t.step(name, async () => {
      const reply = await rpc(fixture, body, parts);
      assert.equal(reply.status, status, reply.body);
      assert.equal(reply.headers.get("content-type"), "application/json");
      assert.match(refusalIn(reply.body), says);
      assert.equal(reply.headers.get("allow"), status === 405 ? "POST" : null);
    });
  }
  assert.deepEqual(fixture.defects, []);
});

Deno.test("/rpc tells a defect to the log and 'internal error' to the client", async (t) => {
  for (const method of ["test/throws", "test/unsendable"]) {
    await t.step(method, async () => {
      await using fixture = await EndpointFixture.start();
      const reply = await rpc(fixture, { method });
      assert.deepEqual([reply.status, refusalIn(reply.body)], [500, "internal error"]);
      assert.equal(fixture.defects.length, 1);
    });
  }
});

const ONE_TOOL_SAYS = { content: [{ type: "text", text: "hi" }], isError: false };

const RESULTS: readonly (readonly [string, unknown, RequestParts, unknown])[] = [
  ["the bare result", call("echo", { text: "hi" }), {}, ONE_TOOL_SAYS],
  ["an error that the tool tells", call("echo", { text: "no", isError: true }), {}, {
    content: [{ type: "text", text: "no" }],
    isError: true,
  }],
  ["a defect of the tool, without what it is", call("broken"), {}, {
    content: [{
      type: "text",
      text: "broken: internal error. Try again later, and tell your user.",
    }],
    isError: true,
  }],
  ["a tool that no list names", call("hidden"), {}, {
    content: [{ type: "text", text: "hidden, not gone" }],
    isError: true,
  }],
  ["no params", { method: "ping" }, {}, {}],
  ["params that are null", { method: "ping", params: null }, {}, {}],
  ["params that are an empty list", { method: "ping", params: [] }, {}, {}],
  [
    "what JSON-RPC adds is passed over",
    { ...call("echo", { text: "hi" }), jsonrpc: "1.0", id: { a: 1 } },
    {},
    ONE_TOOL_SAYS,
  ],
  [
    "what the modern era adds is passed over",
    call("echo", { text: "hi" }, { _meta: { "io.modelcontextprotocol/protocolVersion": "x" } }),
    { headers: { "MCP-Protocol-Version": "1999-01-01", "Mcp-Method": "nonsense" } },
    ONE_TOOL_SAYS,
  ],
  ["a query", call("echo", { text: "hi" }), { path: "/rpc?a=b" }, ONE_TOOL_SAYS],
  ["no type", call("echo", { text: "hi" }), { headers: { "Content-Type": null } }, ONE_TOOL_SAYS],
  ["a resource", { method: "resources/read", params: { uri: "test://one" } }, {}, {
    contents: [{ uri: "test://one", text: "first" }],
  }],
];

Deno.test("/rpc answers with the bare result", async (t) => {
  await using fixture = await EndpointFixture.start();
  for (const [name, body, parts, result] of RESULTS) {
    await t.step(name, async () => {
      const reply = await rpc(fixture, body, parts);
      assert.equal(reply.status, 200, reply.body);
      assert.equal(reply.headers.get("content-type"), "application/json");
      assert.deepEqual(JSON.parse(reply.body), result);
    });
  }
});

Deno.test("/rpc serves fetch", async () => {
  await using fixture = await EndpointFixture.start();
  const url = `http://127.0.0.1:${fixture.port}/rpc`;
  const body = JSON.stringify(call("echo", { text: "hi" }));
  const fetched = await fetch(url, { method: "POST", body });
  assert.equal(fetched.status, 415, "fetch says that a string is plain text");
  await fetched.body?.cancel();
  const headers = { "content-type": "application/json" };
  assert.deepEqual(
    await (await fetch(url, { method: "POST", headers, body })).json(),
    ONE_TOOL_SAYS,
  );
});

Deno.test({
  name: "/rpc serves curl",
  ignore: !hasCurl(),
  async fn() {
    await using fixture = await EndpointFixture.start();
    const url = `http://127.0.0.1:${fixture.port}/rpc`;
    const body = JSON.stringify(call("echo", { text: "hi" }));
    const args = ["-sS", "-H", "Content-Type: application/json", "-d", body, url];
    const { stdout } = await finish("curl", args);
    assert.deepEqual(JSON.parse(stdout), ONE_TOOL_SAYS);
  },
});

/** Whether curl is there; a line on stderr says so when it is not. */
function hasCurl(): boolean {
  try {
    return new Deno.Command("curl", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: curl is not installed\n"));
    return false;
  }
}

Deno.test("/rpc refuses with 503 what is beyond 16 resources being read at once, and MCP as ever", async () => {
  let reads = 0;
  const read = Promise.withResolvers<ResourceRead>();
  const over = new McpServer({
    info: { name: "test", version: "1" },
    tools: [],
    resources: {
      templates: [],
      list: () => Promise.resolve([]),
      read() {
        reads++;
        return read.promise;
      },
      announces: () => Promise.resolve(false),
    },
    onDefect: (error) => assert.fail(String(error)),
  });
  await using fixture = await EndpointFixture.start({ over });
  const asked = { method: "resources/read", params: { uri: "test://one" } };
  const wires: Wire[] = [];
  try {
    for (let count = 1; count <= 16; count++) {
      const wire = await Wire.open(fixture.port);
      wires.push(wire);
      await wire.send(request(JSON.stringify(asked), { path: "/rpc" }));
    }
    await eventually(60, "16 reads", () => reads === 16);
    const busy = await rpc(fixture, asked);
    assert.equal(busy.status, 503);
    assert.match(refusalIn(busy.body), /^many resources are being read: try again in a second$/);
    const mcp = await rpc(fixture, { jsonrpc: "2.0", id: 1, ...asked }, { path: "/mcp" });
    assert.deepEqual([mcp.status, JSON.parse(mcp.body).error.code], [200, -32603]);
    read.resolve({ kind: "unknown" });
    for (const wire of wires) assert.ok(await within(60, "answer", wire.reply()));
  } finally {
    read.resolve({ kind: "unknown" });
    for (const wire of wires) wire[Symbol.dispose]();
  }
});

Deno.test("/rpc takes chunked bodies, and ends slow ones with 408", async (t) => {
  await using fixture = await EndpointFixture.start({ bodyTimeoutMs: 300 });
  const body = JSON.stringify(call("echo", { text: "hi" }));
  await t.step("chunked", async () => {
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const reply = await rpc(fixture, chunks, { headers: CHUNKED });
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [200, ONE_TOOL_SAYS]);
  });
  await t.step("chunked and too large", async () => {
    const piece = `${MAX_BODY_BYTES.toString(16)}\r\n${" ".repeat(MAX_BODY_BYTES)}\r\n`;
    const reply = await rpc(fixture, `${piece}1\r\n \r\n`, { headers: CHUNKED });
    assert.equal(reply.status, 413);
    assert.match(refusalIn(reply.body), /too large/);
  });
  await t.step("slow", async () => {
    using wire = await Wire.open(fixture.port);
    await wire.send(request(body, { path: "/rpc", headers: { "Content-Length": "100000" } }));
    const reply = await within(60, "answer", wire.reply());
    assert.equal(reply?.status, 408);
    assert.match(refusalIn(reply!.body), /^request body took too long: send it again$/);
  });
});

Deno.test("/rpc is unknown where it is off", async () => {
  await using fixture = await EndpointFixture.start({ rpc: false });
  const posted = await rpc(fixture, { method: "ping" });
  assert.deepEqual([posted.status, posted.body], [404, '{"error":"off: set SUPERVISE_RPC=1"}\n']);
  const got = await rpc(fixture, "", { method: "GET" });
  assert.deepEqual([got.status, got.body], [404, posted.body]);
});

Deno.test("the MCP paths refuse in plain text as before, with /rpc beside them", async () => {
  await using fixture = await EndpointFixture.start();
  for (const path of ["/", "/mcp"]) {
    const reply = await rpc(fixture, "", { path, headers: { "Content-Length": null } });
    assert.deepEqual([reply.status, reply.body], [411, "Content-Length required\n"]);
    const got = await rpc(fixture, "", { path, method: "GET" });
    assert.deepEqual([got.status, got.body], [405, `${MCP.usePost}\n`]);
  }
});

Deno.test("10 calls that wait at /rpc are each answered with their own answer", async () => {
  await using fixture = await EndpointFixture.start();
  const wires: Wire[] = [];
  try {
    for (let count = 1; count <= 10; count++) {
      wires.push(await startWaiting(fixture));
      await fixture.nth(count);
    }
    assert.equal((await rpc(fixture, { method: "ping" })).status, 200, "others are not held up");
    for (const [index, { answer }] of [...fixture.waiting.entries()].reverse()) {
      answer(`answer ${index}`);
    }
    for (const [index, wire] of wires.entries()) {
      const reply = await within(60, "answer", wire.reply());
      assert.equal(reply?.status, 200);
      assert.equal(reply.headers.get("content-type"), "application/json");
      assert.equal(JSON.parse(reply.body).content[0].text, `answer ${index}`);
    }
    await eventually(60, "word of their delivery", () => fixture.sent.length === 10);
    assert.ok(fixture.sent.every((isWhole) => isWhole));
  } finally {
    for (const wire of wires) wire[Symbol.dispose]();
  }
});

Deno.test("a client of /rpc that hangs up ends its wait, and its answer counts as lost", async () => {
  await using fixture = await EndpointFixture.start();
  const wire = await startWaiting(fixture);
  await fixture.nth(1);
  wire[Symbol.dispose]();
  await eventually(60, "word that the client left", () => fixture.left === 1);
  assert.deepEqual(fixture.sent, [false]);
});

Deno.test("no stream and no progress is sent at /rpc, whatever the client asks for", async () => {
  await using fixture = await EndpointFixture.start();
  const body = call("wait", {}, { _meta: { progressToken: 1 } });
  const headers = { "Accept": "application/json, text/event-stream" };
  const reply = rpc(fixture, body, { headers });
  const { caller, answer } = await fixture.nth(1);
  assert.equal(caller.wantsProgress, false);
  answer("done");
  assert.equal((await reply).headers.get("content-type"), "application/json");
});

Deno.test("notifications/cancelled reaches no call of /rpc", async () => {
  await using fixture = await EndpointFixture.start();
  using wire = await startWaiting(fixture);
  const { answer } = await fixture.nth(1);
  for (const requestId of [0, "0", 1, ""]) {
    const params = { requestId };
    const message = JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    assert.equal((await rpc(fixture, message, { path: "/" })).status, 202);
  }
  answer("still there");
  const reply = await within(60, "answer", wire.reply());
  assert.equal(reply?.status, 200);
  assert.match(reply.body, /still there/);
  assert.equal(fixture.left, 0);
});

Deno.test("a tool learns which client calls, by whichever face", async () => {
  await using fixture = await EndpointFixture.start();
  const replies = [
    rpc(fixture, call("wait")),
    rpc(fixture, toolCall("wait"), { path: "/mcp" }),
  ];
  for (const count of [1, 2]) {
    const { caller, answer } = await fixture.nth(count);
    assert.equal(caller.client, "127.0.0.1");
    answer("done");
  }
  await Promise.all(replies);
});

Deno.test("every error code has an HTTP status of its own choice", () => {
  const codes = Object.values(errors).filter((value) => typeof value === "number");
  assert.ok(codes.length > 8, "the test no longer sees the codes");
  assert.deepEqual(codes.filter((code) => !STATUS_OF_ERROR.has(code)), []);
});
