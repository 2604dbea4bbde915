/** What answers a question of the triage screen: a single key, after a pause in which it was seen. */

import assert from "node:assert/strict";
import { keyOf, type Recent } from "../../../src/operator/triage/actions.ts";
import { DETAIL, Model, NOW_ISO, ONE, TWO, undoing } from "./model.ts";

const RECENT: Recent = { slug: "dev", id: "9f8e7d6c", at: NOW_ISO, what: "a" };

/** The two that are listed, marked, and read for one answer. */
function surveyed(model: Model): Model {
  const detail = { ...DETAIL, notices: [] };
  const asks = [ONE, TWO].map((item) => ({ item, detail, why: undefined }));
  return model.tell({ name: "surveyed", asks }).tell({ name: "quiet" });
}

const COVERS = [{ by: ONE, moot: [{ item: TWO, basis: "bb" }] }];

/** Each asks something, and no key was pressed since. */
const QUESTIONS: readonly (readonly [name: string, ask: () => Model, effect: string])[] = [
  ["approve", () => new Model().press("a").detailed().press("anotes\r"), "approve"],
  ["reject", () => new Model().press("r").detailed().press("not ours\r"), "reject"],
  ["approve several", () => surveyed(new Model().press("  a")), "several"],
  ["reject several", () => surveyed(new Model().press("  rnot ours\r")), "several"],
  [
    "cover",
    () =>
      new Model().press("a").detailed().press("a\r\r")
        .tell({ name: "done", sentences: [], covers: COVERS }).press("c"),
    "cover",
  ],
  [
    "undo",
    () =>
      undoing(new Model().press("u").tell({ name: "recalled", recents: [RECENT] }).press("\r"))
        .press("\r"),
    "undo",
  ],
];

for (const [name, ask, effect] of QUESTIONS) {
  const answers = (model: Model) => model.wanted.includes(effect);

  Deno.test(`triage, ${name}: Enter after a pause answers, and the screen says so`, () => {
    const model = ask();
    assert.match(
      model.text(),
      /\? Enter (approves|rejects|undoes|answers them), Esc[^]*Enter (approve|reject|undo|answer)/,
    );
    assert.ok(answers(model.press("\r")));
  });

  Deno.test(`triage, ${name}: Enter before a pause does not answer, and the screen says so`, () => {
    const model = ask().tell({ name: "typed" });
    assert.match(model.text(), /\? Wait a moment, Esc/);
    assert.doesNotMatch(model.text(), /Enter (approve|reject|undo|answer)/);
    model.tell({ name: "key", key: { name: "enter" }, isBurst: false });
    assert.ok(!answers(model));
    assert.ok(answers(model.press("\r")));
  });

  for (const pasted of ["\r", "\r\r", "y\r", "text\rmore\r", "\x1b[B\r", "\x1b[200~\r\x1b[201~"]) {
    Deno.test(`triage, ${name}: pasted ${JSON.stringify(pasted)} neither answers nor leaves`, () => {
      const model = ask().burst(pasted);
      assert.ok(!answers(model));
      assert.match(model.state.screen.name, /^confirm/);
      assert.match(model.text(), /Wait a moment/);
      assert.doesNotMatch([...model.state.drafts.values()].join(), /text|y/);
    });
  }

  Deno.test(`triage, ${name}: what is pasted slowly does not answer either`, () => {
    const model = ask();
    for (const [at, key] of [..."q\r"].entries()) {
      const pressed = key === "\r"
        ? { name: "enter" } as const
        : { name: "text", text: "z" } as const;
      model.tell({ name: "key", key: pressed, isBurst: at > 0 }).tell({ name: "typed" });
    }
    assert.ok(!answers(model));
  });

  Deno.test(`triage, ${name}: a terminal that was resized is looked at before it answers`, () => {
    const model = ask().tell({ name: "resized", size: { columns: 30, rows: 8 } }).press("\r");
    model.tell({ name: "resized", size: { columns: 80, rows: 24 } });
    model.tell({ name: "key", key: { name: "enter" }, isBurst: false });
    assert.ok(!answers(model));
  });

  Deno.test(`triage, ${name}: Esc goes back at once, also before a pause`, () => {
    const model = ask().tell({ name: "typed" });
    model.tell({ name: "key", key: { name: "escape" }, isBurst: false });
    assert.doesNotMatch(model.state.screen.name, /^confirm/);
    assert.ok(!answers(model));
  });
}

for (const [verb, key] of [["approve", "a"], ["reject", "r"]] as const) {
  Deno.test(`triage: a paste in the notes of ${verb} becomes one line and goes nowhere`, () => {
    const model = new Model().press("\r").detailed().press(key).burst("one two\rthree\r");
    assert.equal(model.state.screen.name, "write");
    assert.deepEqual(model.wanted, ["detail"]);
    assert.equal(model.state.drafts.get(keyOf(ONE)), "one two three ");
    assert.match(model.text(), /press Enter to go on/);
    assert.equal(model.press("\r").state.screen.name, "confirm");
  });

  for (const place of ["list", "detail"] as const) {
    Deno.test(`triage, ${place}: what begins with the key of ${verb} and is pasted decides nothing`, () => {
      for (const pasted of [`${key}${key} b c\r\r\ry\r\r`, `${key}b this thing now`]) {
        const model = place === "list" ? new Model() : new Model().press("\r").detailed();
        model.burst(pasted).detailed();
        steadily(model.tell({ name: "quiet" }), "\r\r\r");
        assert.ok(model.wanted.every((name) => name === "detail"), model.wanted.join());
      }
    });
  }
}

/** What tells the model that keys came one by one, but without a pause in which to look. */
function steadily(model: Model, text: string): Model {
  for (const key of text) {
    const pressed = key === "\r"
      ? { name: "enter" } as const
      : { name: "text", text: key } as const;
    model.tell({ name: "key", key: pressed, isBurst: false }).tell({ name: "typed" });
  }
  return model;
}

Deno.test("triage: Enter amid other keys in empty notes leaves them empty", () => {
  const model = new Model().press("\r").detailed().burst("a\r");
  assert.equal(model.state.drafts.size, 0);
});

Deno.test("triage: a text is dropped only after the question about it could be seen", () => {
  const drafts = new Map([[keyOf(ONE), "half a reason"]]);
  const model = new Model(undefined, drafts).listed(TWO);
  model.burst("d\r\r");
  assert.equal(model.state.drafts.size, 1);
  assert.match(model.text(), /Drop this text\?[^]*half a reason/);
  assert.equal(model.press("\r").state.drafts.size, 0);
});
