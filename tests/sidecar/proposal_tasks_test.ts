/** A proposal seen as a task: each state, the pace of polling, and a bottle's proposals as a store. */

import assert from "node:assert/strict";
import type { Decision } from "../../src/queue/decision.ts";
import type { Inbox, ProposalStanding } from "../../src/queue/inbox.ts";
import type { ProposalId } from "../../src/queue/layout.ts";
import { ProposalTasks, taskOf } from "../../src/sidecar/proposal_tasks.ts";
import { ask, NOW, place, proposalOf, Queue } from "../queue/inbox_fixture.ts";

const ID = "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId;
const SINCE = "2026-11-21T12:00:00.000Z";
const ENDED = "2026-11-21T12:03:00.000Z";
const HEAD = { tool: "egress-block", since: SINCE };

function pending(ahead: number, claimedAt?: string): ProposalStanding & { kind: "pending" } {
  return { kind: "pending", ...HEAD, ahead, claimed: claimedAt !== undefined, claimedAt };
}

function decided(
  status: Decision["status"],
  notes = "",
  final_file: string | null = null,
): ProposalStanding {
  const decision = { proposal_id: ID, status, notes, final_file };
  return { kind: "decided", ...HEAD, decision, endedAt: ENDED };
}

function after(ms: number): Date {
  return new Date(Date.parse(SINCE) + ms);
}

Deno.test("taskOf() of an unknown proposal is no task", () => {
  assert.equal(taskOf(ID, { kind: "unknown" }, NOW), undefined);
});

Deno.test("taskOf() of a pending proposal is working, and says what it waits for", () => {
  assert.deepEqual(taskOf(ID, pending(3), after(1_000)), {
    taskId: ID,
    status: "working",
    statusMessage: "waiting for the operator: 3 ahead of it",
    createdAt: SINCE,
    lastUpdatedAt: SINCE,
    ttlMs: null,
    pollIntervalMs: 2_000,
  });
});

Deno.test("taskOf() of a claimed proposal was changed by the claim, and ends soon", () => {
  assert.deepEqual(taskOf(ID, pending(3, ENDED), after(3_600_000)), {
    taskId: ID,
    status: "working",
    statusMessage: "waiting for the operator: the operator is looking at it now",
    createdAt: SINCE,
    lastUpdatedAt: ENDED,
    ttlMs: null,
    pollIntervalMs: 1_000,
  });
});

const DECIDED:
  readonly (readonly [standing: ProposalStanding, text: string, isError: boolean, more: object])[] =
    [
      [decided("approved", "ok"), "status: approved\nnotes: ok", false, { notes: "ok" }],
      [
        decided("modified", "", "x"),
        "status: modified\nthe operator modified your proposal before approving; " +
        "the final config is now what's been applied",
        false,
        { notes: "", next: "use what was approved, which is in final_file", final_file: "x" },
      ],
      [decided("rejected"), "status: rejected", true, {
        notes: "",
        next: "read the notes, and do not ask again unchanged",
      }],
    ];

for (const [standing, text, isError, more] of DECIDED) {
  const status = (standing as { decision: Decision }).decision.status;
  Deno.test(`taskOf() of a proposal that is ${status} is completed, with the call's own answer`, () => {
    assert.deepEqual(taskOf(ID, standing, NOW), {
      taskId: ID,
      status: "completed",
      statusMessage: status,
      createdAt: SINCE,
      lastUpdatedAt: ENDED,
      ttlMs: null,
      pollIntervalMs: 1_000,
      outcome: {
        kind: "answer",
        text,
        isError,
        structured: { proposal_id: ID, status, ...more },
        ...status === "modified" ? { dataInWords: `proposal_id: ${ID}\nfinal_file:\nx` } : {},
      },
    });
  });
}

for (const kind of ["withdrawn", "expired"] as const) {
  Deno.test(`taskOf() of a proposal that is ${kind} is cancelled, without an answer`, () => {
    assert.deepEqual(taskOf(ID, { kind, ...HEAD, endedAt: ENDED }, NOW), {
      taskId: ID,
      status: "cancelled",
      statusMessage: `${kind} before the operator decided`,
      createdAt: SINCE,
      lastUpdatedAt: ENDED,
      ttlMs: null,
      pollIntervalMs: 1_000,
    });
  });
}

for (const mayAsk of [true, false]) {
  Deno.test(`taskOf() of what no longer holds tells ${mayAsk ? "" : "not "}to ask again, as the bottle may`, () => {
    const { decision } = decided("approved") as ProposalStanding & { kind: "decided" };
    const end = { reason: "undone", notes: "", endedAt: ENDED } as const;
    const task = taskOf(ID, { kind: "ended", ...HEAD, decision, end, endedAt: ENDED }, NOW, mayAsk);
    assert.equal(task?.statusMessage, "ended: undone by the operator");
    assert.equal(JSON.stringify(task.outcome).includes("make the same call again"), mayAsk);
  });
}

const PACE: readonly (readonly [ageMs: number, pollMs: number])[] = [
  [-60_000, 2_000],
  [0, 2_000],
  [59_999, 2_000],
  [60_000, 5_000],
  [599_999, 5_000],
  [600_000, 15_000],
  [1e12, 15_000],
];

for (const [ageMs, pollMs] of PACE) {
  Deno.test(`a proposal ${ageMs} ms old is to be polled every ${pollMs} ms`, () => {
    assert.equal(taskOf(ID, pending(0), after(ageMs))?.pollIntervalMs, pollMs);
  });
}

