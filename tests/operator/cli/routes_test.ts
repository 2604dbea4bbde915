/** `routes SLUG`: what a bottle may reach, and whether the proxy says the same. */

import assert from "node:assert/strict";
import { width } from "../../../src/operator/columns.ts";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { json, parsed } from "../fixture.ts";
import { snapshot, type Stand, stand } from "../live/stand.ts";

const TABLE = `routes:
  - host: pypi.example
    path_allowlist: [/simple/, /pypi/]
  - host: docs.example
  - host: api.example
    path_allowlist: [/v1/]
    auth: {scheme: Bearer, token_ref: API_TOKEN}
`;

/** A server of the route table, and the stand that asks it. */
async function asked(table: unknown): Promise<Stand & { asked(): number }> {
  const place = await stand();
  let asked = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    asked++;
    return typeof table === "number"
      ? new Response("", { status: table })
      : new Response(json(table));
  });
  const url = `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/`;
  await place.configure({ routes: { check: { url } } });
  await Deno.writeTextFile(place.file("routes"), TABLE);
  return {
    ...place,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await place[Symbol.asyncDispose]();
    },
  };
}

const SAME = [
  { host: "API.example.", path_allowlist: ["/v1/"] },
  { host: "docs.example", path_allowlist: [] },
  { host: "pypi.example", path_allowlist: ["/pypi/", "/simple/"] },
];

function byHand(path_allowlist: readonly string[] | null) {
  return [{ path_allowlist, approval: null }];
}

Deno.test("routes lists hosts, paths and secrets, and changes nothing", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("routes"), TABLE);
  const before = await snapshot(place.path);
  const { code, stdout, stderr } = await place.ctl(["routes", "dev"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n").filter((line) => line !== "    by hand");
  assert.deepEqual(lines.map((line) => line.split(/\s+/)[0]), [
    "pypi.example",
    "docs.example",
    "api.example",
  ]);
  assert.match(lines[0] ?? "", /^pypi\.example {2}\/simple\/ \/pypi\/$/);
  assert.match(lines[1] ?? "", /^docs\.example {2}every path$/);
  assert.match(lines[2] ?? "", /^api\.example +\/v1\/ with Bearer API_TOKEN$/);
  assert.doesNotMatch(stdout, /\[object/);
  assert.deepEqual(await snapshot(place.path), before);
});

Deno.test("routes --json has every route in full", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("routes"), TABLE);
  assert.deepEqual(parsed(await place.ctl(["routes", "dev", "--json"])), {
    bottle_slug: "dev",
    path: place.file("routes"),
    routes: [
      {
        ...{ host: "pypi.example", path_allowlist: ["/simple/", "/pypi/"], auth: null },
        ...{ auth_by_hand: false, grants: byHand(["/simple/", "/pypi/"]) },
      },
      {
        ...{ host: "docs.example", path_allowlist: null, auth: null },
        ...{ auth_by_hand: false, grants: byHand(null) },
      },
      {
        host: "api.example",
        path_allowlist: ["/v1/"],
        auth: { scheme: "Bearer", token_ref: "API_TOKEN" },
        ...{ auth_by_hand: true, grants: byHand(["/v1/"]) },
      },
    ],
    proxy_differs: null,
  });
});

Deno.test("routes of an empty table says that nothing can be reached", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("routes"), "routes: []\n");
  assert.equal((await place.ctl(["routes", "dev"])).stdout, "No routes: nothing can be reached.\n");
});

Deno.test("routes counts more than 8 paths of a host, and --full lists them", async () => {
  await using place = await stand();
  const paths = Array.from({ length: 12 }, (_, at) => `/path-${at}/`);
  await Deno.writeTextFile(
    place.file("routes"),
    json({ routes: [{ host: "a.example", path_allowlist: paths }] }),
  );
  const { stdout } = await place.ctl(["routes", "dev"]);
  assert.match(stdout, /\/path-7\/ and 4 more \(--full\)\n {4}by hand\n$/);
  assert.match(
    (await place.ctl(["routes", "dev", "--full"])).stdout,
    /\/path-11\/\n {4}by hand\n$/,
  );
});

for (const columns of [80, 40]) {
  Deno.test(`routes at ${columns} columns has no wider line, and spells hidden characters out`, async () => {
    await using place = await stand();
    const host = `${"very-long-label.".repeat(6)}example`;
    const paths = ["/a\u202eb/", "/\x1b[2J", `/${"x".repeat(100)}`];
    await Deno.writeTextFile(
      place.file("routes"),
      json({ routes: [{ host, path_allowlist: paths }] }),
    );
    const { code, stdout, stderr } = await place.ctl(["routes", "dev"], { columns });
    assert.equal(code, 0, stderr);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(stdout, /[\u202e\x1b]/);
    assert.match(stdout.replace(/\n */g, ""), /<U\+202E>/);
    for (const line of stdout.split("\n")) assert.ok(width(line) <= columns, line);
  });
}

