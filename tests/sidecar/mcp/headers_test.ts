/** Headers that repeat the body: how they are decoded, and what counts as the same. */

import assert from "node:assert/strict";
import { decodeHeaderValue, headerMismatch } from "../../../src/sidecar/mcp/headers.ts";
import type { Method } from "../../../src/sidecar/mcp/method.ts";

const DECODED: readonly (readonly [name: string, value: string, text: string | undefined])[] = [
  ["an empty value", "", ""],
  ["plain text", "tool-1", "tool-1"],
  ["every character a header may have", "\t !~", "\t !~"],
  ["a byte above ASCII", "caf\xe9", undefined],
  ["a control character", "a\x01", undefined],
  ["DEL", "a\x7f", undefined],
  ["base64 of ASCII", "=?base64?dG9vbA==?=", "tool"],
  ["base64 of UTF-8", "=?base64?w6nwn5mC?=", "é🙂"],
  ["base64 of nothing", "=?base64??=", ""],
  ["base64 that decodes to the sentinel itself", "=?base64?PT9iYXNlNjQ/eD89?=", "=?base64?x?="],
  ["base64 with a byte order mark, which stays", "=?base64?77u/YQ==?=", "\ufeffa"],
  ["base64 without its padding", "=?base64?dG9vbA?=", undefined],
  ["base64 with half its padding", "=?base64?dG9vbA=?=", undefined],
  ["base64 with too much padding", "=?base64?dG9v====?=", undefined],
  ["padding alone", "=?base64?====?=", undefined],
  ["padding in the middle", "=?base64?dG==bA==?=", undefined],
  ["the alphabet of URLs", "=?base64?w6nwn5m-_w==?=", undefined],
  ["a blank within", "=?base64?dG9v bA==?=", undefined],
  ["bytes that are not UTF-8", "=?base64?/w==?=", undefined],
  ["UTF-8 cut short", "=?base64?8J+Z?=", undefined],
  ["a surrogate in UTF-8", "=?base64?7aCA?=", undefined],
  ["the start of the sentinel alone", "=?base64?dG9vbA==", "=?base64?dG9vbA=="],
  ["the end of the sentinel alone", "dG9vbA==?=", "dG9vbA==?="],
  ["a start and an end that overlap", "=?base64?=", "=?base64?="],
  ["the sentinel in upper case", "=?BASE64?dG9vbA==?=", "=?BASE64?dG9vbA==?="],
  ["another encoding", "=?utf-8?B?dG9vbA==?=", "=?utf-8?B?dG9vbA==?="],
  ["text before the sentinel", "x=?base64?dG9vbA==?=", "x=?base64?dG9vbA==?="],
];

for (const [name, value, text] of DECODED) {
  Deno.test(`decodeHeaderValue() of ${name}`, () => assert.equal(decodeHeaderValue(value), text));
}

const NAMED: Method = {
  name: "tools/call",
  eras: "both",
  nameParam: "name",
  handle: () => assert.fail("headers are looked at alone"),
};

type Headers_ = Readonly<Record<string, string>>;

interface Row {
  readonly name: string;
  readonly headers: Headers_;
  readonly params?: Readonly<Record<string, unknown>>;
  /** Undefined: they agree. */
  readonly wrong?: RegExp;
}

const METHOD = { "mcp-method": "tools/call" };

