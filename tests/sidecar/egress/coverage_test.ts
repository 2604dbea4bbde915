/** Which asks a live table covers: what is plainly allowed, and nothing where there is a doubt. */

import assert from "node:assert/strict";
import { type AskedRoute, coverageOf } from "../../../src/sidecar/egress/coverage.ts";
import { listRoutes, MAX_ROUTES } from "../../../src/sidecar/egress/route_list.ts";
import { PATHS } from "../../support/paths.ts";

const HOST = "api.example";
const AUTH = { scheme: "Bearer", token_ref: "GH_TOKEN" };

function table(...routes: readonly unknown[]) {
  return { routes };
}

function route(path_allowlist: unknown, more: object = {}) {
  return table({ host: HOST, path_allowlist, ...more });
}

function asked(...path_allowlist: readonly string[]): AskedRoute {
  return { host: HOST, path_allowlist };
}

const COVERED: readonly (readonly [
  name: string,
  table: unknown,
  asked: AskedRoute,
])[] = [
  ["every path, of a route without a list", table({ host: HOST }), { host: HOST }],
  ["every path, of a route with an empty list", route([]), { host: HOST, path_allowlist: [] }],
  ["every path, of a route with null", route(null), { host: HOST }],
  ["every path, of a route with '/'", route(["/a", "/"]), { host: HOST }],
  ["every path, of a bare list", [{ host: HOST }], { host: HOST }],
  ["paths, of a route without a list", table({ host: HOST }), asked("/a", "/b/")],
  ["a path that is in the list", route(["/b", "/a"]), asked("/a")],
  ["a path below one with a final slash", route(["/a/"]), asked("/a/b")],
  ["a path below one without", route(["/a"]), asked("/a/b/c")],
  ["the same path with a final slash", route(["/a"]), asked("/a/")],
  ["a path below '/'", route(["/"]), asked("/a/b")],
  ["'/' of '/'", route(["/"]), asked("/")],
  ["each of several paths", route(["/a/", "/b"]), asked("/a/x", "/a/y", "/b")],
  ["a path that is percent-encoded alike", route(["/%C3%A9"]), asked("/%C3%A9/x")],
  ["a host in another case", table({ host: "API.Example." }), { host: "api.EXAMPLE" }],
  ["a host beside others", table({ host: "b.example" }, { host: HOST }), { host: HOST }],
  ["a host with a name and a description", route([], { name: "x", description: "y" }), asked()],
];

for (const [name, live, ask] of COVERED) {
  Deno.test(`coverageOf() covers ${name}`, () => {
    assert.deepEqual(coverageOf(live, ask), { kind: "covered", hasAuth: false });
  });
}

const NOT_COVERED: readonly (readonly [name: string, table: unknown, asked: AskedRoute])[] = [
  ["a host that is not there", table(), { host: HOST }],
  ["a host below one that is", table({ host: "example" }), { host: HOST }],
  ["a host above one that is", table({ host: `x.${HOST}` }), { host: HOST }],
  ["a host that a pattern matches", table({ host: "*.example" }), { host: HOST }],
  ["a host that is there twice", table({ host: HOST }, { host: HOST }), { host: HOST }],
  [
    "a host that is there twice, in two forms",
    table({ host: HOST }, { host: "API.example.", path_allowlist: ["/a"] }),
    { host: HOST },
  ],
  [
    "a host with a second entry that cannot be read",
    table({ host: HOST }, { host: HOST, path_allowlist: "/a" }),
    { host: HOST },
  ],
  ["a host beside an entry without one", table({ host: HOST }, { deny: "*" }), { host: HOST }],
  ["a host beside a text", table({ host: HOST }, "!api.example"), { host: HOST }],
  [
    "a host of a table that is longer than what is read",
    table({ host: HOST }, ...Array(MAX_ROUTES).fill({ host: "b.example" })),
    { host: HOST },
  ],
  ["a host of which more is said", route([], { methods: ["GET"] }), { host: HOST }],
  ["a host that is switched off", route([], { enabled: false }), { host: HOST }],
  ["a host with paths by another name", table({ host: HOST, paths: ["/a"] }), { host: HOST }],
  ["every path, of a route with a list", route(["/a"]), { host: HOST }],
  ["every path, of a route with an empty prefix", route([""]), { host: HOST }],
  ["a path that only begins alike", route(["/a"]), asked("/ab")],
  ["a path above the one in the list", route(["/a/"]), asked("/a")],
  ["a query", route(["/a"]), asked("/a?x")],
  ["a query below '/'", route(["/"]), asked("/a?x")],
  ["a path of which one is not in the list", route(["/a/"]), asked("/a/x", "/b")],
  ["a path in another case", route(["/A"]), asked("/a")],
  ["a path that is encoded otherwise", route(["/é"]), asked("/%C3%A9")],
  ["a path in another case of its encoding", route(["/%C3%A9"]), asked("/%c3%a9")],
  ["a path that climbs", route(["/a/"]), asked("/a/../b")],
  ["a path that climbs at its end", route(["/a/"]), asked("/a/..")],
  ["a path that climbs, encoded", route(["/a/"]), asked("/a/%2e%2E/b")],
  ["a path that climbs with a parameter", route(["/a/"]), asked("/a/..;/b")],
  ["a path that climbs, of a route without a list", table({ host: HOST }), asked("/../b")],
  ["a path with an encoded separator", route(["/a/"]), asked("/a/x%2f..%5cy")],
  ["a path with a backslash", route(["/a/"]), asked("/a/\\..\\b")],
  ["a path with a pattern, of a route without a list", table({ host: HOST }), asked("/a/*")],
  ["a path with half an encoding", table({ host: HOST }), asked("/a%4")],
  ["a path without a slash", route(["/"]), asked("a")],
  ["an empty path", route(["/"]), asked("")],
  ["a pattern that would match", route(["/a/*", "/b*"]), asked("/a/b", "/bc")],
  ["a path, of a list that is none", route("/"), asked("/a")],
  ["a path, of a list of other things", route(["/", 1]), asked("/a")],
  ["an empty host", table({ host: "" }), { host: "" }],
  ["a host, of a table that is a text", "api.example", { host: HOST }],
  ["a host, of null", null, { host: HOST }],
  ["a host, of a map by host", { routes: { [HOST]: {} } }, { host: HOST }],
];

