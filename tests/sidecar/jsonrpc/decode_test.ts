/** Bytes to JSON: what is not UTF-8, not JSON or nested too deep is an error value, never a throw. */

import assert from "node:assert/strict";
import { decode, MAX_DEPTH, MAX_VALUES } from "../../../src/sidecar/jsonrpc/decode.ts";

const encoder = new TextEncoder();

function decodeText(text: string) {
  return decode(encoder.encode(text));
}

const VALUES: readonly (readonly [name: string, text: string, value: unknown])[] = [
  ["an object", ' {"a": [1, "é🙂"]}\r\n', { a: [1, "é🙂"] }],
  ["a number", "1", 1],
  ["null", "null", null],
  ["a byte order mark first", '\ufeff{"a":1}', { a: 1 }],
  ["brackets in a string", `"${"[".repeat(1_000)}"`, "[".repeat(1_000)],
  ["brackets behind a quote in a string", `"\\"${"[".repeat(100)}"`, `"${"[".repeat(100)}`],
  ["quotes in a string", '"\\"[[\\\\"', '"[[\\'],
  ["half a surrogate pair, escaped", '"\\ud800"', "\ud800"],
  ["a key that is given twice", '{"a":1,"a":2}', { a: 2 }],
  ["many values side by side", `[${"0,".repeat(9_998)}0]`, Array(9_999).fill(0)],
  ["many commas in a string", `"${",".repeat(100_000)}"`, ",".repeat(100_000)],
  [
    "many commas behind a quote in a string",
    `"\\"${",[{".repeat(100_000)}"`,
    `"${",[{".repeat(100_000)}`,
  ],
];

for (const [name, text, value] of VALUES) {
  Deno.test(`decode() of ${name}`, () => {
    assert.deepEqual(decodeText(text), { kind: "value", value });
  });
}

Deno.test("decode() keeps a __proto__ key a key", () => {
  const decoded = decodeText('{"__proto__": {"admin": true}}');
  assert.ok(decoded.kind === "value");
  assert.ok(Object.hasOwn(decoded.value as object, "__proto__"));
  assert.equal((decoded.value as { admin?: boolean }).admin, undefined);
});

const NOT_JSON: readonly string[] = [
  "",
  " ",
  "{",
  '{"a":',
  "{'a':1}",
  "{}{}",
  "[1,]",
  "NaN",
  "undefined",
  "01",
  '"\n"',
  "\0",
  "]]]]",
  "\ufeff\ufeff{}",
];

for (const text of NOT_JSON) {
  Deno.test(`decode() calls ${JSON.stringify(text)} a parse error`, () => {
    const decoded = decodeText(text);
    assert.ok(decoded.kind === "error");
    assert.equal(decoded.error.code, -32700);
    assert.match(decoded.error.message, /^parse error: ./);
  });
}

const NOT_UTF8: readonly (readonly [name: string, bytes: readonly number[]])[] = [
  ["a byte that is never in UTF-8", [0x22, 0xff, 0x22]],
  ["half of a character", [0x22, 0xe2, 0x82]],
  ["an overlong slash", [0x22, 0xc0, 0xaf, 0x22]],
  ["half a surrogate pair", [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ["Latin-1", [0x22, 0xe9, 0x22]],
  ["UTF-16", [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
];

for (const [name, bytes] of NOT_UTF8) {
  Deno.test(`decode() says that ${name} is not UTF-8`, () => {
    assert.deepEqual(decode(new Uint8Array(bytes)), {
      kind: "error",
      error: { code: -32700, message: "parse error: the body is not valid UTF-8" },
    });
  });
}

function nested(depth: number, open: string, close: string): string {
  return open.repeat(depth) + close.repeat(depth);
}

const NESTINGS: readonly (readonly [name: string, open: string, close: string])[] = [
  ["arrays", "[", "]"],
  ["objects", '{"a":', "}"],
  ["arrays in objects", '{"a":[', "]}"],
];

for (const [name, open, close] of NESTINGS) {
  const levels = open.includes("[") && open.includes("{") ? 2 : 1;
  Deno.test(`decode() takes ${MAX_DEPTH} levels of ${name} and not one more`, () => {
    const deepest = nested(MAX_DEPTH / levels, open, close).replace('"a":}', '"a":1}');
    assert.equal(decodeText(deepest).kind, "value");
    const tooDeep = decodeText(`[${deepest}]`);
    assert.deepEqual(tooDeep, {
      kind: "error",
      error: { code: -32600, message: "request is nested deeper than 64 levels" },
    });
  });
}

const MANY: readonly (readonly [name: string, text: string])[] = [
  ["numbers", `[${"0,".repeat(MAX_VALUES)}0]`],
  ["empty arrays", `[${"[],".repeat(340_000)}[]]`],
  ["empty objects", `[${"{},".repeat(340_000)}{}]`],
  ["empty strings", `[${'"",'.repeat(MAX_VALUES)}""]`],
  ["members", `{${'"a":0,'.repeat(MAX_VALUES)}"a":0}`],
  ["batched messages", `[${'{"id":1},'.repeat(MAX_VALUES)}{}]`],
  ["arrays in a parameter", `{"params":{"_meta":{"x":[${"[],".repeat(MAX_VALUES)}[]]}}}`],
  ["values that do not end", "[0,".repeat(60) + "0,".repeat(MAX_VALUES)],
];

for (const [name, text] of MANY) {
  Deno.test(`decode() refuses more than ${MAX_VALUES} ${name}, and parses none of them`, () => {
    const message = `request has more than ${MAX_VALUES} values: ` +
      "send fewer, or one long string in their place";
    assert.deepEqual(decodeText(text), { kind: "error", error: { code: -32600, message } });
  });
}

Deno.test(`decode() takes ${MAX_VALUES} values, of which an empty one counts for two`, () => {
  const values = (count: number) => `[${"0,".repeat(count - 2)}0]`;
  assert.equal(decodeText(values(MAX_VALUES)).kind, "value");
  assert.equal(decodeText(values(MAX_VALUES + 1)).kind, "error");
  const empty = (count: number) => `[${"[],".repeat(count - 1)}[]]`;
  assert.equal(decodeText(empty(MAX_VALUES / 2 - 1)).kind, "value");
  assert.equal(decodeText(empty(MAX_VALUES / 2)).kind, "error");
});

Deno.test("decode() of a million brackets ends, and with the right error", () => {
  const decoded = decodeText("[".repeat(1_000_000));
  assert.ok(decoded.kind === "error" && decoded.error.code === -32600);
});
