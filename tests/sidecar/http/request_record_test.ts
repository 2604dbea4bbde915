/** What is told of each HTTP request once it is over, seen from requests over real sockets. */

import assert from "node:assert/strict";
import type { PlainPage } from "../../../src/sidecar/http/page.ts";
import type { RequestRecord } from "../../../src/sidecar/http/request_record.ts";
import { exchange } from "../../support/agent.ts";
import { request, type RequestParts, Wire } from "../../support/wire.ts";
import { eventually, within } from "../../support/within.ts";
import { EndpointFixture, toolCall } from "./endpoint_fixture.ts";

const PAGES = new Map<string, PlainPage>([
  ["/page", () => ({ status: 200, contentType: "text/plain; charset=utf-8", text: "é\n" })],
  ["/throws", () => {
    throw new Error("a secret of the house");
  }],
]);

const STREAM = { headers: { "Accept": "application/json, text/event-stream" } };

function message(method: string, params: object = {}): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
}

const RPC = { path: "/rpc" };

type Expected = Partial<RequestRecord>;

const RECORDS: readonly (readonly [string, string, RequestParts, Expected])[] = [
  ["a method", message("ping"), {}, {
    httpMethod: "POST",
    path: "/",
    queryNames: [],
    mcpMethod: "ping",
    tool: undefined,
    status: 200,
    outcome: "ok",
  }],
  ["an unknown method", message("x".repeat(999)), {}, {
    mcpMethod: "unknown",
    status: 200,
    outcome: "error",
  }],
  ["a tool", toolCall("echo", { text: "hi" }), { path: "/mcp" }, {
    path: "/mcp",
    mcpMethod: "tools/call",
    tool: "echo",
    outcome: "ok",
  }],
  ["a tool's error", toolCall("echo", { text: "hi", isError: true }), {}, {
    tool: "echo",
    status: 200,
    outcome: "tool-error",
  }],
  ["a tool's defect", toolCall("broken"), {}, { tool: "broken", outcome: "tool-error" }],
  ["wrong arguments", toolCall("echo"), {}, { tool: "echo", status: 200, outcome: "error" }],
  ["an unknown tool", toolCall("evil\u202e"), {}, { tool: "unknown", outcome: "error" }],
  ["a tool that no list names", toolCall("hidden"), {}, { tool: "hidden", outcome: "tool-error" }],
  ["a call of nothing", message("tools/call"), {}, { tool: undefined, outcome: "error" }],
  ["a defect", message("test/throws"), {}, { mcpMethod: "test/throws", outcome: "error" }],
  [
    "what cannot be sent",
    message("test/unsendable"),
    {},
    { mcpMethod: "test/unsendable", outcome: "error" },
  ],
  ["a revision nobody has", message("ping"), { headers: { "MCP-Protocol-Version": "1" } }, {
    mcpMethod: undefined,
    status: 400,
    outcome: "error",
  }],
  ["a notification", '{"jsonrpc":"2.0","method":"notifications/initialized"}', {}, {
    mcpMethod: "notifications/initialized",
    status: 202,
    outcome: "ok",
    bytes: 0,
  }],
  ["an unknown notification", '{"jsonrpc":"2.0","method":"x"}', {}, { mcpMethod: "unknown" }],
  ["a response", '{"jsonrpc":"2.0","id":1,"result":{}}', {}, {
    mcpMethod: undefined,
    status: 202,
    outcome: "ok",
  }],
  ["a batch", `[${message("ping")},${toolCall("echo", { text: "x" })}]`, {}, {
    mcpMethod: "batch",
    tool: undefined,
    status: 200,
    outcome: "ok",
  }],
  ["a batch with a tool's error", `[${toolCall("broken")},${message("ping")}]`, {}, {
    mcpMethod: "batch",
    tool: undefined,
    outcome: "tool-error",
  }],
  ["a batch with an error before it", `[${message("x")},${toolCall("broken")}]`, {}, {
    mcpMethod: "batch",
    outcome: "error",
  }],
  ["a batch with something that is no message", `[1,${message("ping")}]`, {}, {
    mcpMethod: "batch",
    status: 200,
    outcome: "error",
  }],
  ["an empty batch", "[]", {}, { mcpMethod: "batch", status: 400, outcome: "error" }],
  ["not JSON", "{", {}, { mcpMethod: undefined, status: 400, outcome: "error" }],
  ["a large body", "", { headers: { "Content-Length": "9999999" } }, {
    mcpMethod: undefined,
    status: 413,
    outcome: "error",
  }],
  ["a wrong type", "", { headers: { "Content-Type": "text/plain" } }, { status: 415 }],
  ["nothing that can be read", "", { headers: { "Accept": "text/html" } }, { status: 406 }],
  ["a wrong name", "", { headers: { "Host": "evil/s3cr3t" } }, { status: 403, path: "" }],
  ["plain JSON", '{"method":"ping"}', RPC, {
    path: "/rpc",
    mcpMethod: "ping",
    status: 200,
    outcome: "ok",
    bytes: 3,
  }],
  [
    "plain JSON, an unknown method",
    '{"method":"notifications/initialized"}',
    RPC,
    { mcpMethod: "unknown", status: 404, outcome: "error" },
  ],
  ["plain JSON, no method", "{}", RPC, { mcpMethod: undefined, status: 400, outcome: "error" }],
  ["plain JSON, a tool's error", '{"method":"tools/call","params":{"name":"broken"}}', RPC, {
    mcpMethod: "tools/call",
    tool: "broken",
    status: 200,
    outcome: "tool-error",
  }],
  ["health", "", { method: "GET", path: "/health" }, {
    httpMethod: "GET",
    path: "/health",
    mcpMethod: undefined,
    status: 200,
    outcome: "ok",
    bytes: 3,
  }],
  ["an address without a path", "", { method: "GET", path: "http://127.0.0.1?a=x/y&b" }, {
    path: "/",
    queryNames: ["a", "?"],
    status: 405,
  }],
  ["a fragment", "", { method: "GET", path: "/page?a#/b&c=1?d" }, {
    path: "/page",
    queryNames: ["?"],
    status: 200,
  }],
  ["a page, in bytes", "", { method: "GET", path: "/page?b=secret?&a%20c&=x" }, {
    path: "/page",
    queryNames: ["b", "?", ""],
    status: 200,
    outcome: "ok",
    bytes: 3,
  }],
  ["HEAD", "", { method: "HEAD", path: "/page" }, { httpMethod: "HEAD", status: 200, bytes: 0 }],
  ["a page that throws", "", { method: "GET", path: "/throws" }, { status: 500, outcome: "error" }],
  ["a verb for no page", "", { method: "PUT", path: "/page" }, { status: 405, httpMethod: "PUT" }],
  ["an unknown verb", "", { method: "BREW", path: "/x" }, { status: 404, httpMethod: "other" }],
  ["a long path", "", { path: `/${"x".repeat(5_000)}?a` }, {
    path: `/${"x".repeat(199)}`,
    queryNames: ["?"],
    status: 404,
  }],
  ["a query of many names", "", { path: `/x?${"n=1&".repeat(9_000)}` }, {
    queryNames: new Array<string>(64).fill("n"),
  }],
];

