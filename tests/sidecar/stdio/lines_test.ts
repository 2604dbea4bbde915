/** Lines out of bytes, however the bytes arrive. */

import assert from "node:assert/strict";
import { MAX_MESSAGE_BYTES } from "../../../src/sidecar/jsonrpc/decode.ts";
import { LineSplitter } from "../../../src/sidecar/stdio/lines.ts";

const encoder = new TextEncoder();

/** Each line as text; null stands for one that is too long. */
function split(chunks: readonly (string | Uint8Array)[]): (string | null)[] {
  const splitter = new LineSplitter();
  const lines: (string | null)[] = [];
  const take = (found: ReturnType<LineSplitter["end"]>) => {
    for (const line of found) {
      lines.push(line.kind === "too-long" ? null : new TextDecoder().decode(line.bytes));
    }
  };
  for (const chunk of chunks) {
    // A buffer of its own, that is used again, as a runtime may do.
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk.slice();
    take(splitter.push(bytes));
    bytes.fill(0x21);
  }
  take(splitter.end());
  return lines;
}

interface Case {
  readonly name: string;
  readonly text: string;
  readonly lines: readonly string[];
}

const CASES: readonly Case[] = [
  { name: "nothing", text: "", lines: [] },
  { name: "one line", text: "one\n", lines: ["one"] },
  { name: "a last line without a newline", text: "one\ntwo", lines: ["one", "two"] },
  {
    name: "a carriage return before the newline",
    text: "one\r\ntwo\r\n",
    lines: ["one\r", "two\r"],
  },
  { name: "a carriage return alone", text: "one\rtwo\n", lines: ["one\rtwo"] },
  { name: "blank lines", text: "\n\r\n \t \none\n\n", lines: ["one"] },
  { name: "characters of several bytes", text: "é€😀\n😀\n", lines: ["é€😀", "😀"] },
  { name: "a line separator that is none here", text: "a\u2028b\n", lines: ["a\u2028b"] },
];

for (const { name, text, lines } of CASES) {
  Deno.test(`LineSplitter finds the same lines wherever the chunks end: ${name}`, () => {
    const bytes = encoder.encode(text);
    assert.deepEqual(split([...bytes].map((byte) => Uint8Array.of(byte))), lines);
    for (let at = 0; at <= bytes.length; at++) {
      assert.deepEqual(split([bytes.subarray(0, at), bytes.subarray(at)]), lines);
    }
  });
}

const LONGEST = "x".repeat(MAX_MESSAGE_BYTES);

const LONG_CASES: readonly {
  readonly name: string;
  readonly chunks: readonly string[];
  readonly lines: readonly (string | null)[];
}[] = [
  { name: "the longest one, whole", chunks: [`${LONGEST}\nnext\n`], lines: [LONGEST, "next"] },
  {
    name: "the longest one, in pieces",
    chunks: ["x", LONGEST.slice(1), "\nnext\n"],
    lines: [LONGEST, "next"],
  },
  { name: "the longest one, at the end", chunks: [LONGEST], lines: [LONGEST] },
  { name: "one byte more, whole", chunks: [`${LONGEST}x\nnext\n`], lines: [null, "next"] },
  { name: "one byte more, in pieces", chunks: [LONGEST, "x", "\nnext\n"], lines: [null, "next"] },
  {
    name: "one byte more, with the newline",
    chunks: [LONGEST, "x\nnext\n"],
    lines: [null, "next"],
  },
  { name: "one byte more, at the end", chunks: [LONGEST, "x"], lines: [null] },
  {
    name: "three times as much, told once",
    chunks: [LONGEST, LONGEST, LONGEST, "\nnext\n", LONGEST, "y\n"],
    lines: [null, "next", null],
  },
  {
    name: "as many characters, but more bytes",
    chunks: ["é".repeat(MAX_MESSAGE_BYTES), "\nnext\n"],
    lines: [null, "next"],
  },
];

for (const { name, chunks, lines } of LONG_CASES) {
  Deno.test(`LineSplitter caps a line: ${name}`, () => {
    // Compared by length first, so that a failure does not print megabytes.
    const found = split(chunks);
    assert.deepEqual(found.map((line) => line?.length), lines.map((line) => line?.length));
    assert.ok(found.every((line, index) => line === lines[index]));
  });
}

Deno.test("LineSplitter tells that a line is too long before its end", () => {
  const splitter = new LineSplitter();
  assert.deepEqual([...splitter.push(encoder.encode(LONGEST))], []);
  assert.deepEqual([...splitter.push(encoder.encode("x"))], [{ kind: "too-long" }]);
});
