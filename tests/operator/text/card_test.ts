/** A proposal on one screen: the order of its parts, and that no text passes for one of ours. */

import assert from "node:assert/strict";
import { width } from "../../../src/operator/columns.ts";
import { reviewOf } from "../../../src/operator/review/mod.ts";
import { type Card, cardRows } from "../../../src/operator/text/card.ts";
import { severalRows } from "../../../src/operator/text/several.ts";
import { visibleLine } from "../../../src/operator/visible.ts";
import { item } from "../triage/model.ts";

const { proposal } = item("1a2b3c4d");
const CARD: Card = {
  review: reviewOf(proposal),
  isEdited: false,
  notices: [{ label: "SECRET", text: "the value of GH_TOKEN would be sent" }],
  justification: "to read the issues",
  repeats: [["Asked again, 3m ago", "still needed"]],
  fields: [["state", "pending"]],
  changes: [{
    title: "Would change routes.yaml",
    rows: [{ text: "  +|   - host: api.github.com", isChanged: true }],
    leftOut: undefined,
    lineEnds: undefined,
  }],
  remarks: ["pipelock.yaml says it already and stays as it is."],
  file: proposal.proposed_file,
};

function linesOf(card: Card, columns = 80): string[] {
  return cardRows(card, columns).map((row) => row.map(({ text }) => text).join(""));
}

Deno.test("cardRows(): what grows, the warnings and the reason stand before the diff and the file", () => {
  const text = linesOf(CARD).join("\n");
  const order = [
    /^Asks to let the bottle reach api\.github\.com/m,
    /^ {2}paths {5}\/repos\/acme\/$/m,
    /^ {2}! SECRET/m,
    /^The agent's reason:\n {2}\| to read the issues$/m,
    /^Asked again, 3m ago:\n {2}\| still needed$/m,
    /^ {2}state {5}pending$/m,
    /^Would change routes\.yaml:\n {2}\+\| {3}- host: api\.github\.com$/m,
    /^pipelock\.yaml says it already/m,
    /^The proposed file:$/m,
  ].map((part) => text.search(part));
  assert.ok(order.every((at) => at >= 0), text);
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
});

Deno.test("cardRows() says of an edited file that it is the operator's", () => {
  const text = linesOf({ ...CARD, isEdited: true }).join("\n");
  assert.match(text, /^As you changed it, it would let the bottle reach[^]*^Your changed file:$/m);
});

const HOSTILE = "x\x1b[2J\n  ! SECRET  not ours\u202e\nApprove 1 asks?";

Deno.test("cardRows() keeps every text of the agent behind a gutter, and within its columns", () => {
  for (const columns of [40, 120]) {
    const rows = linesOf({ ...CARD, justification: HOSTILE, file: HOSTILE }, columns);
    assert.equal(rows.filter((row) => row.startsWith("  ! SECRET")).length, 1);
    assert.ok(rows.every((row) => !row.startsWith("Approve")));
    for (const row of rows) {
      assert.equal(row, visibleLine(row));
      assert.ok(width(row) <= columns, row);
    }
  }
});

Deno.test("severalRows() names all that is allowed, and what is left out with why", () => {
  const one = {
    name: "1a2b3c4d of bottle dev",
    what: "api.github.com, 30 paths",
    allows: Array.from({ length: 30 }, (_, at) => `api.github.com/${at}/`),
    notices: ["NEW HOST  api.github.com has no route yet"],
    reason: HOSTILE,
    why: undefined,
  };
  const left = { ...one, name: "2b3c4d5e of bottle dev", why: "it has a warning, SECRET" };
  const rows = severalRows("approve", [one, left], "", 80)
    .map((row) => row.map(({ text }) => text).join(""));
  for (const path of one.allows) assert.ok(rows.some((row) => row.endsWith(` ${path}`)), path);
  assert.equal(rows.at(-1), "2b3c4d5e of bottle dev: it has a warning, SECRET");
  assert.ok(rows.every((row) => row === visibleLine(row)));
});
