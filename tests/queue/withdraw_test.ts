/** `withdraw()`: the agent takes an ask back unless an operator was first, and both sides agree who. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../src/queue/desk.ts";
import type { Item } from "../../src/queue/item.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { formatProposal } from "../../src/queue/proposal.ts";
import {} from "../operator/fixture.ts";
import { makeFifo } from "../support/process.ts";
import { within } from "../support/within.ts";
import {
  ask,
  atLink,
  claimText,
  FAST_POLLS_MS,
  NOW,
  place,
  proposalOf,
  Queue,
  replaced,
  withoutEvents,
} from "./inbox_fixture.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const RESPONSE = (id: ProposalId) => JSON.stringify({ proposal_id: id, status: "approved" });

function deskOf(queue: Queue, pause?: (ms: number) => Promise<void>): Desk {
  return new Desk(join(queue.directory, ".."), () => NOW, pause);
}

async function itemOf(desk: Desk, id: ProposalId): Promise<Item> {
  const item = await desk.look("dev" as Slug, id);
  assert.ok(item);
  return item;
}

const FILED = ["processed/proposal", "processed/withdrawn"];

async function untilFiled(queue: Queue, id: ProposalId, filed: readonly string[]): Promise<void> {
  await queue.probe.until(`${filed.join(" ")} of ${id}`, async () => {
    return String(await queue.records(id)) === String(filed) ? true : undefined;
  });
}

Deno.test("withdraw() ends waits, files the set away, and says so once", SANITIZED, async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const waits = [queue.outcome(id), queue.outcome(id)];
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  for (const wait of waits) assert.deepEqual(await wait, { kind: "withdrawn" });
  assert.deepEqual(await queue.outcome(id), { kind: "withdrawn" });
  assert.equal(queue.inbox.pending, 0);
  await untilFiled(queue, id, FILED);
  const record = join(queue.directory, "processed", `${id}.withdrawn.json`);
  assert.equal(
    await Deno.readTextFile(record),
    `{\n  "proposal_id": "${id}",\n  "withdrawn_at": "${NOW.toISOString()}"\n}\n`,
  );
  assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
  assert.notEqual(await queue.queued(ask("a")), id);
  assert.deepEqual(queue.log, []);
});

Deno.test("withdraw() of a withdrawn one is withdrawn again, also after a restart", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const atOnce = await Promise.all([1, 2, 3].map(() => queue.inbox.withdraw(id)));
  assert.deepEqual(atOnce, ["withdrawn", "withdrawn", "withdrawn"]);
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  await queue.restart();
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
});

Deno.test("withdraw() of a proposal that is not there is unknown", async () => {
  await using queue = await Queue.open();
  assert.equal(await queue.inbox.withdraw(crypto.randomUUID() as ProposalId), "unknown");
  const id = await queue.queued(ask("a"));
  await Deno.remove(queue.probe.path(id, "proposal"));
  assert.equal(await queue.inbox.withdraw(id), "unknown");
  assert.deepEqual(await queue.records(id), []);
  assert.deepEqual(queue.told(id), ["queued", "removed"]);
});

for (const [name, text] of [["whole", claimText], ["that nobody can read", () => "{"]] as const) {
  Deno.test(`withdraw() yields to a claim ${name}`, async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(ask("a"));
    const { outcome } = queue.inbox.wait(id);
    await Deno.writeTextFile(queue.probe.path(id, "claim"), text(id));
    let isWritten = false;
    using _link = atLink("withdrawn", "before", () => Promise.resolve(isWritten = true));
    assert.equal(await queue.inbox.withdraw(id), "claimed");
    assert.equal(isWritten, false);
    assert.deepEqual(await queue.records(id), ["claim", "proposal"]);
    await queue.decide(id);
    assert.equal((await outcome).kind, "decided");
  });
}

Deno.test("withdraw() yields to a decision, taken in or not, delivered or not", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const [taken, fresh] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await queue.decide(taken);
  assert.equal(await queue.inbox.withdraw(taken), "decided");
  await Deno.writeTextFile(queue.probe.path(fresh, "response"), RESPONSE(fresh));
  assert.equal(await queue.inbox.withdraw(fresh), "decided");
  queue.inbox.answering(taken)(true);
  await queue.probe.filedAway(taken);
  assert.equal(await queue.inbox.withdraw(taken), "decided");
  assert.deepEqual(await queue.records(fresh), ["proposal", "response"]);
  assert.deepEqual(queue.told(fresh), ["queued", "decided"]);
});

for (
  const [kind, text, outcome] of [
    ["claim", claimText, "claimed"],
    ["response", RESPONSE, "decided"],
  ] as const
) {
  Deno.test(`withdraw() takes its file away again when a ${kind} came first after all`, async () => {
    await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
    const id = await queue.queued(ask("a"));
    const wait = queue.inbox.wait(id);
    using _link = atLink("withdrawn", "after", async () => {
      // Polls see the withdrawn file, and must not take it for settled.
      await queue.polls();
      assert.deepEqual(queue.told(id), ["queued"]);
      await Deno.writeTextFile(queue.probe.path(id, kind), text(id));
    });
    assert.equal(await queue.inbox.withdraw(id), outcome);
    assert.deepEqual(await queue.records(id), [kind, "proposal"].sort());
    await queue.untilTold(id, "queued", outcome);
    await queue.polls();
    wait.end("left");
    assert.deepEqual((await wait.outcome).kind, outcome === "decided" ? outcome : "left");
  });
}

Deno.test("withdraw() and claim(): a claim written first stands, and is told so", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const desk = deskOf(queue);
  const item = await itemOf(desk, id);
  using _link = atLink("claim", "after", async () => {
    assert.equal(await queue.inbox.withdraw(id), "claimed");
  });
  assert.deepEqual(await desk.claim(item, "ann"), { kind: "claimed", resumed: false });
  assert.deepEqual(await queue.records(id), ["claim", "proposal"]);
});

Deno.test("withdraw() and claim(): a withdrawal that ends first stands, and no claim is left", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const desk = deskOf(queue, () => Promise.resolve());
  const item = await itemOf(desk, id);
  using _link = atLink("claim", "before", async () => {
    assert.equal(await queue.inbox.withdraw(id), "withdrawn");
    await untilFiled(queue, id, FILED);
  });
  assert.deepEqual(await desk.claim(item, "ann"), { kind: "withdrawn" });
  assert.deepEqual(await queue.records(id), FILED);
});

Deno.test("withdraw() and claim(): when both files are there the claim waits and stands", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const [claimed, withdrawn, waited] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  let withdrawing: Promise<unknown> = Promise.resolve();
  const desk = deskOf(queue, async () => {
    waited!.resolve();
    await withdrawing;
  });
  const item = await itemOf(desk, id);
  let claiming: Promise<unknown> | undefined;
  const { link } = Deno;
  using _link = replaced(Deno, "link", async (from: string, to: string) => {
    if (to.endsWith(".claim.json")) {
      await link(from, to);
      claimed!.resolve();
      await withdrawn!.promise;
      return;
    }
    claiming = desk.claim(item, "ann");
    await claimed!.promise;
    await link(from, to);
    withdrawn!.resolve();
    await waited!.promise;
  });
  withdrawing = within(60, "withdrawal", queue.inbox.withdraw(id));
  assert.equal(await withdrawing, "claimed");
  assert.deepEqual(await claiming, { kind: "claimed", resumed: false });
  assert.deepEqual(await queue.records(id), ["claim", "proposal"]);
});

Deno.test("withdraw() and claim(): a claim that begins meanwhile waits and learns the outcome", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  let withdrawing: Promise<unknown> = Promise.resolve();
  const waited = Promise.withResolvers<void>();
  const desk = deskOf(queue, async () => {
    waited.resolve();
    await withdrawing;
    await untilFiled(queue, id, FILED);
  });
  const item = await itemOf(desk, id);
  let claiming: Promise<unknown> | undefined;
  using _link = atLink("withdrawn", "after", async () => {
    claiming = desk.claim(item, "ann");
    await waited.promise;
  });
  withdrawing = queue.inbox.withdraw(id);
  assert.equal(await withdrawing, "withdrawn");
  assert.deepEqual(await claiming, { kind: "withdrawn" });
  assert.deepEqual(await queue.records(id), FILED);
});

Deno.test("withdraw() and claim() of 200 proposals at once always agree", async () => {
  await using queue = await Queue.open({ maxPending: 200, pollIntervalMs: FAST_POLLS_MS });
  const desk = deskOf(queue);
  const won = { withdrawn: 0, claimed: 0 };
  await Promise.all(Array.from({ length: 200 }, async (_, number) => {
    const id = await queue.queued(ask(number));
    const item = await itemOf(desk, id);
    const first = number % 2 ? desk.claim(item, "ann") : undefined;
    const [withdrawn, claimed] = await Promise.all([
      queue.inbox.withdraw(id),
      first ?? desk.claim(item, "ann"),
    ]);
    assert.equal(withdrawn, claimed.kind);
    won[claimed.kind as keyof typeof won]++;
  }));
  assert.equal(won.withdrawn + won.claimed, 200);
  await queue.polls();
  assert.equal(queue.inbox.pending, won.claimed);
});

Deno.test("a withdrawal that another hand wrote ends the waits, whatever claim there is", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const { outcome } = queue.inbox.wait(id);
  await Deno.writeTextFile(queue.probe.path(id, "claim"), claimText(id));
  await queue.untilTold(id, "queued", "claimed");
  await Deno.writeTextFile(queue.probe.path(id, "withdrawn"), "x".repeat(2 << 20));
  assert.deepEqual(await within(60, "outcome", outcome), { kind: "withdrawn" });
  assert.equal(queue.inbox.pending, 0);
  await untilFiled(queue, id, ["processed/claim", "processed/proposal", "processed/withdrawn"]);
  assert.equal((await queue.inbox.standing(id)).kind, "withdrawn");
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  assert.deepEqual(queue.told(id), ["queued", "claimed", "withdrawn"]);
});

Deno.test("withdraw() finds that another hand was first, and that stands", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  using _link = atLink("withdrawn", "before", async () => {
    await Deno.writeTextFile(queue.probe.path(id, "withdrawn"), "{}");
    await Deno.writeTextFile(queue.probe.path(id, "claim"), claimText(id));
  });
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  await queue.restart();
  assert.deepEqual(await queue.records(id), ["processed/claim", ...FILED]);
  assert.equal(queue.told(id).at(-1), "withdrawn");
});

type Put = (path: string) => Promise<unknown>;

const NO_FILES: readonly (readonly [name: string, put: Put, isReplaced: boolean])[] = [
  ["a directory", (path) => Deno.mkdir(path), false],
  ["a FIFO", makeFifo, true],
  ["a link", async (path) => {
    await Deno.writeTextFile(`${path}.x`, "{}");
    await Deno.symlink(`${path}.x`, path);
  }, true],
];

for (const [name, put, isReplaced] of NO_FILES) {
  Deno.test(`${name} as withdrawn file withdraws nothing, now or at a restart`, async () => {
    using _watchFs = withoutEvents();
    await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
    const id = await queue.queued(ask("a"));
    await put(queue.probe.path(id, "withdrawn"));
    await queue.polls();
    await queue.restart();
    assert.equal((await queue.inbox.standing(id)).kind, "pending");
    assert.deepEqual(queue.told(id), ["queued"]);
    if (isReplaced) {
      assert.equal(await queue.inbox.withdraw(id), "withdrawn");
    } else {
      await assert.rejects(queue.inbox.withdraw(id), /is a directory; remove it and try again$/);
      assert.equal((await queue.inbox.standing(id)).kind, "pending");
      await Deno.remove(queue.probe.path(id, "withdrawn"));
      assert.equal(await queue.inbox.withdraw(id), "withdrawn");
    }
  });

  Deno.test(`${name} as a claim is none`, async () => {
    using _watchFs = withoutEvents();
    await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
    const id = await queue.queued(ask("a"));
    await put(queue.probe.path(id, "claim"));
    await queue.polls();
    assert.equal(await queue.inbox.withdraw(id), "withdrawn");
    assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
  });
}

const WITHDRAWN_AND_RESPONSE = ["proposal", "response", "withdrawn"];

Deno.test("a response beside a withdrawal wins at a start, and both are filed away", async () => {
  const proposal = proposalOf(ask("a"));
  const { id } = proposal;
  await using queue = await Queue.open({}, async (queue) => {
    await place(queue, proposal);
    await Deno.writeTextFile(queue.probe.path(id, "withdrawn"), "{}");
    await Deno.writeTextFile(queue.probe.path(id, "response"), RESPONSE(id));
  });
  assert.equal((await queue.outcome(id)).kind, "decided");
  assert.deepEqual(await queue.records(id), WITHDRAWN_AND_RESPONSE);
  queue.inbox.answering(id)(true);
  await untilFiled(queue, id, WITHDRAWN_AND_RESPONSE.map((kind) => `processed/${kind}`));
  assert.equal((await queue.inbox.standing(id)).kind, "decided");
  assert.equal((await itemOf(deskOf(queue), id)).state, "delivered");
});

Deno.test("a response beside a withdrawal wins while the sidecar runs", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const { outcome } = queue.inbox.wait(id);
  // Both at once, as far as the inbox can see.
  Deno.writeTextFileSync(queue.probe.path(id, "response"), RESPONSE(id));
  Deno.writeTextFileSync(queue.probe.path(id, "withdrawn"), "{}");
  assert.equal((await within(60, "outcome", outcome)).kind, "decided");
  await queue.untilTold(id, "queued", "decided");
});

Deno.test("a response that comes after the withdrawal was settled is left to its writer", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  using _late = queue.inbox.onChange(() => {
    Deno.writeTextFileSync(queue.probe.path(id, "response"), RESPONSE(id));
  });
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  await untilFiled(queue, id, [...FILED, "response"]);
  assert.equal((await queue.inbox.standing(id)).kind, "withdrawn");
  assert.deepEqual(queue.told(id), ["queued", "withdrawn"]);
});

Deno.test("a withdrawal that a crash left is final at the next start, whatever claim lies there", async () => {
  const proposal = proposalOf(ask("a"));
  const { id } = proposal;
  await using queue = await Queue.open({}, async (queue) => {
    await place(queue, proposal);
    await Deno.writeTextFile(queue.probe.path(id, "withdrawn"), "{}");
    await Deno.writeTextFile(queue.probe.path(id, "claim"), claimText(id));
  });
  assert.equal(queue.inbox.pending, 0);
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  await untilFiled(queue, id, ["processed/claim", "processed/proposal", "processed/withdrawn"]);
  await queue.queued(ask("a"));
});

Deno.test("a withdrawal whose move a crash cut short is finished at the next start", async () => {
  const proposal = proposalOf(ask("a"));
  const { id } = proposal;
  await using queue = await Queue.open({}, async ({ directory, probe }) => {
    const path = join(directory, "processed", `${id}.proposal.json`);
    await Deno.writeTextFile(path, formatProposal(proposal)!);
    await Deno.writeTextFile(probe.path(id, "withdrawn"), "{}");
  });
  assert.deepEqual(await queue.records(id), FILED);
  assert.equal((await queue.inbox.standing(id)).kind, "withdrawn");
});

Deno.test("submit() of an ask that is being withdrawn queues a new one", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const withdrawing = queue.inbox.withdraw(id);
  const next = await queue.queued(ask("a"));
  assert.notEqual(next, id);
  assert.equal(await withdrawing, "withdrawn");
  assert.equal((await queue.inbox.standing(next)).kind, "pending");
});

// A withdrawn one keeps its place, so that to ask and withdraw in turn is not free.

/** An inbox of two places whose clock the test moves. */
async function twoPlaces() {
  let ms = NOW.getTime();
  const queue = await Queue.open({ maxPending: 2, now: () => new Date(ms) });
  return Object.assign(queue, { later: (byMs: number) => void (ms += byMs) });
}

