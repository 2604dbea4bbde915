/** A string is written so that every version of YAML reads that string, in any place. */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { flow, itemLines, type Style } from "../../../src/operator/apply/yaml_write.ts";
import { Random } from "../../support/random.ts";

const STYLE: Style = { json: false, gap: " ", dashes: 2, step: 2, flowLists: false };

const TRAPS = [
  ..."null Null ~ true yes y on off NO n nan .nan .inf 1 -1 +1 1.2 .5 1e3 0x10 0o17 0b1 1_000"
    .split(
      " ",
    ),
  ..."2001-01-01 2001.01.01 12:30:45 190:20:30 = << - ? : , [ ] { } # & * ! | > ' \" % @ `".split(
    " ",
  ),
  ..."4chan.org 1.2.3.4 [::1] --- ... /a,b /: /a: /[ /# *.example.com .example.com xn--a".split(
    " ",
  ),
  ...[
    "",
    " ",
    "a b",
    "/: #x",
    "/a #b",
    "- x",
    "a\nb",
    "a\r\nb",
    "\t",
    "\u2028",
    "\u0085",
    "\uFEFF",
  ],
  ...[
    "x".repeat(500),
    "é",
    "\u202E",
    "\0",
    "\\",
    "\\n",
    '"',
    "a: b: c",
    "{a: b}",
    "!!str x",
    "\x1b[m",
  ],
];

const PIECES = [...":#-?,[]{}&*!|>'\"%@` \t\n\\=~<./_0123456789aeExobnyt", "--- ", "\r\n", "é"];

function assertRead(value: string): void {
  for (const version of ["1.1", "1.2"] as const) {
    for (const json of [false, true]) {
      const style = { ...STYLE, json };
      const inBlock = itemLines({ host: value, path_allowlist: [value] }, style).join("\n");
      const wanted = [{ host: value, path_allowlist: [value] }];
      assert.deepEqual(parse(inBlock, { version }), wanted, inBlock);
      const inBrackets = flow([value, { [value]: value }], style);
      assert.deepEqual(parse(inBrackets, { version }), [value, { [value]: value }], inBrackets);
    }
  }
}

for (const value of TRAPS) {
  Deno.test(`${JSON.stringify(value.slice(0, 20))} is written as a string`, () => {
    assertRead(value);
  });
}

Deno.test("random strings of what YAML gives a meaning are written as strings", () => {
  const random = new Random(1);
  for (let round = 0; round < 2_000; round++) {
    let value = "";
    for (let length = random.below(8); length >= 0; length--) value += random.pick(PIECES);
    assertRead(value);
  }
});
