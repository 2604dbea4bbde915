/** Seeing that a change is in effect: the route table is asked over true HTTP until it says so. */

import assert from "node:assert/strict";
import {
  askForEffect,
  difference,
  type EffectOutcome,
  type Expected,
} from "../../../src/operator/live/effect.ts";
import type { Check } from "../../../src/operator/config/config.ts";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually, within } from "../../support/within.ts";
import { json, script } from "../fixture.ts";

const NEVER = new AbortController().signal;
const EXPECTED: readonly Expected[] = [{ host: "api.example", route: { paths: ["/a/"] } }];
const RIGHT = json({ routes: [{ host: "api.example", path_allowlist: ["/a/"] }] });
const EMPTY = json({ routes: [] });

/** A server whose n-th answer is `answers(n)`, from 1. */
class Table implements AsyncDisposable {
  asked = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(answers: (asked: number) => Response) {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, () => answers(++this.asked));
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#server.addr.port}/allowlist`);
  }

  get check(): Check {
    return { kind: "route-table", proxy: undefined, url: this.url };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function why(effect: EffectOutcome): string {
  return effect.kind === "not-seen" ? effect.why : assert.fail("it was seen");
}

Deno.test("askForEffect() of a change that shows at once asks once", async () => {
  await using table = new Table(() => new Response(RIGHT));
  assert.deepEqual(await askForEffect(table.check, EXPECTED, NEVER), { kind: "seen" });
  assert.equal(table.asked, 1);
});

Deno.test("askForEffect() asks again until the change shows", async () => {
  await using table = new Table((asked) => new Response(asked < 3 ? EMPTY : RIGHT));
  assert.deepEqual(await askForEffect(table.check, EXPECTED, NEVER), { kind: "seen" });
  assert.equal(table.asked, 3);
});

Deno.test("askForEffect() asks on after answers that are wrong, and a refused connection", async () => {
  const odd = ["", "<html>", "null"];
  await using table = new Table((asked) => new Response(odd[asked - 1] ?? RIGHT));
  assert.deepEqual(await askForEffect(table.check, EXPECTED, NEVER), { kind: "seen" });
  assert.equal(table.asked, 4);
});

Deno.test("askForEffect() says what it saw last when the change never shows", async () => {
  await using table = new Table(() => new Response(EMPTY));
  const effect = await askForEffect(table.check, EXPECTED, NEVER, 350);
  const said = "the route table does not have api.example";
  assert.deepEqual(effect, { kind: "not-seen", why: said, interrupted: false });
  assert.ok(table.asked >= 2, `asked ${table.asked} times`);
});

const WRONG: readonly (readonly [name: string, answer: () => Response, why: RegExp])[] = [
  ["500", () => new Response(RIGHT, { status: 500 }), / answered 500$/],
  ["404", () => new Response(RIGHT, { status: 404 }), / answered 404$/],
  ["over 1 MiB", () => new Response(RIGHT + " ".repeat(1_048_576)), / more than 1048576 bytes$/],
  ["not JSON", () => new Response("routes: []"), / answered something that is not JSON$/],
  ["a list", () => new Response("[]"), /^the route table is not of the form/],
  ["routes that are no list", () => new Response('{"routes":{}}'), /^the route table is not of/],
  ["a route that is a string", () => new Response('{"routes":["api.example"]}'), /not of the form/],
];

for (const [name, answer, said] of WRONG) {
  Deno.test(`askForEffect() does not take an answer that is wrong: ${name}`, async () => {
    await using table = new Table(answer);
    assert.match(why(await askForEffect(table.check, EXPECTED, NEVER, 190)), said);
  });
}

Deno.test("askForEffect() takes exactly 1 MiB", async () => {
  await using table = new Table(() => new Response(RIGHT.padEnd(1_048_576)));
  assert.deepEqual(await askForEffect(table.check, EXPECTED, NEVER, 1_000), { kind: "seen" });
});

Deno.test("askForEffect() does not follow a redirect", async () => {
  await using elsewhere = new Table(() => new Response(RIGHT));
  await using table = new Table(() => Response.redirect(elsewhere.url, 302));
  assert.match(why(await askForEffect(table.check, EXPECTED, NEVER, 190)), / answered 302$/);
  assert.equal(elsewhere.asked, 0);
});

Deno.test("askForEffect() of a server that is not there says so", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/`);
  listener.close();
  const check: Check = { kind: "route-table", proxy: undefined, url };
  assert.match(why(await askForEffect(check, EXPECTED, NEVER, 190)), / cannot be reached: /);
});

Deno.test("askForEffect() does not wait longer than its limit for a server that is silent", async () => {
  await using proxy = new EgressProxy();
  const check: Check = { kind: "route-table", proxy: undefined, url: new URL(proxy.url) };
  const effect = await within(60, "end", askForEffect(check, EXPECTED, NEVER, 300));
  assert.match(why(effect), / did not answer within 0\.\d+ s$/);
});

Deno.test("askForEffect() of a server that switches to another protocol says so, and ends", async () => {
  await using proxy = new EgressProxy();
  proxy.answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
  const check: Check = { kind: "route-table", proxy: undefined, url: new URL(proxy.url) };
  const effect = await within(60, "end", askForEffect(check, EXPECTED, NEVER, 300));
  assert.match(why(effect), / cannot be reached: it answers with another protocol$/);
});

Deno.test("askForEffect() ends when it is interrupted", async () => {
  const stop = new AbortController();
  await using table = new Table((asked) => {
    if (asked === 2) stop.abort();
    return new Response(EMPTY);
  });
  const effect = await within(60, "end", askForEffect(table.check, EXPECTED, stop.signal));
  assert.deepEqual(effect, { kind: "not-seen", why: "it was interrupted", interrupted: true });
  assert.equal(table.asked, 2);
});

Deno.test("askForEffect() of a command that is interrupted ends it, and tells what became of it", async () => {
  await using dir = await temporary();
  const began = `${dir.path}/began`;
  const stop = new AbortController();
  const argv = ["/bin/sh", "-c", `echo half; echo > ${began}; exec sleep 600`] as const;
  const effect = askForEffect({ kind: "command", command: argv }, [], stop.signal, 600_000);
  await eventually(
    60,
    "start of the command",
    () => Deno.stat(began).then(() => true, () => false),
  );
  stop.abort();
  const ended = await within(60, "end", effect);
  assert.match(why(ended), /^\/bin\/sh: it was interrupted(, and said: half)?$/);
  assert.equal(ended.kind === "not-seen" && ended.interrupted, true);
});

Deno.test("askForEffect() does not ask after an interruption", async () => {
  await using table = new Table(() => new Response(RIGHT));
  const effect = await askForEffect(table.check, EXPECTED, AbortSignal.abort());
  assert.deepEqual(effect, { kind: "not-seen", why: "it was interrupted", interrupted: true });
  assert.equal(table.asked, 0);
});

Deno.test("askForEffect() asks through the proxy for the whole URL", async () => {
  await using proxy = new EgressProxy();
  proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${RIGHT.length}\r\n\r\n${RIGHT}`;
  const url = new URL("http://_egress.local/allowlist");
  const check: Check = { kind: "route-table", proxy: new URL(proxy.url), url };
  assert.deepEqual(await askForEffect(check, EXPECTED, NEVER, 2_000), { kind: "seen" });
  assert.match(proxy.requests[0] ?? "", /^GET http:\/\/_egress\.local\/allowlist HTTP\/1\.1\r\n/);
});

