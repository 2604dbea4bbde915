/** The triage screen while it runs: drafts saved, the latest state drawn, the terminal lent. */

import assert from "node:assert/strict";
import { Failure } from "../../../src/operator/failure.ts";
import type { Actions, ScreenNews } from "../../../src/operator/triage/actions.ts";
import { Display } from "../../../src/operator/triage/display.ts";
import { Drafts } from "../../../src/operator/triage/drafts.ts";
import { runTriage } from "../../../src/operator/triage/run.ts";
import { eventually, within } from "../../support/within.ts";
import { NOW } from "../fixture.ts";
import { DETAIL, ONE, table } from "./model.ts";
import { FakeTerminal } from "./terminal.ts";

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

/** A clock by which every look comes a second later: all that is typed was typed by hand. */
function secondHand(): () => number {
  let atMs = 0;
  return () => atMs += 1_000;
}

/** Nothing but one ask, and what `tasks` do. */
function fakeActions(actions: Partial<Actions>, edited?: () => Promise<ScreenNews>): Actions {
  return {
    perform(task) {
      if (task.name === "edit" && edited) return edited();
      return Promise.resolve<ScreenNews>(
        task.name === "detail"
          ? { name: "detailed", columns: 80, edited: undefined, detail: DETAIL }
          : { name: "listed", items: [ONE], skipped: 0 },
      );
    },
    table,
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
    await eventually(60, `"last" after ${turns} turns`, () => terminal.screen.includes("last"));
    await display.close();
  }
});

Deno.test("runTriage() reads nothing from the terminal while the editor has it", async () => {
  const terminal = new FakeTerminal();
  const started = Promise.withResolvers<void>();
  const editing = Promise.withResolvers<ScreenNews>();
  const run = runTriage(
    fakeActions({}, () => {
      started.resolve();
      return editing.promise;
    }),
    terminal,
    { now: () => NOW, uptimeMs: secondHand() },
  );
  await eventually(60, "list", () => terminal.screen.includes("1a2b3c4d"));
  terminal.press("\r");
  await eventually(
    60,
    "detail",
    () => terminal.screen.includes("a approve  m modify  r reject"),
  );
  terminal.press("m");
  await within(60, "editor", started.promise);
  assert.equal(terminal.isTaken, false);
  assert.equal(terminal.isRead, false);
  editing.resolve({ name: "edited", changed: undefined });
  await eventually(60, "notice", () => terminal.screen.includes("You changed nothing"));
  assert.equal(terminal.isTaken, true);
  terminal.press("\x03");
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
  await eventually(60, "remark", () => terminal.screen.includes("no such luck"));
  terminal.press("r");
  terminal.press("my reason");
  await eventually(60, "remark", () => terminal.screen.includes("the disk is full"));
  terminal.press("\x03");
  await within(60, "end", run);
  assert.ok(terminal.parting.endsWith("Not saved: my reason\n"));
});
