/** What counts as the same ask, in memory and over a restart. */

import assert from "node:assert/strict";
import { keyOf } from "../../src/queue/same_ask.ts";
import { ask, idOf, Queue } from "./inbox_fixture.ts";

const ROUTE = { host: "api.github.com", path_allowlist: ["/repos/", "/users/"] };
const AUTH = { scheme: "Bearer", token_ref: "GH_TOKEN" };

function file(route: unknown): string {
  return JSON.stringify(route, null, 2) + "\n";
}

const SAME: readonly (readonly [name: string, tool: string, one: string, other: string])[] = [
  [
    "paths in another order",
    "egress-block",
    file(ROUTE),
    file({ ...ROUTE, path_allowlist: ["/users/", "/repos/"] }),
  ],
  [
    "a path twice",
    "egress-block",
    file(ROUTE),
    file({ ...ROUTE, path_allowlist: ["/repos/", "/users/", "/repos/"] }),
  ],
  ...([
    [["/%C3%A4/"], ["/%c3%a4/"]],
    [["/a%C3%A4"], ["/a%c3%A4", "/a%C3%a4"]],
    [["/"], ["/", "/a/"]],
    [["/"], ["/b", "/a/", "/"]],
    [["/a/"], ["/a/", "/a/c"]],
    [["/a"], ["/a/", "/a"]],
    [["/a", "/b/c"], ["/b/c", "/a/b", "/a", "/b/c/d/"]],
  ] as const).map(([one, other]) =>
    [
      `${one} and ${other}`,
      "egress-block",
      ...[one, other].map((path_allowlist) => file({ ...ROUTE, path_allowlist })),
    ] as unknown as (typeof SAME)[number]
  ),
  ["another page of a host", "pipelock-block", "https://a.example/x", "https://a.example/y?z"],
  ["another port of a host", "pipelock-block", "https://a.example/", "https://a.example:8443/"],
];

for (const [name, tool, one, other] of SAME) {
  Deno.test(`keyOf() is the same for ${name}`, () => {
    assert.equal(keyOf(tool, one), keyOf(tool, other));
  });
}

const DIFFERENT: typeof SAME = [
  ["a path more", "egress-block", file(ROUTE), file({ ...ROUTE, path_allowlist: ["/repos/"] })],
  ...([
    [["/a"], ["/a/"]],
    [["/a"], ["/ab", "/a"]],
    [["/"], []],
    [["/a%C3%A4"], ["/a%C3%A5"]],
    [["/A/"], ["/a/"]],
    [["/a", "/a/../b"], ["/a"]],
    [["/a", "/a//b"], ["/a"]],
  ] as const).map(([one, other]) =>
    [
      `${one} and ${other}`,
      "egress-block",
      ...[one, other].map((path_allowlist) => file({ ...ROUTE, path_allowlist })),
    ] as unknown as (typeof SAME)[number]
  ),
  ["the whole host", "egress-block", file(ROUTE), file({ host: ROUTE.host })],
  ["a credential", "egress-block", file(ROUTE), file({ ...ROUTE, auth: AUTH })],
  ["another host", "egress-block", file(ROUTE), file({ ...ROUTE, host: "gitlab.com" })],
  ["another host", "pipelock-block", "https://a.example/", "https://b.example/"],
  ["other white space", "capability-block", "FROM a\n", "FROM a\n\n"],
];

for (const [name, tool, one, other] of DIFFERENT) {
  Deno.test(`keyOf() of ${tool} tells ${name} apart`, () => {
    assert.notEqual(keyOf(tool, one), keyOf(tool, other));
  });
}

Deno.test("keyOf() takes whatever a bottle wrote", () => {
  const hostile = [
    ...["", "{", "null", "[]", '"x"', "7", '{"path_allowlist":null}', '{"path_allowlist":[null]}'],
    '{"path_allowlist":[{"toString":1}]}',
    '{"path_allowlist":["a",["a"]],"__proto__":{"x":1}}',
  ];
  for (const tool of ["egress-block", "pipelock-block", "unknown"]) {
    assert.equal(new Set(hostile.map((text) => keyOf(tool, text))).size, hostile.length, tool);
  }
});

Deno.test("the same ask with its paths in another order joins, also after a restart", async () => {
  await using queue = await Queue.open();
  const first = { ...ask("a"), tool: "egress-block", proposedFile: file(ROUTE) };
  const id = await queue.queued(first);
  const again = {
    ...first,
    proposedFile: file({ ...ROUTE, path_allowlist: ["/users/", "/repos/", "/users/"] }),
  };
  assert.equal(idOf(await queue.inbox.submit(again), "joined"), id);
  await queue.restart();
  assert.equal(idOf(await queue.inbox.submit(again), "joined"), id);
  assert.equal(queue.inbox.held(again)?.id, id);
});
