/** The triage screen while it runs: drafts saved, the latest state drawn, the terminal lent. */

import assert from "node:assert/strict";
import { Failure } from "../../../src/operator/failure.ts";
import type { Actions, EditResult } from "../../../src/operator/triage/actions.ts";
import { Display } from "../../../src/operator/triage/display.ts";
import { Drafts } from "../../../src/operator/triage/drafts.ts";
import { runTriage } from "../../../src/operator/triage/run.ts";
import type { Terminal } from "../../../src/operator/triage/terminal.ts";
import { eventually, within } from "../../support/within.ts";
import { NOW } from "../fixture.ts";
import { bytes, DETAIL, ONE, table, TWO } from "./model.ts";

Deno.test("Drafts saves soon after a change, however long the typing goes on", async () => {
  const saved: string[] = [];
  const drafts = new Drafts(
    (texts) => {
      saved.push([...texts.values()].join());
      return Promise.resolve();
    },
    new Map(),
    assert.fail,
  );
  let typed = "";
  await eventually(60, "save during the typing", () => {
    drafts.keep(new Map([["a", typed += "x"]]));
    return saved.length > 0;
  });
  drafts.keep(new Map([["a", "last"]]));
  assert.deepEqual(await drafts.flush(), []);
  assert.equal(saved.at(-1), "last");
});

Deno.test("Drafts returns at the end what could not be saved", async () => {
  const problems: string[] = [];
  const failing = () => Promise.reject(new Failure("cannot-write", "disk full"));
  const drafts = new Drafts(failing, new Map([["old", "kept"]]), (text) => problems.push(text));
  drafts.keep(new Map([["old", "kept"], ["a", "lost"]]));
  assert.deepEqual(await drafts.flush(), ["lost"]);
  assert.deepEqual(problems, ["disk full"]);
});

/** A terminal whose keys the test types, and on which nothing is drawn. */
class FakeTerminal implements Terminal {
  readonly #chunks: Uint8Array[] = [];
  #wake: ((chunk: Uint8Array) => void) | undefined;
  isTaken = false;
  written = "";

  get isRead(): boolean {
    return this.#wake !== undefined;
  }

