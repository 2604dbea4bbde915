/** Decisions that nobody picks up: how many and for how long they are kept, and what is told then. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { formatRecord } from "../../src/queue/record.ts";
import type { Ask } from "../../src/queue/inbox.ts";
import type { ProposalId } from "../../src/queue/layout.ts";
import { eventually } from "../support/within.ts";
import { ask, FAST_POLLS_MS, idOf, NOW, place, proposalOf, Queue } from "./inbox_fixture.ts";

const DAY_MS = 86_400_000;
const FILED = ["processed/proposal", "processed/response", "processed/undelivered"].join();

/** Puts a decided proposal there as an earlier run left it; its files are so many days old. */
async function left(queue: Queue, asked: Ask, daysOld: number): Promise<ProposalId> {
  const id = await place(queue, proposalOf(asked));
  const at = new Date(NOW.getTime() - daysOld * DAY_MS);
  const path = join(queue.directory, `${id}.response.json`);
  const decision = { proposal_id: id, status: "approved", notes: "yes", final_file: null } as const;
  await Deno.writeTextFile(path, formatRecord({ ...decision, decided_at: at.toISOString() }));
  await Deno.utime(path, at, at);
  return id;
}

async function isFiled(queue: Queue, id: ProposalId): Promise<boolean> {
  return (await queue.records(id)).join() === FILED;
}

for (const [when, isAtStart] of [["at the start", true], ["while it runs", false]] as const) {
  Deno.test(`beyond the number the oldest decisions are filed away as undelivered, ${when}`, async () => {
    const ids: ProposalId[] = [];
    const prepare = async (queue: Queue) => {
      for (let n = 0; n < 300; n++) ids.push(await left(queue, ask(n), (300 - n) / 100));
    };
    let troubles = 0;
    const onTrouble = () => void troubles++;
    await using queue = await Queue.open(
      { maxUndelivered: 40, pollIntervalMs: FAST_POLLS_MS, maxPending: 1_000, onTrouble },
      (queue) => isAtStart ? prepare(queue) : Promise.resolve(),
    );
    if (!isAtStart) await prepare(queue);
    await eventually(60, "all filed", async () => {
      const marked = (await queue.probe.names("processed")).filter((n) => /undelivered/.test(n));
      const open = (await queue.probe.names("")).filter((n) => /proposal/.test(n));
      return marked.length === 260 && open.length === 40;
    });
    await queue.polls();
    // While it runs they come in no order that a test could know.
    const filed = await Promise.all(ids.map((id) => isFiled(queue, id)));
    const old = ids.filter((_, n) => isAtStart ? n < 260 : filed[n]);
    for (const id of ids.filter((id) => !old.includes(id))) {
      assert.deepEqual(await queue.records(id), ["proposal", "response"]);
      assert.ok(queue.inbox.list().some((open) => open.id === id && !open.pickedUp));
    }
    const standing = await queue.inbox.standing(old[0]!);
    assert.ok(standing.kind === "decided" && standing.isUndelivered);
    assert.equal(standing.decision.notes, "yes");
    assert.ok(queue.inbox.list().length <= 40 + 50);
    await queue.logged(
      /^filed away \d+ decisions that were not picked up, the oldest first: more than 40 were lying/,
    );
    const told = queue.log.flatMap((line) => /^filed away (\d+) dec/.exec(line)?.[1] ?? []);
    assert.equal(told.reduce((sum, count) => sum + Number(count), 0), 260);
    assert.equal(old.length, 260);
    // While it runs some are seen half-written.
    if (isAtStart) assert.equal(troubles, 0);
    const again = ask(ids.indexOf(old[0]!));
    assert.notEqual(idOf(await queue.inbox.submit(again), "queued"), old[0]);
    const kept = ids.findIndex((id) => !old.includes(id));
    assert.equal(idOf(await queue.inbox.submit(ask(kept)), "joined"), ids[kept]);
  });
}

Deno.test("after the days a decision is filed away, and one that was written since is kept", async () => {
  let [old, young] = ["", ""] as ProposalId[];
  await using queue = await Queue.open({ undeliveredDays: 7 }, async (queue) => {
    old = await left(queue, ask("a"), 7.1);
    young = await left(queue, ask("b"), 6.9);
  });
  await eventually(60, "filed", () => isFiled(queue, old!));
  assert.deepEqual(await queue.records(young!), ["proposal", "response"]);
  await queue.logged(/^filed away 1 decision that .*: some for more than 7 days;/);
});

Deno.test("a decision that says it is old is kept from when it was written", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const id = await queue.queued(ask("a"));
  const { outcome } = queue.inbox.wait(id);
  const path = join(queue.directory, `${id}.response.json`);
  const decision = { proposal_id: id, status: "approved", decided_at: "2020-01-01T00:00:00Z" };
  await Deno.writeTextFile(path, JSON.stringify(decision));
  assert.equal((await outcome).kind, "decided");
  await queue.polls();
  assert.deepEqual(await queue.records(id), ["proposal", "response"]);
});

Deno.test("a decision whose answer is being sent is not filed away as undelivered", async () => {
  await using queue = await Queue.open({ maxUndelivered: 1, pollIntervalMs: FAST_POLLS_MS });
  const first = await queue.queued(ask("a"));
  await queue.decide(first);
  const sent = queue.inbox.answering(first);
  const second = await queue.queued(ask("b"));
  await queue.decide(second);
  await queue.polls();
  assert.deepEqual(await queue.records(first), ["proposal", "response"]);
  sent(true);
  const delivered = ["processed/proposal", "processed/response"].join();
  await eventually(60, "filed", async () => (await queue.records(first)).join() === delivered);
});

Deno.test("what was filed away as undelivered and is looked up after all counts as picked up", async () => {
  let id = "" as ProposalId;
  const prepare = async (queue: Queue) => void (id = await left(queue, ask("a"), 8));
  await using queue = await Queue.open({ undeliveredDays: 7 }, prepare);
  await eventually(60, "filed", () => isFiled(queue, id));
  const listed = () => queue.inbox.list().find((one) => one.id === id);
  await eventually(60, "listed", () => Promise.resolve(listed() !== undefined));
  assert.equal(listed()?.pickedUp, false);
  queue.inbox.answering(id)(false);
  queue.inbox.answering(id)(true);
  await eventually(60, "picked up", () => Promise.resolve(listed()?.pickedUp === true));
  const delivered = ["processed/proposal", "processed/response"].join();
  await eventually(60, "unmarked", async () => (await queue.records(id)).join() === delivered);
});

Deno.test("what is passed over at the start and has no decision that can be read is an ask like any", async () => {
  let id = "" as ProposalId;
  await using queue = await Queue.open({ maxUndelivered: 1 }, async (queue) => {
    id = await left(queue, ask("a"), 3);
    await Deno.writeTextFile(join(queue.directory, `${id}.response.json`), "{");
    await left(queue, ask("b"), 2);
  });
  await Deno.utime(join(queue.directory, `${id}.response.json`), NOW, NOW);
  await eventually(60, "pending", async () => {
    return (await queue.inbox.standing(id)).kind === "pending";
  });
  assert.equal(queue.inbox.pending, 1);
});
