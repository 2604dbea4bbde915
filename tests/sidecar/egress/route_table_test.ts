/** The route table through a real proxy: its JSON unchanged, or one sentence about what came instead. */

import assert from "node:assert/strict";
import {
  MAX_ROUTES_BYTES,
  ProxiedRouteTable,
  type RoutesRead,
} from "../../../src/sidecar/egress/route_table.ts";
import { post, readReply } from "../../support/agent.ts";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { startSidecar } from "../../support/programs.ts";
import { within } from "../../support/within.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const URL_ASKED = new URL("http://_egress.local/allowlist");

/** Short, for proxies that never answer whole. */
const SHORT_MS = 50;

function read(proxy: string, timeoutMs = 10_000): Promise<RoutesRead> {
  const table = new ProxiedRouteTable({ proxy: new URL(proxy), url: URL_ASKED, timeoutMs });
  return within(60, "route table", table.read());
}

function answer(body: string, status = "200 OK", head = ""): string {
  const length = new TextEncoder().encode(body).length;
  return `HTTP/1.1 ${status}\r\n${head}Content-Length: ${length}\r\n\r\n${body}`;
}

/** An answer that ends with the connection. */
function endless(body: string): string {
  return `HTTP/1.1 200 OK\r\n\r\n${body}`;
}

const TABLE = '{"routes": [\n  {"host": "é.example"}]} \n';

const TABLES: readonly (readonly [name: string, answer: string, text: string])[] = [
  ["JSON, unchanged", answer(TABLE), TABLE],
  ["JSON without a length", endless(TABLE), TABLE],
  [
    "JSON in chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1\r\n]\r\n0\r\n\r\n",
    "[]",
  ],
  ["JSON by HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n[]", "[]"],
  ["JSON that claims another type", answer("[]", "200 OK", "Content-Type: text/html\r\n"), "[]"],
  ["JSON of 1 MiB", answer(`"${"a".repeat(MAX_ROUTES_BYTES - 2)}"`), `"${"a".repeat(1_048_574)}"`],
];

for (const [name, bytes, text] of TABLES) {
  Deno.test(`read() returns ${name}`, SANITIZED, async () => {
    await using proxy = new EgressProxy();
    proxy.answer = bytes;
    assert.deepEqual(await read(proxy.url), { kind: "table", text, table: JSON.parse(text) });
  });
}

const TOO_LARGE = `"${"a".repeat(MAX_ROUTES_BYTES)}"`;

const FAILURES: readonly (readonly [name: string, answer: string | Uint8Array, what: RegExp])[] = [
  ["an error", answer("no", "500 Oops"), /it answered HTTP 500$/],
  ["a refusal", answer("{}", "403 Forbidden"), /it answered HTTP 403$/],
  [
    "another protocol",
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    /it answered HTTP 101$/,
  ],
  ["no content", "HTTP/1.1 204 No Content\r\n\r\n", /it answered HTTP 204$/],
  [
    "a redirect",
    answer("{}", "302 Found", "Location: http://127.0.0.1:1/\r\n"),
    /it answered HTTP 302$/,
  ],
  ["what is not JSON", answer("<html>"), /its answer is not JSON$/],
  ["nothing", answer(""), /its answer is not JSON$/],
  ["half of it", answer('{"routes": ['), /its answer is not JSON$/],
  [
    "what is not UTF-8",
    new Uint8Array([...new TextEncoder().encode(endless("")), 0x22, 0xff, 0x22]),
    /its answer is not UTF-8 text$/,
  ],
  ["more than 1 MiB", answer(TOO_LARGE), /its answer is larger than 1048576 bytes$/],
  ["more than 1 MiB without a length", endless(TOO_LARGE), /its answer is larger than 1048576 b/],
  [
    "less than it announced",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
    /^it ended the connection before its answer was whole$/,
  ],
  [
    "a broken chunk",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    /^(its answer is not HTTP|it ended the connection before its answer was whole)$/,
  ],
  ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n", /^its answer is not HTTP$/],
  ["an endless head", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(1_000_000)}`, /^its answer is not HTTP$/],
  [
    "an end without an answer",
    "",
    /^it ended the connection before its answer was whole$/,
  ],
];

const SENTENCE = new RegExp(
  "^could not reach 'http://_egress\\.local/allowlist' via '(http://127\\.0\\.0\\.1:\\d+)': (.+)$",
);

/** What the sentence for the agent says that came instead of a table. */
function whatCame(result: RoutesRead, proxy: string): string {
  assert.equal(result.kind, "failed");
  const [, via, what] = SENTENCE.exec(result.kind === "failed" ? result.message : "") ?? [];
  assert.ok(what, JSON.stringify(result));
  assert.equal(via, proxy);
  return what;
}

for (const [name, bytes, what] of FAILURES) {
  Deno.test(`read() says that the proxy answered ${name}, and asks once`, SANITIZED, async () => {
    await using proxy = new EgressProxy();
    proxy.answer = bytes;
    assert.match(whatCame(await read(proxy.url), proxy.url), what);
    assert.equal(proxy.requests.length, 1);
  });
}

Deno.test("read() says that nobody listens", SANITIZED, async () => {
  const proxy = new EgressProxy();
  await proxy[Symbol.asyncDispose]();
  assert.match(whatCame(await read(proxy.url), proxy.url), /^the connection was refused$/);
});

Deno.test("read() gives up when no answer comes in time", SANITIZED, async () => {
  await using proxy = new EgressProxy();
  const result = await read(proxy.url, SHORT_MS);
  assert.equal(whatCame(result, proxy.url), "it did not answer within 0.05 s");
});

const STALLING: readonly (readonly [name: string, start: string, what: string])[] = [
  ["a status line", "HTTP/1.1 200 OK\r\n", "it did not answer within 0.05 s"],
  ["half of a table", endless('{"routes": ['), "it did not answer within 0.05 s"],
  [
    "half of a table of known length",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
    "it did not answer within 0.05 s",
  ],
  [
    "half of a refusal",
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno",
    "it answered HTTP 403",
  ],
  ["more than 1 MiB", endless(TOO_LARGE), "its answer is larger than 1048576 bytes"],
];

for (const [name, start, what] of STALLING) {
  Deno.test(`read() hangs up on a proxy that stops after ${name}`, SANITIZED, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const stalling = (async () => {
      using connection = await listener.accept();
      await connection.read(new Uint8Array(4_096));
      const bytes = new TextEncoder().encode(start);
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
      // Ends when the reader has hung up.
      await connection.read(new Uint8Array(1));
    })().catch(() => {});
    const proxy = `http://127.0.0.1:${listener.addr.port}`;
    const timeoutMs = what.startsWith("it did not answer") ? SHORT_MS : 10_000;
    assert.equal(whatCame(await read(proxy, timeoutMs), proxy), what);
    await within(60, "end of the connection", stalling);
  });
}

