/** Verifying logs that are whole, long, large or gone: what is said of them, and at what cost. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatEntry, NO_ENTRY, seal } from "../../../src/operator/audit/chain.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { finish } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import {
  ALL,
  HEAD,
  headOf,
  INTACT,
  LINES,
  mayRunPython,
  scriptOn,
  SHORT,
  type State,
  verdictOn,
  write,
} from "./sealed_log.ts";

const WHOLE:
  readonly (readonly [name: string, state: State, entries: number, remarks: RegExp[]])[] = [
    ["as it was written", { log: ALL, head: HEAD }, 30, []],
    ["a head without its line feed", { log: ALL, head: HEAD.trimEnd() }, 30, []],
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
    JSON.stringify(new URL("../../../src/operator/audit/verify.ts", import.meta.url).href)
  }); const before = Deno.memoryUsage().rss; const { entries } = await verifyLog(${
    JSON.stringify(dir.path)
  }); console.log(JSON.stringify({ entries, grown: Deno.memoryUsage().rss - before }));`;
  const args = ["eval", "--quiet", "--cached-only", program];
  const cwd = fileURLToPath(new URL("../../../", import.meta.url));
  const { stdout, stderr } = await finish(Deno.execPath(), args, { cwd });
  assert.equal(stderr, "");
  const { entries, grown } = JSON.parse(stdout);
  assert.equal(entries, 800);
  assert.ok(grown < 130e6, `${Math.round(grown / 1e6)} MB`);
});
