/** What answers a question of the triage screen: a single key, after a pause in which it was seen. */

import assert from "node:assert/strict";
import { keyOf, type Recent } from "../../../src/operator/triage/actions.ts";
import { Model, NOW_ISO, ONE, TWO } from "./model.ts";

const RECENT: Recent = { key: "dev/9f8e7d6c", slug: "dev", id: "9f8e7d6c", at: NOW_ISO, what: "a" };

/** Each asks something, and no key was pressed since. */
const QUESTIONS: readonly (readonly [name: string, ask: () => Model, effect: string])[] = [
  ["approve", () => new Model().press("a").detailed().press("anotes\r"), "approve"],
  ["reject with one word", () => new Model().press("r").detailed().press("r\r"), "reject"],
  [
    "undo",
    () => new Model().press("u").tell({ name: "recalled", recents: [RECENT] }).press("\r"),
    "undo",
  ],
];

for (const [name, ask, effect] of QUESTIONS) {
  const answers = (model: Model) => model.wanted.includes(effect);

  Deno.test(`triage, ${name}: Enter after a pause answers, and the screen says so`, () => {
    const model = ask();
    assert.match(
      model.text(),
      /\? Enter (approves|rejects|undoes), Esc[^]*Enter (approve|reject|undo)/,
    );
    assert.ok(answers(model.press("\r")));
  });

  Deno.test(`triage, ${name}: Enter before a pause does not answer, and the screen says so`, () => {
    const model = ask().tell({ name: "typed" });
    assert.match(model.text(), /\? Wait a moment, Esc/);
    assert.doesNotMatch(model.text(), /Enter (approve|reject|undo)/);
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

for (const [verb, key] of [["approve", "a"], ["modify", "m"], ["reject", "r"]] as const) {
  Deno.test(`triage: a paste in the notes of ${verb} becomes one line and goes nowhere`, () => {
    const model = new Model().press("\r").detailed().press(key).burst("one two\rthree\r");
    assert.equal(model.state.screen.name, "input");
    assert.deepEqual(model.wanted, ["detail"]);
    assert.equal(model.state.drafts.get(keyOf(ONE)), "one two three ");
    assert.match(model.text(), /press Enter to go on/);
    model.press("\r");
    assert.match([model.state.screen.name, ...model.wanted].join(), /confirm|modify|reject/);
  });

  Deno.test(`triage: a paste that begins with the key of ${verb} decides nothing`, () => {
    const model = new Model().press("\r").detailed().burst(`${key}${key} b c\r\r\ry\r\r`);
    assert.deepEqual(model.wanted, ["detail"]);
  });
}

Deno.test("triage: Enter amid other keys in empty notes leaves them empty", () => {
  const model = new Model().press("\r").detailed().burst("a\r");
  assert.equal(model.state.drafts.size, 0);
});

for (const reason of ["r", "r r", "r .", "n\u00a0o", "no .", "no -- !", "no x y", "e\u0301 no"]) {
  Deno.test(`triage: ${JSON.stringify(reason)} is asked about: it is no reason of two words`, () => {
    const model = new Model().press("r").detailed().press(`${reason}\r`);
    assert.deepEqual(model.wanted, ["detail"]);
    assert.equal(model.state.screen.name, "confirm");
  });
}

for (
  const reason of [
    "not ours",
    "pas de\u0301ja\u0300 vu",
    "\u0928\u0939\u0940\u0902 \u0905\u092d\u0940",
  ]
) {
  Deno.test(`triage: ${reason} rejects: it is a reason of two words`, () => {
    const model = new Model().press("r").detailed().press(`${reason}\r`);
    assert.deepEqual(model.wanted, ["detail", "reject"]);
  });
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

for (const place of ["list", "detail"] as const) {
  const begin = () => place === "list" ? new Model() : new Model().press("\r").detailed();

  Deno.test(`triage, ${place}: a paste in chunks that begins with r rejects nothing`, () => {
    const model = begin().burst("run this thing now").detailed();
    steadily(model.tell({ name: "quiet" }), "\r\r");
    assert.deepEqual(model.wanted, ["detail"]);
    assert.match(model.text(), /Reject 1a2b3c4d with this reason\?[^]*reads: un this thing now/);
    assert.deepEqual(model.press("\r").wanted, ["detail", "reject"]);
  });

  Deno.test(`triage, ${place}: keys that come steadily from r on reject nothing`, () => {
    const model = steadily(steadily(begin(), "r").detailed(), "not now\r\rmore text\r");
    assert.deepEqual(model.wanted, ["detail"]);
    assert.match(model.text(), /Reject 1a2b3c4d with this reason\?[^]*reads: not now/);
    assert.deepEqual(model.press("\r").wanted, ["detail", "reject"]);
  });

  Deno.test(`triage, ${place}: a reason typed after or amid a pause rejects at once`, () => {
    for (const [first, second] of [["", "not now"], ["no", "t now"]] as const) {
      const model = steadily(steadily(begin(), "r").detailed(), first).tell({ name: "quiet" });
      assert.deepEqual(steadily(model, `${second}\r`).wanted, ["detail", "reject"]);
    }
  });
}

Deno.test("triage: what was pasted into a reason and erased counts no more", () => {
  const model = new Model().press("r").detailed().burst("run this").press("\x15not ours\r");
  assert.deepEqual(model.wanted, ["detail", "reject"]);
});

Deno.test("triage: a key held down to move or erase asks nothing more", () => {
  const model = new Model().press("r").detailed().press("not ours now").burst("\x7f\x7f\x7f\x7f");
  assert.deepEqual(model.press("\r").wanted, ["detail", "reject"]);
});

Deno.test("triage: a reason of one word is asked about, of two words it is not", () => {
  const one = new Model().press("r").detailed().press("r \r");
  assert.deepEqual(one.wanted, ["detail"]);
  assert.match(one.text(), /Reject 1a2b3c4d with this reason\?[^]*The agent reads: r/);
  assert.equal(one.press("\x1b").state.drafts.get(keyOf(ONE)), "r ");
  const two = new Model().press("r").detailed().press("not ours\r");
  assert.deepEqual(two.wanted, ["detail", "reject"]);
});

Deno.test("triage: d drops a text only after the question about it could be seen", () => {
  const drafts = new Map([[keyOf(ONE), "half a reason"]]);
  const model = new Model(undefined, drafts).listed(TWO);
  assert.doesNotMatch(model.text(), /d drop/);
  model.burst("d");
  assert.equal(model.state.drafts.size, 1);
  model.tell({ name: "quiet" });
  assert.match(model.text(), /d drop/);
  assert.equal(model.press("d").state.drafts.size, 0);
});
