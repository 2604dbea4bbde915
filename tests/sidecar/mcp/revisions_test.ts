/** The revisions that are served: newest first, and what each demands of the others. */

import assert from "node:assert/strict";
import {
  findRevision,
  LEGACY_REVISIONS,
  MODERN_REVISIONS,
  type Revision,
  REVISIONS,
  WITHOUT_HEADER,
} from "../../../src/sidecar/mcp/revisions.ts";

Deno.test("REVISIONS has each version once, newest first", () => {
  const versions = REVISIONS.map(({ version }) => version);
  assert.deepEqual(versions, [...new Set(versions)].sort().reverse());
  for (const version of versions) assert.match(version, /^\d{4}-\d{2}-\d{2}$/);
});

const LEGACY = { era: "legacy", resourceNotFound: -32002 } as const;

const ROWS: readonly Revision[] = [
  {
    ...LEGACY,
    version: "2024-11-05",
    batches: false,
    wrongArguments: "error",
    structured: false,
    progressMessage: false,
    unknownId: null,
  },
  {
    ...LEGACY,
    version: "2025-03-26",
    batches: true,
    wrongArguments: "error",
    structured: false,
    progressMessage: true,
    unknownId: null,
  },
  {
    ...LEGACY,
    version: "2025-06-18",
    batches: false,
    wrongArguments: "error",
    structured: true,
    progressMessage: true,
    unknownId: null,
  },
  {
    ...LEGACY,
    version: "2025-11-25",
    batches: false,
    wrongArguments: "result",
    structured: true,
    progressMessage: true,
    unknownId: undefined,
  },
  {
    version: "2026-07-28",
    era: "modern",
    batches: false,
    wrongArguments: "result",
    structured: true,
    progressMessage: true,
    resourceNotFound: -32602,
    unknownId: undefined,
  },
];

for (const row of ROWS) {
  Deno.test(`findRevision() knows ${row.version}`, () => {
    assert.deepEqual(findRevision(row.version), row);
  });
}

Deno.test("REVISIONS are those rows and no others, the eras apart", () => {
  const versions = ROWS.map(({ version }) => version).reverse();
  assert.deepEqual(REVISIONS.map(({ version }) => version), versions);
  assert.deepEqual([...MODERN_REVISIONS, ...LEGACY_REVISIONS], REVISIONS);
  assert.ok(MODERN_REVISIONS.every(({ era }) => era === "modern"));
  assert.ok(LEGACY_REVISIONS.every(({ era }) => era === "legacy"));
});

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