for (const [name, live, ask] of NOT_COVERED) {
  Deno.test(`coverageOf() does not cover ${name}`, () => {
    assert.deepEqual(coverageOf(live, ask), { kind: "not-covered" });
  });
}

for (const { prefix, path, covered } of PATHS.covered) {
  Deno.test(`coverageOf() says that ${prefix} ${covered ? "covers" : "does not cover"} ${path}`, () => {
    assert.equal(
      coverageOf(route([prefix]), asked(path)).kind,
      covered ? "covered" : "not-covered",
    );
  });
}

for (const path of Object.values(PATHS.refused).flat()) {
  Deno.test(`coverageOf() covers no path that may not be asked for: ${JSON.stringify(path)}`, () => {
    const live = table({ host: HOST, path_allowlist: ["/", path] });
    assert.equal(coverageOf(live, asked(path)).kind, "not-covered");
    assert.equal(coverageOf(table({ host: HOST }), asked(path)).kind, "not-covered");
  });
}

const AUTHS: readonly (readonly [name: string, said: object, hasAuth: boolean])[] = [
  ["the proxy's scheme and variable", { auth_scheme: "Bearer", token_env: "EGRESS_TOKEN_0" }, true],
  ["an auth block", { auth: AUTH }, true],
  ["a switch", { inject_auth: true }, true],
  ["empty texts", { auth_scheme: "", token_env: "" }, false],
  ["an empty block, null and a switch that is off", {
    auth: {},
    token_ref: null,
    inject_auth: false,
  }, false],
  ["nothing", {}, false],
];

for (const [name, said, hasAuth] of AUTHS) {
  Deno.test(`coverageOf() reads ${name} as ${hasAuth ? "a" : "no"} credential`, () => {
    const live = route(["/a"], said);
    assert.deepEqual(coverageOf(live, asked("/a")), { kind: "covered", hasAuth });
    const kind = hasAuth ? "covered" : "not-covered";
    assert.equal(coverageOf(live, { ...asked("/a"), auth: AUTH }).kind, kind);
  });
}

Deno.test("listRoutes() lets nothing of a credential through", () => {
  const secret = "s3cr3t";
  const list = listRoutes(table({
    ...{ host: HOST, auth: { scheme: secret, token: secret }, auth_scheme: secret },
    ...{ token_env: secret, token_ref: secret, [secret]: secret },
  }));
  assert.deepEqual(list, {
    routes: [{ host: HOST, paths: [], hasAuth: true, saysMore: true }],
    unread: [],
    leftOut: 0,
  });
});

Deno.test("listRoutes() leaves out and counts what it does not know", () => {
  const list = listRoutes(
    table(null, 1, "a", [], {}, { host: 1 }, { host: "A", path_allowlist: 1 }),
  );
  assert.deepEqual(list, { routes: [], unread: ["a"], leftOut: 6 });
  for (const other of [undefined, null, 1, "x", {}, { routes: {} }, { routes: null }]) {
    assert.equal(listRoutes(other), undefined);
  }
});
