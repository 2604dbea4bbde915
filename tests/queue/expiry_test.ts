/** Asks that nobody answers in time: marked by whoever looks first, never under an operator's hands. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../src/queue/desk.ts";
import { type Ask, Inbox, type InboxOptions } from "../../src/queue/inbox.ts";
import type { Item } from "../../src/queue/item.ts";
import type { ProposalId, RecordKind, Slug } from "../../src/queue/layout.ts";
import { formatProposal, parseProposal } from "../../src/queue/proposal.ts";
import { parseWithdrawal } from "../../src/queue/withdrawal.ts";
import {} from "../operator/fixture.ts";
import { makeFifo } from "../support/process.ts";
import { eventually, within } from "../support/within.ts";
import {
  ask,
  atLink,
  claimText,
  FAST_POLLS_MS,
  idOf,
  NOW,
  place,
  proposalOf,
  Queue,
  replaced,
  withoutEvents,
} from "./inbox_fixture.ts";

const TTL_S = 60;
const EXPIRES = "2026-11-21T12:01:00.000Z";
const LATER = "2026-11-21T12:02:00.000Z";
const FILED = ["processed/proposal", "processed/withdrawn"];

/** A queue whose clock is moved by hand. */
class Aging implements AsyncDisposable {
  readonly queue: Queue;
  readonly clock: { now: Date };

  private constructor(queue: Queue, clock: { now: Date }) {
    this.queue = queue;
    this.clock = clock;
  }

  static async open(
    options: Partial<InboxOptions> = {},
    prepare: (queue: Queue) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Aging> {
    const clock = { now: NOW };
    const now = () => clock.now;
    const queue = await Queue.open({ proposalTtlSeconds: TTL_S, now, ...options }, prepare);
    return new Aging(queue, clock);
  }

  /** An ask whose time is over, and that nobody has looked at since. */
  async overdue(asked: Ask = ask("a")): Promise<ProposalId> {
    const id = await this.queue.queued(asked);
    this.clock.now = new Date(LATER);
    return id;
  }

  desk(pause?: (ms: number) => Promise<void>): Desk {
    return new Desk(join(this.queue.directory, ".."), () => this.clock.now, pause);
  }

  async item(id: ProposalId): Promise<Item> {
    const item = await this.desk().look("dev" as Slug, id);
    assert.ok(item);
    return item;
  }

  async filed(id: ProposalId, records: readonly string[] = FILED): Promise<void> {
    await this.queue.probe.until(`${records.join(" ")} of ${id}`, async () => {
      return String(await this.queue.records(id)) === String(records) ? true : undefined;
    });
  }

  async put(id: ProposalId, kind: RecordKind, text: string): Promise<void> {
    const path = this.queue.probe.path(id, kind);
    await Deno.writeTextFile(`${path}.tmp`, text);
    await Deno.rename(`${path}.tmp`, path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.queue[Symbol.asyncDispose]();
  }
}

const RESPONSE = (id: ProposalId) => JSON.stringify({ proposal_id: id, status: "approved" });

Deno.test("a proposal's file says when it expires, and only where that is set", async () => {
  await using aging = await Aging.open();
  const id = await aging.queue.queued(ask("a"));
  assert.equal((await aging.queue.inbox.proposal(id))?.expires_at, EXPIRES);
  await using endless = await Aging.open({ proposalTtlSeconds: undefined });
  const text = await Deno.readTextFile(
    endless.queue.probe.path(await endless.queue.queued(ask("a")), "proposal"),
  );
  assert.doesNotMatch(text, /expires/);
});

const HOSTILE = [
  "soon",
  "",
  "x".repeat(1_000_000),
  `${EXPIRES}\u202e`,
  `${EXPIRES}\n`,
  "2026-13-41T00:00:00Z",
  "2026",
  "+275760-09-13T00:00:00.000Z",
  0,
  -1,
  null,
  {},
  [EXPIRES],
];

for (const value of HOSTILE) {
  const shown = JSON.stringify(value).slice(0, 40);
  Deno.test(`expires_at ${shown} is none: the proposal stays readable and never expires`, async () => {
    const proposal = proposalOf(ask("a"));
    const file = { ...JSON.parse(formatProposal(proposal)!), expires_at: value };
    assert.equal(parseProposal(file).expires_at, undefined);
    await using aging = await Aging.open(
      { proposalTtlSeconds: undefined },
      (queue) =>
        Deno.writeTextFile(queue.probe.path(proposal.id, "proposal"), JSON.stringify(file)),
    );
    aging.clock.now = new Date("9999-12-31T23:59:59Z");
    assert.equal((await aging.queue.inbox.standing(proposal.id)).kind, "pending");
    assert.equal((await aging.item(proposal.id)).state, "pending");
  });
}

Deno.test("expires_at of another form is read as the same time in UTC", () => {
  const file = { ...proposalOf(ask("a")), expires_at: "2026-11-21T13:01:00+01:00" };
  assert.equal(parseProposal(file).expires_at, EXPIRES);
});

Deno.test("a poll ends the waits of what has expired, and files it away as such", async () => {
  await using aging = await Aging.open({ pollIntervalMs: FAST_POLLS_MS });
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  const waits = [queue.outcome(id), queue.outcome(id)];
  aging.clock.now = new Date(Date.parse(EXPIRES) - 1);
  await queue.polls();
  assert.deepEqual(queue.told(id), ["queued"]);
  aging.clock.now = new Date(EXPIRES);
  for (const wait of waits) assert.deepEqual(await wait, { kind: "expired" });
  await aging.filed(id);
  const record = join(queue.directory, "processed", `${id}.withdrawn.json`);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(record)), {
    proposal_id: id,
    withdrawn_at: EXPIRES,
    reason: "expired",
  });
  assert.deepEqual(queue.changes.filter((change) => change.id === id), [
    { kind: "queued", id, tool: "egress-block", since: NOW.toISOString() },
    {
      kind: "withdrawn",
      ...{ id, tool: "egress-block", since: NOW.toISOString() },
    },
  ]);
  assert.deepEqual(queue.log, []);
});