Deno.test("a request is recorded once, with what it was and what came of it", async (t) => {
  for (const [name, body, parts, expected] of RECORDS) {
    await t.step(name, async () => {
      await using fixture = await EndpointFixture.start({ pages: PAGES });
      const reply = await exchange(fixture.port, request(body, parts));
      const record = await fixture.record();
      const seen = Object.fromEntries(
        Object.keys(expected).map((key) => [key, record[key as keyof RequestRecord]]),
      );
      assert.deepEqual(seen, expected);
      assert.equal(record.status, reply.status);
      assert.equal(record.bytes, new TextEncoder().encode(reply.body).length);
      assert.ok(record.ms >= 0);
      // The next one tells that there is no other of this one.
      await exchange(fixture.port, request("", { method: "GET", path: "/health" }));
      assert.equal((await fixture.record(2)).path, "/health");
    });
  }
});

Deno.test("a call that waited is recorded when it is answered, as JSON or as a stream of so many bytes", async (t) => {
  for (const [name, parts] of [["JSON", {}], ["a stream", STREAM]] as const) {
    await t.step(name, async () => {
      await using fixture = await EndpointFixture.start({ keepAliveMs: 20 });
      using wire = await Wire.open(fixture.port);
      await wire.send(request(toolCall("wait", {}, { _meta: { progressToken: 1 } }), parts));
      const { caller, answer } = await fixture.nth(1);
      caller.report(1, 2, "half");
      assert.deepEqual(fixture.records, []);
      answer("dönе");
      const reply = await within(60, "answer", wire.reply());
      const { tool, status, outcome, bytes } = await fixture.record();
      assert.deepEqual([tool, status, outcome], ["wait", 200, "ok"]);
      assert.equal(bytes, new TextEncoder().encode(reply!.body).length);
    });
  }
});

