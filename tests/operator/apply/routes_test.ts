/** What the route table and its engines say apart from texts: lists, look-ups, limits, bad input. */

import assert from "node:assert/strict";
import { addHost, removeHost } from "../../../src/operator/apply/allowlist.ts";
import { replaceDockerfile, restoreDockerfile } from "../../../src/operator/apply/dockerfile.ts";
import { removeRoute } from "../../../src/operator/apply/route_removal.ts";
import { addRoute, routeOf, routesIn } from "../../../src/operator/apply/routes.ts";
import { PATHS } from "../../support/paths.ts";

const FILE = `routes:
  - host: API.github.com.
    path_allowlist: [/a, "/b"]
    auth: {scheme: Bearer, token_ref: GH_TOKEN, note: x}
  - host: b.example
    path_allowlist: []
  - host: c.example
    path_allowlist:
    auth: {env: C_TOKEN}
  - host: d.example
`;

const LARGE = `# ${"x".repeat(1_048_576)}\nroutes: []\n`;

Deno.test("routesIn lists hosts, paths and auth as the file has them", () => {
  assert.deepEqual(routesIn(FILE), {
    kind: "read",
    routes: [
      {
        host: "API.github.com.",
        paths: ["/a", "/b"],
        auth: { scheme: "Bearer", token_ref: "GH_TOKEN" },
      },
      { host: "b.example", paths: undefined },
      { host: "c.example", paths: undefined },
      { host: "d.example", paths: undefined },
    ],
  });
});

for (const text of ["", "# nothing\n", "routes:\n", "routes: []\n", "other: 1\n"]) {
  Deno.test(`routesIn lists nothing in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(routesIn(text), { kind: "read", routes: [] });
  });
}

Deno.test("routesIn refuses what addRoute refuses", () => {
  assert.deepEqual(routesIn("routes: 5\n"), {
    kind: "refused",
    problem: "line 1: routes must be a list of routes, each with a host, got something else",
  });
});

Deno.test("routeOf tells paths, the whole host and no route apart", () => {
  assert.deepEqual(routeOf(FILE, "api.github.com"), { paths: ["/a", "/b"] });
  for (const host of ["b.example", "c.example", "D.EXAMPLE."]) {
    assert.deepEqual(routeOf(FILE, host), { paths: undefined }, host);
  }
  assert.equal(routeOf(FILE, "e.example"), undefined);
  assert.equal(routeOf("routes: [", "e.example"), undefined);
});

Deno.test("the engines refuse a file over 1 MiB", () => {
  const refused = {
    kind: "refused",
    problem: "the file must have at most 1048576 bytes",
  };
  assert.deepEqual(addRoute(LARGE, { host: "a.example" }), refused);
  assert.deepEqual(addHost(LARGE, "a.example"), refused);
  assert.equal(replaceDockerfile("FROM a\n", LARGE).kind, "refused");
});

Deno.test("addRoute refuses a file that is nested too deep to be read", () => {
  const text = `a: ${"[".repeat(50_000)}${"]".repeat(50_000)}\nroutes: []\n`;
  assert.equal(addRoute(text, { host: "a.example" }).kind, "refused");
});

for (const { prefix, path, covered } of PATHS.covered) {
  Deno.test(`addRoute to ${prefix} ${covered ? "leaves" : "adds"} ${path}`, () => {
    const text = `routes:\n  - host: a.example\n    path_allowlist: ["${prefix}"]\n`;
    const edit = addRoute(text, { host: "a.example", path_allowlist: [path] });
    assert.equal(edit.kind, covered ? "unchanged" : "changed");
  });
}

Deno.test("addRoute leaves a route that allows '/' when the whole host is asked for", () => {
  const text = 'routes:\n  - host: a.example\n    path_allowlist: [/a, "/"]\n';
  assert.deepEqual(addRoute(text, { host: "a.example" }), { kind: "unchanged", notices: [] });
});

Deno.test("addRoute writes a path once that is proposed twice", () => {
  const edit = addRoute("", { host: "a.example", path_allowlist: ["/a", "/b", "/a"] });
  assert.ok(edit.kind === "changed");
  assert.deepEqual(routeOf(edit.after, "a.example"), { paths: ["/a", "/b"] });
});

Deno.test("addRoute takes an empty path list for none", () => {
  const edit = addRoute("", { host: "a.example", path_allowlist: [] });
  assert.ok(edit.kind === "changed");
  assert.equal(edit.after, "routes:\n  - host: a.example\n");
});

for (
  const [name, added] of Object.entries({
    "nothing": undefined,
    "a text": "host",
    "another form": { host: "a.example", change: "renamed" },
    "no paths": { host: "a.example", change: "paths", paths: [] },
  })
) {
  Deno.test(`removing refuses ${name} as what was added`, () => {
    const problem = "what was added is not kept in a form that this version knows; take it back " +
      "by hand";
    for (const remove of [removeRoute, removeHost, restoreDockerfile]) {
      assert.deepEqual(remove(FILE, added), { kind: "refused", problem });
    }
  });
}

for (const first of ["# plain\n", "x: {<<: 3} # no YAML 1.1\n"]) {
  Deno.test(`removeRoute uses kept lines only if they mean what was kept, in ${first}`, () => {
    const before = `${first}routes:\n  - host: a.example\n    path_allowlist:\n      - /a\n`;
    const edit = addRoute(before, { host: "a.example" });
    assert.ok(edit.kind === "changed");
    const lines = "    path_allowlist:\n      - /a\n  - host: evil.example\n";
    const removal = removeRoute(`${edit.after}# since\n`, { ...edit.added, lines });
    assert.deepEqual(removal, { kind: "changed", after: `${before}# since\n`, notices: [] });
  });
}
