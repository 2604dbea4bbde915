/** Plain pages beside the protocol, over real sockets: who may read them, and what a defect shows. */

import assert from "node:assert/strict";
import type { PlainPage } from "../../../src/sidecar/http/page.ts";
import { exchange } from "../../support/agent.ts";
import { type Reply, request, type RequestParts } from "../../support/wire.ts";
import { EndpointFixture, refusalIn } from "./endpoint_fixture.ts";

const SECRET = new Error("a secret of the house");

const PAGES = new Map<string, PlainPage>([
  ["/page", (query) => ({
    status: 200,
    contentType: "text/plain; charset=utf-8",
    text: `é ${JSON.stringify([...query])}\n`,
  })],
  ["/unwell", () => Promise.resolve({ status: 503, contentType: "application/json", text: "{}" })],
  ["/throws", () => {
    throw SECRET;
  }],
  ["/rejects", () => Promise.reject(SECRET)],
  ["/impossible", () => ({ status: 7, contentType: "text/plain", text: "" })],
]);

function get(fixture: EndpointFixture, path: string, parts: RequestParts = {}): Promise<Reply> {
  const headers = { "Content-Type": null, "Content-Length": null, ...parts.headers };
  return exchange(fixture.port, request("", { method: "GET", path, ...parts, headers }));
}

Deno.test("a page is answered with what it says and is stored nowhere", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  const reply = await get(fixture, "/page?b=1&a=%20x&b");
  assert.deepEqual([reply.status, reply.body], [200, 'é [["b","1"],["a"," x"],["b",""]]\n']);
  assert.equal(reply.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(reply.headers.get("cache-control"), "no-store");
  const unwell = await get(fixture, "/unwell");
  assert.deepEqual([unwell.status, unwell.body], [503, "{}"]);
  assert.equal((await get(fixture, "/page?")).body, "é []\n");
});

Deno.test("HEAD of a page has the headers of GET and no body", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  const { status, headers } = await get(fixture, "/page", { method: "HEAD" });
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(headers.get("content-length"), "6");
});

Deno.test("another verb for a page gets 405 and is told which", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    const reply = await get(fixture, "/page", { method, headers: { "Content-Length": "0" } });
    assert.equal(reply.status, 405, method);
    assert.equal(reply.headers.get("allow"), "GET, HEAD");
    assert.equal(refusalIn(reply.body), "use GET for this path");
  }
});

Deno.test("what a page throws is told to the log alone", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  for (const path of ["/throws", "/rejects", "/impossible"]) {
    const reply = await get(fixture, path);
    assert.deepEqual([reply.status, refusalIn(reply.body)], [500, "internal error"], path);
    assert.equal(reply.headers.get("cache-control"), "no-store");
  }
  assert.deepEqual(fixture.defects.slice(0, 2), [SECRET, SECRET]);
  assert.equal(fixture.defects.length, 3);
});

Deno.test("a page is behind the gate", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  for (const header of [{ "Host": "evil.example" }, { "Origin": "https://evil.example" }]) {
    for (const path of ["/page", "/health"]) {
      const { status, body } = await get(fixture, path, { headers: header });
      assert.equal(status, 403);
      assert.match(refusalIn(body), /^this (Host|Origin) is not allowed: got "/);
    }
  }
});

Deno.test("a path that is not served gets 404 for every verb, and a client of HTTP+SSE is told which transport is", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  const unknown = ["/robots.txt", "/.well-known/oauth-protected-resource", "/sse/x", "/messages"];
  for (const path of unknown) {
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) {
      const reply = await get(fixture, path, { method });
      assert.deepEqual([reply.status, reply.headers.get("allow")], [404, null], method + path);
    }
  }
  for (const path of ["/", "/mcp", "/sse"]) {
    const reply = await get(fixture, path);
    assert.deepEqual([reply.status, reply.headers.get("allow")], [405, "POST"], path);
    assert.match(reply.body, /HTTP\+SSE, which begins with GET, is not served/);
  }
});

Deno.test("a path that is nearly a page is none", async () => {
  await using fixture = await EndpointFixture.start({ pages: PAGES });
  for (const path of ["/page//", "/Page", "//page", "/page%20", "/x"]) {
    const reply = await get(fixture, path);
    assert.deepEqual([reply.status, reply.headers.get("allow")], [404, null], path);
  }
});

for (const path of ["/health", "/page", "/unwell"]) {
  Deno.test(`${path}: a final slash and a query make no other page, and HEAD is GET without a body`, async () => {
    await using fixture = await EndpointFixture.start({ pages: PAGES });
    const plain = await get(fixture, path);
    assert.ok(plain.status === 200 || path === "/unwell");
    for (const [ending, method] of ENDINGS) {
      const { status, headers, body } = await get(fixture, path + ending, { method });
      const name = `${method} ${path}${ending}`;
      assert.equal(status, plain.status, name);
      assert.equal(headers.get("content-type"), plain.headers.get("content-type"), name);
      assert.equal(headers.get("cache-control"), "no-store", name);
      if (method === "HEAD") assert.equal(body, "", name);
      else if (path !== "/page") assert.equal(body, plain.body, name);
      if (path === "/page" && ending.includes("?")) continue;
      assert.equal(headers.get("content-length"), plain.headers.get("content-length"), name);
    }
    assert.ok((await fixture.record(2)).path === path, "the record names the page");
  });
}

const ENDINGS = ["/", "?x", "?x=1", "/?x=/", ""]
  .flatMap((ending) => ["GET", "HEAD"].map((method) => [ending, method] as const));
