/** Which revision a request speaks: every rung of the ladder, as a table. */

import assert from "node:assert/strict";
import { revisionOfHeader, ruleOn, unsupported } from "../../../src/sidecar/mcp/era.ts";
import { MODERN_REVISIONS, REVISIONS } from "../../../src/sidecar/mcp/revisions.ts";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION } from "../../support/meta_keys.ts";
import { LEGACY, MODERN } from "./fixture.ts";

const ALL = [MODERN, ...LEGACY];

function meta(version: unknown, capabilities: unknown = {}): object {
  return { [PROTOCOL_VERSION]: version, [CLIENT_CAPABILITIES]: capabilities };
}

interface Row {
  readonly name: string;
  readonly method?: string;
  /** `_meta`; left out: the params have none. */
  readonly meta?: unknown;
  readonly header: string | null;
  /** Default: the header is one indeed, as over HTTP. */
  readonly mustRepeat?: boolean;
  /** The revision, or the code of the error and the revisions it names. */
  readonly ruling: string | number;
  readonly supported?: readonly string[];
}

const ROWS: readonly Row[] = [
  // No envelope: the header alone speaks.
  { name: "nothing at all", header: null, ruling: "2025-03-26" },
  ...LEGACY.map((header): Row => ({ name: `header ${header}`, header, ruling: header })),
  { name: "a modern header without an envelope", header: MODERN, ruling: -32602 },
  ...["2024-10-07", "2099-01-01", "", "x", "2025-11-25 ", "2025-11-25, 2025-06-18"].map(
    (header): Row => ({ name: `header "${header}"`, header, ruling: -32022, supported: ALL }),
  ),
  {
    name: "_meta with a progress token alone",
    meta: { progressToken: 1 },
    header: null,
    ruling: "2025-03-26",
  },
  { name: "_meta null under a modern header", meta: null, header: MODERN, ruling: -32602 },
  { name: "_meta a list", meta: [PROTOCOL_VERSION], header: null, ruling: "2025-03-26" },
  { name: "_meta a list under a modern header", meta: [], header: MODERN, ruling: -32602 },
  { name: "_meta text", meta: PROTOCOL_VERSION, header: "2025-06-18", ruling: "2025-06-18" },
  {
    name: "capabilities without a version under a modern header",
    meta: { [CLIENT_CAPABILITIES]: {} },
    header: MODERN,
    ruling: -32602,
  },
  {
    name: "capabilities without a version under a legacy header",
    meta: { [CLIENT_CAPABILITIES]: {} },
    header: "2025-11-25",
    ruling: -32602,
  },
  // The handshake brings its own version.
  { name: "initialize without a header", method: "initialize", header: null, ruling: "2025-03-26" },
  {
    name: "initialize under a legacy header",
    method: "initialize",
    header: "2024-11-05",
    ruling: "2024-11-05",
  },
  {
    name: "initialize under an unknown header",
    method: "initialize",
    header: "2099-01-01",
    ruling: "2025-11-25",
  },
  {
    name: "initialize under a modern header",
    method: "initialize",
    header: MODERN,
    ruling: -32602,
  },
  {
    name: "initialize with an envelope",
    method: "initialize",
    meta: meta(MODERN),
    header: MODERN,
    ruling: MODERN,
  },
  // An envelope: the body speaks, and the header must say the same.
  { name: "an envelope and its header", meta: meta(MODERN), header: MODERN, ruling: MODERN },
  { name: "an envelope without a header", meta: meta(MODERN), header: null, ruling: MODERN },
  {
    name: "capabilities that are an empty list",
    meta: meta(MODERN, []),
    header: MODERN,
    ruling: MODERN,
  },
  {
    name: "capabilities and whatever else",
    meta: { ...meta(MODERN, { roots: {}, x: 1 }), other: null },
    header: MODERN,
    ruling: MODERN,
  },
  ...[5, null, true, {}, ["2026-07-28"], undefined].map((version): Row => ({
    name: `an envelope of version ${JSON.stringify(version)}`,
    meta: meta(version),
    header: null,
    ruling: -32602,
  })),
  {
    name: "a version that is no text under a legacy header: no way back to legacy",
    meta: meta(5),
    header: "2025-11-25",
    ruling: -32602,
  },
  ...[undefined, null, [1], "{}", true].map((capabilities): Row => ({
    name: `an envelope with the capabilities ${JSON.stringify(capabilities)}`,
    meta: { [PROTOCOL_VERSION]: MODERN, [CLIENT_CAPABILITIES]: capabilities },
    header: MODERN,
    ruling: -32602,
  })),
  {
    name: "an envelope without capabilities goes before another header",
    meta: { [PROTOCOL_VERSION]: "v999" },
    header: MODERN,
    ruling: -32602,
  },
  {
    name: "another header goes before an unknown version",
    meta: meta("v999"),
    header: MODERN,
    ruling: -32020,
  },
  { name: "a legacy header", meta: meta(MODERN), header: "2025-11-25", ruling: -32020 },
  { name: "an unknown header", meta: meta(MODERN), header: "junk", ruling: -32020 },
  { name: "an empty header", meta: meta(MODERN), header: "", ruling: -32020 },
  {
    name: "an unknown version in both",
    meta: meta("v999"),
    header: "v999",
    ruling: -32022,
    supported: [MODERN],
  },
  {
    name: "an unknown version without a header",
    meta: meta("v999"),
    header: null,
    ruling: -32022,
    supported: [MODERN],
  },
  ...LEGACY.map((version): Row => ({
    name: `an envelope of legacy version ${version}`,
    meta: meta(version),
    header: version,
    ruling: -32022,
    supported: [MODERN],
  })),
  // Without headers, what was agreed on is for requests that do not speak for themselves.
  {
    name: "an envelope after a legacy handshake, without headers",
    meta: meta(MODERN),
    header: "2025-06-18",
    mustRepeat: false,
    ruling: MODERN,
  },
  {
    name: "no envelope after a legacy handshake, without headers",
    header: "2025-06-18",
    mustRepeat: false,
    ruling: "2025-06-18",
  },
  {
    name: "an unknown version after a legacy handshake, without headers",
    meta: meta("v999"),
    header: "2025-06-18",
    mustRepeat: false,
    ruling: -32022,
    supported: [MODERN],
  },
];