  type(text: string): void {
    if (this.#wake) this.#wake(bytes(text));
    else this.#chunks.push(bytes(text));
    this.#wake = undefined;
  }

  read(): Promise<Uint8Array> {
    const chunk = this.#chunks.shift();
    if (chunk) return Promise.resolve(chunk);
    return new Promise((resolve) => this.#wake = resolve);
  }

  size = () => ({ columns: 80, rows: 24 });
  write = (text: string) => {
    this.written += text;
    return Promise.resolve();
  };
  enter = () => void (this.isTaken = true);
  leave = () => void (this.isTaken = false);
  onResize = () => ({ [Symbol.dispose]() {} });
  onStop = () => ({ [Symbol.dispose]() {} });
}

/** A clock by which every look comes a second later: all that is typed was typed by hand. */
function secondHand(): () => number {
  let atMs = 0;
  return () => atMs += 1_000;
}

function fakeActions(actions: Partial<Actions>): Actions {
  const nothing = () => Promise.resolve([]);
  const answered = () => Promise.resolve({ sentences: [], moot: [] });
  return {
    list: () => Promise.resolve({ items: [ONE], skipped: 0 }),
    table,
    detail: () => Promise.resolve(DETAIL),
    approve: answered,
    reject: answered,
    edit: () => Promise.resolve({ kind: "unchanged" }),
    modify: answered,
    answerAll: () => Promise.resolve({ outcomes: [], sentences: [] }),
    cover: nothing,
    recent: nothing,
    undoing: nothing,
    undo: nothing,
    remedyLine: ({ do: what }) => what,
    watch: () => ({ [Symbol.dispose]() {} }),
    readDrafts: () => Promise.resolve(new Map()),
    saveDrafts: () => Promise.resolve(),
    ...actions,
  };
}

Deno.test("Display shows the latest state, whenever it changes", async () => {
  for (let turns = 0; turns < 10; turns++) {
    const terminal = new FakeTerminal();
    let text = "first";
    const frame = () => ({
      size: { columns: 80, rows: 1 },
      rows: [[{ text }]],
      cursor: undefined,
    });
    const display = new Display(terminal, frame, assert.ifError);
    display.open();
    for (let turn = 0; turn < turns; turn++) await undefined;
    text = "last";
    display.draw();
    await eventually(60, `"last" after ${turns} turns`, () => terminal.written.includes("last"));
    await display.close();
  }
});

Deno.test("runTriage() reads nothing from the terminal while the editor has it", async () => {
  const terminal = new FakeTerminal();
  const started = Promise.withResolvers<void>();
  const editing = Promise.withResolvers<EditResult>();
  const run = runTriage(
    fakeActions({
      edit() {
        started.resolve();
        return editing.promise;
      },
    }),
    terminal,
    { now: () => NOW, uptimeMs: secondHand() },
  );
  await eventually(60, "list", () => terminal.written.includes("1a2b3c4d"));
  terminal.type("\r");
  await eventually(
    60,
    "detail",
    () => terminal.written.includes("a approve  m modify  r reject"),
  );
  terminal.type("m");
  await within(60, "editor", started.promise);
  assert.equal(terminal.isTaken, false);
  assert.equal(terminal.isRead, false);
  editing.resolve({ kind: "unchanged" });
  await eventually(60, "notice", () => terminal.written.includes("You changed nothing"));
  assert.equal(terminal.isTaken, true);
  terminal.type("\x03");
  await within(60, "end", run);
  assert.equal(terminal.isTaken, false);
});

Deno.test("runTriage() says at the end which text could not be saved", async () => {
  const terminal = new FakeTerminal();
  const run = runTriage(
    fakeActions({
      readDrafts: () => Promise.reject(new Failure("cannot-read", "no such luck")),
      saveDrafts: () => Promise.reject(new Failure("cannot-write", "the disk is full")),
    }),
    terminal,
    { now: () => NOW },
  );
  await eventually(60, "remark", () => terminal.written.includes("no such luck"));
  terminal.type("r");
  terminal.type("my reason");
  await eventually(60, "remark", () => terminal.written.includes("the disk is full"));
  terminal.type("\x03");
  await within(60, "end", run);
  assert.ok(terminal.written.endsWith("Not saved: my reason\n"));
});

/** A title ends with the character that rings where it stands alone. */
function splitTitles(written: string) {
  const [first = "", ...rest] = written.split("\x1b]2;");
  const ends = rest.map((part) => part.indexOf("\x07"));
  const titles = rest.map((part, index) => part.slice(0, ends[index]));
  const others = [first, ...rest.map((part, index) => part.slice((ends[index] ?? 0) + 1))];
  return { titles, bells: others.join("").split("\x07").length - 1 };
}

for (
  const [name, announces, rung] of [
    ["rings", { bell: true, title: true }, true],
    ["does not ring", { bell: false, title: false }, false],
  ] as const
) {
  Deno.test(`runTriage() ${name} and names the window as it is told to, when an ask comes`, async () => {
    const terminal = new FakeTerminal();
    let items = [ONE];
    let onChange = () => {};
    const run = runTriage(
      fakeActions({
        list: () => Promise.resolve({ items, skipped: 0 }),
        watch(callback) {
          onChange = callback;
          return { [Symbol.dispose]() {} };
        },
      }),
      terminal,
      { now: () => NOW, announces },
    );
    await eventually(60, "list", () => terminal.written.includes("1a2b3c4d"));
    assert.equal(splitTitles(terminal.written).bells, 0);
    items = [ONE, TWO];
    onChange();
    await eventually(60, "new ask", () => terminal.written.includes("2b3c4d5e"));
    const { titles, bells } = splitTitles(terminal.written);
    assert.equal(titles.at(-1), rung ? "2 asks – supervisectl" : undefined);
    assert.equal(bells, rung ? 1 : 0);
    terminal.type("\x03");
    await within(60, "end", run);
  });
}
