/** Nothing that hides, moves or colours text passes `visible.ts`. */

import assert from "node:assert/strict";
import { visibleJson, visibleLine, visibleText } from "../../src/operator/visible.ts";
import { shown } from "../../src/sidecar/session_context/quoted.ts";

const SPELLED: readonly (readonly [name: string, text: string, line: string])[] = [
  ["escape sequence", "\x1b[31mred", "<U+001B>[31mred"],
  ["C1 control sequence introducer", "\x9b2J", "<U+009B>2J"],
  ["delete", "a\x7fb", "a<U+007F>b"],
  ["NUL", "\0", "<U+0000>"],
  ["carriage return", "a\rb", "a<U+000D>b"],
  ["backspace", "a\bb", "a<U+0008>b"],
  ["right-to-left override", "\u202egnp.exe", "<U+202E>gnp.exe"],
  ["bidirectional isolate", "\u2066a\u2069", "<U+2066>a<U+2069>"],
  ["zero-width space", "git\u200bhub", "git<U+200B>hub"],
  ["zero-width joiner", "a\u200db", "a<U+200D>b"],
  ["interlinear annotation", "\ufff9a\ufffbb", "<U+FFF9>a<U+FFFB>b"],
  ["byte order mark", "\ufeffa", "<U+FEFF>a"],
  ["soft hyphen", "a\u00adb", "a<U+00AD>b"],
  ["tag characters", "\u{e0041}", "<U+E0041>"],
  ["variation selector", "a\ufe0f", "a<U+FE0F>"],
  ["supplementary variation selector", "a\u{e0100}", "a<U+E0100>"],
  ["Hangul filler", "\u3164", "<U+3164>"],
  ["blank braille pattern", "\u2800", "<U+2800>"],
  ["line separator", "\u2028", "<U+2028>"],
  ["paragraph separator", "\u2029", "<U+2029>"],
  ["no-break space", "a\u00a0b", "a<U+00A0>b"],
  ["ideographic space", "\u3000", "<U+3000>"],
  ["lone surrogate", "\ud800x", "<U+D800>x"],
  ["private use", "\ue000\u{10fffd}", "<U+E000><U+10FFFD>"],
  ["unassigned", "\u0378", "<U+0378>"],
  ["pile of combining marks", "a\u0300\u0301\u0302\u0303", "a<U+0300><U+0301><U+0302><U+0303>"],
];

for (const [name, text, line] of SPELLED) {
  Deno.test(`visibleLine() and visibleText() spell out: ${name}`, () => {
    assert.equal(visibleLine(text), line);
    assert.equal(visibleText(text), line);
  });

  Deno.test(`visibleJson() escapes and keeps the value: ${name}`, () => {
    const output = visibleJson({ text }, 2);
    assert.equal(visibleText(output), output);
    assert.deepEqual(JSON.parse(output), { text });
  });
}

const KEPT: readonly (readonly [name: string, text: string])[] = [
  ["ASCII", " !~azAZ09<U+202E>"],
  ["accents, also as up to three combining marks", "é e\u0301 a\u0323\u0302\u0301"],
  ["other scripts", "日本語 русский עברית हिन्दी"],
  ["emoji", "🙂"],
];

for (const [name, text] of KEPT) {
  Deno.test(`visibleLine() keeps: ${name}`, () => assert.equal(visibleLine(text), text));
}

Deno.test("visibleLine() spells out line feeds and tabs, visibleText() keeps them", () => {
  assert.equal(visibleLine("a\n\tb"), "a<U+000A><U+0009>b");
  assert.equal(visibleText("a\n\tb"), "a\n\tb");
});

Deno.test("the sidecar's shown() spells out what visibleLine() does, of all code points", () => {
  // Enough for one look of shown(); a space keeps halves of a pair and marks from meeting.
  const atOnce = 128;
  for (let first = 0; first <= 0x10ffff; first += atOnce) {
    const pieces = Array.from({ length: atOnce }, (_, index) => {
      const one = String.fromCodePoint(first + index);
      return [one, one.repeat(3), one.repeat(4)].join(" ");
    });
    const text = pieces.join(" ");
    if (visibleLine(text) === shown(text, Infinity)) continue;
    const wrong = pieces.filter((piece) => visibleLine(piece) !== shown(piece, Infinity));
    const codes = wrong.map((piece) => `U+${piece.codePointAt(0)?.toString(16)}`);
    assert.fail(`not alike: ${codes.join(", ")}`);
  }
});