for (
  const { name, method = "ping", header, mustRepeat = true, ruling, supported, ...row } of ROWS
) {
  Deno.test(`ruleOn() ${name}: ${ruling}`, () => {
    const params = "meta" in row ? { _meta: row.meta } : {};
    const ruled = ruleOn(method, params, header, mustRepeat);
    if (typeof ruling === "string") {
      assert.equal(ruled.revision?.version, ruling, JSON.stringify(ruled));
      return;
    }
    assert.ok(ruled.revision === undefined);
    assert.equal(ruled.error.code, ruling, ruled.error.message);
    const data = ruled.error.data as { supported: string[]; requested: string } | undefined;
    assert.deepEqual(data?.supported, supported);
    if (supported) {
      const asked = (row.meta as Record<string, unknown> | undefined)?.[PROTOCOL_VERSION];
      assert.equal(data?.requested, asked ?? header);
    }
  });
}

Deno.test("ruleOn() returns the capabilities of a modern request, and none of a legacy one", () => {
  const _meta = meta(MODERN, { roots: {} });
  const modern = ruleOn("ping", { _meta }, MODERN, true);
  assert.deepEqual(modern.revision && modern.capabilities, { roots: {} });
  const legacy = ruleOn("ping", { _meta: { roots: {} } }, null, true);
  assert.deepEqual(legacy.revision && legacy.capabilities, {});
});

Deno.test("ruleOn() says which key is missing, in words", () => {
  const message = (params: Record<string, unknown>) => {
    const ruled = ruleOn("ping", params, MODERN, true);
    return ruled.revision ? assert.fail("served") : ruled.error.message;
  };
  assert.match(message({}), /2026-07-28 must carry .*protocolVersion.*clientCapabilities/);
  assert.match(message({ _meta: meta(1) }), /protocolVersion"\] must be a string/);
  assert.match(message({ _meta: { [PROTOCOL_VERSION]: MODERN } }), /clientCapabilities"\] must be/);
});

Deno.test("ruleOn() cuts what a client made up, in the message and in the data", () => {
  const long = "v".repeat(100_000);
  for (
    const ruled of [
      ruleOn("ping", { _meta: meta(long) }, null, true),
      ruleOn("ping", { _meta: meta(MODERN) }, long, true),
      ruleOn("ping", { _meta: meta(long) }, "x".repeat(100_000), true),
      ruleOn("ping", {}, long, true),
    ]
  ) {
    assert.ok(ruled.revision === undefined);
    assert.ok(JSON.stringify(ruled.error).length < 700, String(ruled.error.code));
  }
});

Deno.test("unsupported() lists what would have been taken, in order", () => {
  assert.deepEqual(unsupported("x", REVISIONS).data, { supported: ALL, requested: "x" });
  const { message } = unsupported("x", MODERN_REVISIONS);
  assert.equal(message, "unsupported MCP-Protocol-Version 'x': use one of 2026-07-28");
});

const OF_HEADER: readonly (readonly [header: string | null, version: string | undefined])[] = [
  [null, "2025-03-26"],
  ...ALL.map((version) => [version, version] as const),
  ["", undefined],
  ["2024-10-07", undefined],
  ["constructor", undefined],
];

for (const [header, version] of OF_HEADER) {
  Deno.test(`revisionOfHeader() of ${JSON.stringify(header)} is ${version}`, () => {
    assert.equal(revisionOfHeader(header)?.version, version);
  });
}
