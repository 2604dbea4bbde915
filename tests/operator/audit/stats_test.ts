/** What is counted of the audit log: every decision once, and how long it took. */

import assert from "node:assert/strict";
import type { Entry } from "../../../src/operator/audit/chain.ts";
import { countOutcomes } from "../../../src/operator/audit/stats.ts";
import { chainOf } from "./fixture.ts";
import { NOW } from "../fixture.ts";

Deno.test("countOutcomes() of an even number of answers takes the middle of the middle two", async () => {
  const base = (await chainOf(1))[0]!;
  const entries = [10, 20, 40, 80].flatMap((seconds, index): Entry[] => [
    {
      ...base,
      arrival_timestamp: NOW.toISOString(),
      proposal_id: String(index),
      at: new Date(NOW.getTime() + seconds * 1_000).toISOString(),
      step: "answered",
      status: "approved",
    },
  ]);
  const [count] = await countOutcomes((async function* () {
    yield* entries;
  })());
  assert.equal(count?.median_ms, 30_000);
});

/** Entries of one proposal of each name, a second apart. */
async function counted(
  steps: readonly (readonly [id: string, step: string, status?: string])[],
): Promise<Record<string, unknown>> {
  const base = (await chainOf(1))[0]!;
  const [count] = await countOutcomes((async function* () {
    for (const [index, [proposal_id, step, status]] of steps.entries()) {
      const at = new Date(NOW.getTime() + index * 1_000).toISOString();
      const arrival_timestamp = NOW.toISOString();
      yield { ...base, proposal_id, step, at, arrival_timestamp, ...status && { status } };
    }
  })());
  const { bottle_slug: _slug, tool: _tool, ...counts } = count!;
  return counts;
}

const NONE = { approved: 0, modified: 0, rejected: 0, failed: 0, undone: 0 };

Deno.test("countOutcomes() counts once what an interruption has logged twice, and each failure", async () => {
  assert.deepEqual(
    await counted([
      ["a", "claimed"],
      ["a", "failed"],
      ["a", "failed"],
      ["a", "answered", "approved"],
      ["a", "answered", "approved"],
      ["a", "undone"],
      ["a", "undone"],
      ["b", "answered", "approved"],
      ["c", "rejected", "rejected"],
      ["c", "rejected", "rejected"],
      ["d", "answered", "modified"],
    ]),
    { approved: 2, modified: 1, rejected: 1, failed: 2, undone: 1, median_ms: 7_500 },
  );
});

Deno.test("countOutcomes() takes the time to the first of two equal answers", async () => {
  assert.deepEqual(
    await counted([
      ["a", "claimed"],
      ["a", "answered", "approved"],
      ["a", "claimed"],
      ["b", "failed"],
      ["a", "answered", "approved"],
    ]),
    { ...NONE, approved: 1, failed: 1, median_ms: 1_000 },
  );
});