const LOOKS = {
  "standing()": async ({ queue: { inbox } }: Aging, id: ProposalId) => {
    assert.equal((await inbox.standing(id)).kind, "expired");
  },
  "wait()": async ({ queue }: Aging, id: ProposalId) => {
    assert.deepEqual(await queue.outcome(id), { kind: "expired" });
  },
  "submit() of the same ask": async ({ queue }: Aging, id: ProposalId) => {
    assert.notEqual(await queue.queued(ask("a")), id);
  },
  "open()": async ({ queue }: Aging, id: ProposalId) => {
    await queue.restart();
    await queue.untilTold(id, "queued", "withdrawn");
  },
};

for (const [name, look] of Object.entries(LOOKS)) {
  Deno.test(`${name} marks what has expired, without a poll`, async () => {
    await using aging = await Aging.open();
    const id = await aging.overdue();
    await look(aging, id);
    await aging.filed(id);
    let { inbox } = aging.queue;
    const standing = { kind: "expired", tool: "egress-block", since: NOW.toISOString() };
    assert.deepEqual(await inbox.standing(id), { ...standing, endedAt: LATER });
    assert.deepEqual(await aging.queue.outcome(id), { kind: "expired" });
    assert.equal(inbox.list().find((one) => one.id === id)?.status, "expired");
    assert.equal(await inbox.withdraw(id), "expired");
    await aging.queue.restart();
    inbox = aging.queue.inbox;
    assert.deepEqual(await inbox.standing(id), { ...standing, endedAt: LATER });
    await eventually(60, "its place in the list", () => {
      return inbox.list().find((one) => one.id === id)?.status === "expired";
    });
  });
}

