/** Patterns of bottles' names: what each one fits, and which can fit any name at all. */

import assert from "node:assert/strict";
import { canMatch, fits } from "../../../src/operator/config/pattern.ts";

const FITS: readonly (readonly [string, string, boolean])[] = [
  ["*", "", true],
  ["*", "web", true],
  ["web", "web", true],
  ["web", "webs", false],
  ["web", "we", false],
  ["web*", "web", true],
  ["*web", "a-web", true],
  ["*web", "a-webs", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["a.c", "abc", false],
  ["web-*", "web-1*", true],
  ["web-1", "web-*", false],
  ["**a", "a", true],
];

for (const [pattern, text, expected] of FITS) {
  Deno.test(`fits() says ${expected} to "${text}" for the pattern "${pattern}"`, () => {
    assert.equal(fits(pattern, text), expected);
  });
}

Deno.test("fits() comes to its end with a pattern of many stars", () => {
  assert.equal(fits("*a".repeat(31) + "b", "a".repeat(63)), false);
});

Deno.test("canMatch() knows what a slug can be", () => {
  for (const pattern of ["*", "**", "a", "*-a", "a*b.c_d-*", `*${"a".repeat(63)}`]) {
    assert.ok(canMatch(pattern), pattern);
  }
  for (const pattern of ["", "-a", ".*", "a b", "ä", "a".repeat(64), `*-${"a".repeat(62)}-`]) {
    assert.ok(!canMatch(pattern), pattern);
  }
});
