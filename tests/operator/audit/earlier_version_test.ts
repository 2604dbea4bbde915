/** A log that an earlier version wrote, whose fields had other names: it verifies, is read, and goes on. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { allEntries } from "../../../src/operator/audit/read.ts";
import { openLog } from "../../../src/operator/audit/closed.ts";
import { type Entry, readEntry } from "../../../src/operator/audit/chain.ts";
import { temporary } from "../../support/temporary.ts";
import { CLAIMED, logIn } from "./fixture.ts";
import { headOf, mayRunPython, scriptOn, verdictOn, write } from "./sealed_log.ts";

const FILE = new URL("../../testdata/audit_of_earlier_version.jsonl", import.meta.url);
const log = await Deno.readTextFile(fileURLToPath(FILE));
const [first = "", second = ""] = log.split("\n");
const head = headOf(JSON.parse(second));

/** That log with an entry of this version behind it. */
async function goneOn(): Promise<{ log: string; head: string; entries: (Entry | undefined)[] }> {
  await using dir = await temporary();
  await write(dir.path, { log, head });
  await logIn(dir.path).append({ ...CLAIMED, basis: "ba", file_sha256: "fe" });
  using files = await openLog(dir.path);
  const entries = await Array.fromAsync(allEntries(files.files));
  const read = (name: string) => Deno.readTextFile(`${dir.path}/${name}`);
  return { log: await read("audit.jsonl"), head: await read("audit.head"), entries };
}

Deno.test("a log of an earlier version verifies, also with an entry of today behind it", async () => {
  const more = await goneOn();
  for (const [state, entries] of [[{ log, head }, 2], [more, 3]] as const) {
    const verdict = await verdictOn(state);
    assert.equal(verdict.kind === "ok" && verdict.entries, entries, JSON.stringify(verdict));
    if (mayRunPython) assert.equal(await scriptOn(state), undefined);
  }
});

Deno.test("entries of an earlier version are read under today's names", async () => {
  const { entries } = await goneOn();
  const names = ["bottle_slug", "basis", "arrival_timestamp", "file_sha256"] as const;
  assert.deepEqual(entries.map((entry) => names.map((name) => entry?.[name])), [
    ["dev", "5e884898", "2026-11-21T11:00:00.000Z", "2cf24dba"],
    ["dev", "5e884898", "2026-11-21T11:00:00.000Z", "2cf24dba"],
    ["dev", "ba", undefined, "fe"],
  ]);
});

for (
  const [what, change] of [
    ["another value", (line: string) => line.replace("5e884898", "5e884899")],
    ["today's name", (line: string) => line.replace('"slug"', '"bottle_slug"')],
    [
      "another order",
      (line: string) => line.replace(/("slug":"dev"),("proposal_id":"[^"]+")/, "$2,$1"),
    ],
  ] as const
) {
  Deno.test(`an entry of an earlier version that was changed is broken: ${what}`, async () => {
    const changed = change(first);
    assert.notEqual(changed, first);
    assert.equal(readEntry(new TextEncoder().encode(changed)).kind, "broken");
    const state = { log: `${changed}\n${second}\n`, head };
    assert.equal((await verdictOn(state)).kind, "broken");
    if (mayRunPython) assert.match(await scriptOn(state) ?? "", /broken at entry 1/);
  });
}
