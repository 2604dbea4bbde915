/** Web pages: those of an allowed origin get answers they can read, and no other page gets any. */

import assert from "node:assert/strict";
import { exchange } from "../../support/agent.ts";
import { startSidecar } from "../../support/programs.ts";
import { type Reply, request, type RequestParts } from "../../support/wire.ts";
import { EndpointFixture, toolCall } from "./endpoint_fixture.ts";

const ORIGIN = "https://ok.example";
const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

function start(): Promise<EndpointFixture> {
  return EndpointFixture.start({ allowedOrigins: [ORIGIN] });
}

function preflight(fixture: EndpointFixture, path: string, headers: RequestParts["headers"] = {}) {
  return exchange(
    fixture.port,
    request("", {
      method: "OPTIONS",
      path,
      headers: {
        "Content-Type": null,
        "Content-Length": null,
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        ...headers,
      },
    }),
  );
}

function namesIn(reply: Reply, header: string): string[] {
  return (reply.headers.get(header) ?? "").toLowerCase().split(",").map((name) => name.trim());
}

for (const path of ["/", "/mcp", "/mcp/", "/mcp?x=1", "/rpc", "/health"]) {
  Deno.test(`a preflight for ${path} tells an allowed origin what it may send`, async () => {
    await using fixture = await start();
    const reply = await preflight(fixture, path);
    assert.deepEqual([reply.status, reply.body], [204, ""]);
    assert.equal(reply.headers.get("access-control-allow-origin"), ORIGIN);
    assert.deepEqual(namesIn(reply, "access-control-allow-methods"), ["get", "head", "post"]);
    const allowed = namesIn(reply, "access-control-allow-headers");
    for (
      const name of [
        ...["accept", "authorization", "content-type", "last-event-id"],
        ...["mcp-method", "mcp-name", "mcp-protocol-version", "mcp-session-id"],
      ]
    ) assert.ok(allowed.includes(name), name);
    assert.ok(Number(reply.headers.get("access-control-max-age")) > 0);
    assert.ok(namesIn(reply, "vary").includes("origin"));
    assert.equal(reply.headers.get("access-control-allow-credentials"), null);
    assert.equal(reply.headers.get("access-control-allow-private-network"), null);
    assert.equal((await fixture.record()).status, 204);
  });
}

Deno.test("a preflight lets in no header that the sidecar does not read", async () => {
  await using fixture = await start();
  const asked = "mcp-param-Region, x-evil, content-type";
  const reply = await preflight(fixture, "/mcp", { "Access-Control-Request-Headers": asked });
  const allowed = namesIn(reply, "access-control-allow-headers");
  assert.ok(allowed.includes("content-type"));
  for (const name of ["x-evil", "mcp-param-region"]) assert.ok(!allowed.includes(name));
});

Deno.test("a preflight lets a page of the public network in when its origin may call", async () => {
  await using fixture = await start();
  const headers = { "Access-Control-Request-Private-Network": "true" };
  const reply = await preflight(fixture, "/mcp", headers);
  assert.equal(reply.headers.get("access-control-allow-private-network"), "true");
  const foreign = await preflight(fixture, "/mcp", { ...headers, "Origin": "https://e.example" });
  assert.equal(foreign.headers.get("access-control-allow-private-network"), null);
});

const ANSWERS: readonly (readonly [string, number, string, RequestParts])[] = [
  ["a result", 200, PING, {}],
  ["a notification", 202, '{"jsonrpc":"2.0","method":"notifications/initialized"}', {}],
  ["a parse error", 400, "{", {}],
  ["a wrong type", 415, PING, { headers: { "Content-Type": "text/plain" } }],
  ["a page", 200, "", { method: "GET", path: "/health" }],
  ["a GET of the endpoint", 405, "", { method: "GET" }],
  ["a path that is none", 404, PING, { path: "/nowhere" }],
  ["plain JSON", 200, '{"method":"ping"}', { path: "/rpc" }],
  ["an OPTIONS that is no preflight", 405, "", { method: "OPTIONS" }],
];

