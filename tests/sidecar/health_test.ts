/** `--health` asks: well is exactly a 200 with `ok`, and everything else says what came instead. */

import assert from "node:assert/strict";
import { askHealth } from "../../src/sidecar/health.ts";
import { EgressProxy } from "../support/egress_proxy.ts";

/** A server that answers each request with these bytes, or never. */
async function ask(answer: string | undefined, timeoutMs?: number): Promise<string | undefined> {
  await using server = new EgressProxy();
  server.answer = answer;
  const trouble = await askHealth("127.0.0.1", portOf(server), timeoutMs);
  assert.match(server.requests[0] ?? "", /^GET \/health HTTP\/1\.1\r\nHost: localhost\r\n/);
  return trouble?.replace(String(portOf(server)), "PORT");
}

function portOf(server: EgressProxy): number {
  return Number(new URL(server.url).port);
}

const WELL = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nok\n";

Deno.test("askHealth() of a well one has nothing to say", async () => {
  assert.equal(await ask(WELL), undefined);
});

const NOT_WELL: readonly (readonly [name: string, answer: string, shown: string])[] = [
  ["an error", "HTTP/1.1 503 Busy\r\n\r\nok\n", '"HTTP/1.1 503 Busy\\r\\n\\r\\nok\\n"'],
  ["another text", "HTTP/1.1 200 OK\r\n\r\nfine\n", '"HTTP/1.1 200 OK\\r\\n\\r\\nfine\\n"'],
  ["no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", '"SSH-2.0-OpenSSH_9.2\\r\\n"'],
  ["nothing", "", '""'],
  ["long text", "x".repeat(100_000), `"${"x".repeat(60)}"`],
];

for (const [name, answer, shown] of NOT_WELL) {
  Deno.test(`askHealth() shows the start of what answered: ${name}`, async () => {
    assert.equal(await ask(answer), `127.0.0.1:PORT answered ${shown}`);
  });
}

Deno.test("askHealth() says that nobody answered in time", async () => {
  assert.equal(await ask(undefined, 50), "127.0.0.1:PORT: no whole answer within 0.05 s");
});

Deno.test("askHealth() says that nobody listens", async () => {
  const server = new EgressProxy();
  const port = portOf(server);
  await server[Symbol.asyncDispose]();
  assert.match(await askHealth("127.0.0.1", port) ?? "", /^127\.0\.0\.1:\d+: .*refused/i);
});

for (const [bind, asked] of [["0.0.0.0", "127.0.0.1"], ["::", "::1"]] as const) {
  Deno.test(`askHealth() asks ${asked} when it listens on ${bind}`, async () => {
    // Port 0 is nobody's: the message says where it tried.
    assert.ok((await askHealth(bind, 0))?.startsWith(`${asked}:0: `));
  });
}
