/** What the proxy's table must say plainly, so that an ask is answered without a person. */

import assert from "node:assert/strict";
import { coverageOf } from "../../../src/sidecar/egress/coverage.ts";
import { listRoutes } from "../../../src/sidecar/egress/route_list.ts";
import { createSessionContext } from "../../../src/sidecar/session_context/session_context.ts";
import type { Slug } from "../../../src/queue/layout.ts";

const HOST = "two.example";
const ASKED = { host: HOST };
const WITH_AUTH = { host: HOST, auth: { scheme: "Bearer", token_ref: "GH_TOKEN" } };

// Credentials.

const CREDENTIALS: readonly (readonly [name: string, said: object])[] = [
  ["an auth block", { auth: { scheme: "Bearer", token_ref: "GH_TOKEN" } }],
  ["an auth block whose secret is masked", { auth: { scheme: "token", token: "***" } }],
  ["a scheme and a variable", { auth_scheme: "Bearer", token_env: "EGRESS_TOKEN_0" }],
  ["a variable", { token_env: "EGRESS_TOKEN_0" }],
  ["a reference", { token_ref: "GH_TOKEN" }],
  ["a switch that is on", { injects_authorization: true }],
  ["a switch and a scheme", { has_auth: true, auth_scheme: "Basic" }],
];

for (const [name, said] of CREDENTIALS) {
  Deno.test(`listRoutes() takes ${name} for a credential`, () => {
    const table = { routes: [{ host: HOST, ...said }] };
    assert.equal(listRoutes(table)?.routes[0]?.hasAuth, true);
    assert.deepEqual(coverageOf(table, WITH_AUTH), { kind: "covered", hasAuth: true });
  });
}

const BLOCK = { scheme: "Bearer", token_ref: "GH_TOKEN" };

const NO_CREDENTIALS: readonly (readonly [name: string, said: object])[] = [
  ...["none", "None", "false", "null", "", " ", "\t\u200b", "no", "off", "~", "-", "0", "(none)"]
    .flatMap((text) => [
      [`auth ${JSON.stringify(text)}`, { auth: text }] as const,
      [`auth_scheme ${JSON.stringify(text)}`, { auth_scheme: text }] as const,
      [`token_env ${JSON.stringify(text)}`, { auth_scheme: "Bearer", token_env: text }] as const,
      [`a block with ${JSON.stringify(text)}`, { auth: { ...BLOCK, scheme: text } }] as const,
      [`has_auth ${JSON.stringify(text)}`, { has_auth: text }] as const,
    ]),
  ["an auth text", { auth: "Bearer" }],
  ["auth that is on", { auth: true }],
  ["auth that is a number", { auth: 1 }],
  ["auth that is a list", { auth: ["Bearer", "GH_TOKEN"] }],
  ["an auth block without anything", { auth: {} }],
  ["an auth block with null", { auth: { ...BLOCK, token_ref: null } }],
  ["an auth block of null", { auth: { scheme: null, token_ref: null } }],
  ["an auth block that is switched off", { auth: { ...BLOCK, enabled: false } }],
  ["an auth block that is switched off in words", { auth: { ...BLOCK, disabled: "true" } }],
  ["an auth block with a block", { auth: { bearer: BLOCK } }],
  ["a scheme with null as its variable", { auth_scheme: "Bearer", token_env: null }],
  ["a scheme that is on", { auth_scheme: true }],
  ["a variable that is a number", { token_env: 7 }],
  ["a switch that is off beside a scheme", { auth_scheme: "Bearer", has_auth: false }],
  ["a switch that is a number", { inject_auth: 1 }],
  ["a switch that is null", { inject_auth: null }],
  ["nothing", {}],
];