for (const [name, expected, body, parts] of ANSWERS) {
  Deno.test(`a page of an allowed origin can read ${name}, and other clients see the same`, async () => {
    await using fixture = await start();
    const headers = { ...parts.headers, "Origin": ORIGIN };
    const reply = await exchange(fixture.port, request(body, { ...parts, headers }));
    assert.equal(reply.status, expected);
    assert.equal(reply.headers.get("access-control-allow-origin"), ORIGIN);
    assert.deepEqual(namesIn(reply, "access-control-expose-headers"), [
      "mcp-protocol-version",
      "mcp-session-id",
      "retry-after",
      "www-authenticate",
    ]);
    assert.ok(namesIn(reply, "vary").includes("origin"));
    const without = await exchange(fixture.port, request(body, parts));
    assert.deepEqual([without.status, without.body], [reply.status, reply.body]);
    assert.equal(without.headers.get("access-control-allow-origin"), null);
    assert.ok(namesIn(without, "vary").includes("origin"), "no cache may mix them up");
  });
}

Deno.test("a page of an allowed origin can read a stream", async () => {
  await using fixture = await start();
  const headers = { "Origin": ORIGIN, "Accept": "application/json, text/event-stream" };
  const reply = exchange(fixture.port, request(toolCall("wait"), { headers }));
  (await fixture.nth(1)).answer("done");
  const { headers: got, body } = await reply;
  assert.equal(got.get("content-type"), "text/event-stream");
  assert.equal(got.get("access-control-allow-origin"), ORIGIN);
  assert.match(body, /done/);
});

for (
  const origin of ["https://evil.example", "null", "https://ok.example.evil", "http://ok.example"]
) {
  Deno.test(`a page of ${origin} gets 403 and nothing to read it by`, async () => {
    await using fixture = await start();
    for (
      const reply of [
        await preflight(fixture, "/mcp", { "Origin": origin }),
        await exchange(fixture.port, request(PING, { headers: { "Origin": origin } })),
      ]
    ) {
      assert.equal(reply.status, 403);
      assert.equal(reply.headers.get("access-control-allow-origin"), null);
      assert.equal(reply.headers.get("access-control-allow-methods"), null);
    }
  });
}

Deno.test("without allowed origins nothing is said of any", async () => {
  await using fixture = await EndpointFixture.start();
  const reply = await exchange(fixture.port, request(PING));
  assert.equal(reply.status, 200);
  for (const name of reply.headers.keys()) assert.ok(!name.startsWith("access-control"), name);
});

for (const coding of ["gzip", "br", "deflate", "zstd", "gzip, identity", "GZIP"]) {
  Deno.test(`a body of Content-Encoding ${coding} gets 415, and is told to be sent plain`, async () => {
    await using fixture = await EndpointFixture.start();
    for (const path of ["/mcp", "/rpc"]) {
      const headers = { "Content-Encoding": coding };
      const reply = await exchange(fixture.port, request(PING, { path, headers }));
      assert.equal(reply.status, 415);
      assert.equal(reply.headers.get("accept-encoding"), "identity");
      assert.match(reply.body, /must not be compressed: send it without Content-Encoding/);
    }
  });
}

Deno.test("a body of Content-Encoding identity is taken", async () => {
  await using fixture = await EndpointFixture.start();
  const headers = { "Content-Encoding": "identity" };
  assert.equal((await exchange(fixture.port, request(PING, { headers }))).status, 200);
});

Deno.test("a refused Host or Origin leaves one line in the log, however many follow", async () => {
  await using sidecar = await startSidecar();
  for (let count = 0; count < 20; count++) {
    const headers = { "Host": "evil.example" };
    assert.equal((await exchange(sidecar.port, request(PING, { headers }))).status, 403);
  }
  await sidecar.process.output("stderr", /refused a request: .+\n/);
  sidecar.process.kill("SIGTERM");
  await sidecar.process.status;
  const lines = sidecar.process.stderr.split("\n").filter((line) => line.includes("refused"));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0]!,
    /^supervise: refused a request: this Host is not allowed: got "evil\.example"\. .*SUPERVISE_ALLOWED_HOSTS/,
  );
});
