/** Whatever is done to a log, verifying finds it and names the place, and so does the script. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Entry, formatEntry, NO_ENTRY, seal } from "../../src/operator/audit/chain.ts";
import { AuditLog } from "../../src/operator/audit/log.ts";
import { type Verdict, verifyLog } from "../../src/operator/audit/verify.ts";
import { Random } from "../support/random.ts";
import { temporary } from "../support/temporary.ts";

const SCRIPT = fileURLToPath(new URL("../../docs/verify_audit.py", import.meta.url));
const mayRunPython = await new Deno.Command("python3", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

const COUNT = 30;
const INTACT = await makeEntries();
const LINES = INTACT.map(formatEntry);
const HEAD = headOf(INTACT.at(-1)!);

/** Entries with all that an agent and an operator may write. */
async function makeEntries(): Promise<Entry[]> {
  await using dir = await temporary();
  const log = new AuditLog(dir.path, "alice", () => new Date("2026-11-21T12:00:00Z"));
  for (let count = 0; count < COUNT; count++) {
    await log.append({
      step: "applied",
      slug: "dev",
      proposal_id: crypto.randomUUID(),
      tool: "egress-block",
      diff: `-a\n+b ${count}\t"\\\u2028 é 🙂\0\x7f`,
      justification: count % 3 ? undefined : "because \ufffd",
    });
  }
  const text = await Deno.readTextFile(join(dir.path, "audit.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

function headOf({ seq, hash }: Entry): string {
  return JSON.stringify({ seq, hash }) + "\n";
}

interface State {
  readonly log: string | Uint8Array;
  readonly head: string | undefined;
}

async function write(directory: string, { log, head }: State): Promise<void> {
  const bytes = typeof log === "string" ? new TextEncoder().encode(log) : log;
  await Deno.writeFile(join(directory, "audit.jsonl"), bytes);
  if (head !== undefined) await Deno.writeTextFile(join(directory, "audit.head"), head);
}

async function verdictOn(state: State): Promise<Verdict> {
  await using dir = await temporary();
  await write(dir.path, state);
  return await verifyLog(dir.path);
}

/** Undefined when the script finds nothing wrong. */
async function scriptOn(state: State): Promise<string | undefined> {
  await using dir = await temporary();
  await write(dir.path, state);
  const args = [SCRIPT, "audit.jsonl"];
  const { success, stderr } = await new Deno.Command("python3", { args, cwd: dir.path }).output();
  return success ? undefined : new TextDecoder().decode(stderr);
}

function swapped(first: number, second: number): string {
  const lines = [...LINES];
  [lines[first - 1], lines[second - 1]] = [lines[second - 1]!, lines[first - 1]!];
  return lines.join("");
}

function without(number: number): string {
  return LINES.toSpliced(number - 1, 1).join("");
}

/** The line of an entry, written otherwise. */
function rewritten(number: number, write: (line: string) => string): string {
  return LINES.toSpliced(number - 1, 1, write(LINES[number - 1]!)).join("");
}

function resealed(number: number, change: Partial<Entry>): string {
  return rewritten(number, () => formatEntry(seal({ ...INTACT[number - 1]!, ...change })));
}

const forged = formatEntry(seal({ ...INTACT[9]!, seq: "11", previous: INTACT[9]!.hash }));
const ALL = LINES.join("");
const SHORT = LINES.slice(0, 28).join("");

const TAMPERED: readonly (readonly [
  name: string,
  log: string,
  entry: number,
  why: RegExp,
  head?: string,
])[] = [
  ["the first entry removed", without(1), 1, /the first entry is missing: the log begins with 2/],
  ["one removed", without(12), 12, /an entry is missing between 11 and 13/],
  ["the last entry removed", without(30), 30, /cut off: the log ends at 29 and its head says 30/],
  ["two swapped", swapped(5, 6), 5, /out of order: it stands on line 6, behind entry 6/],
  ["two far ones swapped", swapped(3, 20), 3, /out of order: it stands on line 20/],
  ["one twice", rewritten(7, (line) => line + line), 8, /entry 7 stands in its place/],
  ["one put in", rewritten(10, (line) => line + forged), 12, /entry 11 stands in its place/],
  ["one replaced, with its hash", resealed(8, { who: "mally" }), 9, /it does not follow entry 8/],
  ["the first replaced", resealed(1, { previous: "1".repeat(64) }), 1, /not follow nothing/],
  ["the last replaced", resealed(30, { who: "mally" }), 30, /not the entry that audit.head names/],
  ["the end cut off", SHORT, 29, /the end was cut off: the log ends at 28 and its head says 30/],
  ["half a line cut off", ALL.slice(0, -200), 30, /the end was cut off: the log ends at 29/],
  ["the last line feed cut off", ALL.slice(0, -1), 30, /the end was cut off/],
  ["all cut off", "", 1, /the log is empty and its head says 30/],
  [
    "the head of entry 12",
    ALL,
    13,
    /audit.head says 12 and the log ends at 30/,
    headOf(INTACT[11]!),
  ],
  ["the head another hash", ALL, 30, /not the entry/, headOf({ ...INTACT[29]!, hash: NO_ENTRY })],
  ["the head ahead", ALL, 31, /cut off/, headOf({ ...INTACT[29]!, seq: "31" })],
  ["the head gone", ALL, 1, /audit.head is gone/, ""],
  ["a space", rewritten(4, (line) => line.replace(",", ", ")), 4, /not in the one form/],
  ["a space at the end", rewritten(4, (line) => line.replace("\n", " \n")), 4, /the one form/],
  ["CRLF", rewritten(4, (line) => line.replace("\n", "\r\n")), 4, /not in the one form/],
  ["an empty line", rewritten(4, (line) => line + "\n"), 5, /it is no JSON/],
  ["a byte order mark", "\ufeff" + ALL, 1, /it is no JSON/],
  ["a character escaped", rewritten(4, (line) => line.replace("alice", "\\u0061lice")), 4, /form/],
  ["a field twice", rewritten(4, (line) => line.replace("{", '{"seq":"9",')), 4, /one form/],
  [
    "two fields exchanged",
    rewritten(4, (line) => line.replace(/("who":"[^"]*"),("step":"[^"]*")/, "$2,$1")),
    4,
    /one form/,
  ],
  ["a field more", rewritten(4, (line) => line.replace("{", '{"x":"",')), 4, /one form/],
  ["a field less", rewritten(4, (line) => line.replace(/"who":"[^"]*",/, "")), 4, /no who/],
  ["a number", rewritten(4, (line) => line.replace('"4"', "4")), 4, /no object of strings/],
  [
    "text moved on",
    rewritten(4, (l) => l.replace('"alice","step":"', '"alic","step":"e')),
    4,
    /hash/,
  ],
  // The mark of a lost character has the bytes that the lost character would be hashed as.
  [
    "half a character",
    rewritten(4, (line) => line.replace("\ufffd", "\\ud800")),
    4,
    /object of str/,
  ],
  ["an array", rewritten(4, () => "[]\n"), 4, /no object of strings/],
  ["null", rewritten(4, () => "null\n"), 4, /no object of strings/],
  ["deep nesting", rewritten(4, () => "[".repeat(100_000) + "\n"), 4, /it was changed/],
  ["a line over 4 MiB", rewritten(4, () => `"${"x".repeat(4 << 20)}"\n`), 4, /longer than 4194304/],
  ["an end over 4 MiB", ALL + "x".repeat(5 << 20), 31, /longer than 4194304/],
];

for (const [name, log, entry, why, given = HEAD] of TAMPERED) {
  Deno.test(`verifyLog() finds: ${name}`, async () => {
    assert.notEqual(log, given === HEAD ? ALL : "");
    const verdict = await verdictOn({ log, head: given || undefined });
    assert.equal(verdict.kind, "broken");
    assert.equal(verdict.kind === "broken" && verdict.entry, entry);
    assert.match(verdict.kind === "broken" ? verdict.why : "", why);
  });
}

Deno.test({
  name: "docs/verify_audit.py finds the same, at the same entry",
  ignore: !mayRunPython,
  async fn() {
    for (const [name, log, entry, , given = HEAD] of TAMPERED) {
      if (name === "an end over 4 MiB") continue; // To the script that is one unfinished line.
      const told = await scriptOn({ log, head: given || undefined });
      const [, number] = /^broken at entry (\d+):/.exec(told ?? "") ?? [];
      assert.ok(told?.startsWith("broken"), `${name}: ${told}`);
      if (number !== undefined) assert.equal(Number(number), entry, name);
    }
  },
});

const WHOLE:
  readonly (readonly [name: string, state: State, entries: number, remarks: RegExp[]])[] = [
    ["as it was written", { log: ALL, head: HEAD }, 30, []],
    ["nothing", { log: "", head: undefined }, 0, []],
    ["one entry without a head", { log: LINES[0]!, head: undefined }, 1, [/one entry behind/]],
    ["a head one behind", { log: ALL, head: headOf(INTACT[28]!) }, 30, [/one entry behind/]],
    [
      "half a line more",
      { log: SHORT + LINES[28]!.slice(0, 77), head: headOf(INTACT[27]!) },
      28,
      [/^unfinished last line: 77 bytes after entry 28, which a crash leaves$/],
    ],
    [
      "half a line more, and a head one behind",
      { log: SHORT + LINES[28]!.slice(0, -1), head: headOf(INTACT[26]!) },
      28,
      [/unfinished last line/, /one entry behind/],
    ],
    [
      "half of the first line",
      { log: LINES[0]!.slice(0, 9), head: undefined },
      0,
      [/9 bytes and no entry before/],
    ],
    ["zeros that a power cut left", { log: ALL + "\0".repeat(512), head: HEAD }, 30, [/512 bytes/]],
  ];

for (const [name, state, entries, remarks] of WHOLE) {
  Deno.test(`verifyLog() is content with: ${name}`, async () => {
    const verdict = await verdictOn(state);
    assert.equal(verdict.kind, "ok", JSON.stringify(verdict));
    if (verdict.kind !== "ok") return;
    assert.equal(verdict.entries, entries);
    assert.equal(verdict.remarks.length, remarks.length);
    for (const [index, remark] of remarks.entries()) assert.match(verdict.remarks[index]!, remark);
  });
}

Deno.test({
  name: "docs/verify_audit.py is content with the same",
  ignore: !mayRunPython,
  async fn() {
    for (const [name, state] of WHOLE) assert.equal(await scriptOn(state), undefined, name);
  },
});

/** A byte of the log changed, and the entry that it is in. */
function* singleBytes(seed: number, count: number): Generator<{ log: Uint8Array; entry: number }> {
  const random = new Random(seed);
  const bytes = new TextEncoder().encode(ALL);
  for (let done = 0; done < count; done++) {
    const at = random.below(bytes.length);
    const log = bytes.slice();
    log[at] = (log[at]! + 1 + random.below(255)) % 256;
    const entry = 1 + bytes.subarray(0, at).filter((byte) => byte === 10).length;
    yield { log, entry };
  }
}

Deno.test("verifyLog() finds each of 300 single bytes changed, and names its entry", async () => {
  for (const { log, entry } of singleBytes(20_261_121, 300)) {
    const verdict = await verdictOn({ log, head: HEAD });
    assert.equal(verdict.kind, "broken");
    assert.equal(verdict.kind === "broken" && verdict.entry, entry);
  }
});

Deno.test({
  name: "docs/verify_audit.py finds each of 20 single bytes changed",
  ignore: !mayRunPython,
  async fn() {
    for (const { log } of singleBytes(7, 20)) {
      assert.match(await scriptOn({ log, head: HEAD }) ?? "", /^broken/);
    }
  },
});

Deno.test("verifyLog() finds each of 100 several bytes changed, dropped, doubled or put in", async () => {
  const random = new Random(4);
  const bytes = new TextEncoder().encode(ALL);
  for (let done = 0; done < 100; done++) {
    const log = random.mutate(bytes);
    if (new TextDecoder().decode(log) === ALL) continue;
    const verdict = await verdictOn({ log, head: HEAD });
    // Bytes put in behind the end are all that can pass for what a crash leaves.
    const isLeft = verdict.kind === "ok" && new TextDecoder().decode(log).startsWith(ALL);
    assert.ok(verdict.kind === "broken" || isLeft);
  }
});

Deno.test("verifyLog() finds the hash that was asked for, and no other", async () => {
  await using dir = await temporary();
  await write(dir.path, { log: ALL, head: HEAD });
  const expected = async (hash: string) => {
    const verdict = await verifyLog(dir.path, hash);
    return verdict.kind === "ok" && verdict.expected;
  };
  assert.equal(await expected(INTACT[11]!.hash), 12);
  assert.equal(await expected(INTACT[29]!.hash), 30);
  assert.equal(await expected(NO_ENTRY), undefined);
});

Deno.test("verifyLog() finds that the log is gone and its head is there", async () => {
  await using dir = await temporary();
  await Deno.writeTextFile(join(dir.path, "audit.head"), HEAD);
  const verdict = await verifyLog(dir.path);
  assert.equal(verdict.kind, "broken");
});

Deno.test("verifyLog() looks at lines of every length across the blocks it reads", async () => {
  let previous = NO_ENTRY;
  const entries = Array.from({ length: 60 }, (_, index) => {
    const detail = "x".repeat(index * 4_001);
    const entry = seal({ ...INTACT[0]!, seq: String(index + 1), detail, previous });
    previous = entry.hash;
    return entry;
  });
  const log = entries.map(formatEntry).join("");
  const verdict = await verdictOn({ log, head: headOf(entries.at(-1)!) });
  assert.equal(verdict.kind === "ok" && verdict.entries, 60);
});

Deno.test("verifyLog() of 200 MB takes less than 130 MB", async () => {
  await using dir = await temporary();
  using file = await Deno.open(join(dir.path, "audit.jsonl"), { write: true, create: true });
  let last = INTACT[0]!;
  let previous = NO_ENTRY;
  const detail = "x".repeat(250_000);
  for (let count = 1; count <= 800; count++) {
    last = seal({ ...last, seq: String(count), detail, previous });
    previous = last.hash;
    await file.write(new TextEncoder().encode(formatEntry(last)));
  }
  await Deno.writeTextFile(join(dir.path, "audit.head"), headOf(last));
  const program = `const { verifyLog } = await import(${
    JSON.stringify(new URL("../../src/operator/audit/verify.ts", import.meta.url).href)
  }); const before = Deno.memoryUsage().rss; const { entries } = await verifyLog(${
    JSON.stringify(dir.path)
  }); console.log(JSON.stringify({ entries, grown: Deno.memoryUsage().rss - before }));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--cached-only", program],
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  const { entries, grown } = JSON.parse(new TextDecoder().decode(stdout));
  assert.equal(entries, 800);
  assert.ok(grown < 130e6, `${Math.round(grown / 1e6)} MB`);
});
