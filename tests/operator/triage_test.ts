/** The triage screen without a terminal: keys, the state they lead to, and the rows drawn of it. */

import assert from "node:assert/strict";
import { Failure } from "../../src/operator/failure.ts";
import { width } from "../../src/operator/columns.ts";
import { type Actions, BOLD, type Detail, keyOf } from "../../src/operator/triage/actions.ts";
import { Display } from "../../src/operator/triage/display.ts";
import { Drafts } from "../../src/operator/triage/drafts.ts";
import { edit, type Field, MAX_FIELD_BYTES } from "../../src/operator/triage/field.ts";
import { type Key, KeyReader } from "../../src/operator/triage/keys.ts";
import { update } from "../../src/operator/triage/model.ts";
import { paint } from "../../src/operator/triage/paint.ts";
import { runTriage } from "../../src/operator/triage/run.ts";
import {
  type Effect,
  type Event,
  firstState,
  type Size,
  type State,
} from "../../src/operator/triage/state.ts";
import type { Terminal } from "../../src/operator/triage/terminal.ts";
import { type Frame, view } from "../../src/operator/triage/view.ts";
import { visibleLine } from "../../src/operator/visible.ts";
import type { Item } from "../../src/queue/bottle.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { eventually, within } from "../support/within.ts";
import { NOW, ROUTE } from "./fixture.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function namesOf(keys: readonly Key[]): string[] {
  return keys.map((key) => "text" in key ? `${key.name}:${key.text}` : key.name);
}

const KEYS: readonly (readonly [name: string, chunks: readonly string[], keys: string[]])[] = [
  ["letters", ["ja"], ["text:j", "text:a"]],
  ["other scripts", ["é日🙂"], ["text:é", "text:日", "text:🙂"]],
  ["arrows", ["\x1b[A\x1b[B\x1bOC\x1bOD"], ["up", "down", "right", "left"]],
  ["arrow in pieces", ["\x1b", "[", "A"], ["up"]],
  ["page keys", ["\x1b[5~\x1b[6~\x1b[H\x1b[4~"], ["page-up", "page-down", "home", "end"]],
  ["Enter, Backspace, Ctrl-U, Ctrl-W, Ctrl-C", ["\r\x7f\x15\x17\x03"], [
    "enter",
    "backspace",
    "erase-line",
    "erase-word",
    "interrupt",
  ]],
  ["Escape before another key", ["\x1b\x1b[A"], ["escape", "up"]],
  ["Escape before Ctrl-C", ["\x1b\x03"], ["escape", "interrupt"]],
  ["Alt and a letter is no command", ["\x1ba"], []],
  ["modified and unknown keys", ["\x1b[1;5A\x1b[15~\x1b[[A\x1bOP\x1b[<0;1;1M"], []],
  ["other control characters", ["\0\x01\x04\n\x1a\x9b"], []],
  ["paste with line feeds", ["\x1b[200~one\r\ntwo\x1b[201~x"], ["paste:one\r\ntwo", "text:x"]],
  ["paste in pieces", ["\x1b[20", "0~on", "e\x1b[2", "01~", "\r"], [
    "paste:on",
    "paste:e",
    "enter",
  ]],
  ["paste that holds a command", ["\x1b[200~q\x03\x1b[A\x1b[201~"], ["paste:q\x03\x1b[A"]],
  ["Ctrl-C after a paste without end", ["\x1b[200~one\x1b[2", "\x03", "q"], [
    "paste:one",
    "interrupt",
    "text:q",
  ]],
];

for (const [name, chunks, keys] of KEYS) {
  Deno.test(`KeyReader reads: ${name}`, () => {
    const reader = new KeyReader();
    assert.deepEqual(namesOf(chunks.flatMap((chunk) => reader.read(bytes(chunk)))), keys);
    assert.equal(reader.isWaiting, false);
  });
}

Deno.test("KeyReader reads characters that arrive byte by byte, and drops bytes that are none", () => {
  const reader = new KeyReader();
  const keys = [...bytes("é🙂日"), 0xff, 0x61]
    .flatMap((byte) => reader.read(new Uint8Array([byte])));
  assert.deepEqual(namesOf(keys), ["text:é", "text:🙂", "text:日", "text:a"]);
});

Deno.test("KeyReader takes a lone ESC byte for the Escape key only when nothing follows", () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.read(bytes("\x1b")), []);
  assert.equal(reader.isWaiting, true);
  assert.deepEqual(namesOf(reader.flush()), ["escape"]);
  assert.deepEqual(reader.read(bytes("\x1b[")), []);
  assert.deepEqual(reader.flush(), []);
  assert.deepEqual(namesOf(reader.read(bytes("x"))), ["text:x"]);
});