Deno.test("what has expired keeps no place, and a further ask finds room", async () => {
  await using aging = await Aging.open({ maxPending: 1 });
  const id = await aging.overdue();
  await aging.queue.inbox.standing(id);
  await aging.queue.queued(ask("b"));
});

Deno.test("a sweep of many ends them all, over several polls", async () => {
  await using aging = await Aging.open({ maxPending: 600, pollIntervalMs: FAST_POLLS_MS });
  const ids = await Promise.all(Array.from({ length: 600 }, (_, n) => aging.queue.queued(ask(n))));
  const waits = ids.map((id) => aging.queue.inbox.wait(id).outcome);
  aging.clock.now = new Date(LATER);
  const outcomes = await within(60, "outcomes", Promise.all(waits));
  assert.ok(outcomes.every(({ kind }) => kind === "expired"));
  assert.equal(aging.queue.inbox.pending, 0);
});

Deno.test("those that cannot be marked keep no other from expiring, and rest", async () => {
  await using aging = await Aging.open({
    ...{ maxPending: 600, proposalTtlSeconds: 1, pollIntervalMs: FAST_POLLS_MS },
  });
  const { queue, clock } = aging;
  const ids = await Promise.all(Array.from({ length: 512 }, (_, n) => queue.queued(ask(n))));
  const tries = new Map<string, number>();
  const { link } = Deno;
  using _link = replaced(Deno, "link", async (from: string, to: string) => {
    tries.set(to, (tries.get(to) ?? 0) + 1);
    await link(from, to);
  });
  const triedTimes = (times: number) =>
    eventually(
      60,
      `${times} tries of each`,
      () => ids.every((id) => tries.get(queue.probe.path(id, "withdrawn")) === times),
    );
  for (const id of ids) await Deno.mkdir(queue.probe.path(id, "withdrawn"));
  clock.now = new Date(NOW.getTime() + 2_000);
  await triedTimes(1);
  const id = await queue.queued(ask("new"));
  const { outcome } = queue.inbox.wait(id);
  clock.now = new Date(NOW.getTime() + 4_000);
  assert.deepEqual(await within(60, "outcome", outcome), { kind: "expired" });
  await queue.polls();
  await triedTimes(1);
  clock.now = new Date(NOW.getTime() + 64_000);
  await triedTimes(2);
  assert.equal(queue.inbox.pending, 512);
});

Deno.test("held() is what the same ask would join, and no more when it is over", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  assert.equal(queue.inbox.held(ask("a")), undefined);
  const id = await queue.queued(ask("a"));
  assert.equal(queue.inbox.held({ ...ask("a"), justification: "another" })?.isDecided, false);
  assert.equal(queue.inbox.held(ask("b")), undefined);
  assert.equal(queue.inbox.held(ask("a", "pipelock-block")), undefined);
  await queue.decide(id);
  assert.equal(queue.inbox.held(ask("a"))?.isDecided, true, "and not delivered");
  queue.inbox.answering(id)(true);
  assert.equal(queue.inbox.held(ask("a")), undefined);
  await aging.overdue(ask("c"));
  assert.equal(queue.inbox.held(ask("c")), undefined);
});

const PLACED = "2026-11-20T12:00:00.000Z";

for (
  const [name, fields, ttl, state] of [
    ["without a time, where one is set now", {}, TTL_S, "pending"],
    ["without a time, where none is set", {}, undefined, "pending"],
    ["with its time, where none is set now", { expires_at: EXPIRES }, undefined, "expired"],
    ["with a later time than is set now", { expires_at: "2027-01-01T00:00:00Z" }, 1, "pending"],
  ] as const
) {
  Deno.test(`a proposal of an earlier run ${name} is ${state}`, async () => {
    const proposal = proposalOf(ask("a"), { arrival_timestamp: PLACED, ...fields });
    await using aging = await Aging.open(
      { proposalTtlSeconds: ttl },
      (queue) => place(queue, proposal),
    );
    aging.clock.now = new Date(LATER);
    assert.equal((await aging.queue.inbox.standing(proposal.id)).kind, state);
  });
}

