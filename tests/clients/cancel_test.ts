/** How each client library leaves a call that waits, and that the sidecar understands it. */

import assert from "node:assert/strict";
import { type AgentClient, CLIENTS } from "../support/clients/agent_client.ts";
import { RecordedFetch } from "../support/clients/recorded_fetch.ts";
import { approve, approved, askFor, scene } from "../support/clients/scene.ts";
import { within } from "../support/within.ts";

const ASK = askFor("api.github.com");

for (const [library, connect] of Object.entries(CLIENTS)) {
  Deno.test(`${library} aborts a call: its wait ends, the proposal stays, others wait on`, async () => {
    const recorded = new RecordedFetch();
    await using stage = await scene((url) => connect(url, recorded.fetch));
    const { agent, probe, sidecar } = stage;
    await using other = await connect(sidecar.url);
    // Else both calls have one id, and which of them a message cancels cannot be told.
    await other.tools();
    const impatient = new AbortController();
    const abandoned = assert.rejects(agent.call("egress-block", ASK, impatient));
    const id = await probe.nextProposal();
    await probe.waiting(id, 1);
    const kept = other.call("egress-block", ASK);
    await probe.waiting(id, 2);

    impatient.abort();
    await abandoned;
    await probe.waiting(id, 1);
    assertLeftAsItsRevisionSays(agent, recorded);
    await approve(sidecar.queueRoot, id);
    assert.deepEqual(await within(60, "answer", kept), approved(id));
  });

  Deno.test(`${library} disconnects: the proposal stays and can be decided`, async () => {
    await using stage = await scene(connect);
    const { agent, probe, sidecar } = stage;
    const lost = assert.rejects(agent.call("egress-block", ASK));
    const id = await probe.nextProposal();
    await probe.waiting(id, 1);
    await agent[Symbol.asyncDispose]();
    await lost;
    await probe.waiting(id, 0);
    await approve(sidecar.queueRoot, id);

    await using next = await connect(sidecar.url);
    const told = await next.call("egress-block", ASK);
    assert.deepEqual(told, approved(id));
    await probe.filedAway(id);
  });
}

/** A modern client closes the request; older ones name it in a message of its own. */
function assertLeftAsItsRevisionSays({ isModern }: AgentClient, recorded: RecordedFetch): void {
  const [call] = recorded.of("tools/call");
  const cancellations = recorded.of("notifications/cancelled");
  if (isModern) {
    assert.equal(call?.signal?.aborted, true);
    assert.deepEqual(cancellations, []);
  } else {
    assert.equal(call?.signal?.aborted, false);
    assert.deepEqual(cancellations.map(({ params }) => params["requestId"]), [call.id]);
  }
}
