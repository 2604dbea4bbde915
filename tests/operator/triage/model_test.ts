/** The triage screen without a terminal: the state that keys and news lead to. */

import assert from "node:assert/strict";
import { keyOf } from "../../../src/operator/triage/actions.ts";
import { plain } from "../../../src/operator/text/row.ts";
import { DETAIL, item, Model, ONE, TWO } from "./model.ts";

Deno.test("triage: a in the list shows the detail and approves nothing", () => {
  const model = new Model().press("aaaa\r\r\r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.equal(model.state.screen.name, "detail");
});

Deno.test("triage: approve carries the basis that was shown, and runs once", () => {
  const model = new Model().press("a").detailed().press("ayes\r");
  assert.match(model.text(), /Approve 1a2b3c4d: api\.github\.com, 1 path\? Enter approves/);
  assert.match(model.text(), /Would allow: api\.github\.com\/repos\/acme\//);
  assert.match(model.text(), /! SECRET {2}sent/);
  assert.match(model.text(), /The agent's reason:\n {2}\| to read the issues/);
  assert.match(model.text(), /Notes to the agent: yes[^]*\+\| - host/);
  model.press("\r\ra\r");
  assert.deepEqual(model.effects.slice(1), [
    { name: "approve", item: ONE, edited: undefined, basis: "aa", notes: "yes" },
  ]);
  assert.match(model.text(), /Applying/);
});

Deno.test("triage: Esc on the question approves nothing and keeps the notes", () => {
  const model = new Model().press("a").detailed().press("ayes\r\x1b\r\r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.equal(model.state.drafts.get(keyOf(ONE)), "yes");
});

Deno.test("triage: what cannot be approved says why", () => {
  const model = new Model().press("a").detailed({ why: "It is wrong." });
  assert.match(model.press("a").text(), /It is wrong\./);
  assert.doesNotMatch(model.text(), /a approve/);
});

Deno.test("triage: reject needs a reason", () => {
  const model = new Model().press("r").detailed().press("  \r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.match(model.text(), /Write a reason/);
  model.press("not ours\r\r");
  const effect = { name: "reject", item: ONE, edited: undefined, basis: "aa", notes: "not ours" };
  assert.deepEqual(model.effects.at(-1), effect);
});

Deno.test("triage: nothing is answered before its detail was read", () => {
  const model = new Model().press("rnot ours\r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.match(model.text(), /still being read/);
  assert.deepEqual(model.detailed().press("\r\r").wanted, ["detail", "reject"]);
});

for (const [name, keys] of [["the notes", "ayes"], ["the question", "ayes\r"]] as const) {
  Deno.test(`triage: a detail that changes under ${name} goes back to the detail`, () => {
    const model = new Model().press("a").detailed().press(keys).detailed({ basis: "bb" });
    model.press("\r");
    assert.equal(model.state.screen.name, "detail");
    assert.match(model.text(), name === "the notes" ? /It has changed/ : /row/);
    assert.deepEqual(model.wanted, ["detail"]);
  });
}

Deno.test("triage: an approve refused as changed shows the detail anew, with the message", () => {
  const model = new Model().press("a").detailed().press("ayes\r\r");
  const task = model.effects.at(-1);
  assert.ok(task && task.name !== "ring");
  const message = "the routes file has changed";
  model.tell({ name: "failed", task, code: "changed", message, next: undefined });
  assert.deepEqual(model.wanted.slice(2).sort(), ["detail", "list"]);
  assert.match(model.detailed({ basis: "bb" }).text(), /The routes file has changed\./);
  assert.equal(model.state.drafts.get(keyOf(ONE)), "yes");
});

Deno.test("triage: the text is dropped once it was sent, and not before", () => {
  const model = new Model().press("r").detailed().press("not ours");
  assert.equal(model.state.drafts.get(keyOf(ONE)), "not ours");
  assert.equal(model.press("\r\r").state.drafts.get(keyOf(ONE)), "not ours");
  model.tell({ name: "done", sentences: ["Rejected."] });
  assert.equal(model.state.drafts.size, 0);
});

Deno.test("triage: the selection stays with its proposal, and goes to its neighbour's place", () => {
  const model = new Model().press("j");
  assert.equal(model.state.selected, keyOf(TWO));
  const three = item("3c4d5e6f");
  assert.equal(model.listed(three, ONE, TWO).state.selected, keyOf(TWO));
  assert.equal(model.listed(three, ONE).state.selected, keyOf(ONE));
});

Deno.test("triage: pasted text is no command", () => {
  const model = new Model().press("\x1b[200~r\rq\x1b[201~");
  assert.equal(model.state.screen.name, "list");
  assert.equal(model.state.isEnding, false);
});

Deno.test("triage: a detail read for another width or proposal is not shown", () => {
  const model = new Model().press("\r").detailed({}, TWO);
  assert.match(model.text(), /Reading/);
  model.tell({ name: "detailed", columns: 60, edited: undefined, detail: DETAIL });
  assert.match(model.text(), /Reading/);
});

Deno.test("triage: what an approval made moot is answered with it on c, and never by a burst", () => {
  const model = new Model().press("\r").detailed().press("a\r\r");
  const covers = [{ by: ONE, moot: [{ item: TWO, basis: "bb" }] }];
  model.tell({ name: "done", sentences: ["Approved.", "1 more is covered."], covers });
  assert.match(model.text(), /1 more is covered/);
  assert.match(model.text(), /c answer as covered/);
  assert.ok(!model.burst("c\r").wanted.includes("cover"));
  assert.match(model.text(), /Answer what 1a2b3c4d covers as approved\?[^]*2b3c4d5e of bottle dev/);
  assert.deepEqual(model.press("\r").effects.at(-1), { name: "cover", covers });
  model.tell({ name: "done", sentences: ["Answered."] });
  assert.doesNotMatch(model.press("").text(), /c answer/);
});

Deno.test("triage: an approval that made nothing moot offers no c", () => {
  const model = new Model().press("\r").detailed().press("a\r\r");
  model.tell({ name: "done", sentences: ["Approved."], covers: [] });
  assert.doesNotMatch(model.text(), /c answer/);
  assert.ok(!model.press("c").wanted.includes("cover"));
});

const LONG = { rows: Array.from({ length: 60 }, (_, at) => plain(`row ${at}`)) };

Deno.test("triage: what has not been on the screen to its end is not approved, and the keys say so", () => {
  const model = new Model().press("a").detailed(LONG);
  assert.match(model.text(), /Space on, then a approve/);
  model.press("a\r\r");
  assert.equal(model.state.screen.name, "detail");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.match(model.press("a").text(), /Its end was not on the screen yet/);
  model.press("   ");
  assert.match(model.text(), /row 59[^]*a approve {2}m modify/);
  assert.equal(model.press("a").state.screen.name, "write");
});

Deno.test("triage: an end that was on the screen once has been seen, until something changes", () => {
  const model = new Model().press("a").detailed(LONG).press("\x1b[F\x1b[H");
  assert.equal(model.detailed(LONG).press("a").state.screen.name, "write");
  model.press("\x1b").detailed({ ...LONG, basis: "bb" }).press("a");
  assert.equal(model.state.screen.name, "detail");
  assert.match(model.text(), /Its end was not on the screen yet/);
});

Deno.test("triage: a screen that is too small has shown no end", () => {
  const small = { columns: 80, rows: 5 };
  const model = new Model().press("a").tell({ name: "resized", size: small }).detailed();
  assert.equal(model.state.opened?.isSeen, false);
  model.tell({ name: "resized", size: { columns: 80, rows: 24 } });
  assert.equal(model.state.opened?.isSeen, true);
});

Deno.test("triage: a plain result is one line, and the next ask is on the card", () => {
  const model = new Model().press("\r").detailed().press("a\r\r");
  model.tell({ name: "done", sentences: ["Approved.", "More."], line: "Approved 1a2b3c4d." });
  assert.match(model.text(), /^Proposal 2b3c4d5e of bottle dev[^]*Approved 1a2b3c4d\./);
  assert.equal(model.state.selected, keyOf(TWO));
  assert.deepEqual(model.effects.slice(-2).map(({ name }) => name), ["list", "detail"]);
  model.listed(TWO).detailed({}, TWO).press("a\r\r");
  model.tell({ name: "done", sentences: ["Approved."], line: "Approved 2b3c4d5e." }).listed();
  assert.equal(model.state.screen.name, "list");
  assert.match(model.text(), /nothing to decide[^]*Approved 2b3c4d5e\./);
});

Deno.test("triage: n and p turn from card to card, and say where the list ends", () => {
  const model = new Model().press("\r").detailed().press("n");
  assert.match(model.text(), /^Proposal 2b3c4d5e of bottle dev \(2 of 2\)/);
  assert.match(model.press("n").text(), /the last ask of the list/);
  assert.match(model.press("p").text(), /^Proposal 1a2b3c4d/);
  assert.match(model.press("p").text(), /the first ask of the list/);
  assert.equal(model.detailed().press("q").state.selected, keyOf(ONE));
});

Deno.test("triage: m opens the editor, and the changed file is read before it is approved", () => {
  const model = new Model().press("\r").detailed().press("m");
  assert.deepEqual(model.effects.at(-1), { name: "edit", item: ONE, columns: 80 });
  const detail = { ...DETAIL, ...LONG, basis: "cc" };
  model.tell({ name: "edited", changed: { file: "new", detail } });
  assert.match(model.text(), /^Your changed file for 1a2b3c4d/);
  assert.match(model.press("a").text(), /Its end was not on the screen yet/);
  model.press("\x1b[Fanotes\r");
  assert.match(model.text(), /^Modify [^]*Approve 1a2b3c4d as you changed it\? Enter/);
  model.press("\r");
  const effect = { name: "modify", item: ONE, edited: "new", basis: "cc", notes: "notes" };
  assert.deepEqual(model.effects.at(-1), effect);
});

Deno.test("triage: Esc on the changed file goes back to the ask, and then to the list", () => {
  const model = new Model().press("\r").detailed().press("m");
  const changed = { file: "new", detail: DETAIL };
  model.tell({ name: "edited", changed }).press("\x1b").detailed();
  assert.match(model.text(), /^Proposal 1a2b3c4d[^]*Your changed file is kept/);
  assert.equal(model.state.opened?.edited, undefined);
  assert.equal(model.press("\x1b").state.screen.name, "list");
});
