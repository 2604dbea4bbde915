/** Text is measured, cut and wrapped as a terminal shows it. */

import assert from "node:assert/strict";
import {
  cut,
  cutStart,
  pad,
  width,
  wrap,
  wrapProse,
  wrapWords,
} from "../../src/operator/columns.ts";
import { nearest } from "../../src/operator/nearest.ts";

Deno.test("width() counts wide characters twice and combining marks not at all", () => {
  assert.equal(width("abc"), 3);
  assert.equal(width("日本"), 4);
  assert.equal(width("e\u0301"), 1);
  assert.equal(width("🙂"), 2);
});

Deno.test("cut() leaves the start, cutStart() the end, both within the columns", () => {
  assert.equal(cut("api.github.com", 20), "api.github.com");
  assert.equal(cut("api.github.com", 8), "api.git…");
  assert.equal(cutStart("api.github.com", 8), "…hub.com");
  assert.equal(cut("日本語", 4), "日…");
  assert.equal(cutStart("日本語", 4), "…語");
  assert.equal(cut("abc", 1), "…");
});

Deno.test("pad() fills up to the columns a terminal shows", () => {
  assert.equal(pad("日", 4), "日  ");
  assert.equal(pad("long", 2), "long");
});

Deno.test("wrap() loses nothing and keeps every row within the columns", () => {
  const text = "a\tb 日本語 e\u0301 ".repeat(50);
  const rows = [...wrap(text, 20, 4)];
  assert.equal(rows.join(""), text);
  for (const row of rows) assert.ok(width("    " + row) <= 24, JSON.stringify(row));
  assert.deepEqual([...wrap("", 10)], [""]);
});

Deno.test("wrapProse() breaks after a space where one is near", () => {
  assert.deepEqual([...wrapProse("the quick brown fox", 12)], ["the quick ", "brown fox"]);
  assert.deepEqual([...wrapProse("a 0123456789abcdef", 12)], ["a 0123456789", "abcdef"]);
  assert.deepEqual([...wrapProse("", 12)], [""]);
});

Deno.test("wrapWords() breaks inside a word only when the word alone is too long", () => {
  assert.deepEqual(wrapWords("one two three", 8), ["one two", "three"]);
  assert.deepEqual(wrapWords("a 0123456789", 8), ["a", "01234567", "89"]);
});

Deno.test("wrapWords() of 300,000 words without an end of the line ends", {
  timeout: 60_000,
}, () => {
  const text = "é a ".repeat(150_000).trim();
  assert.deepEqual(wrapWords(text, Infinity), [text]);
});

Deno.test("nearest() does not compare a word of more than 40 characters", () => {
  const word = "a".repeat(41);
  assert.equal(nearest(word, [word]), undefined);
});
