/** The last gate before a stream: what `Output` is given by mistake does not get through raw. */

import assert from "node:assert/strict";
import { Output, type Stream } from "../../src/operator/output.ts";

function memory(options: { columns?: number; styled?: boolean; piece?: number } = {}) {
  let text = "";
  const stream: Stream = {
    isTerminal: options.columns !== undefined,
    columns: options.columns,
    styled: options.styled ?? false,
    write(bytes) {
      const piece = bytes.subarray(0, options.piece ?? bytes.length);
      text += new TextDecoder().decode(piece);
      return Promise.resolve(piece.length);
    },
  };
  return { out: new Output(stream), text: () => text };
}

Deno.test("Output spells out what hides, in lines, bold words and paragraphs", async () => {
  const { out, text } = memory({ styled: true });
  out.line("a\x1b[2J\n\tb", { text: "c\x9b\r", style: "bold" });
  out.paragraph("d\u202e\ne");
  await out.flush();
  assert.equal(
    text(),
    "a<U+001B>[2J<U+000A>\tb\x1b[1mc<U+009B><U+000D>\x1b[0m\nd<U+202E><U+000A>e\n",
  );
});

Deno.test("Output indents the further rows of a paragraph on a terminal", async () => {
  const sentence = "one two three four five six seven eight nine ten eleven twelve";
  const terminal = memory({ columns: 40 });
  terminal.out.paragraph(sentence);
  await terminal.out.flush();
  assert.equal(
    terminal.text(),
    "one two three four five six seven\n  eight nine ten eleven twelve\n",
  );
  const pipe = memory();
  pipe.out.paragraph(sentence);
  await pipe.out.flush();
  assert.equal(pipe.text(), sentence + "\n");
});

Deno.test("Output writes on after a short write", async () => {
  const { out, text } = memory({ piece: 3 });
  out.line("a longer line");
  out.json({ a: 1 }, 0);
  await out.flush();
  assert.equal(text(), 'a longer line\n{"a":1}\n');
});

Deno.test("Output is closed, and silent, when its reader is gone", async () => {
  let writes = 0;
  const out = new Output({
    isTerminal: false,
    columns: undefined,
    styled: false,
    write() {
      writes++;
      return Promise.reject(new Deno.errors.BrokenPipe("gone"));
    },
  });
  out.line("a");
  await out.flush();
  assert.ok(out.closed);
  out.line("b");
  await out.flush();
  assert.equal(writes, 1);
});

Deno.test("Output is closed, and says why, after every other error of its stream", async () => {
  const error = new Error("disk full");
  const out = new Output({
    isTerminal: false,
    columns: undefined,
    styled: false,
    write: () => Promise.reject(error),
  });
  out.line("a");
  await out.flush();
  assert.ok(out.closed);
  assert.equal(out.lost?.error, error);
});

Deno.test("Output.jsonLists() prints what json() does, in pieces", async () => {
  const lists = { a: [{ b: "\u202e\n" }, { b: "x".repeat(70_000) }, {}], none: [], c: [1] };
  const whole = memory();
  whole.out.json(lists);
  await whole.out.flush();
  const pieces = memory();
  await pieces.out.jsonLists(lists);
  assert.ok(pieces.text().length > 70_000);
  await pieces.out.flush();
  assert.equal(pieces.text(), whole.text());
});
