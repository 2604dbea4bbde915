/** An agent that asks again and again waits as much as one whose call is open: the operator is told. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { hostAsk, legacy, modern, resultOf } from "../support/modern.ts";
import { startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";

/** Ways in which agents look whether an ask is answered. */
const WAYS = [
  ["tasks/get", (id: string) => modern("tasks/get", { taskId: id }, { tasks: true })],
  ["proposal-status", (id: string) =>
    legacy("2025-06-18", "tools/call", {
      name: "proposal-status",
      arguments: { proposal_id: id },
    })],
  [
    "a read of the resource",
    (id: string) => legacy("2025-11-25", "resources/read", { uri: `supervise://proposals/${id}` }),
  ],
] as const;

Deno.test("waiting.json tells of an agent that took a task, and of each way to poll", async (t) => {
  await using sidecar = await startSidecar();
  const { port, queueDirectory } = sidecar;
  const probe = new QueueProbe(queueDirectory);
  const polledSince = (id: string, since: number) =>
    probe.until(`poll of ${id}`, async () => {
      const text = await Deno.readTextFile(join(queueDirectory, "waiting.json")).catch(() => "{}");
      const { calls = {}, polls = {} } = JSON.parse(text);
      if (!(Date.parse(polls[id]) >= since)) return undefined;
      assert.deepEqual(calls, {}, "no call waits");
      return true;
    });
  const begun = Date.now();
  const task = modern("tools/call", hostAsk("a.example"), { tasks: true });
  const { taskId } = await resultOf(port, task);
  await polledSince(taskId, begun);
  for (const [way, outgoing] of WAYS) {
    await t.step(way, async () => {
      const since = Date.now();
      await resultOf(port, outgoing(taskId));
      await polledSince(taskId, since);
    });
  }
});
