/** The revisions that are served: newest first, and what each demands of the others. */

import assert from "node:assert/strict";
import { findRevision, REVISIONS, WITHOUT_HEADER } from "../../../src/sidecar/mcp/revisions.ts";

Deno.test("REVISIONS has each version once, newest first", () => {
  const versions = REVISIONS.map(({ version }) => version);
  assert.deepEqual(versions, [...new Set(versions)].sort().reverse());
  for (const version of versions) assert.match(version, /^\d{4}-\d{2}-\d{2}$/);
});

const ROWS: readonly (readonly [version: string, batches: boolean, wrongArguments: string])[] = [
  ["2024-11-05", false, "error"],
  ["2025-03-26", true, "error"],
  ["2025-06-18", false, "error"],
  ["2025-11-25", false, "result"],
];

for (const [version, batches, wrongArguments] of ROWS) {
  Deno.test(`findRevision() knows ${version}`, () => {
    assert.deepEqual(findRevision(version), { version, batches, wrongArguments });
  });
}

for (
  const version of ["", "2024-10-07", "2025-11-25 ", 20251125, null, undefined, ["2025-11-25"]]
) {
  Deno.test(`findRevision() does not know ${JSON.stringify(version)}`, () => {
    assert.equal(findRevision(version), undefined);
  });
}

Deno.test("a request without the header speaks a revision that is served, with batches", () => {
  assert.equal(findRevision(WITHOUT_HEADER)?.batches, true);
});
