/** A named pipe in the queue directory makes the runtime's watcher deaf: the sidecar answers and ends. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ToolCall } from "../support/agent.ts";
import { type Sidecar, startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";

async function makeFifo(sidecar: Sidecar): Promise<void> {
  const path = join(sidecar.queueDirectory, "pipe");
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.ok(success);
}

async function answered(sidecar: Sidecar, host: string): Promise<void> {
  const probe = new QueueProbe(sidecar.queueDirectory);
  using call = await ToolCall.ask(sidecar.port, host);
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  await probe.answer(id, { status: "approved" });
  assert.match((await call.answer(60)).meaning, /^status: approved/);
  await probe.filedAway(id);
}

async function ends(sidecar: Sidecar): Promise<void> {
  sidecar.process.kill("SIGTERM");
  const { code, signal } = await sidecar.process.status;
  assert.deepEqual([code, signal], [0, null]);
}

Deno.test("with a named pipe in its queue the sidecar still hears decisions, and SIGTERM ends it", async () => {
  await using sidecar = await startSidecar();
  await makeFifo(sidecar);
  await answered(sidecar, "a.example");
  await ends(sidecar);
});

Deno.test("a queue directory that is replaced after a named pipe is served like the first", async () => {
  await using sidecar = await startSidecar();
  await makeFifo(sidecar);
  await answered(sidecar, "a.example");
  await Deno.rename(sidecar.queueDirectory, join(sidecar.queueRoot, "old"));
  await Deno.mkdir(sidecar.queueDirectory);
  await answered(sidecar, "b.example");
  await answered(sidecar, "c.example");
  await ends(sidecar);
});
