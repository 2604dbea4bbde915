/** What a hostile client may cost: memory, connections to the proxy, and who it may pretend to call. */

import assert from "node:assert/strict";
import { ProxiedRouteTable, type RoutesRead } from "../../src/sidecar/egress/route_table.ts";
import { Gate } from "../../src/sidecar/http/gate.ts";
import { readTarget } from "../../src/sidecar/http/target.ts";
import { readMessage } from "../../src/sidecar/jsonrpc/message.ts";
import { StdioSession } from "../../src/sidecar/stdio/session.ts";
import { exchange } from "../support/agent.ts";
import { startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { MessageReader } from "../support/stdio.ts";
import { request } from "../support/wire.ts";
import { eventually } from "../support/within.ts";
import { EndpointFixture } from "./http/endpoint_fixture.ts";

Deno.test("bodies that arrive slowly: their memory is bounded and given back after the time-out", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_BODY_TIMEOUT_SECONDS: "2" } });
  const before = residentMB(sidecar.process.pid);
  const almost = new Uint8Array(1_000_000).fill(0x20);
  const head = new TextEncoder().encode(
    "POST / HTTP/1.1\r\nHost: supervise\r\nContent-Type: application/json\r\n" +
      "Content-Length: 1048576\r\n\r\n",
  );
  const connections = await Promise.all(Array.from({ length: 300 }, async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: sidecar.port });
    await connection.write(head);
    // The server may stop reading, so nobody waits until all has been taken.
    writeAll(connection, almost).catch(() => {});
    return connection;
  }));
  const statuses = await Promise.all(connections.map(readStatus));
  const grown = residentMB(sidecar.process.pid) - before;
  for (const connection of connections) connection.close();
  assert.ok(statuses.every((status) => status === 408 || status === 503), String(statuses));
  assert.ok(statuses.includes(503), "all 300 MB were taken in at once");
  assert.ok(grown < 200, `${grown} MB for 300 connections`);
});

Deno.test("calls that join one large ask do not each hold it, and as many wait as there is memory for", async () => {
  await using sidecar = await startSidecar();
  const body = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: {
      name: "capability-block",
      arguments: { dockerfile: "FROM scratch\n".padEnd(900_000, "#"), justification: "a test" },
    },
  });
  const before = residentMB(sidecar.process.pid);
  const stop = new AbortController();
  let refused = 0;
  const call = async () => {
    const headers = { "content-type": "application/json" };
    const answer = fetch(sidecar.url, { method: "POST", headers, body, signal: stop.signal });
    const status = await answer.then(({ status }) => status, () => 0);
    if (status === 503) refused++;
    else assert.equal(status, 0, "a call was answered before it was given up");
  };
  const calls: Promise<void>[] = [];
  const probe = new QueueProbe(sidecar.queueDirectory);
  let id: string | undefined;
  while (refused === 0) {
    calls.push(call());
    id ??= await probe.nextProposal();
    await Promise.race([probe.waiting(id, calls.length), calls.at(-1)]);
  }
  const grown = residentMB(sidecar.process.pid) - before;
  stop.abort();
  await Promise.all(calls);
  assert.ok(calls.length > 14 && calls.length < 22, `${calls.length - 1} waited at once`);
  assert.ok(grown < 100, `${grown} MB for ${calls.length} calls`);
});

const MANY = `[${"[],".repeat(300_000)}[]]`;
const META = `"params":{"_meta":{"x":${MANY}}}`;

const TOO_MANY: readonly (readonly [name: string, path: string, body: string])[] = [
  ["a request", "/mcp", `{"jsonrpc":"2.0","id":1,"method":"tools/list",${META}}`],
  ["a notification", "/mcp", `{"jsonrpc":"2.0","method":"notifications/initialized",${META}}`],
  ["a batch", "/mcp", MANY],
  ["a batch of requests", "/mcp", `[{"jsonrpc":"2.0","id":1,"method":"ping",${META}}]`],
  ["plain JSON", "/rpc", `{"method":"tools/list",${META}}`],
];

for (const [name, path, body] of TOO_MANY) {
  Deno.test(`${name} of 300,000 values is refused, and told how many may be sent`, async () => {
    await using fixture = await EndpointFixture.start();
    const { status, body: answer } = await exchange(fixture.port, request(body, { path }));
    assert.equal(status, 400);
    assert.match(answer, /request has more than 10000 values: send fewer/);
  });
}

Deno.test("a line of 300,000 values on stdio is refused, and the next one answered", async () => {
  await using fixture = await EndpointFixture.start();
  const { readable: input, writable } = new TransformStream<Uint8Array>();
  const { readable, writable: output } = new TransformStream<Uint8Array>();
  const { server } = fixture;
  const session = new StdioSession({ server, input, output, onDefect: (e) => assert.fail(`${e}`) });
  const reader = new MessageReader(readable);
  const writer = writable.getWriter();
  for (const line of [TOO_MANY[0]![2], '{"jsonrpc":"2.0","id":2,"method":"ping"}']) {
    writer.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }
  const { error } = await reader.next();
  assert.deepEqual([error.code, /10000 values/.test(error.message)], [-32600, true]);
  assert.deepEqual(await reader.next(), { jsonrpc: "2.0", id: 2, result: {} });
  writer.close().catch(() => {});
  await session.ended;
  await reader.close();
});

function tableOf(version: number): RoutesRead {
  return { kind: "table", text: `{"version":${version}}`, table: { version } };
}

Deno.test("the route table: calls at once share the next answer, and none gets an older one", async () => {
  let version = 0;
  const asked: (() => void)[] = [];
  await using proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    const answer = Response.json({ version });
    await new Promise<void>((resolve) => asked.push(resolve));
    return answer;
  });
  const table = new ProxiedRouteTable({
    proxy: new URL(`http://127.0.0.1:${proxy.addr.port}`),
    url: new URL("http://_egress.local/allowlist"),
  });
  const first = table.read();
  await eventually(60, "request for the routes", () => asked.length > 0);
  version = 1;
  const later = Array.from({ length: 100 }, () => table.read());
  asked.shift()?.();
  assert.deepEqual(await first, tableOf(0));
  await eventually(60, "request for the routes", () => asked.length > 0);
  assert.equal(asked.length, 1);
  asked.shift()?.();
  for (const read of later) assert.deepEqual(await read, tableOf(1));
});

Deno.test("gate: the host in the request's target is checked as Host is", () => {
  const gate = new Gate({ allowedHosts: [], allowedOrigins: [] });
  const headers = new Headers({ host: "localhost" });
  assert.equal(gate.refusal(headers, readTarget("http://localhost/")), undefined);
  assert.match(gate.refusal(headers, readTarget("http://evil.example/")) ?? "", /Host/);
  assert.match(gate.refusal(new Headers(), readTarget("http://evil.example/")) ?? "", /Host/);
});

Deno.test("a request id is kept while a call waits, so a long one is refused", () => {
  const message = (id: string) => readMessage({ jsonrpc: "2.0", id, method: "ping" });
  assert.equal(message("x".repeat(256)).kind, "request");
  assert.equal(message("x".repeat(257)).kind, "invalid");
});

function residentMB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

async function readStatus(connection: Deno.Conn): Promise<number> {
  const bytes = new Uint8Array(1_024);
  const count = await connection.read(bytes);
  const text = new TextDecoder().decode(bytes.subarray(0, count ?? 0));
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]);
}
