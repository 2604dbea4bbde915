/** The main job over stdio: an official client starts the sidecar, asks, is answered, and ends it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";
import { told } from "../support/clients/agent_client.ts";
import { ProgressLog } from "../support/clients/progress_log.ts";
import { approve, approved, askFor } from "../support/clients/scene.ts";
import { STDIO_CLIENTS } from "../support/clients/stdio_clients.ts";
import { connectTasks, createTask, handOff } from "../support/clients/task_client.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { stdioCommand } from "../support/stdio.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

const ASK = askFor("api.github.com");

for (const [library, start] of Object.entries(STDIO_CLIENTS)) {
  Deno.test(`${library} over stdio asks, hears of progress, and is answered`, async () => {
    await using root = await temporary();
    const queueDirectory = join(root.path, "dev");
    const env = { SUPERVISE_KEEPALIVE_SECONDS: "0.1" };
    const { agent, exit } = await within(60, "start", start(stdioCommand(queueDirectory, { env })));
    assert.equal(agent.serverName, "bot-bottle-supervise");
    assert.equal(agent.isModern, library.endsWith("newer revisions"));
    assert.equal((await agent.tools()).length, 5);
    const log = new ProgressLog();
    const call = agent.call("egress-block", ASK, {
      timeout: 2_000,
      resetTimeoutOnProgress: true,
      onprogress: log.add,
    });
    const probe = new QueueProbe(queueDirectory);
    const id = await probe.nextProposal();
    await within(60, "late progress", log.beyond(3));
    await approve(root.path, id);
    assert.deepEqual(await within(60, "answer", call), approved(id));
    assert.equal(log.reports[0]?.message, `queued as ${id}, 0 ahead of it`);
    const read = JSON.parse(await agent.read(`supervise://proposals/${id}`));
    assert.equal(read.status, "approved");
    await probe.filedAway(id);

    await agent[Symbol.asyncDispose]();
    assert.equal(await within(60, "exit", exit), 0);
  });

  Deno.test(`${library} over stdio aborts a call, and then ends the sidecar while one waits`, async () => {
    await using root = await temporary();
    const queueDirectory = join(root.path, "dev");
    const { agent, exit } = await within(60, "start", start(stdioCommand(queueDirectory)));
    const probe = new QueueProbe(queueDirectory);
    const impatient = new AbortController();
    const abandoned = assert.rejects(agent.call("egress-block", ASK, impatient));
    const id = await probe.nextProposal();
    await probe.waiting(id, 1);
    impatient.abort();
    await abandoned;
    await probe.waiting(id, 0);

    const lost = assert.rejects(agent.call("egress-block", ASK));
    await probe.waiting(id, 1);
    await agent[Symbol.asyncDispose]();
    await lost;
    assert.equal(await within(60, "exit", exit), 0);
    assert.deepEqual(await probe.proposals(), [id]);
  });
}

Deno.test("a task over stdio outlives its sidecar, and a subscription tells of its end", async () => {
  await using root = await temporary();
  const command = { ...stdioCommand(join(root.path, "dev")), stderr: "ignore" as const };
  let kept: string;
  {
    await using first = await connectTasks(new StdioClientTransport(command));
    kept = await handOff(await createTask(first, ASK));
  }
  const reference = JSON.parse(kept);
  const id: string = reference.taskId;
  const uri = `supervise://proposals/${id}`;
  const fired = Promise.withResolvers<string>();
  await using second = await connectTasks(new StdioClientTransport(command), (client) => {
    client.setNotificationHandler(
      "notifications/resources/updated",
      ({ params }) => fired.resolve(params.uri),
    );
  });
  const { client, session } = second;
  const filter = { resourceSubscriptions: [uri] };
  const subscription = await within(60, "acknowledgement", client.listen(filter));
  const execution = await within(60, "task", session.resumeTask(reference));
  await approve(root.path, id);
  assert.equal(await within(60, "notification", fired.promise), uri);
  const { outcome } = await within(60, "outcome", execution.settle());
  assert.deepEqual(told(resultFromTaskOutcome(outcome)), approved(id));
  await subscription.close();
});
