/** Listening on ports and Unix sockets: what is in the way, who may connect, and what is left. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Endpoint } from "../../../src/sidecar/http/endpoint.ts";
import { listen, type Listener, ListenError } from "../../../src/sidecar/http/listener.ts";
import { explainSocketFailure } from "../../../src/sidecar/http/unix_socket.ts";
import { overSocket } from "../../support/over_socket.ts";
import { makeFifo } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually, within } from "../../support/within.ts";

/** An endpoint that is reached or not. */
function endpointOf(handle: (request: Request) => Response | Promise<Response>): Endpoint {
  return { handle } as unknown as Endpoint;
}

function onSocket(path: string, mode = 0o600, text = "here"): Promise<Listener> {
  return listen({
    endpoint: endpointOf(() => new Response(text)),
    listen: { transport: "unix", path, mode },
    onDefect: (error) => assert.fail(String(error)),
  });
}

async function textFrom(path: string): Promise<string> {
  return (await within(60, "answer", overSocket(path))).body;
}

async function isRefused(listening: Promise<Listener>, why: RegExp): Promise<void> {
  await assert.rejects(listening, (error) => {
    assert.ok(error instanceof ListenError, String(error));
    assert.match(error.message, /^cannot listen on [^\n]+$/);
    assert.match(error.message, why);
    return true;
  });
}

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).sort();
}

/** A socket file that nobody listens on, as a program that was killed leaves it. */
async function leaveStale(path: string): Promise<void> {
  const other = `${path}.other`;
  const listener = Deno.listen({ transport: "unix", path: other });
  // The runtime removes a socket that it closes, by its name.
  await Deno.rename(other, path);
  listener.close();
}

for (const mode of [0o600, 0o660, 0o666]) {
  Deno.test(`listen() makes a socket of mode 0${mode.toString(8)} that answers, and leaves nothing`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, "s");
    const listener = await onSocket(path, mode);
    assert.equal(Deno.lstatSync(path).mode! & 0o777, mode);
    assert.deepEqual(listener.address, { transport: "unix", path });
    assert.equal(await textFrom(path), "here");
    await listener.shutdown();
    assert.deepEqual(await namesIn(directory.path), []);
  });
}

Deno.test("listen() on a socket answers what was asked before the shutdown", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  const { promise, resolve } = Promise.withResolvers<Response>();
  const arrived = Promise.withResolvers<void>();
  const listener = await listen({
    endpoint: endpointOf(() => {
      arrived.resolve();
      return promise;
    }),
    listen: { transport: "unix", path, mode: 0o600 },
    onDefect: (error) => assert.fail(String(error)),
  });
  const answer = textFrom(path);
  await within(60, "request", arrived.promise);
  const down = listener.shutdown();
  await eventually(60, "removal", async () => (await namesIn(directory.path)).length === 0);
  resolve(new Response("at last"));
  assert.equal(await answer, "at last");
  await within(60, "shutdown", down);
});

Deno.test("listen() takes the place of a socket that nobody listens on", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  await leaveStale(path);
  const listener = await onSocket(path);
  assert.equal(await textFrom(path), "here");
  await listener.shutdown();
});

Deno.test("listen() refuses a socket that another one listens on, which goes on", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  const first = await onSocket(path, 0o600, "first");
  await isRefused(onSocket(path), /s: another program does\. Stop it or set SUPERVISE_BIND /);
  assert.equal(await textFrom(path), "first");
  await first.shutdown();
});

Deno.test("listen() lets one of many that start at once on a stale socket have it", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  await leaveStale(path);
  const starts = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => onSocket(path, 0o600, `${index}`)),
  );
  const started = starts.flatMap((start, index) =>
    start.status === "fulfilled" ? [{ listener: start.value, text: `${index}` }] : []
  );
  assert.equal(started.length, 1);
  const [{ listener, text }] = started as [typeof started[number]];
  assert.equal(await textFrom(path), text);
  for (const start of starts) {
    if (start.status === "rejected") assert.match(start.reason.message, /another program does/);
  }
  await listener.shutdown();
});

const IN_THE_WAY: readonly (readonly [name: string, make: (path: string) => Promise<void>])[] = [
  ["a file", (path) => Deno.writeTextFile(path, "text")],
  ["a directory", (path) => Deno.mkdir(path)],
  ["a link to nothing", (path) => Deno.symlink("none", path)],
  ["a link to a socket", async (path) => {
    await leaveStale(`${path}.stale`);
    await Deno.symlink("s.stale", path);
  }],
  ["a FIFO", async (path) => {
    await makeFifo(path);
  }],
];