Deno.test("read() asks the proxy for the whole URL, with nothing that tells who asks", async () => {
  await using proxy = new EgressProxy();
  proxy.answer = answer("[]");
  await read(proxy.url);
  const [line, ...headers] = proxy.requests[0]!.trimEnd().split("\r\n");
  assert.equal(line, "GET http://_egress.local/allowlist HTTP/1.1");
  const names = headers.map((header) => header.slice(0, header.indexOf(":")).toLowerCase());
  assert.ok(headers.some((header) => /^host: _egress\.local$/i.test(header)));
  assert.ok(headers.some((header) => /^accept: application\/json$/i.test(header)));
  for (const name of ["cookie", "authorization", "proxy-authorization", "referer", "origin"]) {
    assert.ok(!names.includes(name), name);
  }
});

Deno.test("read() asks anew each time", async () => {
  await using proxy = new EgressProxy();
  for (const text of ["[1]", "[2]"]) {
    proxy.answer = answer(text);
    assert.deepEqual(await read(proxy.url), { kind: "table", text, table: JSON.parse(text) });
  }
  const both = await Promise.all([read(proxy.url), read(proxy.url)]);
  assert.deepEqual(both.map(({ kind }) => kind), ["table", "table"]);
  assert.equal(proxy.requests.length, 4);
});

const ENVIRONMENTS:
  readonly (readonly [name: string, env: (decoy: string) => Record<string, string>])[] = [
    ["HTTP_PROXY", (decoy) => ({ HTTP_PROXY: decoy, http_proxy: decoy })],
    ["ALL_PROXY", (decoy) => ({ ALL_PROXY: decoy, all_proxy: decoy })],
    ["NO_PROXY for everything", () => ({ NO_PROXY: "*", no_proxy: "*" })],
    [
      "NO_PROXY for the address",
      (decoy) => ({
        HTTP_PROXY: decoy,
        NO_PROXY: "_egress.local,.local",
        no_proxy: "_egress.local,.local",
      }),
    ],
  ];

for (const [name, env] of ENVIRONMENTS) {
  Deno.test(`the sidecar asks the proxy of its settings, whatever says ${name}`, async () => {
    await using proxy = new EgressProxy();
    await using decoy = new EgressProxy();
    proxy.answer = answer('["the true table"]');
    decoy.answer = answer('["a decoy"]');
    await using sidecar = await startSidecar({
      env: { SUPERVISE_EGRESS_PROXY: proxy.url, ...env(decoy.url) },
    });
    const params = { name: "list-egress-routes", arguments: {} };
    const said = readReply(
      await post(sidecar.port, { jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    );
    assert.deepEqual([said.meaning, said.isError], ['["the true table"]', false]);
    // The runtime itself may ask a proxy of its environment, for a newer version of itself.
    const asked = [proxy, decoy].map(({ requests }) =>
      requests.filter((head) => head.includes("_egress.local")).length
    );
    assert.deepEqual(asked, [1, 0]);
  });
}