const EDITS: readonly (readonly [name: string, before: string, key: Key, after: string])[] = [
  ["a character", "a|b", { name: "text", text: "🙂" }, "a🙂|b"],
  ["pasted lines become one", "|", { name: "paste", text: "a\r\n\tb\x1b[0m\0" }, "a b[0m|"],
  ["Backspace takes a whole character", "a🙂|b", { name: "backspace" }, "a|b"],
  ["Backspace at the start", "|b", { name: "backspace" }, "|b"],
  ["Delete", "a|🙂b", { name: "delete" }, "a|b"],
  ["Ctrl-W", "one two  |three", { name: "erase-word" }, "one |three"],
  ["Ctrl-U", "one |two", { name: "erase-line" }, "|two"],
  ["Left over a whole character", "🙂|", { name: "left" }, "|🙂"],
  ["Right", "|🙂b", { name: "right" }, "🙂|b"],
  ["Home and End", "a|b", { name: "end" }, "ab|"],
];

for (const [name, before, key, after] of EDITS) {
  Deno.test(`edit(): ${name}`, () => {
    const field: Field = { text: before.replace("|", ""), cursor: before.indexOf("|") };
    const edited = edit(field, key);
    assert.ok(edited);
    const { text, cursor } = edited;
    assert.equal(`${text.slice(0, cursor)}|${text.slice(cursor)}`, after);
  });
}

Deno.test("edit() takes in no more than what an agent is sent", () => {
  const edited = edit({ text: "ab", cursor: 1 }, { name: "paste", text: "é".repeat(10_000) });
  assert.equal(bytes(edited?.text ?? "").length, MAX_FIELD_BYTES);
  assert.ok(edited?.text.endsWith("éb"));
});

function item(id: string, slug = "dev"): Item {
  return {
    slug: slug as Slug,
    proposal: {
      id: `${id}-1111-4111-8111-111111111111` as ProposalId,
      bottle_slug: slug as Slug,
      tool: "egress-block",
      proposed_file: ROUTE,
      justification: "to read the issues",
      arrival_timestamp: NOW.toISOString(),
      current_file_hash: "",
    },
    state: "pending",
    waiting: 0,
  };
}

const ONE = item("1a2b3c4d");
const TWO = item("2b3c4d5e");
const DETAIL: Detail = { rows: ["row"], basis: "aa", notices: ["SECRET  sent"], canApprove: true };

/** A state and what has been wanted since, to be told what happens. */
class Model {
  state: State;
  effects: Effect[] = [];

  constructor(size: Size = { columns: 80, rows: 24 }, drafts = new Map<string, string>()) {
    this.state = firstState(size, drafts);
    this.tell({ name: "listed", items: [ONE, TWO], skipped: 0 });
    this.effects = [];
  }