// Races with an operator.

Deno.test("a claim keeps a proposal from expiring until it is given back", async () => {
  await using aging = await Aging.open({ pollIntervalMs: FAST_POLLS_MS });
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  const { outcome } = queue.inbox.wait(id);
  await aging.put(id, "claim", claimText(id));
  aging.clock.now = new Date(LATER);
  await queue.polls();
  assert.equal((await queue.inbox.standing(id)).kind, "pending");
  assert.equal(idOf(await queue.inbox.submit(ask("a")), "joined"), id);
  assert.equal(queue.inbox.held(ask("a"))?.isDecided, false);
  assert.equal((await aging.item(id)).state, "claimed");
  assert.deepEqual(await queue.records(id), ["claim", "proposal"]);
  await Deno.remove(queue.probe.path(id, "claim"));
  assert.deepEqual(await within(60, "outcome", outcome), { kind: "expired" });
  await aging.filed(id);
});

const UNREADABLE = {
  "empty": () => "",
  "half": () => "{",
  "of another proposal": () => claimText(proposalOf(ask("b")).id),
};

for (const [name, text] of Object.entries(UNREADABLE)) {
  Deno.test(`a claim that is ${name} is one, and keeps nothing from expiring`, async () => {
    await using aging = await Aging.open();
    const { queue } = aging;
    const ids = [await queue.queued(ask("a")), await queue.queued(ask("b"))] as const;
    for (const id of ids) {
      await aging.put(id, "claim", text());
      await queue.untilTold(id, "queued", "claimed");
      assert.equal((await aging.item(id)).state, "claimed");
      assert.equal(await queue.inbox.withdraw(id), "claimed");
    }
    aging.clock.now = new Date(LATER);
    for (const id of ids) assert.equal((await aging.item(id)).state, "expired");
    const expired = { kind: "expired", at: EXPIRES };
    assert.equal((await queue.inbox.standing(ids[0])).kind, "expired");
    assert.deepEqual(await aging.desk().claim(await aging.item(ids[1]), "ann", true), expired);
    assert.equal((await queue.inbox.standing(ids[1])).kind, "expired");
  });
}

for (const [ttl, heldUntil] of [[TTL_S, "12:11:00"], [3_600, "14:00:00"]] as const) {
  for (const side of ["the sidecar", "the operator"] as const) {
    Deno.test(`a claim of one with ${ttl} s holds it until ${heldUntil}, says ${side}`, async () => {
      await using aging = await Aging.open({ proposalTtlSeconds: ttl });
      const { queue } = aging;
      const id = await queue.queued(ask("a"));
      await aging.put(id, "claim", claimText(id));
      await queue.untilTold(id, "queued", "claimed");
      if (side === "the operator") await queue.inbox[Symbol.asyncDispose]();
      const end = Date.parse(`2026-11-21T${heldUntil}Z`);
      for (const [ms, isOver] of [[end - 1, false], [end, true]] as const) {
        aging.clock.now = new Date(ms);
        const item = await aging.item(id);
        assert.equal(item.state, isOver ? "expired" : "claimed");
        if (side === "the sidecar") {
          const { kind } = await queue.inbox.standing(id);
          assert.equal(kind, isOver ? "expired" : "pending");
        } else {
          const { kind } = await aging.desk().claim(item, "ben");
          assert.equal(kind, isOver ? "expired" : "taken");
        }
      }
    });
  }
}