for (const [name, said] of NO_CREDENTIALS) {
  Deno.test(`listRoutes() does not take ${name} for a credential`, () => {
    const table = { routes: [{ host: HOST, ...said }] };
    assert.equal(listRoutes(table)?.routes[0]?.hasAuth, false);
    assert.deepEqual(coverageOf(table, WITH_AUTH), { kind: "not-covered" });
    assert.deepEqual(coverageOf(table, ASKED), { kind: "covered", hasAuth: false });
  });
}

// Tables that say more.

const PLAIN = { host: HOST };

const DOUBTFUL: readonly (readonly [name: string, table: unknown])[] = [
  ...["denied", "paused", "default", "deny", "mode", "version", "__proto__", "Routes", ""]
    .map((key) =>
      [
        `the table also has ${JSON.stringify(key)}`,
        JSON.parse(`{"routes": [{"host": "${HOST}"}], ${JSON.stringify(key)}: null}`),
      ] as const
    ),
  ...[
    ...["*", "*.example", "*example", ".example", "a..example", "two.example..", "a.example:443"],
    ...["https://a.example", "a.example/x", "10.0.0.0/8", "[::1]", "::1", "!two.example", " "],
    ...["two.example ", "two.example\n", "~two", "two.example,b.example", "é.example", "\u200b"],
    ...["~^two\\.example$", "user@a.example", "a".repeat(254)],
  ].flatMap((host) => [
    [`another entry is for ${JSON.stringify(host)}`, { routes: [PLAIN, { host }] }] as const,
    [
      `another entry is for ${JSON.stringify(host)} and cannot be read`,
      [PLAIN, { host, path_allowlist: 1 }],
    ] as const,
  ]),
  ["another entry is for no host", { routes: [PLAIN, { host: "" }] }],
  ["another entry is for a dot", { routes: [PLAIN, { host: "." }] }],
];

for (const [name, table] of DOUBTFUL) {
  Deno.test(`coverageOf() covers nothing where ${name}`, () => {
    assert.deepEqual(coverageOf(table, ASKED), { kind: "not-covered" });
  });
}

Deno.test("coverageOf() covers beside other names, and an entry for one that cannot be read", () => {
  const hosts = [
    "a.example",
    "B.example.",
    "_egress.local",
    "localhost",
    "10.0.0.1",
    "xn--d1a.c-d",
  ];
  const routes = [PLAIN, ...hosts.map((host) => ({ host })), { host: "b", path_allowlist: 1 }];
  for (const table of [routes, { routes }]) {
    assert.deepEqual(coverageOf(table, ASKED), { kind: "covered", hasAuth: false });
  }
});

// Such tables are shown like others.

async function shownForms(table: unknown): Promise<readonly string[]> {
  const page = createSessionContext({
    ...{ slug: "dev" as Slug, mode: "live", timeoutSeconds: 30, now: () => new Date(0) },
    inbox: { list: () => [], proposal: () => assert.fail() },
    routes: { read: () => Promise.resolve({ kind: "table", table, ageMs: 0, isFresh: true }) },
  });
  const forms = ["json", "text"].map((format) => page(new URLSearchParams({ format })));
  return (await Promise.all(forms)).map(({ text }) => text);
}

Deno.test("a doubtful table is shown as what it says, without conditions of its routes", async () => {
  const routes = [PLAIN, { host: "b.example", methods: ["GET"] }];
  const plain = await shownForms({ routes });
  assert.deepEqual(await shownForms({ routes, denied: [HOST] }), plain);
  assert.equal(plain[0]?.split("has_conditions").length, 2);
  assert.equal(plain[1]?.split("with conditions").length, 2);
  const [json, text] = await shownForms({ routes: [{ host: "*.example" }, PLAIN] });
  const { reach } = JSON.parse(json ?? "");
  assert.deepEqual(reach.routes, [
    { host: "*.example", every_path: true, adds_credential: false },
    { host: HOST, every_path: true, adds_credential: false },
  ]);
  assert.equal(reach.left_out, undefined);
  assert.match(text ?? "", /\n- \*\.example: every path\n- two\.example: every path\n/);
});