async function isFull(queue: Queue, pending: number): Promise<void> {
  const full = { kind: "queue-full", pending, limit: 2 };
  assert.deepEqual(await queue.inbox.submit(ask("one more")), full);
}

Deno.test("a withdrawn proposal keeps its place for 60 s", async () => {
  await using queue = await twoPlaces();
  for (const name of ["a", "b"]) {
    assert.equal(await queue.inbox.withdraw(await queue.queued(ask(name))), "withdrawn");
    queue.later(1_000);
  }
  await isFull(queue, 0);
  queue.later(57_999);
  await isFull(queue, 0);
  queue.later(1);
  const id = await queue.queued(ask("c"));
  await isFull(queue, 1);
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  queue.later(1_000);
  await queue.queued(ask("d"));
  await isFull(queue, 1);
});

Deno.test("a proposal that is withdrawn once more, at once or when it is filed away, keeps one place", async () => {
  await using queue = await twoPlaces();
  const id = await queue.queued(ask("a"));
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  await untilFiled(queue, id, FILED);
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  await queue.queued(ask("b"));
  await isFull(queue, 1);
});

Deno.test("a decided, a claimed and an unknown proposal keep no place when they are withdrawn", async () => {
  await using queue = await twoPlaces();
  const decided = await queue.queued(ask("a"));
  await queue.decide(decided);
  assert.equal(await queue.inbox.withdraw(decided), "decided");
  const claimed = await queue.queued(ask("b"));
  await Deno.writeTextFile(queue.probe.path(claimed, "claim"), claimText(claimed));
  assert.equal(await queue.inbox.withdraw(claimed), "claimed");
  assert.equal(await queue.inbox.withdraw(crypto.randomUUID() as ProposalId), "unknown");
  await queue.queued(ask("c"));
  await isFull(queue, 2);
});

Deno.test("withdraw() throws when it cannot write, and the proposal stays pending", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  {
    const refused = Object.assign(new Error("no such directory"), { code: "ENOENT" });
    using _link = replaced(Deno, "link", () => Promise.reject(refused));
    await assert.rejects(queue.inbox.withdraw(id), refused);
  }
  assert.equal((await queue.inbox.standing(id)).kind, "pending");
  assert.deepEqual(await queue.records(id), ["proposal"]);
  assert.equal(await queue.inbox.withdraw(id), "withdrawn");
});

Deno.test("a proposal that is withdrawn by several at once keeps one place", async () => {
  await using queue = await twoPlaces();
  const id = await queue.queued(ask("a"));
  const outcomes = await Promise.all([queue.inbox.withdraw(id), queue.inbox.withdraw(id)]);
  assert.deepEqual(outcomes, ["withdrawn", "withdrawn"]);
  await queue.queued(ask("b"));
  await isFull(queue, 1);
});
