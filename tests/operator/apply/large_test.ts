/** Large live files: the work grows with their size, and not with its square. */

import assert from "node:assert/strict";
import { addHost } from "../../../src/operator/apply/allowlist.ts";
import { addRoute } from "../../../src/operator/apply/routes.ts";

const ROUTES = "routes:\n  - host: a.example\n";

function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("");
}

/** How often `run` has a list looked through, element by element, for one that fits. */
function comparisonsIn(run: () => unknown): number {
  const { some } = Array.prototype;
  let count = 0;
  Array.prototype.some = function (test, self) {
    return some.call(this, (...args) => {
      count++;
      return test.apply(self, args);
    });
  };
  try {
    run();
  } finally {
    Array.prototype.some = some;
  }
  return count;
}

const KEYS = 4_000;

const FILES: readonly (readonly [name: string, text: string])[] = [
  ["in a block", ROUTES + lines(KEYS, (index) => `k${index}: 1\n`)],
  ["in brackets", `${ROUTES}x: {${lines(KEYS, (index) => `k${index}: 1, `)}z: 1}\n`],
  ["of a route", ROUTES + lines(KEYS, (index) => `    k${index}: 1\n`)],
];

for (const [name, text] of FILES) {
  Deno.test(`addRoute() to a file of many keys ${name} compares no key with all others`, () => {
    let edit: ReturnType<typeof addRoute> | undefined;
    const count = comparisonsIn(() => edit = addRoute(text, { host: "b.example" }));
    assert.equal(edit?.kind, "changed");
    assert.ok(count < 20 * KEYS, `${count} comparisons`);
  });
}

for (
  const [name, twice] of [
    ["a block", "x: 1\nx: 2\n"],
    ["brackets", "y: {x: 1, x: 2}\n"],
    ["a nested one", "y:\n  z:\n    x: 1\n    x: 2\n"],
    ["merges", "<<: {a: 1}\n<<: {b: 2}\n"],
  ] as const
) {
  Deno.test(`addRoute() refuses a key that stands twice in ${name}`, () => {
    const edit = addRoute(ROUTES + twice, { host: "b.example" });
    assert.match(edit.kind === "refused" ? edit.problem : "", /a key is twice in one mapping/);
  });
}

Deno.test("addRoute() refuses a file of more than 1,000 aliases", () => {
  const text = `${ROUTES}x: &a 1\ny:\n${lines(1_001, () => "  - *a\n")}`;
  const edit = addRoute(text, { host: "b.example" });
  assert.match(edit.kind === "refused" ? edit.problem : "", /aliases that cannot be followed/);
});

Deno.test("addHost() adds to a list of 10,000 hosts", () => {
  const text = "api_allowlist:\n" + lines(10_000, (index) => `  - h${index}.example\n`);
  const edit = addHost(text, "new.example");
  assert.equal(edit.kind === "changed" && edit.after, `${text}  - new.example\n`);
});