Deno.test("routes says nothing of a proxy that has the same, which is asked once", async () => {
  await using place = await asked({ routes: SAME });
  const { code, stdout } = await place.ctl(["routes", "dev"]);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /!/);
  assert.equal(place.asked(), 1);
});

Deno.test("routes asks directly where no proxy is configured, whatever the environment names", async () => {
  await using place = await asked({ routes: SAME });
  const env = { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" };
  await using process = place.start(["routes", "dev", "--json"], env);
  await process.status;
  assert.equal(JSON.parse(process.stdout).proxy_differs, null);
});

Deno.test("routes asks through the configured proxy, whatever the environment leaves out", async () => {
  await using place = await stand();
  await using proxy = new EgressProxy();
  const table = json({ routes: SAME });
  proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${table.length}\r\n\r\n${table}`;
  const check = { url: "http://_egress.local/allowlist", proxy: proxy.url };
  await place.configure({ routes: { check } });
  await Deno.writeTextFile(place.file("routes"), TABLE);
  const env = { NO_PROXY: "*,_egress.local", no_proxy: "*,_egress.local" };
  await using process = place.start(["routes", "dev", "--json"], env);
  await process.status;
  assert.equal(JSON.parse(process.stdout).proxy_differs, null);
});

const DIFFERENT: readonly (readonly [string, unknown, RegExp])[] = [
  [
    "a host is missing",
    { routes: SAME.slice(1) },
    /^the proxy does not have what the file says: the route table does not have api\.example$/,
  ],
  [
    "a host too many",
    { routes: [...SAME, { host: "evil.example" }] },
    /^the proxy does not have what the file says: the route table also has evil\.example$/,
  ],
  [
    "three hosts too many",
    { routes: [...SAME, ...["a", "b", "c"].map((name) => ({ host: `${name}.evil.example` }))] },
    /: the route table also has a\.evil\.example and 2 more$/,
  ],
  ["an error", 500, /^the proxy cannot be asked: \S+ answered 500/],
];

for (const [name, table, says] of DIFFERENT) {
  Deno.test(`routes says when the proxy does not have what the file says: ${name}`, async () => {
    await using place = await asked(table);
    const { proxy_differs } = parsed(await place.ctl(["routes", "dev", "--json"]));
    assert.match(String(proxy_differs), says);
  });
}

Deno.test("routes prints the difference below the list, and is not refused", async () => {
  await using place = await asked({ routes: [] });
  const { code, stdout } = await place.ctl(["routes", "dev"]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\n! The proxy does not have what the file says: the route table does not have pypi\.example\.\n$/,
  );
});

Deno.test("routes tells that the proxy cannot be asked below the list, and is not refused", async () => {
  await using place = await asked(500);
  const { code, stdout } = await place.ctl(["routes", "dev"]);
  assert.equal(code, 0);
  assert.match(stdout, /^pypi\.example .*\n(.*\n)*! The proxy cannot be asked: \S+ answered 500/);
});

type Wrong = readonly [string, (place: Stand) => Promise<unknown>, string, number, RegExp];

const WRONG: readonly Wrong[] = [
  [
    "not configured",
    (place) => place.configure({ routes: null }),
    "dev",
    1,
    /no routes file is con/,
  ],
  [
    "no bottle's name",
    () => Promise.resolve(),
    "../x",
    2,
    /must be given a bottle's name, got "\.\.\/x"/,
  ],
  ["a file that is gone", (place) => Deno.remove(place.file("routes")), "dev", 1, /is not there/],
  [
    "a file that is refused",
    (place) => Deno.writeTextFile(place.file("routes"), "routes: {}\n"),
    "dev",
    1,
    /^supervisectl: \S+\/routes: .*a list of routes/,
  ],
  [
    "a route without a host",
    (place) => Deno.writeTextFile(place.file("routes"), "routes:\n  - path_allowlist: []\n"),
    "dev",
    1,
    /line 2: the route has no host/,
  ],
];

for (const [name, make, slug, code, says] of WRONG) {
  Deno.test(`routes is refused: ${name}`, async () => {
    await using place = await stand();
    await make(place);
    const result = await place.ctl(["routes", slug]);
    assert.deepEqual([result.code, result.stdout], [code, ""]);
    assert.match(result.stderr, says);
  });
}

Deno.test("routes without a SLUG is a wrong command line", async () => {
  await using place = await stand();
  assert.equal((await place.ctl(["routes"])).code, 2);
});
