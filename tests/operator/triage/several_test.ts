/** Several asks answered together on the triage screen: what is shown, and what is left out. */

import assert from "node:assert/strict";
import { type Detail, keyOf } from "../../../src/operator/triage/actions.ts";
import { nameOfItem } from "../../../src/operator/triage/state.ts";
import { DETAIL, item, Model, ONE, TWO } from "./model.ts";

const THREE = item("3c4d5e6f");

/** Nothing in it that must be looked at twice. */
const QUIET: Detail = { ...DETAIL, notices: [] };

/** All three are marked, and what each would grow is read. */
function asked(details: readonly (Partial<Detail> | string)[]): Model {
  const model = new Model().listed(ONE, TWO, THREE).press("   a");
  const asks = [ONE, TWO, THREE].map((item, index) => {
    const detail = details[index] ?? {};
    return typeof detail === "string"
      ? { item, detail: undefined, why: detail }
      : { item, detail: { ...QUIET, item, basis: `b${index}`, ...detail }, why: undefined };
  });
  return model.tell({ name: "surveyed", asks }).tell({ name: "quiet" });
}

Deno.test("triage several: Space marks and goes on, and Esc takes all marks away", () => {
  const model = new Model().listed(ONE, TWO, THREE).press("  ");
  assert.match(model.text(), /3 to decide, 2 marked[^]*\* {2}1a2b3c4d[^]*\* {2}2b3c4d5e/);
  assert.equal(model.state.selected, keyOf(THREE));
  assert.match(model.text(), /a approve 2 {2}r reject 2/);
  assert.equal(model.press("k ").state.marked.size, 1);
  assert.equal(model.press("\x1b").state.marked.size, 0);
});

Deno.test("triage several: the question shows all that grows, why, and how many", () => {
  const model = asked([{ grows: ["one.example/a/", "one.example/b/"] }]);
  assert.match(model.text(), /Approve 3 asks\? Enter approves/);
  assert.match(
    model.text(),
    /1a2b3c4d of bottle dev\nWould allow: one\.example\/a\/\n {13}one\.example\/b\//,
  );
  assert.match(model.text(), /The agent's reason:\n {2}\| to read the issues/);
  model.press("\r");
  assert.deepEqual(model.effects.at(-1), {
    name: "several",
    verb: "approve",
    asks: [ONE, TWO, THREE].map((item, index) => ({ item, basis: `b${index}` })),
    notes: "",
  });
});

Deno.test("triage several: of one that is marked the words are those for one", () => {
  const asks = [{ item: ONE, detail: { ...QUIET, item: ONE }, why: undefined }];
  const model = new Model().listed(ONE, TWO).press(" a").tell({ name: "surveyed", asks });
  assert.match(model.text(), /^Approve 1 marked ask +\n[^]*^Approve 1 ask\? /m);
  assert.match(new Model().listed(ONE, TWO).press(" r").text(), /^Reject 1 ask +\n/m);
});

const LEFT_OUT: readonly (readonly [name: string, detail: Partial<Detail> | string, RegExp])[] = [
  ["one that cannot be approved", { why: "it is wrong" }, /it is wrong/],
  ["one with a warning", { alone: "it has a warning, SECRET" }, /it has a warning, SECRET/],
  ["one that cannot be read", "the file is gone", /the file is gone/],
];

for (const [name, detail, why] of LEFT_OUT) {
  Deno.test(`triage several: ${name} is named and stays open`, () => {
    const model = asked([{}, detail]);
    assert.match(model.text(), /Approve 2 of 3 asks\?[^]*Left out, these stay open:\n2b3c4d5e/);
    assert.match(model.text(), why);
    model.press("\r");
    const effect = model.effects.at(-1);
    assert.ok(effect?.name === "several");
    assert.deepEqual(effect.asks.map(({ item }) => item), [ONE, THREE]);
  });
}

Deno.test("triage several: where none can be approved together, Enter approves nothing", () => {
  const model = asked(["gone", "gone", "gone"]);
  assert.match(model.text(), /None of them can be approved together\. Esc goes back/);
  assert.doesNotMatch(model.text(), /Enter/);
  assert.ok(!model.press("\r").wanted.includes("several"));
});

Deno.test("triage several: what was not on the screen from its start to its end is not approved", () => {
  const grows = Array.from({ length: 40 }, (_, at) => `one.example/${at}/`);
  const model = asked([{ grows }]);
  assert.match(model.text(), /Approve 3 asks\? Space goes on/);
  assert.ok(!model.press("\r").wanted.includes("several"));
  assert.match(model.text(), /Not all of it was on the screen yet/);
  // Its end alone is not all of it.
  model.press("\x1b[F\r");
  assert.ok(!model.wanted.includes("several"));
  model.press("\x1b[H      ");
  assert.ok(model.press("\r").wanted.includes("several"));
});

Deno.test("triage several: all that is marked is rejected with one reason, warnings or not", () => {
  const model = new Model().listed(ONE, TWO, THREE).press("   r");
  assert.equal(model.state.screen.name, "write");
  assert.match(model.press("\r").text(), /Write a reason/);
  const asks = [ONE, TWO, THREE].map((item) => ({ item, detail: DETAIL, why: undefined }));
  model.press("use the mirror\r").tell({ name: "surveyed", asks }).tell({ name: "quiet" });
  assert.match(model.text(), /Reject 3 asks\?[^]*Their agents read: use the mirror/);
  model.press("\r");
  const effect = model.effects.at(-1);
  assert.ok(effect?.name === "several");
  assert.deepEqual([effect.verb, effect.notes, effect.asks.length], [
    "reject",
    "use the mirror",
    3,
  ]);
});

Deno.test("triage several: the result says of each what became of it, the failures first", () => {
  const model = asked([]).press("\r");
  model.tell({ name: "progressed", done: 2 });
  assert.match(model.text(), /Applying… 2 of 3/);
  model.tell({
    name: "done",
    became: [
      { name: nameOfItem(ONE), isDone: true, what: "approved" },
      { name: nameOfItem(TWO), isDone: false, what: "it has changed since it was shown" },
      { name: nameOfItem(THREE), isDone: true, what: "approved" },
    ],
    sentences: ["1 more open ask is covered."],
  });
  assert.match(model.text(), /2 of 3 answered\.\n2b3c4d5e of bottle dev: it has changed/);
  assert.match(model.text(), /1a2b3c4d of bottle dev: approved[^]*covered/);
  assert.equal(model.press("\r").state.marked.size, 0);
});

Deno.test("triage several: q while they are answered stops after the one that runs", () => {
  const model = asked([]).press("\rq");
  assert.equal(model.state.isEnding, true);
  assert.ok(model.state.work);
});
