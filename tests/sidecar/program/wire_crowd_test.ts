/** Many clients behind one address: what they can mix up, and what they may cost. */

import assert from "node:assert/strict";
import { post } from "../../support/agent.ts";
import { type Answer, ask, hostAsk, legacy, modern, resultOf } from "../../support/modern.ts";
import { startSidecar } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";

/** As many streams as the sidecar keeps open at once (src/sidecar/http/endpoint.ts). */
const MAX_STREAMS = 1_000;

Deno.test("a cancellation that may mean either of two calls ends none, and loses no decision", async () => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  const probe = new QueueProbe(sidecar.queueDirectory);
  const asks = ["a.example", "b.example"].map((host) =>
    legacy("2025-11-25", "tools/call", hostAsk(host), { id: 3 })
  );
  const calls: { readonly id: string; readonly answer: Answer }[] = [];
  for (const outgoing of asks) {
    const answer = await ask(port, outgoing);
    const id = await probe.nextProposal();
    await probe.waiting(id, 1);
    calls.push({ id, answer });
  }
  const cancelled = {
    jsonrpc: "2.0",
    method: "notifications/cancelled",
    params: { requestId: 3 },
  };
  await post(port, cancelled, { headers: { "MCP-Protocol-Version": "2025-11-25" } });

  for (const [index, { id, answer }] of calls.entries()) {
    await probe.answer(id, { status: "approved" });
    await answer.result();
    // Whose answer nobody read cannot be told, so that the same ask brings either once more.
    const again = await resultOf(port, asks[index]!);
    assert.equal(again.structuredContent.proposal_id, id);
    await probe.filedAway(id);
    answer[Symbol.dispose]();
  }
});

Deno.test("beyond the limit of streams a waiting call is answered without one", async () => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  const probe = new QueueProbe(sidecar.queueDirectory);
  const outgoing = modern("tools/call", hostAsk("a.example"));
  const streams = await Promise.all(
    Array.from({ length: MAX_STREAMS }, () => ask(port, outgoing)),
  );
  assert.ok(streams.every(({ isStream }) => isStream));
  const plain = ask(port, outgoing);
  const id = await probe.nextProposal();
  await probe.waiting(id, MAX_STREAMS + 1);
  await probe.answer(id, { status: "approved" });
  const answer = await plain;
  assert.equal(answer.isStream, false);
  assert.equal((await answer.result()).structuredContent.status, "approved");
  for (const stream of streams) {
    await stream.result();
    stream[Symbol.dispose]();
  }
  // There is room again.
  await probe.filedAway(id);
  using next = await ask(port, outgoing);
  assert.ok(next.isStream);
});