const NAMES: readonly Row[] = [
  { name: "both", headers: { ...METHOD, "mcp-name": "a" }, params: { name: "a" } },
  {
    name: "names in any case",
    headers: { "MCP-METHOD": "tools/call", "mCp-NaMe": "a" },
    params: { name: "a" },
  },
  {
    name: "blanks round a value",
    headers: { ...METHOD, "mcp-name": " a\t" },
    params: { name: "a" },
  },
  {
    name: "an encoded name",
    headers: { ...METHOD, "mcp-name": "=?base64?w6k=?=" },
    params: { name: "é" },
  },
  { name: "an empty name", headers: { ...METHOD, "mcp-name": "" }, params: { name: "" } },
  {
    name: "no method",
    headers: { "mcp-name": "a" },
    params: { name: "a" },
    wrong: /Mcp-Method header is missing: send Mcp-Method: tools\/call$/,
  },
  {
    name: "another method",
    headers: { "mcp-method": "tools/list" },
    wrong: /Mcp-Method header is 'tools\/list' but the body's method is 'tools\/call'/,
  },
  {
    name: "a method in upper case",
    headers: { "mcp-method": "Tools/Call" },
    wrong: /Mcp-Method header is 'Tools\/Call'/,
  },
  {
    name: "a method that is encoded",
    headers: { "mcp-method": "=?base64?dG9vbHMvY2FsbA==?=" },
    wrong: /Mcp-Method/,
  },
  {
    name: "no name",
    headers: METHOD,
    params: { name: "a" },
    wrong: /Mcp-Name header is missing: it must repeat the body's name$/,
  },
  {
    name: "another name",
    headers: { ...METHOD, "mcp-name": "b" },
    params: { name: "a" },
    wrong: /Mcp-Name header is 'b' but the body's name is 'a'/,
  },
  {
    name: "a name in upper case",
    headers: { ...METHOD, "mcp-name": "A" },
    params: { name: "a" },
    wrong: /Mcp-Name/,
  },
  {
    name: "two names",
    headers: { ...METHOD, "mcp-name": "a, a" },
    params: { name: "a" },
    wrong: /Mcp-Name/,
  },
  {
    name: "a name that is badly encoded",
    headers: { ...METHOD, "mcp-name": "=?base64?w6k?=" },
    params: { name: "é" },
    wrong: /neither printable ASCII nor well-formed =\?base64\?…\?=/,
  },
  {
    name: "a name beyond ASCII",
    headers: { ...METHOD, "mcp-name": "\xe9" },
    params: { name: "é" },
    wrong: /neither printable ASCII/,
  },
  {
    name: "a name that the body lacks",
    headers: { ...METHOD, "mcp-name": "a" },
    wrong: /Mcp-Name header is sent, but the body has no name/,
  },
  { name: "neither has a name, which is the method's to refuse", headers: METHOD },
  {
    name: "a number for a name, which is the method's to refuse",
    headers: METHOD,
    params: { name: 5 },
  },
  {
    name: "a number that a header repeats",
    headers: { ...METHOD, "mcp-name": "5" },
    params: { name: 5 },
    wrong: /Mcp-Name header is sent/,
  },
  {
    name: "half a sentinel, which is literal",
    headers: { ...METHOD, "mcp-name": "=?base64?dG9v" },
    params: { name: "=?base64?dG9v" },
  },
];

for (const { name, headers, params = {}, wrong } of NAMES) {
  Deno.test(`headerMismatch() ${wrong ? "refuses" : "takes"} ${name}`, () => {
    const mismatch = headerMismatch(new Headers(headers), "tools/call", params, NAMED);
    if (wrong) assert.match(mismatch ?? "taken", wrong);
    else assert.equal(mismatch, undefined);
  });
}

Deno.test("headerMismatch() looks at the method alone when nobody has it", () => {
  const headers = new Headers({ "mcp-method": "no/such", "mcp-name": "whatever" });
  assert.equal(headerMismatch(headers, "no/such", {}, undefined), undefined);
  assert.match(headerMismatch(headers, "no/other", {}, undefined) ?? "", /Mcp-Method/);
});

Deno.test("headerMismatch() cuts what a client made up", () => {
  const long = "x".repeat(100_000);
  const named = new Headers({ "mcp-method": "tools/call", "mcp-name": long });
  for (
    const mismatch of [
      headerMismatch(new Headers({ "mcp-method": long }), `${long}y`, {}, undefined),
      headerMismatch(new Headers(), long, {}, undefined),
      headerMismatch(named, "tools/call", { name: `${long}y` }, NAMED),
    ]
  ) assert.ok(mismatch && mismatch.length < 400 && mismatch.includes("…"));
});
