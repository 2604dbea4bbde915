/** Keys of the triage screen: what is read of a terminal's bytes, and what each does to a field. */

import assert from "node:assert/strict";
import { edit, type Field, MAX_FIELD_BYTES } from "../../../src/operator/triage/field.ts";
import { type Key, KeyReader } from "../../../src/operator/triage/keys.ts";
import { bytes } from "./model.ts";

function namesOf(keys: readonly Key[]): string[] {
  return keys.map((key) => "text" in key ? `${key.name}:${key.text}` : key.name);
}

const KEYS: readonly (readonly [name: string, chunks: readonly string[], keys: string[]])[] = [
  ["letters", ["ja"], ["text:j", "text:a"]],
  ["other scripts", ["é日🙂"], ["text:é", "text:日", "text:🙂"]],
  ["arrows", ["\x1b[A\x1b[B\x1bOC\x1bOD"], ["up", "down", "right", "left"]],
  ["arrow in pieces", ["\x1b", "[", "A"], ["up"]],
  ["page keys", ["\x1b[5~\x1b[6~\x1b[H\x1b[4~"], ["page-up", "page-down", "home", "end"]],
  ["Enter, Backspace, Ctrl-U, Ctrl-W, Ctrl-C", ["\r\x7f\x15\x17\x03"], [
    "enter",
    "backspace",
    "erase-line",
    "erase-word",
    "interrupt",
  ]],
  ["Escape before another key", ["\x1b\x1b[A"], ["escape", "up"]],
  ["Escape before Ctrl-C", ["\x1b\x03"], ["escape", "interrupt"]],
  ["Alt and a letter is no command", ["\x1ba"], []],
  ["modified and unknown keys", ["\x1b[1;5A\x1b[15~\x1b[[A\x1bOP\x1b[<0;1;1M"], []],
  ["other control characters", ["\0\x01\x04\n\x1a\x9b"], []],
  ["paste with line feeds", ["\x1b[200~one\r\ntwo\x1b[201~x"], ["paste:one\r\ntwo", "text:x"]],
  ["paste in pieces", ["\x1b[20", "0~on", "e\x1b[2", "01~", "\r"], [
    "paste:on",
    "paste:e",
    "enter",
  ]],
  ["paste that holds a command", ["\x1b[200~q\x03\x1b[A\x1b[201~"], ["paste:q\x03\x1b[A"]],
  ["Ctrl-C after a paste without end", ["\x1b[200~one\x1b[2", "\x03", "q"], [
    "paste:one",
    "interrupt",
    "text:q",
  ]],
];

for (const [name, chunks, keys] of KEYS) {
  Deno.test(`KeyReader reads: ${name}`, () => {
    const reader = new KeyReader();
    assert.deepEqual(namesOf(chunks.flatMap((chunk) => reader.read(bytes(chunk)))), keys);
    assert.equal(reader.isWaiting, false);
  });
}

Deno.test("KeyReader reads characters that arrive byte by byte, and drops bytes that are none", () => {
  const reader = new KeyReader();
  const keys = [...bytes("é🙂日"), 0xff, 0x61]
    .flatMap((byte) => reader.read(new Uint8Array([byte])));
  assert.deepEqual(namesOf(keys), ["text:é", "text:🙂", "text:日", "text:a"]);
});

Deno.test("KeyReader takes a lone ESC byte for the Escape key only when nothing follows", () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.read(bytes("\x1b")), []);
  assert.equal(reader.isWaiting, true);
  assert.deepEqual(namesOf(reader.flush()), ["escape"]);
  assert.deepEqual(reader.read(bytes("\x1b[")), []);
  assert.deepEqual(reader.flush(), []);
  assert.deepEqual(namesOf(reader.read(bytes("x"))), ["text:x"]);
});

const EDITS: readonly (readonly [name: string, before: string, key: Key, after: string])[] = [
  ["a character", "a|b", { name: "text", text: "🙂" }, "a🙂|b"],
  ["pasted lines become one", "|", { name: "paste", text: "a\r\n\tb\x1b[0m\0" }, "a b[0m|"],
  ["Backspace takes a whole character", "a🙂|b", { name: "backspace" }, "a|b"],
  ["Backspace at the start", "|b", { name: "backspace" }, "|b"],
  ["Delete", "a|🙂b", { name: "delete" }, "a|b"],
  ["Ctrl-W", "one two  |three", { name: "erase-word" }, "one |three"],
  ["Ctrl-U", "one |two", { name: "erase-line" }, "|two"],
  ["Left over a whole character", "🙂|", { name: "left" }, "|🙂"],
  ["Right", "|🙂b", { name: "right" }, "🙂|b"],
  ["Home and End", "a|b", { name: "end" }, "ab|"],
];

for (const [name, before, key, after] of EDITS) {
  Deno.test(`edit(): ${name}`, () => {
    const field: Field = { text: before.replace("|", ""), cursor: before.indexOf("|") };
    const edited = edit(field, key);
    assert.ok(edited);
    const { text, cursor } = edited;
    assert.equal(`${text.slice(0, cursor)}|${text.slice(cursor)}`, after);
  });
}

Deno.test("edit() takes in no more than what an agent is sent", () => {
  const edited = edit({ text: "ab", cursor: 1 }, { name: "paste", text: "é".repeat(10_000) });
  assert.equal(bytes(edited?.text ?? "").length, MAX_FIELD_BYTES);
  assert.ok(edited?.text.endsWith("éb"));
});
