/** Whatever is done to a log, verifying finds it and names the place, and so does the script. */

import assert from "node:assert/strict";
import { type Entry, formatEntry, NO_ENTRY, seal } from "../../../src/operator/audit/chain.ts";
import { Random } from "../../support/random.ts";
import {
  ALL,
  HEAD,
  headOf,
  INTACT,
  LINES,
  mayRunPython,
  scriptOn,
  SHORT,
  verdictOn,
} from "./sealed_log.ts";

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
  ["the head with a key more", ALL, 30, /names no entry/, HEAD.replace("}", ',"at":"x"}')],
  ["the head with a key less", ALL, 30, /names no entry/, HEAD.replace(/"seq":"30",/, "")],
  ["the head with a key twice", ALL, 30, /names no entry/, HEAD.replace("{", '{"seq":"29",')],
  ["the head with a number", ALL, 30, /names no entry/, HEAD.replace('"30"', "30")],
  ["the head with a space", ALL, 30, /names no entry/, HEAD.replace(",", ", ")],
  ["the head with a byte order mark", ALL, 30, /names no entry/, `\ufeff${HEAD}`],
  ["the head with a further line", ALL, 30, /names no entry/, `${HEAD}\n`],
  ["the head of no entry", LINES[0]!, 1, /names no entry/, `{"seq":"0","hash":"${NO_ENTRY}"}\n`],
  ["the head a list", ALL, 30, /names no entry/, "[]\n"],
  ["the head half written", ALL, 30, /names no entry/, HEAD.slice(0, 40)],
  ["the head very long", ALL, 30, /names no entry/, HEAD + " ".repeat(10_000)],
  ["the head gone", ALL, 1, /audit.head is gone/, ""],
  ["a space", rewritten(4, (line) => line.replace(",", ", ")), 4, /not in the one form/],
  ["a space at the end", rewritten(4, (line) => line.replace("\n", " \n")), 4, /the one form/],
  ["CRLF", rewritten(4, (line) => line.replace("\n", "\r\n")), 4, /not in the one form/],
  ["an empty line", rewritten(4, (line) => line + "\n"), 5, /it is not JSON/],
  ["a byte order mark", "\ufeff" + ALL, 1, /it is not JSON/],
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
  ["a number", rewritten(4, (line) => line.replace('"4"', "4")), 4, /not an object of strings/],
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
  ["an array", rewritten(4, () => "[]\n"), 4, /not an object of strings/],
  ["null", rewritten(4, () => "null\n"), 4, /not an object of strings/],
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
      const told = await scriptOn({ log, head: given || undefined });
      const [, number] = /^broken at entry (\d+):/.exec(told ?? "") ?? [];
      assert.ok(told?.startsWith("broken"), `${name}: ${told}`);
      if (number !== undefined) assert.equal(Number(number), entry, name);
    }
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