Deno.test("a client that hangs up while it waits is recorded as left, with 499", async (t) => {
  const cases: readonly (readonly [string, string, RequestParts])[] = [
    ["JSON", toolCall("wait"), {}],
    ["a stream", toolCall("wait"), STREAM],
    ["plain JSON", '{"method":"tools/call","params":{"name":"wait"}}', RPC],
    ["a batch", `[${toolCall("wait")},${message("ping")}]`, {}],
  ];
  for (const [name, body, parts] of cases) {
    await t.step(name, async () => {
      await using fixture = await EndpointFixture.start();
      const wire = await Wire.open(fixture.port);
      await wire.send(request(body, parts));
      await fixture.nth(1);
      wire[Symbol.dispose]();
      const { outcome, status } = await fixture.record();
      assert.deepEqual([outcome, status], ["left", 499]);
    });
  }
});

Deno.test("a client that hangs up within its body is recorded as left, with 499, and is answered 400", async (t) => {
  const sizes: readonly (readonly [string, RequestParts])[] = [
    ["small", { headers: { "Content-Length": "100" } }],
    ["large", { headers: { "Content-Length": "100000" } }],
    ["chunked", { headers: { "Content-Length": null, "Transfer-Encoding": "chunked" } }],
  ];
  for (const path of ["/", "/rpc"]) {
    for (const [name, parts] of sizes) {
      await t.step(`${path}, ${name}`, async () => {
        await using fixture = await EndpointFixture.start();
        using wire = await Wire.open(fixture.port);
        await wire.send(request("5\r\n", { path, ...parts }));
        await wire.closeWrite();
        assert.equal((await within(60, "answer", wire.reply()))?.status, 400);
        const { outcome, status } = await fixture.record();
        assert.deepEqual([outcome, status], ["left", 499]);
      });
    }
  }
});

Deno.test("a call that its client cancels is recorded as left, with 499", async () => {
  await using fixture = await EndpointFixture.start();
  using wire = await Wire.open(fixture.port);
  await wire.send(request(toolCall("wait")));
  await fixture.nth(1);
  const params = { requestId: 1 };
  const cancel = JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params });
  await exchange(fixture.port, request(cancel));
  assert.equal((await within(60, "answer", wire.reply()))?.status, 202);
  await fixture.record(2);
  const seen = fixture.records.map(({ mcpMethod, outcome, status }) => [
    mcpMethod,
    outcome,
    status,
  ]);
  assert.deepEqual(seen.sort(), [
    ["notifications/cancelled", "ok", 202],
    ["tools/call", "left", 499],
  ]);
});

Deno.test("what a listener throws is told to the log, and the request is answered", async () => {
  await using fixture = await EndpointFixture.start({
    onRequest() {
      throw new Error("full");
    },
    pages: PAGES,
  });
  for (const parts of [{}, { method: "GET", path: "/page" }]) {
    assert.equal((await exchange(fixture.port, request(message("ping"), parts))).status, 200);
  }
  assert.deepEqual(fixture.defects.map(String), ["Error: full", "Error: full"]);
});

Deno.test("requests are answered where nobody listens", async () => {
  await using fixture = await EndpointFixture.start({ onRequest: null, pages: PAGES });
  for (const path of ["/", "/mcp", "/page"]) {
    const method = path === "/page" ? "GET" : "POST";
    const reply = await exchange(fixture.port, request(message("ping"), { path, method }));
    assert.equal(reply.status, 200);
  }
  using wire = await Wire.open(fixture.port);
  await wire.send(request(toolCall("wait"), STREAM));
  (await fixture.nth(1)).answer("done");
  assert.match((await within(60, "answer", wire.reply()))!.body, /done/);
  await eventually(60, "word of its delivery", () => fixture.sent.length === 1);
});

Deno.test("a server names all methods that a record can", async () => {
  await using fixture = await EndpointFixture.start();
  const names = fixture.server.methodNames;
  for (
    const name of ["batch", "initialize", "notifications/cancelled", "ping", "server/discover"]
  ) {
    assert.ok(names.includes(name), name);
  }
  assert.equal(new Set(names).size, names.length);
});
