/** `POST /rpc` of the true program on a true queue: its settings, and that no decision is lost. */

import assert from "node:assert/strict";
import { exchange } from "../../support/agent.ts";
import { startSidecar } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { request, Wire } from "../../support/wire.ts";
import { within } from "../../support/within.ts";

const ON = { env: { SUPERVISE_RPC: "1" } };

function ask(host: string): Uint8Array {
  const params = { name: "egress-block", arguments: { host, justification: "x" } };
  return request(JSON.stringify({ method: "tools/call", params }), { path: "/rpc" });
}

Deno.test("/rpc is off unless SUPERVISE_RPC is on", async () => {
  await using sidecar = await startSidecar();
  assert.equal((await exchange(sidecar.port, ask("a.example"))).status, 404);
  assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).proposals(), []);
});

Deno.test("a decision reaches the client of /rpc that waits for it, and is filed away", async () => {
  await using sidecar = await startSidecar(ON);
  const probe = new QueueProbe(sidecar.queueDirectory);
  using wire = await Wire.open(sidecar.port);
  await wire.send(ask("a.example"));
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  await probe.answer(id, { status: "rejected", notes: "not this one" });
  const reply = await within(60, "answer", wire.reply());
  assert.equal(reply?.status, 200);
  const { isError, structuredContent } = JSON.parse(reply.body);
  assert.equal(isError, true);
  assert.deepEqual(structuredContent, {
    proposal_id: id,
    status: "rejected",
    notes: "not this one",
    next: "read the notes, and do not ask again unchanged",
  });
  await probe.filedAway(id);
});

Deno.test("a decision that comes after a client of /rpc hung up is kept for the next ask", async () => {
  await using sidecar = await startSidecar(ON);
  const probe = new QueueProbe(sidecar.queueDirectory);
  const wire = await Wire.open(sidecar.port);
  await wire.send(ask("a.example"));
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  wire[Symbol.dispose]();
  await probe.waiting(id, 0);
  await probe.answer(id, { status: "approved", notes: "late" });
  assert.deepEqual(await probe.proposals(), [id]);
  const reply = await exchange(sidecar.port, ask("a.example"));
  assert.match(JSON.parse(reply.body).content[0].text, /^status: approved\nnotes: late$/);
  await probe.filedAway(id);
});

Deno.test("10 asks that wait at /rpc at once are each answered by their own decision", async () => {
  await using sidecar = await startSidecar(ON);
  const probe = new QueueProbe(sidecar.queueDirectory);
  const asked = Array.from({ length: 10 }, (_, index) => ({
    host: `h${index}.example`,
    answer: exchange(sidecar.port, ask(`h${index}.example`)),
  }));
  for (const _ of asked) {
    const id = await probe.nextProposal();
    const { host } = JSON.parse((await probe.proposal(id)).proposed_file);
    await probe.waiting(id, 1);
    await probe.answer(id, { status: "approved", notes: `yes to ${host}` });
  }
  for (const { host, answer } of asked) {
    assert.match((await answer).body, new RegExp(`yes to ${host}`));
  }
});

Deno.test("SUPERVISE_ACCESS_LOG writes one line of JSON a request to stderr", async () => {
  await using sidecar = await startSidecar({
    env: { SUPERVISE_RPC: "1", SUPERVISE_ACCESS_LOG: "1" },
  });
  const ping = request('{"method":"ping"}', { path: "/rpc?token=s3cr3t" });
  await exchange(sidecar.port, ping);
  const [line = ""] = await within(
    60,
    "line",
    sidecar.process.output("stderr", /^\{"event":"http_request".*\}$/m),
  );
  const { time, ms, ...rest } = JSON.parse(line);
  assert.ok(Date.parse(time) > 0 && ms >= 0);
  assert.deepEqual(rest, {
    event: "http_request",
    method: "POST",
    path: "/rpc",
    query: ["token"],
    mcp_method: "ping",
    status: 200,
    outcome: "ok",
    bytes: 3,
  });
  assert.doesNotMatch(sidecar.process.stderr, /s3cr3t/);
});
