/** What answers may cost that clients do not read: large ones are limited together, small ones not. */

import assert from "node:assert/strict";
import { BodyReader } from "../../../src/sidecar/http/body.ts";
import { Endpoint } from "../../../src/sidecar/http/endpoint.ts";
import { Gate } from "../../../src/sidecar/http/gate.ts";
import { listen } from "../../../src/sidecar/http/listener.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { exchange } from "../../support/agent.ts";
import { request, Wire } from "../../support/wire.ts";
import { eventually } from "../../support/within.ts";

/** As in src/sidecar/http/endpoint.ts, in characters. */
const LARGE_ANSWER = 65_536;
const MAX_SENDING = 4_194_304;

const FAT = MAX_SENDING / 4 - 1_000;

/** Far more than the system takes off the sidecar's hands for a client that does not read. */
const UNSENDABLE = 16_777_216;

const BUSY = "too many large answers are being sent: try again in a few seconds\n";

/** Tools whose answer has as many characters as are asked for: at once, or when told to. */
class Fixture {
  readonly ends: (() => void)[] = [];
  /** What was said of each later answer: whether it was sent whole. */
  readonly sent: boolean[] = [];
  readonly endpoint: Endpoint;

  constructor() {
    const inputSchema = { type: "object" };
    const answer = (args: Readonly<Record<string, unknown>>): ToolOutcome => {
      return { kind: "answer", text: "x".repeat(Number(args["length"])), isError: false };
    };
    const server = new McpServer({
      info: { name: "test", version: "1" },
      tools: [
        { name: "fat", description: "Answers.", inputSchema, call: answer },
        {
          name: "fat-wide",
          description: "Answers in characters of three bytes.",
          inputSchema,
          call: (args) => {
            const text = "字".repeat(Number(args["length"]));
            return { kind: "answer", text, isError: false };
          },
        },
        {
          name: "fat-later",
          description: "Answers later.",
          inputSchema,
          call: (args, caller) => {
            caller.onSent((whole) => this.sent.push(whole));
            return new Promise((resolve) => this.ends.push(() => resolve(answer(args))));
          },
        },
      ],
      onDefect: fail,
    });
    this.endpoint = new Endpoint({
      server,
      pages: new Map(),
      rpc: true,
      gate: new Gate({ allowedHosts: [], allowedOrigins: [] }),
      bodies: new BodyReader(60_000),
      keepAliveMs: 60_000,
      onDefect: fail,
    });
  }

  /** One request whose connection ends when the test says so. */
  call(length: number, tool = "fat", path = "/") {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const remoteAddr = { transport: "tcp", hostname: "10.0.0.1", port: 1 } as const;
    const body = bodyOf(length, tool);
    const headers = {
      "host": "supervise",
      "content-type": "application/json",
      "content-length": String(body.length),
    };
    const asked = new Request(`http://supervise${path}`, { method: "POST", headers, body });
    const response = Promise.resolve(
      this.endpoint.handle(asked, { remoteAddr, completed: promise }),
    );
    return { response, sent: resolve, lost: () => reject(new Error("the client has gone")) };
  }

  async status(length: number): Promise<number> {
    const { response, sent } = this.call(length);
    const { status, body } = await response;
    await body?.cancel();
    sent();
    await turn();
    return status;
  }
}

function fail(error: unknown): never {
  assert.fail(String(error));
}

