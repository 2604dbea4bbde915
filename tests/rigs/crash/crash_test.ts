/** Whatever moment `supervisectl` is killed at, live files, decision, records and audit log agree. */

import assert from "node:assert/strict";
import { crashRounds } from "./rounds.ts";

Deno.test("supervisectl killed at every step, and its recovery 60 times: nothing torn, lost or half done", async () => {
  const report = await crashRounds({ all: false, pairs: 60, seed: 20_261_121 });
  assert.deepEqual(report.faults, []);
  assert.ok(report.kills > 250, `${report.kills} kills`);
});
