/** `onChange()`: each change of a proposal is told once, whoever made it and however it was noticed. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProposalChange } from "../../src/queue/changes.ts";
import type { ProposalId } from "../../src/queue/layout.ts";
import { eventually } from "../support/within.ts";
import {
  ask,
  claimText,
  FAST_POLLS_MS,
  NOW,
  place,
  proposalOf,
  Queue,
  replaced,
  withoutEvents,
} from "./inbox_fixture.ts";

const LATER = new Date(NOW.getTime() + 60_000);

async function putClaim(queue: Queue, id: ProposalId, by: string, at = NOW): Promise<void> {
  const path = queue.probe.path(id, "claim");
  await Deno.writeTextFile(`${path}.tmp`, claimText(id, by, at));
  await Deno.rename(`${path}.tmp`, path);
}

async function claimedAt(queue: Queue, id: ProposalId): Promise<string | undefined> {
  const standing = await queue.inbox.standing(id);
  assert.ok(standing.kind === "pending");
  return standing.claimedAt;
}

for (const by of ["events", "polls"]) {
  Deno.test(`claims are noticed by ${by}: put, taken over and given back`, async () => {
    using _watchFs = by === "polls" ? withoutEvents() : undefined;
    await using queue = await Queue.open(by === "polls" ? { pollIntervalMs: FAST_POLLS_MS } : {});
    const id = await queue.queued(ask("a"));
    await putClaim(queue, id, "ann");
    await queue.untilTold(id, "queued", "claimed");
    assert.equal(await claimedAt(queue, id), NOW.toISOString());
    await putClaim(queue, id, "ben", LATER);
    await queue.untilTold(id, "queued", "claimed", "claimed");
    assert.equal(await claimedAt(queue, id), LATER.toISOString());
    await Deno.remove(queue.probe.path(id, "claim"));
    await queue.untilTold(id, "queued", "claimed", "claimed", "released");
    assert.equal(await claimedAt(queue, id), undefined);
    assert.equal(await queue.inbox.withdraw(id), "withdrawn");
  });

  Deno.test(`changes that come by ${by} are told once`, async () => {
    using _watchFs = by === "polls" ? withoutEvents() : undefined;
    await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
    const [decided, removed] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
    await putClaim(queue, decided, "ann");
    await queue.untilTold(decided, "queued", "claimed");
    await queue.decide(decided);
    const arrived = queue.inbox.answering(decided);
    await Deno.remove(queue.probe.path(removed, "proposal"));
    await queue.untilTold(removed, "queued", "removed");
    arrived(true);
    const placed = await place(queue, proposalOf(ask("c")));
    await queue.untilTold(placed, "queued");
    await queue.polls();
    assert.deepEqual(queue.told(decided), ["queued", "claimed", "decided"]);
    assert.deepEqual(queue.told(removed), ["queued", "removed"]);
    assert.deepEqual(queue.told(placed), ["queued"]);
    const since = NOW.toISOString();
    assert.deepEqual(queue.changes[0], {
      kind: "queued",
      id: decided,
      tool: "egress-block",
      since,
    });
  });
}

Deno.test("claims of pending ones are read at the start", async () => {
  await using queue = await Queue.open();
  const [whole, odd] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await queue.inbox[Symbol.asyncDispose]();
  await putClaim(queue, whole, "ann");
  await Deno.writeTextFile(queue.probe.path(odd, "claim"), "{");
  await queue.start();
  assert.equal(await claimedAt(queue, whole), NOW.toISOString());
  assert.equal(await claimedAt(queue, odd), undefined);
  for (const id of [whole, odd]) {
    const standing = await queue.inbox.standing(id);
    assert.ok(standing.kind === "pending" && standing.claimed, "unreadable or not, it is a claim");
  }
  assert.deepEqual(queue.inbox.list().map(({ claimed }) => claimed), [true, true]);
});

Deno.test("a claim that is completed while it is read is told once", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  await Deno.writeTextFile(queue.probe.path(id, "claim"), '{"proposal_id"');
  await queue.untilTold(id, "queued", "claimed");
  await putClaim(queue, id, "ann");
  await eventually(60, "whole claim", async () => await claimedAt(queue, id) !== undefined);
  assert.deepEqual(queue.told(id), ["queued", "claimed"]);
});

Deno.test("submit() tells `queued` when it is durable, and nothing of what could not be written", async () => {
  await using queue = await Queue.open();
  const { link } = Deno;
  {
    using _link = replaced(Deno, "link", async (from: string, to: string) => {
      await link(from, to);
      assert.deepEqual(queue.changes, []);
      assert.deepEqual(queue.inbox.list(), []);
    });
    await queue.queued(ask("a"));
  }
  assert.equal(queue.changes.length, 1);
  const aside = `${queue.directory}.aside`;
  await Deno.rename(queue.directory, aside);
  await Deno.writeTextFile(queue.directory, "a file in the directory's place");
  await assert.rejects(queue.inbox.submit(ask("b")), { code: "ENOTDIR" });
  assert.equal(queue.changes.length, 1);
  await Deno.remove(queue.directory);
  await Deno.rename(aside, queue.directory);
});

Deno.test("a decision that comes before its proposal is durable is told after it", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const { link } = Deno;
  let id: ProposalId | undefined;
  using _link = replaced(Deno, "link", async (from: string, to: string) => {
    await link(from, to);
    if (id) return;
    id = (await queue.probe.proposals())[0] as ProposalId;
    await queue.probe.answer(id, { status: "approved" });
    await queue.polls();
  });
  await queue.queued(ask("a"));
  await queue.untilTold(id!, "queued", "decided");
});

Deno.test("onChange(): a listener that throws is logged, and stops neither inbox nor listeners", async () => {
  await using queue = await Queue.open();
  const heard: ProposalChange[] = [];
  const failing = queue.inbox.onChange(() => {
    throw new Error("no luck");
  });
  using _heard = queue.inbox.onChange((change) => heard.push(change));
  const id = await queue.queued(ask("a"));
  assert.equal(heard.length, 1);
  assert.match(queue.log.join("\n"), new RegExp(`a listener failed at queued ${id}: .*no luck`));
  failing[Symbol.dispose]();
  await queue.inbox.withdraw(id);
  assert.deepEqual(heard.map(({ kind }) => kind), ["queued", "withdrawn"]);
  assert.equal(queue.log.length, 1);
});

Deno.test("onChange() with the same listener twice tells it twice, until one is disposed", async () => {
  await using queue = await Queue.open();
  const heard: ProposalChange[] = [];
  const listener = (change: ProposalChange) => void heard.push(change);
  using _first = queue.inbox.onChange(listener);
  queue.inbox.onChange(listener)[Symbol.dispose]();
  await queue.queued(ask("a"));
  assert.equal(heard.length, 1);
});

Deno.test("what cannot be moved to processed/ is moved by a later poll, and that is said once", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const [a, b, c] = [
    await queue.queued(ask("a")),
    await queue.queued(ask("b")),
    await queue.queued(ask("c")),
  ];
  const processed = join(queue.directory, "processed");
  await Deno.remove(processed);
  await Deno.writeTextFile(processed, "a file in the directory's place");
  for (const id of [a, b]) {
    await queue.decide(id);
    queue.inbox.answering(id)(true);
  }
  assert.equal(await queue.inbox.withdraw(c), "withdrawn");
  await queue.logged(new RegExp(`^cannot move ${c} to processed/: `));
  await queue.polls();
  assert.equal(queue.log.length, 3);
  assert.equal((await queue.inbox.standing(a)).kind, "decided");
  assert.equal((await queue.inbox.standing(c)).kind, "withdrawn");
  assert.deepEqual(queue.told(c), ["queued", "withdrawn"]);
  await Deno.remove(processed);
  for (const id of [a, b, c]) {
    while ((await queue.probe.names()).some((name) => name.startsWith(id))) await queue.polls(1);
  }
  assert.deepEqual(await queue.records(a), ["processed/proposal", "processed/response"]);
  assert.deepEqual(await queue.records(c), ["processed/proposal", "processed/withdrawn"]);
  assert.equal(queue.inbox.list().length, 3);
});

Deno.test("a claim that is taken over while it cannot be read is told again", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  await putClaim(queue, id, "ann");
  await queue.untilTold(id, "queued", "claimed");
  const path = queue.probe.path(id, "claim");
  await Deno.writeTextFile(path, "{");
  await eventually(60, "broken claim", async () => await claimedAt(queue, id) === undefined);
  await putClaim(queue, id, "ben", LATER);
  await queue.untilTold(id, "queued", "claimed", "claimed");
});