Deno.test("a mark beside a claim made in time goes, and the claim stands", async () => {
  await using aging = await Aging.open({ pollIntervalMs: FAST_POLLS_MS });
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  const { outcome } = queue.inbox.wait(id);
  const item = await aging.item(id);
  await queue.inbox[Symbol.asyncDispose]();
  aging.clock.now = new Date(LATER);
  const mark = { proposal_id: id, withdrawn_at: LATER, reason: "expired" };
  const request = crypto.randomUUID();
  await aging.put(id, "claim", JSON.stringify({ ...JSON.parse(claimText(id)), request }));
  await aging.put(id, "withdrawn", JSON.stringify(mark));
  await queue.start();
  await queue.polls();
  assert.equal((await queue.inbox.standing(id)).kind, "pending");
  assert.equal(await queue.inbox.withdraw(id), "claimed");
  assert.deepEqual(await queue.records(id), ["claim", "proposal"]);
  const desk = aging.desk();
  assert.deepEqual(await desk.claim(item, "ann"), { kind: "claimed", resumed: true });
  const waits = queue.inbox.wait(id).outcome;
  await desk.release(item, request);
  assert.deepEqual(await within(60, "outcome", waits), { kind: "expired" });
  assert.equal((await outcome).kind, "stopping");
  await aging.filed(id);
});

/** One that was claimed in time, and marked by a hand that was killed; no sidecar runs. */
async function markedUnderClaim(aging: Aging) {
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  const item = await aging.item(id);
  await queue.inbox[Symbol.asyncDispose]();
  aging.clock.now = new Date(LATER);
  await aging.put(id, "claim", claimText(id));
  const mark = { proposal_id: id, withdrawn_at: LATER, reason: "expired" };
  await aging.put(id, "withdrawn", JSON.stringify(mark));
  return { id, item };
}

Deno.test("a mark of the agent beside a claim is left alone, however old", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const { id, item } = await markedUnderClaim(aging);
  await aging.put(id, "withdrawn", JSON.stringify({ proposal_id: id, withdrawn_at: LATER }));
  assert.equal((await aging.item(id)).state, "withdrawn");
  const desk = aging.desk(() => Promise.resolve());
  assert.deepEqual(await desk.claim(item, "ben", true), { kind: "withdrawn" });
  assert.ok((await queue.records(id)).includes("withdrawn"));
});

const DESK_STEPS = {
  "claim() by its owner": (desk: Desk, item: Item) => desk.claim(item, "ann"),
  "claim() that takes over": (desk: Desk, item: Item) => desk.claim(item, "ben", true),
  "claim() by another": (desk: Desk, item: Item) => desk.claim(item, "ben"),
  "decide()": (desk: Desk, item: Item) => {
    const { id } = item.proposal;
    return desk.decide(item, { proposal_id: id, status: "approved", notes: "", final_file: null });
  },
};
const STEPS_END: Record<keyof typeof DESK_STEPS, string> = {
  "claim() by its owner": "claimed",
  "claim() that takes over": "claimed",
  "claim() by another": "taken",
  "decide()": "decided",
};

for (const [name, step] of Object.entries(DESK_STEPS)) {
  Deno.test(`${name} passes over such a mark while no sidecar runs, which takes it away`, async () => {
    await using aging = await Aging.open();
    const { queue } = aging;
    const { id, item } = await markedUnderClaim(aging);
    assert.equal((await aging.item(id)).state, "claimed");
    assert.deepEqual((await aging.desk().list()).items.map(({ state }) => state), ["claimed"]);
    const { kind } = await step(aging.desk(() => Promise.resolve()), item);
    assert.equal(kind, STEPS_END[name as keyof typeof DESK_STEPS]);
    await queue.start();
    await queue.polls();
    assert.ok(kind === "decided" || !(await queue.records(id)).includes("withdrawn"));
    const { kind: stands } = await queue.inbox.standing(id);
    assert.equal(stands, kind === "decided" ? "decided" : "pending");
  });
}

