/** Asks as tasks, by the official Tasks client: the task outlives the sidecar, the client, and both. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";
import { SdkError } from "@modelcontextprotocol/client";
import { z } from "zod";
import { told } from "../support/clients/agent_client.ts";
import { approve, approved, askFor, operate } from "../support/clients/scene.ts";
import {
  connectDeclaring,
  connectTasks,
  createTask,
  handOff,
} from "../support/clients/task_client.ts";
import { startSidecar, supervisectl } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

const ASK = askFor("api.github.com");

for (const when of ["while the sidecar is down", "while the client polls"]) {
  Deno.test(`a task outlives a killed sidecar and its client, and is approved ${when}`, async () => {
    await using files = await temporary();
    const reference = join(files.path, "reference.json");
    const queueRoot = join(files.path, "queue");
    let id: string;
    {
      await using sidecar = await startSidecar({ queueRoot });
      await using tasks = await connectTasks(sidecar.url);
      const execution = await createTask(tasks, ASK);
      id = execution.handle.taskId;
      await Deno.writeTextFile(reference, await handOff(execution));
      sidecar.process.kill("SIGKILL");
      await sidecar.process.status;
    }
    if (when === "while the sidecar is down") await approve(queueRoot, id);

    await using sidecar = await startSidecar({ queueRoot });
    await using tasks = await connectTasks(sidecar.url);
    const kept = JSON.parse(await Deno.readTextFile(reference));
    const execution = await within(60, "task", tasks.session.resumeTask(kept));
    const settled = execution.settle();
    if (when === "while the client polls") await approve(queueRoot, id);
    const { outcome, lastTask } = await within(60, "outcome", settled);

    assert.deepEqual(told(resultFromTaskOutcome(outcome)), approved(id));
    assert.equal(lastTask?.taskId, id);
    assert.equal(lastTask?.statusMessage, "approved");
    await new QueueProbe(sidecar.queueDirectory).filedAway(id);
  });
}

Deno.test("a rejected task is completed with an error result, not failed", async () => {
  await using sidecar = await startSidecar();
  await using tasks = await connectTasks(sidecar.url);
  const execution = await createTask(tasks, ASK);
  const id = execution.handle.taskId;
  await operate(sidecar.queueRoot, ["reject", id, "--notes", "not this one"]);
  const { outcome } = await within(60, "outcome", execution.settle());
  assert.deepEqual(told(resultFromTaskOutcome(outcome)), {
    isError: true,
    text: "status: rejected\nnotes: not this one",
    structured: {
      proposal_id: id,
      status: "rejected",
      notes: "not this one",
      next: "read the notes, and do not ask again unchanged",
    },
  });
});

Deno.test("a cancelled task is a withdrawn proposal, which the operator cannot approve", async () => {
  await using sidecar = await startSidecar();
  await using tasks = await connectTasks(sidecar.url);
  const execution = await createTask(tasks, ASK);
  const id = execution.handle.taskId;
  await within(60, "cancellation", execution.cancel());
  assert.equal((await within(60, "outcome", execution.settle())).outcome.status, "cancelled");

  const { code, stderr } = await supervisectl(sidecar.queueRoot, ["approve", id]);
  assert.notEqual(code, 0);
  assert.match(stderr, /withdrawn/);
  assert.equal((await tasks.session.task(id).snapshot()).status, "cancelled");
});

Deno.test("cancelling a decided task changes nothing", async () => {
  await using sidecar = await startSidecar();
  await using tasks = await connectTasks(sidecar.url);
  const execution = await createTask(tasks, ASK);
  const id = execution.handle.taskId;
  await approve(sidecar.queueRoot, id);
  const task = tasks.session.task(id);
  await within(60, "cancellation", task.cancel());
  const outcome = await within(60, "outcome", task.result());
  assert.deepEqual(told(resultFromTaskOutcome(outcome)), approved(id));
});

Deno.test("a client that says it takes tasks, and does not, still asks and can poll by itself", async () => {
  await using sidecar = await startSidecar();
  const client = await connectDeclaring(sidecar.url);
  await using _closed = { [Symbol.asyncDispose]: () => client.close() };
  await assert.rejects(
    client.callTool({ name: "egress-block", arguments: ASK }),
    (error) => error instanceof SdkError && /Unsupported result type 'task'/.test(error.message),
  );
  const [id] = await new QueueProbe(sidecar.queueDirectory).proposals();
  const look = () =>
    client.request({ method: "tasks/get", params: { taskId: id } }, z.looseObject({}));
  assert.equal((await look())["status"], "working");
  await approve(sidecar.queueRoot, id!);
  const ended = async () => {
    let task = await look();
    while (task["status"] === "working") task = await look();
    return task;
  };
  const task = await within(60, "end of the task", ended());
  assert.equal(task["status"], "completed");
  assert.deepEqual(told(task["result"]), approved(id!));
});