for (const [name, make] of IN_THE_WAY) {
  Deno.test(`listen() refuses ${name} in the socket's place, and leaves it`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, "s");
    await make(path);
    const before = await Deno.lstat(path);
    await isRefused(onSocket(path), /s: something is there that is no socket\. Remove it or set /);
    const after = await Deno.lstat(path);
    assert.deepEqual([after.ino, after.mode], [before.ino, before.mode]);
  });
}

Deno.test("listen() refuses a socket whose directory is missing or a file", async () => {
  await using directory = await temporary();
  const { path } = directory;
  await Deno.writeTextFile(join(path, "file"), "");
  await isRefused(
    onSocket(join(path, "no", "s")),
    /: the directory \S+\/no is missing\. Create it$/,
  );
  await isRefused(onSocket(join(path, "file", "s")), /: \S+\/file is not a directory\. Set /);
});

Deno.test("listen() refuses a path that is too long for a socket", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "x".repeat(108));
  await isRefused(onSocket(path), /: path must be shorter than SUN_LEN\. Check SUPERVISE_BIND /);
  assert.deepEqual(await namesIn(directory.path), []);
});

Deno.test("shutdown() leaves what another program put in the socket's place", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  const first = await onSocket(path, 0o600, "first");
  await Deno.remove(path);
  const second = await onSocket(path, 0o600, "second");
  await first.shutdown();
  assert.equal(await textFrom(path), "second");
  assert.deepEqual(await namesIn(directory.path), ["s"]);
  await second.shutdown();
  assert.deepEqual(await namesIn(directory.path), []);
});

Deno.test("shutdown() leaves a file in the socket's place, and does not miss a removed socket", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "s");
  const first = await onSocket(path);
  await Deno.remove(path);
  await Deno.writeTextFile(path, "mine");
  await first.shutdown();
  assert.equal(await Deno.readTextFile(path), "mine");
  assert.deepEqual(await namesIn(directory.path), ["s"]);
  await Deno.remove(path);
  const second = await onSocket(path);
  await Deno.remove(path);
  await second.shutdown();
  assert.deepEqual(await namesIn(directory.path), []);
});

Deno.test("shutdown() does its work when the socket's directory is gone", async () => {
  await using directory = await temporary();
  const place = join(directory.path, "place");
  await Deno.mkdir(place);
  const listener = await onSocket(join(place, "s"));
  await Deno.remove(place, { recursive: true });
  await Deno.writeTextFile(place, "");
  await within(60, "shutdown", listener.shutdown());
});

const FAILURES: readonly (readonly [error: unknown, why: RegExp])[] = [
  [
    new Deno.errors.NotCapable("x"),
    /^this program was built without the permission to\. .*--allow-net=unix:\/run\/l\/s$/,
  ],
  [new Deno.errors.AddrInUse("x"), /^another program does\. /],
  [coded("ENOENT"), /^the directory \/run\/l is missing\. Create it$/],
  [coded("ENOTDIR"), /^\/run\/l is not a directory\. /],
  [coded("EACCES"), /^permission denied\. \/run\/l, and a socket .* must belong to the user /],
  [coded("EPERM"), /^permission denied\. /],
  [coded("EROFS"), /^the file system is read-only\. Mount \/run\/l writable$/],
  [coded("EIO"), /^EIO: as the system says it\. Check SUPERVISE_BIND and SUPERVISE_SOCKET_MODE$/],
  ["text", /^text\. Check SUPERVISE_BIND /],
];

function coded(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

for (const [error, why] of FAILURES) {
  Deno.test(`explainSocketFailure() says what to do about ${error}`, () => {
    assert.match(explainSocketFailure(error, "/run/l/s"), why);
  });
}

Deno.test("listen() refuses an address that is none, in one line", async () => {
  await isRefused(
    listen({
      endpoint: endpointOf(() => assert.fail("it was reached")),
      listen: { transport: "tcp", hostname: "no such host", port: 0 },
      onDefect: (error) => assert.fail(String(error)),
    }),
    /^cannot listen on no such host:0: [^\n]+ SUPERVISE_BIND[^\n]+$/,
  );
});