Deno.test("claim() waits for a mark that its writer takes away, and stands", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  const item = await aging.item(id);
  await queue.inbox[Symbol.asyncDispose]();
  const mark = { proposal_id: id, withdrawn_at: LATER, reason: "expired" };
  // Another's clock is ahead: the mark comes before the claim, and is seen after it.
  using _link = atLink("claim", "after", () => aging.put(id, "withdrawn", JSON.stringify(mark)));
  const desk = aging.desk(async () => {
    assert.equal((await aging.item(id)).state, "claimed", "in passing");
    await Deno.remove(queue.probe.path(id, "withdrawn"));
  });
  assert.deepEqual(await desk.claim(item, "ann"), { kind: "claimed", resumed: false });
  assert.deepEqual(await queue.records(id), ["claim", "proposal"]);
});

Deno.test("a mark that cannot be read is a withdrawal of the agent, for everybody", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  await queue.inbox[Symbol.asyncDispose]();
  aging.clock.now = new Date(LATER);
  await aging.put(id, "withdrawn", "{");
  const item = await aging.item(id);
  assert.equal(item.state, "withdrawn");
  assert.deepEqual(await aging.desk().claim(item, "ann"), { kind: "withdrawn" });
  await queue.start();
  assert.equal((await queue.inbox.standing(id)).kind, "withdrawn");
  await aging.filed(id);
  assert.equal((await aging.item(id)).state, "withdrawn");
  assert.deepEqual(await aging.desk().claim(item, "ann"), { kind: "withdrawn" });
});

Deno.test("whoever claimed in time may decide long after", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const id = await queue.queued(ask("a"));
  const outcome = queue.outcome(id);
  const desk = aging.desk();
  const item = await aging.item(id);
  assert.equal((await desk.claim(item, "ann")).kind, "claimed");
  aging.clock.now = new Date(LATER);
  assert.equal((await aging.item(id)).state, "claimed");
  const taken = await desk.claim(item, "ben");
  assert.equal(taken.kind === "taken" && taken.claim?.claimed_by, "ann");
  assert.equal((await desk.claim(item, "ben", true)).kind, "claimed", "taken over");
  assert.deepEqual(await desk.claim(item, "ben"), { kind: "claimed", resumed: true });
  const decision = { proposal_id: id, status: "approved", notes: "", final_file: null } as const;
  assert.deepEqual(await desk.decide(item, decision), { kind: "decided" });
  assert.equal((await outcome).kind, "decided");
});

for (
  const [kind, text, outcome] of [
    ["claim", claimText, "pending"],
    ["response", RESPONSE, "decided"],
  ] as const
) {
  for (const when of ["before", "after"] as const) {
    Deno.test(`a ${kind} that comes just ${when} the mark stands, and the mark goes`, async () => {
      await using aging = await Aging.open();
      const { queue } = aging;
      const id = await aging.overdue();
      using _link = atLink("withdrawn", when, () => aging.put(id, kind, text(id)));
      assert.equal((await queue.inbox.standing(id)).kind, outcome);
      assert.deepEqual(await queue.records(id), [kind, "proposal"].sort());
      await queue.untilTold(id, "queued", kind === "claim" ? "claimed" : "decided");
    });
  }
}

Deno.test("claim() and the sidecar at once: one mark, and both say expired", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const id = await aging.overdue();
  const item = await aging.item(id);
  const [standing, claimed] = await Promise.all([
    queue.inbox.standing(id),
    aging.desk().claim(item, "ann"),
  ]);
  assert.equal(standing.kind, "expired");
  assert.deepEqual(claimed, { kind: "expired", at: EXPIRES });
  await aging.filed(id);
  assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
});

