/** Subscriptions of the official clients: a decision is announced, and what is read then shows it. */

import assert from "node:assert/strict";
import type { SubscriptionFilter } from "@modelcontextprotocol/client";
import { resultFromTaskOutcome } from "@modelcontextprotocol/ext-tasks/client";
import { CLIENTS, told } from "../support/clients/agent_client.ts";
import { approve, approved, askFor } from "../support/clients/scene.ts";
import { connectTasks, createTask } from "../support/clients/task_client.ts";
import { startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { within } from "../support/within.ts";

const ASK = askFor("api.github.com");

/** The extension's part of the filter is not in the client's own type. */
type Filter = SubscriptionFilter & { taskIds?: string[] };

Deno.test("a subscription to an ask and its task fires when the operator decides", async () => {
  await using sidecar = await startSidecar();
  const updated = Promise.withResolvers<string>();
  const completed = Promise.withResolvers<unknown>();
  await using tasks = await connectTasks(sidecar.url, (client) => {
    client.setNotificationHandler(
      "notifications/resources/updated",
      ({ params }) => updated.resolve(params.uri),
    );
    client.fallbackNotificationHandler = ({ method, params }) => {
      assert.equal(method, "notifications/tasks");
      if (params?.["status"] === "completed") completed.resolve(params["result"]);
      return Promise.resolve();
    };
  });
  const { client } = tasks;
  const execution = await createTask(tasks, ASK);
  const id = execution.handle.taskId;
  const uri = `supervise://proposals/${id}`;
  const filter: Filter = { resourceSubscriptions: [uri], taskIds: [id] };
  const subscription = await within(60, "acknowledgement", client.listen(filter));
  // The library leaves out of it what it does not know: the tasks.
  assert.deepEqual(subscription.honoredFilter, { resourceSubscriptions: [uri] });
  const before = await client.readResource({ uri });
  assert.match(JSON.stringify(before), /pending/);

  await approve(sidecar.queueRoot, id);
  const result = await within(60, "notification of the task", completed.promise);
  assert.deepEqual(told(result), approved(id));
  assert.equal(await within(60, "notification of the ask", updated.promise), uri);
  const after = await client.readResource({ uri });
  const [contents] = after.contents as { text: string }[];
  assert.equal(JSON.parse(contents!.text).status, "approved");
  const { outcome } = await within(60, "outcome", execution.settle());
  assert.deepEqual(told(resultFromTaskOutcome(outcome)), approved(id));

  await subscription.close();
  assert.equal(await subscription.closed, "local");
});

Deno.test("a subscription to all asks fires for one that another client made and waits for", async () => {
  await using sidecar = await startSidecar();
  const fired = Promise.withResolvers<string>();
  await using watching = await connectTasks(sidecar.url, (client) => {
    client.setNotificationHandler(
      "notifications/resources/updated",
      ({ params }) => fired.resolve(params.uri),
    );
  });
  await using asking = await CLIENTS["@modelcontextprotocol/sdk"]!(sidecar.url);
  const call = asking.call("egress-block", ASK);
  const probe = new QueueProbe(sidecar.queueDirectory);
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  const uri = "supervise://proposals";
  await within(60, "acknowledgement", watching.client.listen({ resourceSubscriptions: [uri] }));
  await approve(sidecar.queueRoot, id);
  assert.deepEqual(await within(60, "answer", call), approved(id));
  assert.equal(await within(60, "notification", fired.promise), uri);
});

Deno.test("a subscription ends in order when the sidecar stops", async () => {
  await using sidecar = await startSidecar();
  await using tasks = await connectTasks(sidecar.url);
  const filter = { resourceSubscriptions: ["supervise://proposals"] };
  const subscription = await within(60, "acknowledgement", tasks.client.listen(filter));
  sidecar.process.kill("SIGTERM");
  assert.equal(await within(60, "end", subscription.closed), "graceful");
  assert.equal((await sidecar.process.status).code, 0);
});
