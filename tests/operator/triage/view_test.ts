/** The rows drawn of the triage screen: they fit, are visible, and are painted when they change. */

import assert from "node:assert/strict";
import { width } from "../../../src/operator/columns.ts";
import { bold, plain } from "../../../src/operator/text/row.ts";
import { paint } from "../../../src/operator/triage/paint.ts";
import type { Size } from "../../../src/operator/triage/state.ts";
import { view } from "../../../src/operator/triage/view.ts";
import { visibleLine } from "../../../src/operator/visible.ts";
import type { Item } from "../../../src/queue/item.ts";
import { NOW } from "../fixture.ts";
import { Model, ONE, table, TWO, undoing } from "./model.ts";

const SIZES: readonly Size[] = [
  { columns: 40, rows: 10 },
  { columns: 80, rows: 24 },
  { columns: 200, rows: 60 },
  { columns: 39, rows: 24 },
  { columns: 1, rows: 1 },
];
const HOSTILE = "\x1b[2J\u202e日本語\t\r\nx".repeat(40);

for (const size of SIZES) {
  Deno.test(`view(): every row fits and is visible at ${size.columns}x${size.rows}`, () => {
    const model = new Model(size);
    const hostile: Item = {
      ...ONE,
      proposal: { ...ONE.proposal, proposed_file: JSON.stringify({ host: HOSTILE }) },
    };
    const detail = {
      rows: [plain(HOSTILE), [{ text: "LOUD", style: "bold" } as const, { text: "\tquiet" }]],
      grows: [HOSTILE],
      notices: [HOSTILE, HOSTILE],
      changes: [HOSTILE],
    };
    const recents = [{ slug: HOSTILE, id: HOSTILE, at: HOSTILE, what: HOSTILE }];
    const steps: (() => unknown)[] = [
      () => model.listed(hostile, TWO),
      () => model.tell({ name: "noted", message: HOSTILE }),
      () => model.press("\r"),
      () => model.detailed(detail, hostile),
      () => model.press("a"),
      () => model.press(`\x1b[200~${HOSTILE}${HOSTILE}\x1b[201~`),
      () => model.press("\x1b[H"),
      () => model.press("\r"),
      () => model.press("\r"),
      () => model.tell({ name: "done", sentences: [HOSTILE, HOSTILE] }),
      () => model.press("\r?"),
      () => model.press("qu"),
      () => model.tell({ name: "recalled", recents }),
      () => model.press("\r"),
      () => undoing(model, HOSTILE),
      () => model.press(HOSTILE).press("\r"),
    ];
    for (const next of steps) {
      next();
      const frame = view(model.state, NOW, () => ["HEAD", HOSTILE, HOSTILE]);
      assert.equal(frame.rows.length, size.rows);
      for (const row of frame.rows) {
        const text = row.map((span) => span.text).join("");
        assert.ok(width(text) <= size.columns, `${model.state.screen.name}: ${text}`);
        assert.equal(text, visibleLine(text));
      }
    }
  });
}

Deno.test("view() draws the styles of a row, and spells out every escape in its text", () => {
  const rows = [[...bold("LOUD"), ...plain(" quiet\x1b[31m")]];
  const frame = view(new Model().press("\r").detailed({ rows }).state, NOW, table);
  assert.deepEqual(frame.rows[1], [
    { text: "LOUD", style: "bold" },
    { text: " quiet<U+001B>[31m" },
  ]);
});

Deno.test("paint() writes the rows that changed and no others", () => {
  const model = new Model();
  const before = view(model.state, NOW, table);
  const after = view(model.press("j").state, NOW, table);
  assert.equal(paint(before, before), "");
  const text = paint(before, after);
  // deno-lint-ignore no-control-regex
  assert.deepEqual(text.match(/\x1b\[\d+;1H/g), ["\x1b[3;1H", "\x1b[4;1H"]);
  const resized = { ...after, size: { columns: 81, rows: 24 } };
  assert.ok(paint(after, resized).includes("\x1b[2J"));
});