  tell(event: Event): this {
    const { state, effects } = update(this.state, event);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  press(text: string): this {
    const reader = new KeyReader();
    for (const key of [...reader.read(bytes(text)), ...reader.flush()]) {
      this.tell({ name: "key", key });
    }
    return this;
  }

  detailed(detail: Partial<Detail> = {}, of = ONE): this {
    const { columns } = this.state.size;
    return this.tell({ name: "detailed", item: of, columns, detail: { ...DETAIL, ...detail } });
  }

  listed(...items: Item[]): this {
    return this.tell({ name: "listed", items, skipped: 0 });
  }

  get wanted(): string[] {
    return this.effects.map(({ name }) => name);
  }

  text(): string {
    return textOf(view(this.state, NOW, table));
  }
}

const table: Actions["table"] = (
  items,
) => ["HEAD", ...items.map(({ proposal }) => proposal.id.slice(0, 8))];

function textOf({ rows }: Frame): string {
  return rows.map((row) => row.map(({ text }) => text).join("")).join("\n");
}

Deno.test("triage: a in the list shows the detail and approves nothing", () => {
  const model = new Model().press("aaaa\r\r\r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.equal(model.state.screen.name, "detail");
});

Deno.test("triage: approve carries the basis that was shown, and runs once", () => {
  const model = new Model().press("a").detailed().press("ayes\r");
  assert.match(model.text(), /Approve 1a2b3c4d: api\.github\.com, 1 path\? Enter approves/);
  assert.match(model.text(), /! SECRET {2}sent/);
  model.press("\r\ra\r");
  assert.deepEqual(model.effects.slice(1), [
    { name: "approve", item: ONE, basis: "aa", notes: "yes" },
  ]);
  assert.match(model.text(), /Applying/);
});

Deno.test("triage: Esc on the question approves nothing and keeps the notes", () => {
  const model = new Model().press("a").detailed().press("ayes\r\x1b\r\r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.equal(model.state.drafts.get(keyOf(ONE)), "yes");
});

Deno.test("triage: what cannot be approved says why", () => {
  const model = new Model().press("a").detailed({ canApprove: false, why: "It is wrong." });
  assert.match(model.press("a").text(), /It is wrong\./);
  assert.doesNotMatch(model.text(), /a approve/);
});

Deno.test("triage: reject wants a reason", () => {
  const model = new Model().press("r").detailed().press("  \r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.match(model.text(), /A reason is wanted/);
  model.press("no\r");
  assert.deepEqual(model.effects.at(-1), { name: "reject", item: ONE, basis: "aa", notes: "no" });
});

Deno.test("triage: nothing is answered before its detail was read", () => {
  const model = new Model().press("rno\r");
  assert.deepEqual(model.wanted, ["detail"]);
  assert.match(model.text(), /still being read/);
  assert.deepEqual(model.detailed().press("\r").wanted, ["detail", "reject"]);
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
  const effect = model.effects.at(-1);
  assert.ok(effect);
  const message = "the routes file has changed";
  model.tell({ name: "failed", effect, code: "changed", message, next: undefined });
  assert.deepEqual(model.wanted.slice(2).sort(), ["detail", "list"]);
  assert.match(model.detailed({ basis: "bb" }).text(), /The routes file has changed\./);
  assert.equal(model.state.drafts.get(keyOf(ONE)), "yes");
});

Deno.test("triage: the text is dropped once it was sent, and not before", () => {
  const model = new Model().press("r").detailed().press("no");
  assert.equal(model.state.drafts.get(keyOf(ONE)), "no");
  assert.equal(model.press("\r").state.drafts.get(keyOf(ONE)), "no");
  model.tell({ name: "done", sentences: ["Rejected."] });
  assert.equal(model.state.drafts.size, 0);
});

Deno.test("triage: a text whose proposal has gone is shown, and dropped only when told to", () => {
  const model = new Model().press("r").detailed().press("half a rea").listed(TWO);
  assert.match(model.press("son").text(), /half a reason[^]*/);
  assert.match(model.text(), /taken back by the agent/);
  model.press("\x1b");
  assert.match(model.text(), /1a2b3c4d of bottle dev is no longer open[^]*half a reason/);
  assert.equal(model.press("\r").state.drafts.get(keyOf(ONE)), "half a reason");
  assert.equal(model.state.screen.name, "list");
  const next = new Model(undefined, new Map(model.state.drafts)).listed(TWO);
  assert.match(next.text(), /half a reason/);
  assert.equal(next.press("d").state.drafts.size, 0);
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
  model.tell({ name: "detailed", item: ONE, columns: 60, detail: DETAIL });
  assert.match(model.text(), /Reading/);
});

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
      rows: [HOSTILE, `${BOLD.on}LOUD${BOLD.off}\tquiet`],
      notices: [HOSTILE, HOSTILE],
      canApprove: true,
    };
    const recents = [{ key: "a", slug: HOSTILE, id: HOSTILE, at: HOSTILE, what: HOSTILE }];
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

Deno.test("view() turns the program's own bold into an attribute, and no other escape", () => {
  const rows = [`${BOLD.on}LOUD${BOLD.off} quiet\x1b[31m`];
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
  await eventually(5, "save during the typing", () => {
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

function fakeActions(actions: Partial<Actions>): Actions {
  const nothing = () => Promise.resolve([]);
  return {
    list: () => Promise.resolve({ items: [ONE], skipped: 0 }),
    table,
    detail: () => Promise.resolve(DETAIL),
    approve: nothing,
    reject: nothing,
    modify: nothing,
    recent: nothing,
    undo: nothing,
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
    await eventually(5, `"last" after ${turns} turns`, () => terminal.written.includes("last"));
    await display.close();
  }
});

Deno.test("runTriage() reads nothing from the terminal while the editor has it", async () => {
  const terminal = new FakeTerminal();
  const started = Promise.withResolvers<void>();
  const editing = Promise.withResolvers<string[]>();
  const run = runTriage(
    fakeActions({
      modify() {
        started.resolve();
        return editing.promise;
      },
    }),
    terminal,
    () => NOW,
  );
  await eventually(5, "list", () => terminal.written.includes("1a2b3c4d"));
  terminal.type("\r");
  await eventually(
    5,
    "detail",
    () => terminal.written.includes("a approve  m modify  r reject  Space"),
  );
  terminal.type("m");
  await eventually(5, "input", () => terminal.written.includes("starts the editor"));
  terminal.type("\r");
  await within(5, "editor", started.promise);
  assert.equal(terminal.isTaken, false);
  assert.equal(terminal.isRead, false);
  editing.resolve(["Approved."]);
  await eventually(5, "message", () => terminal.written.includes("Approved."));
  assert.equal(terminal.isTaken, true);
  terminal.type("\x03");
  await within(5, "end", run);
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
    () => NOW,
  );
  await eventually(5, "remark", () => terminal.written.includes("no such luck"));
  terminal.type("r");
  terminal.type("my reason");
  await eventually(5, "remark", () => terminal.written.includes("the disk is full"));
  terminal.type("\x03");
  await within(5, "end", run);
  assert.ok(terminal.written.endsWith("Not saved: my reason\n"));
});