Deno.test("askForEffect() names the proxy that does not answer right", async () => {
  await using proxy = new EgressProxy();
  proxy.answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  const url = new URL("http://_egress.local/allowlist");
  const check: Check = { kind: "route-table", proxy: new URL(proxy.url), url };
  assert.equal(
    why(await askForEffect(check, EXPECTED, NEVER, 190)),
    `http://_egress.local/allowlist through ${proxy.url}/ answered 403`,
  );
});

Deno.test("askForEffect() of a command: it is run until it exits 0", async () => {
  await using dir = await temporary();
  const log = `${dir.path}/asked`;
  const body = `echo >> ${log}; [ "$(wc -l < ${log})" -ge 3 ] || { echo not yet; exit 1; }`;
  const check: Check = { kind: "command", command: [await script(dir.path, "check", body)] };
  assert.deepEqual(await askForEffect(check, EXPECTED, NEVER), { kind: "seen" });
  assert.equal(await Deno.readTextFile(log), "\n\n\n");
});

Deno.test("askForEffect() of a command that never exits 0 tells its last words", async () => {
  const check: Check = { kind: "command", command: ["/bin/sh", "-c", "echo not yet; exit 1"] };
  const told = why(await askForEffect(check, [], NEVER, 190));
  // The last time it is run it has only what is left of the limit.
  assert.match(told, /^\/bin\/sh: it (exited with 1, and said: not yet|took longer than .*)$/);
});