function bodyOf(length: number, tool = "fat"): string {
  const params = { name: tool, arguments: { length } };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("large answers that are being sent have 4 MiB together, and each that ends makes room", async () => {
  const fixture = new Fixture();
  const calls = Array.from({ length: 4 }, () => fixture.call(FAT));
  for (const { response } of calls) assert.equal((await response).status, 200);
  const refused = await fixture.call(FAT).response;
  assert.deepEqual([refused.status, await refused.text()], [503, BUSY]);
  assert.equal(await fixture.status(LARGE_ANSWER), 503, "one that is just large");
  assert.equal(await fixture.status(LARGE_ANSWER - 1_000), 200, "a small one is always answered");

  calls[0]!.sent();
  await turn();
  assert.equal(await fixture.status(FAT), 200, "one was read");
  assert.equal(await fixture.status(FAT), 200, "and that one too");
  const next = fixture.call(FAT);
  await next.response;
  assert.equal(await fixture.status(FAT), 503);
  calls[1]!.lost();
  await turn();
  assert.equal(await fixture.status(FAT), 200, "a client has gone");
});

Deno.test("large answers count by their bytes, and one that is larger than all the room is sent alone", async () => {
  const fixture = new Fixture();
  const cjk = fixture.call(FAT, "fat-wide");
  assert.equal((await cjk.response).status, 200);
  assert.equal(await fixture.status(2 * FAT), 503, "it takes three bytes for each character");
  cjk.sent();
  await turn();
  assert.equal(await fixture.status(2 * MAX_SENDING), 200);
  const small = fixture.call(LARGE_ANSWER);
  await small.response;
  assert.equal(await fixture.status(2 * MAX_SENDING), 503);
});

Deno.test("a large answer that was waited for is refused as well, and counts as lost", async () => {
  const fixture = new Fixture();
  const later = fixture.call(FAT, "fat-later");
  while (fixture.ends.length === 0) await turn();
  const calls = Array.from({ length: 4 }, () => fixture.call(FAT));
  for (const { response } of calls) await response;
  fixture.ends[0]!();
  assert.equal((await later.response).status, 503);
  assert.deepEqual(fixture.sent, [false]);

  calls[0]!.sent();
  const again = fixture.call(FAT, "fat-later");
  while (fixture.ends.length === 1) await turn();
  fixture.ends[1]!();
  assert.equal((await again.response).status, 200);
  assert.equal(await fixture.status(FAT), 503, "it counts");
  again.sent();
  await turn();
  assert.deepEqual(fixture.sent, [false, true]);
  assert.equal(await fixture.status(FAT), 200);
});

Deno.test("a large answer is refused at /rpc in JSON", async () => {
  const fixture = new Fixture();
  const calls = Array.from({ length: 4 }, () => fixture.call(FAT, "fat", "/rpc"));
  for (const { response } of calls) assert.equal((await response).status, 200);
  const refused = await fixture.call(FAT, "fat", "/rpc").response;
  assert.deepEqual([refused.status, await refused.json()], [503, { error: BUSY.trimEnd() }]);
});

for (const path of ["/mcp", "/rpc"]) {
  Deno.test(`an answer that was waited for counts as delivered once it is sent whole: ${path}`, async () => {
    const fixture = new Fixture();
    const [first, second] = [1, 2].map((length) => fixture.call(length, "fat-later", path));
    while (fixture.ends.length < 2) await turn();
    for (const end of fixture.ends) end();
    for (const { response } of [first!, second!]) {
      const { status, body } = await response;
      assert.equal(status, 200);
      await body?.cancel();
    }
    await turn();
    assert.deepEqual(fixture.sent, [], "it is handed over, and nobody has read it");
    first!.sent();
    await turn();
    second!.lost();
    await turn();
    assert.deepEqual(fixture.sent, [true, false]);
  });
}

Deno.test("clients that leave large answers unread take the room until they have gone", async () => {
  const { endpoint } = new Fixture();
  const listener = await listen({
    endpoint,
    listen: { transport: "tcp", hostname: "127.0.0.1", port: 0 },
    onDefect: fail,
  });
  const { port } = listener.address as Deno.NetAddr;
  const status = async (length: number) => (await exchange(port, request(bodyOf(length)))).status;
  const clients: Wire[] = [];
  try {
    const client = await Wire.open(port);
    clients.push(client);
    await client.send(request(bodyOf(UNSENDABLE)));
    // Its request may be read after later ones.
    await eventually(60, "refusal", async () => await status(LARGE_ANSWER) === 503);
    assert.equal(await status(1), 200);
    for (const client of clients) client[Symbol.dispose]();
    await eventually(60, "room", async () => await status(LARGE_ANSWER) === 200);
  } finally {
    for (const client of clients) client[Symbol.dispose]();
    await listener.shutdown();
  }
});
