/** The list of the triage screen: its order, what is new, the filter, and what is not in sight. */

import assert from "node:assert/strict";
import { keyOf } from "../../../src/operator/triage/actions.ts";
import { item, Model, ONE, TWO } from "./model.ts";

const WAITED = item("3c4d5e6f", "dev", { waiting: 1 });
const POLLED = item("4d5e6f70", "dev", { polledAt: new Date().toISOString() });

function shownIn({ state: { shown } }: Model): string[] {
  return shown.map(({ proposal }) => proposal.id.slice(0, 8));
}

Deno.test("triage list: an agent that waits goes first, besides the order is that of the listing", () => {
  const model = new Model().listed(ONE, WAITED, TWO, POLLED);
  assert.deepEqual(shownIn(model), ["3c4d5e6f", "4d5e6f70", "1a2b3c4d", "2b3c4d5e"]);
});

Deno.test("triage list: what comes in above leaves the selection where it is on the screen", () => {
  const many = Array.from({ length: 60 }, (_, at) => item(`${10_000_000 + at}`));
  const model = new Model().listed(...many).press("\x1b[6~\x1b[6~");
  const rowOf = () => model.text().split("\n").findIndex((row) => row.startsWith(" > "));
  const [before, selected] = [rowOf(), model.state.selected];
  assert.ok(before > 0);
  model.listed(...many, WAITED, POLLED);
  assert.equal(model.state.selected, selected);
  assert.equal(rowOf(), before);
});

Deno.test("triage list: an ask is new until the selection was on it", () => {
  const model = new Model();
  assert.doesNotMatch(model.text(), /new|\+/);
  model.listed(ONE, TWO, WAITED);
  assert.ok(model.wanted.includes("ring"));
  assert.match(model.text(), /3 to decide, 1 new[^]*\+ {2}3c4d5e6f/);
  assert.match(model.press("k").text(), / > 3c4d5e6f/);
  assert.doesNotMatch(model.text(), /new|\+/);
});

Deno.test("triage list: the first listing is not new, and one that goes is new no more", () => {
  const model = new Model().listed(ONE, TWO, WAITED).listed(ONE, TWO);
  assert.equal(model.state.fresh.size, 0);
  assert.equal(model.wanted.filter((name) => name === "ring").length, 1);
});

Deno.test("triage list: rows that are not in sight are counted", () => {
  const many = Array.from({ length: 60 }, (_, at) => item(`${10_000_000 + at}`));
  const model = new Model().listed(...many);
  assert.match(model.text().split("\n")[0] ?? "", /39 more below$/);
  assert.match(model.press("\x1b[F").text().split("\n")[0] ?? "", /39 more above$/);
  assert.match(model.press("kkkkkkkkkkkkkkkkkkkkkkk").text(), /36 more above, 3 more below\n/);
});

const GITLAB = { ...item("5e6f7081", "research"), repeats: [] };
const FILTERS: readonly (readonly [name: string, text: string, ids: readonly string[]])[] = [
  ["bottle", "RESEARCH", ["5e6f7081"]],
  ["host", "GitHub.com", ["1a2b3c4d", "2b3c4d5e", "5e6f7081"]],
  ["tool", "egress-b", ["1a2b3c4d", "2b3c4d5e", "5e6f7081"]],
  ["reason", "read the", ["1a2b3c4d", "2b3c4d5e", "5e6f7081"]],
  ["no pattern", ".*", []],
];

for (const [name, text, ids] of FILTERS) {
  Deno.test(`triage filter: ${name}`, () => {
    const model = new Model().listed(ONE, TWO, GITLAB).press(`/${text}`);
    assert.deepEqual(shownIn(model), ids);
    assert.match(model.text(), new RegExp(`^supervisectl: ${ids.length} of 3, filter: `));
    assert.equal(shownIn(model.press("\r")).length, ids.length);
    assert.equal(shownIn(model.press("\x1b")).length, 3);
  });
}

Deno.test("triage filter: letters are text and no commands, and Esc takes the filter away", () => {
  const model = new Model().listed(ONE, TWO, GITLAB).press("/qa r");
  assert.equal(model.state.isEnding, false);
  assert.deepEqual(model.wanted, ["ring"]);
  assert.match(model.text(), /No ask holds the text of the filter/);
  assert.equal(shownIn(model.press("\x1b")).length, 3);
  assert.equal(model.state.selected, keyOf(ONE));
});

Deno.test("triage filter: what comes in is filtered too, and the selection moves among what is shown", () => {
  const model = new Model().listed(ONE, TWO, GITLAB).press("/research\x1b[B\r");
  assert.equal(model.state.selected, keyOf(GITLAB));
  model.listed(ONE, TWO, WAITED, GITLAB);
  assert.deepEqual(shownIn(model), ["5e6f7081"]);
});