Deno.test("claim() just before the end and the sidecar just after always agree", async () => {
  await using aging = await Aging.open({ maxPending: 200, pollIntervalMs: FAST_POLLS_MS });
  const { queue } = aging;
  const asked = await Promise.all(Array.from({ length: 200 }, async (_, n) => {
    const id = await queue.queued(ask(n));
    return { id, item: await aging.item(id) };
  }));
  // Its clock is behind, as that of a virtual machine may be.
  const desk = new Desk(join(queue.directory, ".."), () => NOW);
  aging.clock.now = new Date(LATER);
  const won = { expired: 0, claimed: 0 };
  await Promise.all(asked.map(async ({ id, item }, n) => {
    const first = n % 2 ? desk.claim(item, "ann") : undefined;
    const standing = queue.inbox.standing(id);
    const claimed = await (first ?? desk.claim(item, "ann"));
    await standing;
    assert.equal((await queue.inbox.standing(id)).kind === "expired", claimed.kind === "expired");
    won[claimed.kind as keyof typeof won]++;
  }));
  assert.equal(won.expired + won.claimed, 200);
  await queue.polls();
  assert.equal(queue.inbox.pending, won.claimed);
});

Deno.test("claim() of one that nobody claimed in time says so, also while no sidecar runs, which files it away", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const id = await aging.overdue();
  await queue.inbox[Symbol.asyncDispose]();
  const item = await aging.item(id);
  assert.equal(item.state, "expired");
  assert.equal(item.expiredAt, EXPIRES);
  const waitless = aging.desk(() => assert.fail("there is nobody to wait for"));
  assert.deepEqual(await waitless.claim(item, "ann"), { kind: "expired", at: EXPIRES });
  assert.deepEqual(await queue.records(id), ["proposal"]);
  const desk = aging.desk();
  const decision = { proposal_id: id, status: "approved", notes: "", final_file: null } as const;
  assert.deepEqual(await desk.decide(item, decision), { kind: "expired", at: EXPIRES });
  await queue.start();
  await aging.filed(id);
  assert.equal((await queue.inbox.standing(id)).kind, "expired");
  assert.deepEqual(await desk.claim(item, "ann"), { kind: "expired", at: EXPIRES });
  assert.equal((await aging.item(id)).state, "expired");
});

for (const [name, put] of [["a FIFO", makeFifo], ["a directory", Deno.mkdir]] as const) {
  Deno.test(`${name} in the place of the mark: it is replaced, or said`, async () => {
    using _watchFs = withoutEvents();
    await using aging = await Aging.open();
    const { queue } = aging;
    const id = await aging.overdue();
    await put(queue.probe.path(id, "withdrawn"));
    if (name === "a FIFO") {
      assert.equal((await queue.inbox.standing(id)).kind, "expired");
      return;
    }
    for (const _ of [1, 2]) assert.equal((await queue.inbox.standing(id)).kind, "pending");
    assert.deepEqual(queue.log, ["cannot mark what has expired: EISDIR"]);
    await Deno.remove(queue.probe.path(id, "withdrawn"));
    assert.equal((await queue.inbox.standing(id)).kind, "expired");
  });
}

Deno.test("a mark that cannot be written is said once, and tried again after a minute", async () => {
  await using aging = await Aging.open({ pollIntervalMs: FAST_POLLS_MS });
  const { queue } = aging;
  const { link } = Deno;
  const id = await queue.queued(ask("a"));
  const { outcome } = queue.inbox.wait(id);
  {
    using _link = replaced(Deno, "link", () => {
      return Promise.reject(
        Object.assign(new Error(`full ${crypto.randomUUID()}`), { code: "ENOENT" }),
      );
    });
    aging.clock.now = new Date(LATER);
    await queue.polls();
    assert.equal((await queue.inbox.standing(id)).kind, "pending");
  }
  assert.equal(Deno.link, link);
  await queue.polls();
  assert.equal(queue.inbox.pending, 1);
  aging.clock.now = new Date(Date.parse(LATER) + 60_000);
  assert.deepEqual(await within(60, "outcome", outcome), { kind: "expired" });
  assert.deepEqual(queue.log, ["cannot mark what has expired: ENOENT"]);
});

// Two sidecars on one queue, and crashes.

