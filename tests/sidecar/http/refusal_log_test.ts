/** The log of callers who were turned away: the first at once, a flood as a number. */

import assert from "node:assert/strict";
import { RefusalLog } from "../../../src/sidecar/http/refusal_log.ts";

Deno.test("RefusalLog writes a line at most every 10 s, and counts those in between", () => {
  const lines: string[] = [];
  const refusals = new RefusalLog((line) => lines.push(line));
  for (const atMs of [0, 1, 5_000, 9_999]) refusals.say("no\n", atMs);
  assert.deepEqual(lines, ["refused a request: no"]);
  refusals.say("never\n", 10_000);
  assert.equal(lines[1], "refused a request: never (3 more were refused since the last)");
  refusals.say("no\n", 20_000);
  assert.equal(lines[2], "refused a request: no");
});