Deno.test("askForEffect() of a command that hangs ends it at the limit", async () => {
  const check: Check = { kind: "command", command: ["/bin/sleep", "600"] };
  const effect = await within(60, "end", askForEffect(check, [], NEVER, 300));
  assert.match(why(effect), /^\/bin\/sleep: it took longer than/);
});

type Case = readonly [
  name: string,
  routes: unknown[],
  wanted: string[] | null | undefined,
  RegExp?,
];

/** Of api.example: undefined wants no route, null every path. */
const TABLES: readonly Case[] = [
  ["the same paths", [{ host: "api.example", path_allowlist: ["/a/", "/b/"] }], ["/a/", "/b/"]],
  ["in another order", [{ host: "api.example", path_allowlist: ["/b/", "/a/"] }], ["/a/", "/b/"]],
  ["other hosts beside it", [{ host: "x.example" }, { host: "api.example" }], null],
  ["a path too few", [{ host: "api.example", path_allowlist: ["/a/"] }], ["/a/", "/b/"], /1 paths/],
  [
    "a path too many",
    [{ host: "api.example", path_allowlist: ["/a/", "/b/"] }],
    ["/a/"],
    /2 paths/,
  ],
  ["another path", [{ host: "api.example", path_allowlist: ["/c/"] }], ["/a/"], /1 paths/],
  ["every path, some wanted", [{ host: "api.example" }], ["/a/"], /every path of api.example, not/],
  [
    "some paths, every one wanted",
    [{ host: "api.example", path_allowlist: ["/"] }],
    null,
    /not every/,
  ],
  ["an empty list is every path", [{ host: "api.example", path_allowlist: [] }], null],
  ["null is every path", [{ host: "api.example", path_allowlist: null }], null],
  [
    "an empty list, some wanted",
    [{ host: "api.example", path_allowlist: [] }],
    ["/a/"],
    /every path/,
  ],
  [
    "a list that is none",
    [{ host: "api.example", path_allowlist: "/a/" }],
    ["/a/"],
    /is not a list of strings/,
  ],
  [
    "paths that are none",
    [{ host: "api.example", path_allowlist: [1] }],
    ["/a/"],
    /is not a list of strings/,
  ],
  ["upper case", [{ host: "API.Example" }], null],
  ["a final dot", [{ host: "api.example." }], null],
  ["two final dots", [{ host: "api.example.." }], null, /does not have/],
  ["twice", [{ host: "api.example" }, { host: "API.example." }], null, /api\.example twice/],
  ["not there", [{ host: "x.example" }], null, /does not have api\.example/],
  ["a host that is none", [{ host: 7 }, {}], null, /does not have api\.example/],
  ["gone, as wanted", [{ host: "x.example" }], undefined],
  ["still there", [{ host: "API.example." }], undefined, /still has api\.example/],
];

for (const [name, routes, wanted, said] of TABLES) {
  Deno.test(`difference() of a route table: ${name}`, () => {
    const route = wanted === undefined ? undefined : { paths: wanted ?? undefined };
    const found = difference({ routes }, [{ host: "api.example", route }]);
    if (said) assert.match(found ?? "no difference", said);
    else assert.equal(found, undefined);
  });
}
