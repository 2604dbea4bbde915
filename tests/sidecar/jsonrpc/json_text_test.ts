/** JSON inside of text: what is taken for the array or object it holds, and what stays text. */

import assert from "node:assert/strict";
import { fromJsonText } from "../../../src/sidecar/jsonrpc/json_text.ts";

const READ: readonly (readonly [text: string, value: unknown])[] = [
  ['["/repos/acme/"]', ["/repos/acme/"]],
  ["[]", []],
  [' \n{"a": {"b": [1]}}\t', { a: { b: [1] } }],
  ['["\\ud800", "\ud800"]', ["\ud800", "\ud800"]],
  [`["${"x".repeat(131_068)}"]`, ["x".repeat(131_068)]],
];

for (const [text, value] of READ) {
  Deno.test(`fromJsonText() reads ${text.slice(0, 40)}`, () => {
    assert.deepEqual(fromJsonText(text), value);
  });
}

const KEPT: readonly unknown[] = [
  "",
  "text",
  "null",
  "5",
  '"[]"',
  "[",
  "['/a']",
  "[1] x",
  "{a: 1}",
  "[".repeat(65) + "]".repeat(65),
  `["${"x".repeat(131_069)}"]`,
  5,
  null,
  undefined,
  ["[]"],
];

for (const value of KEPT) {
  Deno.test(`fromJsonText() keeps ${(JSON.stringify(value) ?? "undefined").slice(0, 40)}`, () => {
    assert.equal(fromJsonText(value), value);
  });
}
