/** What was granted and ended: what calls, lists and listeners are told, and where the record goes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { EndRecord } from "../../src/queue/grant_end.ts";
import { formatRecord } from "../../src/queue/record.ts";
import type { ProposalId } from "../../src/queue/layout.ts";
import type { ProposalStanding } from "../../src/queue/standing.ts";
import { eventually } from "../support/within.ts";
import { ask, FAST_POLLS_MS, idOf, Queue } from "./inbox_fixture.ts";

const AT = "2026-11-22T12:00:00.000Z";

function endOf(id: ProposalId, fields: Partial<EndRecord> = {}): string {
  return formatRecord<EndRecord>({
    proposal_id: id,
    ended_at: AT,
    reason: "undone",
    notes: "wrong",
    ...fields,
  });
}

/** As the operator does it: whole, under its name. */
async function end(queue: Queue, id: ProposalId, fields: Partial<EndRecord> = {}): Promise<void> {
  const temporary = join(queue.directory, `.${crypto.randomUUID()}.tmp`);
  await Deno.writeTextFile(temporary, endOf(id, fields));
  await Deno.rename(temporary, join(queue.directory, `${id}.ended.json`));
}

async function becomes(
  queue: Queue,
  id: ProposalId,
  kind: ProposalStanding["kind"],
): Promise<void> {
  await eventually(60, kind, async () => (await queue.inbox.standing(id)).kind === kind);
}

/** Decided, and picked up. */
async function delivered(queue: Queue, name = "a"): Promise<ProposalId> {
  const id = await queue.queued(ask(name));
  await queue.decide(id);
  queue.inbox.answering(id)(true);
  await eventually(60, "filed away", async () => {
    return (await queue.records(id)).every((record) => record.startsWith("processed/"));
  });
  return id;
}

for (const [way, pollIntervalMs] of [["event", 3_600_000], ["poll", FAST_POLLS_MS]] as const) {
  Deno.test(`an end of what was not picked up is told by ${way}, and the late answer is that`, async () => {
    await using queue = await Queue.open({ pollIntervalMs });
    const id = await queue.queued(ask("a"));
    await queue.decide(id);
    await end(queue, id);
    await becomes(queue, id, "ended");
    const again = idOf(await queue.inbox.submit(ask("a")), "joined");
    assert.equal(again, id);
    const outcome = await queue.outcome(id);
    assert.equal(outcome.kind, "ended");
    assert.ok(outcome.kind === "ended");
    assert.deepEqual(outcome.end, { reason: "undone", notes: "wrong", endedAt: AT });
    assert.equal(outcome.decision.status, "approved");
    queue.inbox.answering(id)(true);
    assert.notEqual(idOf(await queue.inbox.submit(ask("a")), "queued"), id);
    const kept = ["ended", "proposal", "response"].map((kind) => `processed/${kind}`);
    await eventually(60, "filed", async () => (await queue.records(id)).join() === kept.join());
    await queue.untilTold(id, "queued", "decided", "ended");
  });

  Deno.test(`an end of what was picked up is told by ${way}, and filed away beside it`, async () => {
    await using queue = await Queue.open({ pollIntervalMs });
    const id = await delivered(queue);
    await end(queue, id);
    const kept = ["ended", "proposal", "response"].map((kind) => `processed/${kind}`);
    await eventually(60, "filed", async () => (await queue.records(id)).join() === kept.join());
    await becomes(queue, id, "ended");
    await queue.untilTold(id, "queued", "decided", "ended");
    const [summary] = queue.inbox.list();
    assert.deepEqual(
      [summary?.id, summary?.status, summary?.endReason, summary?.notes, summary?.endedAt],
      [id, "ended", "undone", "wrong", AT],
    );
    await end(queue, id, { resumed_at: AT });
    await becomes(queue, id, "decided");
    await eventually(60, "filed", async () => (await queue.records(id)).join() === kept.join());
    await queue.untilTold(id, "queued", "decided", "ended", "resumed");
    assert.equal(queue.inbox.list()[0]?.status, "approved");
    await end(queue, id, { notes: "again" });
    await becomes(queue, id, "ended");
  });
}

Deno.test("an end that was written while no sidecar ran is told after the start", async () => {
  await using queue = await Queue.open();
  const read = await delivered(queue, "a");
  const unread = await queue.queued(ask("b"));
  await queue.decide(unread);
  await queue.inbox[Symbol.asyncDispose]();
  await end(queue, read);
  await end(queue, unread, { reason: "revoked" });
  await queue.start();
  for (const id of [read, unread]) assert.equal((await queue.inbox.standing(id)).kind, "ended");
  await eventually(60, "filed", async () => {
    return (await queue.records(read)).includes("processed/ended");
  });
  assert.ok((await queue.records(unread)).includes("ended"));
});

Deno.test("an end and its decision that are seen at once are told in one answer", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const waiting = queue.outcome(id);
  const file = join(queue.directory, `${id}.ended.json`);
  await Deno.writeTextFile(file, endOf(id));
  await queue.probe.answer(id, { status: "approved" });
  assert.equal((await waiting).kind, "ended");
});

const NONE: readonly (readonly [string, (id: ProposalId) => string])[] = [
  ["is half-written", (id) => endOf(id).slice(0, 20)],
  ["names another proposal", () => endOf(crypto.randomUUID() as ProposalId)],
  ["says that it holds again", (id) => endOf(id, { resumed_at: AT })],
];

for (const [what, text] of NONE) {
  Deno.test(`a file of an end that ${what} ends nothing`, async () => {
    await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
    const id = await queue.queued(ask("a"));
    await queue.decide(id);
    await Deno.writeTextFile(join(queue.directory, `${id}.ended.json`), text(id));
    await queue.polls();
    assert.equal((await queue.inbox.standing(id)).kind, "decided");
  });
}

Deno.test("a rejection, an undecided and an unknown ask cannot end", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const rejected = await queue.queued(ask("a"));
  await queue.decide(rejected, { status: "rejected" });
  const pending = await queue.queued(ask("b"));
  const unknown = crypto.randomUUID() as ProposalId;
  for (const id of [rejected, pending, unknown]) await end(queue, id);
  await queue.polls();
  const kinds = [rejected, pending, unknown].map((id) => queue.inbox.standing(id));
  assert.deepEqual((await Promise.all(kinds)).map(({ kind }) => kind), [
    ...["decided", "pending", "unknown"],
  ]);
});

Deno.test("an end with a reason of a later version and no time ends it all the same", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  await queue.decide(id);
  const file = join(queue.directory, `${id}.ended.json`);
  await Deno.writeTextFile(file, JSON.stringify({ proposal_id: id, reason: "lapsed" }));
  await becomes(queue, id, "ended");
  const standing = await queue.inbox.standing(id);
  assert.ok(standing.kind === "ended" && !Number.isNaN(Date.parse(standing.endedAt)));
  assert.equal(standing.end.reason, "revoked");
});
