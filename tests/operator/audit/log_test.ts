/** The audit log as it is written: its form, its limits, what it builds on, and its document. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import {
  type Entry,
  FIELDS,
  formatEntry,
  NO_ENTRY,
  seal,
} from "../../../src/operator/audit/chain.ts";
import { type AuditEvent, STEPS } from "../../../src/operator/audit/entry.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { finish } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { chainOf, CLAIMED, entriesIn, isFailure, logIn, NO_FILES, writeLog } from "./fixture.ts";
import { NOW } from "../fixture.ts";

Deno.test("append() makes directory, log and head for their owner alone, and returns the hash", async () => {
  await using dir = await temporary();
  const directory = join(dir.path, "a/state");
  const hash = await logIn(directory).append({ ...CLAIMED, notes: "", basis: undefined });
  const [entry] = await entriesIn(directory);
  assert.deepEqual(entry, {
    seq: "1",
    at: "2026-11-21T12:00:00.000Z",
    who: "alice",
    ...CLAIMED,
    notes: "",
    previous: NO_ENTRY,
    hash,
  });
  assert.equal((await Deno.stat(directory)).mode! & 0o777, 0o700);
  for (const name of ["audit.jsonl", "audit.head"]) {
    assert.equal((await Deno.stat(join(directory, name))).mode! & 0o777, 0o600, name);
  }
});

Deno.test("append() keeps hostile text in one line, well-formed, and changes nothing else of it", async () => {
  await using dir = await temporary();
  const justification = '\n{"seq":"9"}\n\u2028\x1b[2J\u202e\0"';
  await logIn(dir.path).append({ ...CLAIMED, justification, notes: "a\ud800b" });
  const text = await Deno.readTextFile(join(dir.path, "audit.jsonl"));
  assert.equal(text.split("\n").length, 2);
  const [entry] = await entriesIn(dir.path);
  assert.equal(entry?.justification, justification);
  assert.equal(entry?.notes, "a\ufffdb");
  assert.equal((await verifyLog(dir.path)).kind, "ok");
});

const HUGE = [
  { name: "plain", text: "x".repeat(300_000) },
  { name: "what JSON writes six times as long", text: "\0".repeat(300_000) },
  { name: "two bytes a character", text: "é".repeat(300_000) },
  { name: "surrogate pairs", text: "🙂".repeat(300_000) },
];

for (const { name, text } of HUGE) {
  Deno.test(`append() cuts values over 256 KiB, of ${name}, and names all of them`, async () => {
    await using dir = await temporary();
    await logIn(dir.path).append({ ...CLAIMED, diff: text, detail: text });
    const { size } = await Deno.stat(join(dir.path, "audit.jsonl"));
    assert.ok(size > 2 * 255 * 1_024 && size < 2 * 257 * 1_024, String(size));
    const [entry] = await entriesIn(dir.path);
    assert.ok(entry?.diff?.endsWith("…") && text.startsWith(entry.diff.slice(0, -1)));
    const hash = createHash("sha256").update(text).digest("hex");
    const whole = `${new TextEncoder().encode(text).length} bytes, SHA-256 ${hash}`;
    assert.equal(entry?.cut, `diff: ${whole}; detail: ${whole}`);
    assert.equal((await verifyLog(dir.path)).kind, "ok");
  });
}

Deno.test("append() with every value at its longest writes a line that verifies", async () => {
  await using dir = await temporary();
  const text = "\x01".repeat(100_000);
  const event = Object.fromEntries(FIELDS.map((name) => [name, text]));
  for (const name of ["seq", "at", "who", "cut", "previous", "hash"]) delete event[name];
  const log = new AuditLog(dir.path, text, () => NOW);
  await log.append(event as unknown as AuditEvent);
  await log.append(CLAIMED);
  assert.equal((await verifyLog(dir.path)).kind, "ok");
});

Deno.test("append() many times at once in one process keeps the order of the calls", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  const numbers = Array.from({ length: 60 }, (_, index) => String(index));
  await Promise.all(numbers.map((detail) => log.append({ ...CLAIMED, detail })));
  assert.deepEqual((await entriesIn(dir.path)).map(({ detail }) => detail), numbers);
});

Deno.test("append() to a log of 100 MB reads its end alone", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "audit.jsonl");
  const log = logIn(dir.path);
  await log.append(CLAIMED);
  const [first] = await entriesIn(dir.path);
  // The beginning is not looked at: a hole stands for it.
  const last = seal({ ...first!, seq: "2", previous: first!.hash });
  const line = formatEntry(last);
  using file = await Deno.open(path, { write: true });
  await file.truncate(100_000_000);
  await file.seek(-1, Deno.SeekMode.End);
  await file.write(new TextEncoder().encode("\n" + line));
  const hash = await log.append(CLAIMED);
  const head = JSON.parse(await Deno.readTextFile(join(dir.path, "audit.head")));
  assert.deepEqual(head, { seq: "3", hash });
});

for (const [name, make] of NO_FILES) {
  Deno.test(`append() and verifyLog() refuse a log that is ${name}`, async () => {
    await using dir = await temporary();
    await make(join(dir.path, "audit.jsonl"));
    await assert.rejects(
      logIn(dir.path).append(CLAIMED),
      isFailure("cannot-write", /must be a regular file, got/),
    );
    await assert.rejects(
      verifyLog(dir.path),
      isFailure("cannot-read", /must be a regular file, got/),
    );
    assert.equal(await Deno.readTextFile(join(dir.path, "audit.jsonl.other")).catch(() => ""), "");
  });
}

Deno.test("append() gives up on a log that is held, and gives a late lock back", async () => {
  await using dir = await temporary();
  await logIn(dir.path).append(CLAIMED);
  using holder = await Deno.open(join(dir.path, "audit.jsonl"), { read: true });
  await holder.lock(true);
  const impatient = new AuditLog(dir.path, "alice", () => NOW, { waitMs: 20 });
  await assert.rejects(
    impatient.append(CLAIMED),
    isFailure("cannot-write", /another supervisectl holds the audit log/),
  );
  await holder.unlock();
  await logIn(dir.path).append(CLAIMED);
  assert.equal((await entriesIn(dir.path)).length, 2);
});

Deno.test({
  name: "append() that waited while the log was moved away begins the new one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using dir = await temporary();
    const path = join(dir.path, "audit.jsonl");
    await logIn(dir.path).append(CLAIMED);
    using holder = await Deno.open(path, { read: true });
    await holder.lock(true);
    const appended = logIn(dir.path).append(CLAIMED);
    const { ino } = await holder.stat();
    await until(async () =>
      new RegExp(`-> FLOCK .*:${ino} `).test(await Deno.readTextFile("/proc/locks"))
    );
    await Deno.rename(path, `${path}.broken`);
    await Deno.rename(join(dir.path, "audit.head"), join(dir.path, "audit.head.broken"));
    await holder.unlock();
    await appended;
    assert.deepEqual((await entriesIn(dir.path)).map(({ seq }) => seq), ["1"]);
    assert.equal((await Deno.readTextFile(`${path}.broken`)).split("\n").length, 2);
  },
});

Deno.test("append() to a directory that is a file fails with what stands in the way", async () => {
  await using dir = await temporary();
  await Deno.writeTextFile(join(dir.path, "state"), "");
  await assert.rejects(
    logIn(join(dir.path, "state")).append(CLAIMED),
    isFailure("cannot-write", /cannot write the audit log .*: not a directory/),
  );
});

Deno.test("append() builds on no forged end, whatever way it is forged", async (t) => {
  const intact = await chainOf(3);
  const [one, two, three] = intact.map(formatEntry) as [string, string, string];
  const head = (entry: Entry) => JSON.stringify({ seq: entry.seq, hash: entry.hash });
  const other = seal({ ...intact[2]!, notes: "other" });
  const cases: readonly (readonly [name: string, log: string, head: string | undefined])[] = [
    ["the last entry changed", one + two + three.replace("alice", "bob"), head(intact[2]!)],
    ["the last entry replaced", one + two + formatEntry(other), head(intact[2]!)],
    ["the end cut off", one + two, head(intact[2]!)],
    ["everything cut off", "", head(intact[2]!)],
    ["the end cut off in its middle", one + two + three.slice(0, -9), head(intact[2]!)],
    ["the head gone", one + two + three, undefined],
    ["the head put back", one + two + three, head(intact[0]!)],
    ["the head of another log", one + two + three, head({ ...intact[2]!, hash: NO_ENTRY })],
    ["the head no JSON", one + two + three, "{"],
    ["an empty line at the end", one + two + three + "\n", head(intact[2]!)],
    ["a last line over 4 MiB", one + two + three + "x".repeat(5_000_000), head(intact[2]!)],
  ];
  for (const [name, log, headText] of cases) {
    await t.step(name, async () => {
      await using dir = await temporary();
      await writeLog(dir.path, log, headText);
      await assert.rejects(logIn(dir.path).append(CLAIMED), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, "audit-broken");
        assert.deepEqual(error.remedy, { do: "verify audit" });
        return true;
      });
      assert.equal(await Deno.readTextFile(join(dir.path, "audit.jsonl")), log);
      assert.equal((await verifyLog(dir.path)).kind, "broken");
    });
  }
});

// --- the document

const DOCUMENT = await Deno.readTextFile(new URL("../../../docs/audit.md", import.meta.url));

Deno.test("docs/audit.md: its two entries are a log that verifies, and the shell computes its hash", async () => {
  await using dir = await temporary();
  const [, log = ""] = /^```jsonl\n([^`]+)^```$/m.exec(DOCUMENT) ?? [];
  const entries: Entry[] = log.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { seq, hash } = entries[1]!;
  await writeLog(dir.path, log, JSON.stringify({ seq, hash }));
  const verdict = await verifyLog(dir.path);
  assert.deepEqual(verdict, {
    kind: "ok",
    entries: 2,
    from: 1,
    files: 1,
    head: hash,
    remarks: [],
    expected: undefined,
  });
  const [, command = ""] = /^(printf .* \| sha256sum)$/m.exec(DOCUMENT) ?? [];
  const { stdout } = await finish("sh", ["-c", command]);
  assert.equal(stdout.slice(0, 64), hash);
});

Deno.test("docs/audit.md and docs/verify_audit.py name every field in its order, and every step", async () => {
  const rows = (heading: string) => {
    const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
    return [...section.matchAll(/^\| `([^`]+)` +\|(.*)\|$/gm)];
  };
  assert.deepEqual(rows("What is logged").map(([, name]) => name), STEPS);
  assert.deepEqual(rows("Fields").map(([, name]) => name), FIELDS);
  const base = (await chainOf(1))[0]!;
  assert.deepEqual(
    rows("Fields").filter(([, , text]) => text?.includes("always there")).map(([, name]) => name),
    Object.keys(base),
  );
  const script = await Deno.readTextFile(new URL("../../../docs/verify_audit.py", import.meta.url));
  const [, first = "", last] = /^FIRST = \(([^)]+)\).*\nLAST = "(.+)"/ms.exec(script) ?? [];
  const named = first.replaceAll(/["\s]+/g, " ").trim().split(" ");
  assert.deepEqual(named, FIELDS.slice(0, named.length));
  assert.ok(FIELDS.join(" ").endsWith(` ${last?.split('"')[0]}`));
  assert.ok(script.trimEnd().split("\n").length < 70);
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!await isTrue());
}
