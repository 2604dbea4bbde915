/** The crash test in short: whatever moment a program is killed at, nothing is lost or torn. */

import assert from "node:assert/strict";
import { killRounds } from "./rounds.ts";

Deno.test("kill -9 of the sidecar, 100 times: nothing lost or torn, asking again gets the decision", async () => {
  const report = await killRounds({ rounds: 100, seed: 20_261_121, only: "sidecar" });
  assert.deepEqual(report.faults, []);
  assert.equal(report.sidecarKills, 100);
});

Deno.test("kill -9 of supervisectl approve, 100 times: one whole decision, and it can be finished", async () => {
  const report = await killRounds({ rounds: 100, seed: 20_261_121, only: "operator" });
  assert.deepEqual(report.faults, []);
  assert.equal(report.operatorKills, 100);
});
