/** Calls that wait for longer than a client does by default, kept up by the progress they report. */

import assert from "node:assert/strict";
import { CLIENTS } from "../support/clients/agent_client.ts";
import { ProgressLog } from "../support/clients/progress_log.ts";
import { approve, approved, askFor, scene } from "../support/clients/scene.ts";
import { startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { within } from "../support/within.ts";

/** Both libraries give a request up after this time, in seconds, unless told otherwise. */
const DEFAULT_TIMEOUT_SECONDS = 60;

const LIBRARIES = Object.entries(CLIENTS);

Deno.test(`every client gets an answer that takes longer than its own default of 60 s`, async () => {
  const env = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "120" };
  await using sidecar = await startSidecar({ env });
  const probe = new QueueProbe(sidecar.queueDirectory);
  await using stack = new AsyncDisposableStack();
  // At the same time, since each of them takes a minute.
  await Promise.all(LIBRARIES.map(async ([library, connect], index) => {
    const agent = stack.use(await connect(sidecar.url));
    const log = new ProgressLog();
    const call = agent.call("egress-block", askFor(`host${index}.example.com`), {
      resetTimeoutOnProgress: true,
      onprogress: log.add,
    });
    await within(100, `late progress of ${library}`, log.beyond(DEFAULT_TIMEOUT_SECONDS + 1));
    const [first] = log.reports;
    const [, id] = /^queued as (\S+), \d ahead of it$/.exec(first!.message ?? "")!;
    await approve(sidecar.queueRoot, id!);
    assert.deepEqual(await within(60, `answer to ${library}`, call), approved(id!));

    // The decision was made after a report of more than the time-out: the reports before it kept the
    // call up.
    const told = log.reports.map(({ progress }) => progress);
    assert.ok(told.length > 2, `${library}: reports on the way, and not only ${told}`);
    assert.ok(told.every((one, index) => index === 0 || one > told[index - 1]!), `${told}`);
    assert.deepEqual(new Set(log.reports.map(({ total }) => total)), new Set([120]));
    await probe.filedAway(id!);
  }));
});

for (const [library, connect] of LIBRARIES) {
  Deno.test(`${library} waits past its time-out while progress comes`, async () => {
    await using stage = await scene(connect, { env: { SUPERVISE_KEEPALIVE_SECONDS: "0.1" } });
    const log = new ProgressLog();
    const call = stage.agent.call("egress-block", askFor("api.github.com"), {
      timeout: 2_000,
      resetTimeoutOnProgress: true,
      onprogress: log.add,
    });
    const id = await stage.probe.nextProposal();
    await within(60, "late progress", log.beyond(3));
    await approve(stage.sidecar.queueRoot, id);
    assert.deepEqual(await within(60, "answer", call), approved(id));
  });

  Deno.test(`${library} gives up by itself: the proposal stays, and asking again joins it`, async () => {
    await using stage = await scene(connect, { env: { SUPERVISE_KEEPALIVE_SECONDS: "0.1" } });
    const { agent, probe, sidecar } = stage;
    const ask = askFor("api.github.com");
    const unheeded = new ProgressLog();
    await assert.rejects(
      agent.call("egress-block", ask, { timeout: 1_000, onprogress: unheeded.add }),
      /timed out/i,
    );
    assert.ok(unheeded.reports.length > 1, "progress came, and did not extend the time-out");
    const id = await probe.nextProposal();
    await probe.waiting(id, 0);
    assert.deepEqual(await probe.proposals(), [id]);

    const log = new ProgressLog();
    const call = agent.call("egress-block", ask, { onprogress: log.add });
    await probe.waiting(id, 1);
    await approve(sidecar.queueRoot, id);
    assert.deepEqual(await within(60, "answer", call), approved(id));
    assert.equal(log.reports[0]?.message, `joined ${id}, 0 ahead of it`);
    await probe.filedAway(id);
  });
}
