/** `--health` asks: well is exactly a 200 with `ok`, and everything else says what came instead. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { askHealth } from "../../src/sidecar/health.ts";
import { EgressProxy } from "../support/egress_proxy.ts";
import { makeFifo } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";

/** A server that answers each request with these bytes, or never. */
async function ask(answer: string | undefined, timeoutMs?: number): Promise<string | undefined> {
  await using server = new EgressProxy();
  server.answer = answer;
  const trouble = await askHealth(tcp(portOf(server)), undefined, timeoutMs);
  assert.match(server.requests[0] ?? "", /^GET \/health HTTP\/1\.1\r\nHost: localhost\r\n/);
  return trouble?.replace(String(portOf(server)), "PORT");
}

function tcp(port: number, hostname = "127.0.0.1") {
  return { transport: "tcp", hostname, port } as const;
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
  assert.match(await askHealth(tcp(port)) ?? "", /^127\.0\.0\.1:\d+: .*refused/i);
});

for (const [bind, asked] of [["0.0.0.0", "127.0.0.1"], ["::", "[::1]"]] as const) {
  Deno.test(`askHealth() asks ${asked} when it listens on ${bind}`, async () => {
    // Nobody listens on port 1: the message says where it tried.
    assert.ok((await askHealth(tcp(1, bind)))?.startsWith(`${asked}:1: `));
  });
}

/** Asks a Unix socket whose other side answers with these bytes. */
async function askSocket(answer: string | undefined, timeoutMs?: number) {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  using listener = Deno.listen({ transport: "unix", path });
  const asked = Promise.withResolvers<string>();
  const done = Promise.withResolvers<void>();
  const serving = (async () => {
    using connection = await listener.accept();
    const bytes = new Uint8Array(1_000);
    asked.resolve(new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes) ?? 0)));
    if (answer === undefined) await done.promise;
    else await connection.write(new TextEncoder().encode(answer));
  })();
  const trouble = await askHealth({ transport: "unix", path }, undefined, timeoutMs);
  done.resolve();
  await serving;
  assert.match(await asked.promise, /^GET \/health HTTP\/1\.1\r\nHost: localhost\r\n/);
  return trouble?.replace(path, "PATH");
}

Deno.test("askHealth() on a Unix socket has nothing to say of a well one, and shows others", async () => {
  assert.equal(await askSocket(WELL), undefined);
  assert.equal(await askSocket("no\n"), 'PATH answered "no\\n"');
  assert.equal(await askSocket(undefined, 50), "PATH: no whole answer within 0.05 s");
});

Deno.test("askHealth() says that there is no such Unix socket, or nobody behind it", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  const ask = async () => await askHealth({ transport: "unix", path }) ?? "";
  assert.match(await ask(), /\/s: No such file/);
  await Deno.writeTextFile(path, "");
  assert.match(await ask(), /\/s: .*refused/i);
});

Deno.test("askHealth() takes the port from the port file when the system chose it", async () => {
  await using server = new EgressProxy();
  server.answer = WELL;
  await using directory = await temporary();
  const portFile = join(directory.path, "port");
  await Deno.writeTextFile(portFile, `${portOf(server)}\n`);
  assert.equal(await askHealth(tcp(0), portFile), undefined);
  assert.equal(server.requests.length, 1);
});

Deno.test("askHealth() takes no port from the port file when one was set", async () => {
  await using server = new EgressProxy();
  server.answer = WELL;
  assert.equal(await askHealth(tcp(portOf(server)), "/no/such/file"), undefined);
});

Deno.test("askHealth() asks for a port file when the system chose the port", async () => {
  assert.match(await askHealth(tcp(0)) ?? "", /SUPERVISE_PORT=0 .* set SUPERVISE_PORT_FILE /);
});

const NO_PORTS: readonly (readonly [name: string, text: string])[] = [
  ["nothing", ""],
  ["half a port", "91"],
  ["port 0", "0\n"],
  ["a number that is too large", "65536\n"],
  ["a negative one", "-1\n"],
  ["a fraction", "1.5\n"],
  ["two lines", "1\n2\n"],
  ["words", "port\n"],
  ["a flood", "9".repeat(1_000_000)],
];

for (const [name, text] of NO_PORTS) {
  Deno.test(`askHealth() takes no port from a port file that holds ${name}`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, "port");
    await Deno.writeTextFile(path, text);
    assert.equal(await askHealth(tcp(0), path), `the port file ${path} holds no port`);
  });
}

Deno.test("askHealth() does not wait for a FIFO, and says what is no port file", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "port");
  assert.match(await askHealth(tcp(0), path) ?? "", /^there is no port file \S+port: the sidecar /);
  await makeFifo(path);
  assert.equal(await askHealth(tcp(0), path), `the port file ${path} holds no port`);
});