Deno.test("a pace is a positive integer, whatever the proposal's time says", () => {
  const { pollIntervalMs = 0 } = taskOf(ID, { ...pending(0), since: "no time" }, NOW) ?? {};
  assert.ok(Number.isInteger(pollIntervalMs) && pollIntervalMs > 0);
});

// The store, on a real queue directory.

const NO_IDS = [
  "",
  "x",
  "../../etc/passwd",
  ID.toUpperCase(),
  ` ${ID}`,
  `${ID}\n`,
  "3f0c9a52-6f0e-1a53-9d0f-0f2f3c1b7a11",
  `${ID}.proposal.json`,
  "x".repeat(1_000_000),
  "constructor",
];

for (const taskId of NO_IDS) {
  Deno.test(`the store has no task ${JSON.stringify(taskId.slice(0, 60))}, and asks nobody`, async () => {
    const tasks = new ProposalTasks(
      new Proxy({}, { get: (_, name) => assert.fail(`asked for ${String(name)}`) }) as Inbox,
    );
    assert.equal(await tasks.get(taskId), undefined);
    assert.equal(await tasks.cancel(taskId), false);
    assert.equal(await tasks.update(taskId), false);
  });
}

Deno.test("the store does not know a proposal that never was, nor one of another bottle", async () => {
  const foreign = proposalOf(ask("foreign"), { bottle_slug: "other" as never });
  await using queue = await Queue.open({}, (queue) => place(queue, foreign));
  const tasks = new ProposalTasks(queue.inbox);
  for (const id of [crypto.randomUUID(), foreign.id]) {
    assert.equal(await tasks.get(id), undefined);
    assert.equal(await tasks.cancel(id), false);
    assert.equal(await tasks.update(id), false);
  }
});

Deno.test("a task is there as soon as its ask is queued, and after a restart", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const { pollIntervalMs: _pace, ...task } = (await new ProposalTasks(queue.inbox).get(id))!;
  assert.equal(task.status, "working");
  assert.equal(task.createdAt, NOW.toISOString());
  await queue.restart();
  const { pollIntervalMs: _later, ...again } = (await new ProposalTasks(queue.inbox).get(id))!;
  assert.deepEqual(again, task);
});

Deno.test("a completed task that has arrived files the proposal away, and is there for ever", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox);
  await queue.decide(id, { status: "rejected", notes: "no" });
  const told: ((whole: boolean) => void)[] = [];
  const call = { onSent: (action: (whole: boolean) => void) => void told.push(action) };

  const first = await tasks.get(id, call);
  assert.equal(first?.status, "completed");
  assert.ok(first?.outcome?.kind === "answer" && first.outcome.isError);
  told.shift()!(false);
  assert.deepEqual(await queue.records(id), ["proposal", "response"], "it was lost, so it is kept");

  await tasks.get(id);
  assert.equal(told.length, 0);
  await tasks.get(id, call);
  told.shift()!(true);
  await queue.probe.filedAway(id);
  const { lastUpdatedAt: _ended, ...after } = (await tasks.get(id, call))!;
  const { lastUpdatedAt: _before, ...before } = first!;
  assert.deepEqual(after, before);
  told.shift()!(true);
  await queue.restart();
  assert.equal((await new ProposalTasks(queue.inbox).get(id))?.status, "completed");
});

Deno.test("a task that is working tells nobody that an answer is under way", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox);
  await tasks.get(id, { onSent: () => assert.fail("there is no answer yet") });
});

Deno.test("cancel() withdraws a proposal that nobody has claimed, and says yes again", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox);
  assert.equal(await tasks.cancel(id), true);
  assert.equal((await tasks.get(id))?.status, "cancelled");
  assert.equal(await tasks.cancel(id), true);
  assert.equal((await tasks.get(id))?.status, "cancelled");
  assert.equal(queue.inbox.pending, 0);
});

Deno.test("cancel() where asks are only shown says yes, and the proposal stays pending", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox, { mayCancel: false });
  assert.equal(await tasks.cancel(id), true);
  assert.equal((await tasks.get(id))?.status, "working");
  assert.equal(await tasks.cancel(crypto.randomUUID()), false);
  assert.equal(queue.inbox.pending, 1);
});

Deno.test("a task whose time is over is cancelled, and says why", async () => {
  let now = NOW;
  await using queue = await Queue.open({ proposalTtlSeconds: 60, now: () => now });
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox);
  assert.equal((await tasks.get(id))?.status, "working");
  now = new Date(NOW.getTime() + 60_000);
  const { status, statusMessage } = (await tasks.get(id))!;
  assert.equal(status, "cancelled");
  assert.equal(statusMessage, "expired before the operator decided");
  assert.equal(await tasks.cancel(id), true);
});

Deno.test("cancel() of a decided proposal says yes and changes nothing", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox);
  await queue.decide(id);
  assert.equal(await tasks.cancel(id), true);
  assert.equal((await tasks.get(id))?.status, "completed");
});

Deno.test("cancel() of a claimed proposal says yes and leaves it to the operator", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const tasks = new ProposalTasks(queue.inbox);
  const claim = { proposal_id: id, claimed_by: "alice", claimed_at: NOW.toISOString() };
  await Deno.writeTextFile(queue.probe.path(id, "claim"), JSON.stringify(claim));
  assert.equal(await tasks.cancel(id), true);
  assert.equal((await tasks.get(id))?.status, "working");
  assert.equal(await tasks.update(id), true);
});
