/** Two sidecars on one queue directory: what one of them has filed away the other still answers. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProposalId } from "../../src/queue/layout.ts";
import { ask, FAST_POLLS_MS, NO_POLLS_MS, NOW, Queue } from "./inbox_fixture.ts";

/** Does at once what the other sidecar does after an end: all records are in `processed/`. */
async function filedAwayByOther(
  queue: Queue,
  id: ProposalId,
  kind: "response" | "withdrawn",
  record: object,
): Promise<void> {
  const processed = join(queue.directory, "processed");
  const text = JSON.stringify({ proposal_id: id, ...record });
  await Deno.writeTextFile(join(processed, `${id}.${kind}.json`), text);
  const name = `${id}.proposal.json`;
  await Deno.rename(join(queue.directory, name), join(processed, name));
}

for (
  const [how, pollIntervalMs] of [["by event", NO_POLLS_MS], ["by poll", FAST_POLLS_MS]] as const
) {
  Deno.test(`a decision that another sidecar was quicker to deliver is answered here too, seen ${how}`, async () => {
    await using queue = await Queue.open({ pollIntervalMs });
    const id = await queue.queued(ask("a"));
    const waiting = queue.outcome(id);
    await filedAwayByOther(queue, id, "response", { status: "approved", notes: "yes" });
    const outcome = await waiting;
    assert.ok(outcome.kind === "decided" && outcome.decision.notes === "yes");
    // An answer that is sent here has nothing left to file away.
    queue.inbox.answering(id)(true);
    assert.deepEqual(queue.told(id), ["queued", "decided"]);
    assert.equal(queue.inbox.pending, 0);
    assert.notEqual(await queue.queued(ask("a")), id, "the same ask is a new one");
    assert.equal((await queue.inbox.standing(id)).kind, "decided");
  });
}

Deno.test("a withdrawal that another sidecar has filed away ends the waits here", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const waiting = queue.outcome(id);
  await filedAwayByOther(queue, id, "withdrawn", { withdrawn_at: NOW.toISOString() });
  assert.deepEqual(await waiting, { kind: "withdrawn" });
  assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
});

for (const move of ["ask again", "withdraw"] as const) {
  Deno.test(`to ${move} what another sidecar has filed away loses no answer for those who wait`, async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(ask("a"));
    const waiting = queue.outcome(id);
    await filedAwayByOther(queue, id, "response", { status: "approved", notes: "yes" });
    if (move === "withdraw") assert.equal(await queue.inbox.withdraw(id), "decided");
    else assert.notEqual(await queue.queued(ask("a")), id);
    assert.equal((await waiting).kind, "decided");
  });
}