async function second(
  { queue, clock }: Aging,
  options: Partial<InboxOptions> = {},
): Promise<Inbox> {
  return await Inbox.open({
    directory: queue.directory,
    slug: "dev" as Slug,
    maxPending: 64,
    log: (line) => assert.fail(line),
    now: () => clock.now,
    pollIntervalMs: FAST_POLLS_MS,
    ...options,
  });
}

for (const ttl of [TTL_S, undefined]) {
  Deno.test(`two sidecars on one queue, one with ${ttl ?? "no"} time: both say expired, once`, async () => {
    await using aging = await Aging.open({ pollIntervalMs: FAST_POLLS_MS });
    const { queue } = aging;
    const ids = await Promise.all(Array.from({ length: 30 }, (_, n) => queue.queued(ask(n))));
    await using other = await second(aging, { proposalTtlSeconds: ttl });
    const told: string[] = [];
    using _listening = other.onChange(({ kind, id }) => told.push(`${kind} ${id}`));
    const waits = ids.flatMap((id) => [queue.inbox.wait(id).outcome, other.wait(id).outcome]);
    aging.clock.now = new Date(LATER);
    const outcomes = await within(60, "outcomes", Promise.all(waits));
    assert.ok(outcomes.every(({ kind }) => kind === "expired"), JSON.stringify(outcomes));
    for (const id of ids) {
      await aging.filed(id);
      assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
      assert.equal((await other.standing(id)).kind, "expired");
    }
    assert.deepEqual(told.sort(), ids.map((id) => `withdrawn ${id}`).sort());
  });
}

Deno.test("a mark that another sidecar acted on before it was taken away again is not lost", async () => {
  await using aging = await Aging.open();
  const { queue } = aging;
  const id = await aging.overdue();
  await using other = await second(aging);
  const item = await aging.item(id);
  using _link = atLink("withdrawn", "after", async () => {
    const { outcome } = other.wait(id);
    assert.deepEqual(await within(60, "outcome", outcome), { kind: "expired" });
    await aging.put(id, "claim", claimText(id));
  });
  await queue.inbox.standing(id);
  await queue.probe.until("the mark in processed/", async () => {
    const records = await queue.records(id);
    return records.includes("processed/withdrawn") && records.includes("processed/proposal")
      ? true
      : undefined;
  });
  assert.equal((await queue.inbox.standing(id)).kind, "expired");
  const decision = { proposal_id: id, status: "approved", notes: "", final_file: null } as const;
  assert.deepEqual(await aging.desk().decide(item, decision), { kind: "expired", at: EXPIRES });
});

for (const moved of [[], ["proposal"]] as const) {
  Deno.test(`a kill after the mark, with ${moved[0] ?? "nothing"} moved, is put right at the start`, async () => {
    await using aging = await Aging.open();
    const { queue } = aging;
    const id = await aging.overdue();
    await queue.inbox[Symbol.asyncDispose]();
    const mark = { proposal_id: id, withdrawn_at: LATER, reason: "expired" };
    await Deno.writeTextFile(queue.probe.path(id, "withdrawn"), JSON.stringify(mark));
    for (const kind of moved) {
      const name = `${id}.${kind}.json`;
      await Deno.rename(join(queue.directory, name), join(queue.directory, "processed", name));
    }
    assert.equal((await aging.item(id)).state, moved.length > 0 ? "delivered" : "expired");
    await queue.start();
    await aging.filed(id);
    assert.equal((await queue.inbox.standing(id)).kind, "expired");
    assert.equal((await aging.item(id)).state, "expired");
    assert.notEqual(await queue.queued(ask("a")), id);
  });
}

Deno.test("a withdrawal with another reason is the agent's", () => {
  const { id } = proposalOf(ask("a"));
  for (const reason of ["Expired", "x".repeat(1_000_000), 1, null, {}]) {
    assert.equal(parseWithdrawal({ proposal_id: id, reason }, id).reason, undefined);
  }
});
