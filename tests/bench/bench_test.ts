/** The bench's own arithmetic and words, which no run of it would show to be wrong. */

import assert from "node:assert/strict";
import { FULL, QUICK } from "./plan.ts";
import { parseOptions } from "./options.ts";
import { rows } from "./rows.ts";
import { largest, median, p99, percentile } from "./statistics.ts";
import { table } from "./table.ts";

const MEASURES = ["requests", "held"];

Deno.test("statistics: middle, nearest rank and nothing at all", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(percentile([10, 20, 30, 40], 0.5), 20);
  assert.equal(p99(Array.from({ length: 200 }, (_, index) => index + 1)), 198);
  assert.equal(largest([1, 3, 2]), 3);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("table: judges the first server and compares it with the second", () => {
  const figures = new Map([
    [
      "ours",
      new Map([["requests-16", [90, 100, 110]], ["requests-share", [79, 81]], ["held-rss", [301]], [
        "burst",
        [2_000],
      ]]),
    ],
    ["theirs", new Map([["requests-16", [5]], ["held-rss", [100]], ["burst-took", [Infinity]]])],
  ]);
  const lines = table(rows(FULL), ["ours", "theirs"], figures).split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()).slice(1, -1).join("|"));
  assert.ok(lines.includes("tools/list, 16 connections, requests/s|100|5|20 ×||"));
  assert.ok(lines.includes("of its requests/s tools/list has, %|80.0|–||≥ 80|reached"));
  assert.ok(lines.includes("held: memory, MB|301.0|100.0|0.332 ×|≤ 300|NOT reached"));
  assert.ok(lines.includes("calls at once: queued|2,000|–||≥ 2,000|reached"));
  assert.ok(
    lines.includes("calls at once: until all were queued, s|–|not at all||≤ 5|not measured"),
  );
});

Deno.test("options: servers are named, split, and filled in", () => {
  const options = parseOptions(
    ["--quick", "--rounds", "2", "--only", "held", "--server", "x=/bin/run --queue={queue} {port}"],
    MEASURES,
  );
  assert.deepEqual(options.plan, { ...QUICK, rounds: 2 });
  assert.deepEqual(options.only, ["held"]);
  assert.deepEqual(options.servers.map((server) => server.name), ["supervise", "x"]);
  assert.deepEqual(options.servers[1]?.command("/q", 9), ["/bin/run", "--queue=/q", "9"]);
});

const WRONG: readonly [string, readonly string[], RegExp][] = [
  ["rounds", ["--rounds", "0"], /Cannot use "0" for --rounds/],
  ["measure", ["--only", "helt"], /no measure "helt".*requests, held/],
  ["load", ["--load", "ab"], /Cannot use "ab" for --load/],
  ["server", ["--server", "x= "], /Cannot use "x= " for --server/],
  ["no server", ["--no-own"], /No server is left/],
  ["same name", ["--server", "a=b", "--server", "a=c"], /same name/],
  ["option", ["--fast"], /--fast/],
];
for (const [name, args, message] of WRONG) {
  Deno.test(`options: a wrong ${name} is quoted`, () => {
    assert.throws(() => parseOptions(args, MEASURES), message);
  });
}
