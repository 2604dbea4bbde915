/** The route table for those in a hurry: bounded waits whatever the proxy does, and what it said last. */

import assert from "node:assert/strict";
import { type RecentRead, RecentRoutes } from "../../../src/sidecar/egress/recent_routes.ts";
import { ProxiedRouteTable, type RoutesRead } from "../../../src/sidecar/egress/route_table.ts";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { eventually, within } from "../../support/within.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const LONG_MS = 60_000;
const SHORT_MS = 20;

/** Long enough that a turn of the event loop is not taken for it. */
const TRIED_MS = 300;

function answer(body: string, status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** A real proxy, and a clock that stands still until it is moved. */
class Fixture implements AsyncDisposable {
  readonly proxy = new EgressProxy();
  readonly recent: RecentRoutes;
  nowMs = 1_000;
  #isGone = false;

  /** `timeoutMs`: when a read gives up by itself. */
  constructor(timeoutMs = LONG_MS) {
    const url = new URL("http://_egress.local/allowlist");
    const table = new ProxiedRouteTable({ proxy: new URL(this.proxy.url), url, timeoutMs });
    this.recent = new RecentRoutes(table, () => this.nowMs);
  }

  read(withinMs = LONG_MS): Promise<RecentRead> {
    return within(60, "recent routes", this.recent.read(withinMs));
  }

  /** Nobody listens any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isGone) return;
    this.#isGone = true;
    await this.proxy[Symbol.asyncDispose]();
  }
}

/** A table whose reads the test ends. */
class Held {
  readonly reads: PromiseWithResolvers<RoutesRead>[] = [];

  read(): Promise<RoutesRead> {
    const read = Promise.withResolvers<RoutesRead>();
    this.reads.push(read);
    return read.promise;
  }

  /** Ends the oldest read that has not ended. */
  end(read: RoutesRead): void {
    this.reads.shift()?.resolve(read);
  }
}

function table(name: string): RoutesRead {
  return { kind: "table", text: "", table: name };
}

/** What can be done without waiting has been done then. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const FAILED: RoutesRead = { kind: "failed", message: "it is broken" };

Deno.test("read() returns what the proxy says now", SANITIZED, async () => {
  await using fixture = new Fixture();
  for (const said of ['["one"]', '["two"]']) {
    fixture.proxy.answer = answer(said);
    const expected = { kind: "table", table: JSON.parse(said), ageMs: 0, isFresh: true };
    assert.deepEqual(await fixture.read(), expected);
  }
  assert.equal(fixture.proxy.requests.length, 2);
});

Deno.test(
  "read() says why it knows no table, and leaves the advice to others",
  SANITIZED,
  async () => {
    await using fixture = new Fixture();
    fixture.proxy.answer = answer("no", "403 Forbidden");
    const message =
      `could not reach 'http://_egress.local/allowlist' via '${fixture.proxy.url}': ` +
      "it answered HTTP 403";
    assert.deepEqual(await fixture.read(), { kind: "unknown", message });
  },
);

Deno.test(
  "read() returns the last table with its age when the proxy is gone",
  SANITIZED,
  async () => {
    await using fixture = new Fixture();
    fixture.proxy.answer = answer('["old"]');
    await fixture.read();
    await fixture[Symbol.asyncDispose]();
    fixture.nowMs += 12_345;
    const expected = { kind: "table", table: ["old"], ageMs: 12_345, isFresh: false };
    assert.deepEqual(await fixture.read(), expected);
  },
);

const STALLS: readonly (readonly [name: string, answer: string | undefined])[] = [
  ["says nothing", undefined],
  ["hangs up", ""],
];

for (const [name, said] of STALLS) {
  Deno.test(`read() comes back in time from a proxy that ${name}`, SANITIZED, async () => {
    await using fixture = new Fixture(100);
    fixture.proxy.answer = said;
    assert.equal((await fixture.read(SHORT_MS)).kind, "unknown");
    // The read in the background has ended too: nothing is left behind.
    await eventually(60, "end of the read", async () => {
      const read = await fixture.read(SHORT_MS);
      return read.kind === "unknown" && read.message.startsWith("could not reach");
    });
  });
}

Deno.test(
  "read() comes back in time from a proxy that never ends its answer",
  SANITIZED,
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const sending = (async () => {
      using connection = await listener.accept();
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n["));
      while (await connection.write(new Uint8Array(1).fill(0x20))) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })().catch(() => {});
    const proxy = new URL(`http://127.0.0.1:${listener.addr.port}`);
    const url = new URL("http://_egress.local/allowlist");
    const recent = new RecentRoutes(new ProxiedRouteTable({ proxy, url, timeoutMs: 200 }));
    const read = await within(60, "recent routes", recent.read(SHORT_MS));
    assert.deepEqual(read, {
      kind: "unknown",
      message: "the egress proxy did not answer within 0.02 s",
    });
    await within(60, "end of the connection", sending);
  },
);

Deno.test("a table that comes too late is remembered for the next", async () => {
  const held = new Held();
  let nowMs = 0;
  const recent = new RecentRoutes(held, () => nowMs);
  assert.equal((await recent.read(SHORT_MS)).kind, "unknown");
  nowMs = 300;
  held.end(table("late"));
  await eventually(60, "late table", async () => (await recent.read(SHORT_MS)).kind === "table");
  nowMs = 400;
  const expected = { kind: "table", table: "late", ageMs: 100, isFresh: false };
  assert.deepEqual(await recent.read(SHORT_MS), expected);
});

Deno.test("for 2 s after a failure nobody waits, and one read at a time runs in the background", async () => {
  const held = new Held();
  let nowMs = 0;
  const recent = new RecentRoutes(held, () => nowMs);
  const first = recent.read(LONG_MS);
  held.end(FAILED);
  assert.deepEqual(await first, { kind: "unknown", message: "it is broken" });
  nowMs = 1_999;
  for (let times = 0; times < 3; times++) {
    assert.equal((await within(60, "answer at once", recent.read(LONG_MS))).kind, "unknown");
    assert.equal(held.reads.length, 1, "one read in the background");
  }
  nowMs = 2_000;
  const waiting = recent.read(LONG_MS);
  assert.equal(held.reads.length, 2, "it is waited for again");
  held.end(FAILED);
  held.end(table("new"));
  assert.deepEqual(await waiting, { kind: "table", table: "new", ageMs: 0, isFresh: true });
});

Deno.test("a table that comes in the background ends the pause after a failure", async () => {
  const held = new Held();
  const recent = new RecentRoutes(held, () => 0);
  const first = recent.read(LONG_MS);
  held.end(FAILED);
  await first;
  await recent.read(LONG_MS);
  held.end(table("back"));
  await eventually(60, "table", async () => {
    const reading = recent.read(SHORT_MS);
    held.end(table("back"));
    return (await reading).kind === "table";
  });
  const reading = recent.read(LONG_MS);
  held.end(table("again"));
  const read = await within(60, "table", reading);
  assert.deepEqual(read, { kind: "table", table: "again", ageMs: 0, isFresh: true });
});

Deno.test("a table that is late again does not end the pause; who has more time waits", async () => {
  const held = new Held();
  let nowMs = 0;
  const recent = new RecentRoutes(held, () => nowMs);
  assert.equal((await recent.read(TRIED_MS)).kind, "unknown");
  nowMs = TRIED_MS + 1;
  held.end(table("late"));
  await turn();
  let hasAnswered = false;
  const reading = recent.read(TRIED_MS).finally(() => hasAnswered = true);
  await turn();
  assert.ok(hasAnswered, "nobody waits");
  assert.deepEqual(await reading, { kind: "table", table: "late", ageMs: 0, isFresh: false });
  const patient = recent.read(LONG_MS);
  assert.equal(held.reads.length, 2);
  held.end(table("background"));
  held.end(table("fresh"));
  const read = await within(60, "table", patient);
  assert.deepEqual(read, { kind: "table", table: "fresh", ageMs: 0, isFresh: true });
});

Deno.test("a thousand readers of a silent proxy cost it two connections", SANITIZED, async () => {
  await using fixture = new Fixture(500);
  const reads = await Promise.all(Array.from({ length: 1_000 }, () => fixture.read(SHORT_MS)));
  assert.ok(reads.every(({ kind }) => kind === "unknown"));
  assert.ok(fixture.proxy.requests.length <= 2);
  await eventually(60, "end of the reads", async () => {
    fixture.nowMs += 10_000;
    fixture.proxy.answer = answer("[]");
    const read = await fixture.read();
    return read.kind === "table" && read.isFresh;
  });
});
