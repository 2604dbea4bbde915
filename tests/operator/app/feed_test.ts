/** QueueFeed: what it tells of the queues, and how much it looks up and remembers for that. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { QueueFeed } from "../../../src/operator/app/feed.ts";
import { Desk, type Listing } from "../../../src/queue/desk.ts";
import type { Item } from "../../../src/queue/item.ts";
import type { ProposalId, Slug } from "../../../src/queue/layout.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually } from "../../support/within.ts";
import { fileAway, propose, recordPath, writeRecord } from "../fixture.ts";

Deno.test("QueueFeed looks up 200 of a bottle at a time, lists no processed/, and forgets", async () => {
  await using root = await temporary();
  const feed = new QueueFeed(new Desk(root.path));
  const { signal } = new AbortController();
  const proposals = [];
  for (let number = 0; number < 450; number++) proposals.push(await propose(root.path));
  const other = await propose(root.path, { slug: "other" });
  assert.equal((await feed.read(signal)).events.length, 451);
  await writeRecord(root.path, other, "response", { status: "approved" });
  await fileAway(root.path, other);
  for (const proposal of proposals) await Deno.remove(recordPath(root.path, proposal, "proposal"));
  const readDir = Deno.readDir;
  using _restored = { [Symbol.dispose]: () => void (Deno.readDir = readDir) };
  const listed: string[] = [];
  Deno.readDir = (path) => {
    listed.push(String(path));
    return readDir(path);
  };
  const rounds = [];
  for (let round = 0; round < 4; round++) {
    const { events, isMore } = await feed.read(signal);
    rounds.push({ removed: events.filter(({ event }) => event === "removed").length, isMore });
    const names = events.map(({ event }) => event).filter((event) => event !== "removed");
    assert.deepEqual(names, round === 0 ? ["decided", "delivered"] : []);
  }
  assert.deepEqual(rounds, [
    { removed: 200, isMore: true },
    { removed: 200, isMore: true },
    { removed: 50, isMore: false },
    { removed: 0, isMore: false },
  ]);
  assert.equal(listed.length, 4 * 3, "the root and two queues in each round");
});

Deno.test("QueueFeed looks up nothing for decisions that await delivery", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path);
  const feed = new QueueFeed(desk);
  const { signal } = new AbortController();
  const proposal = await propose(root.path);
  await feed.read(signal);
  await writeRecord(root.path, proposal, "response", { status: "approved" });
  desk.look = () => Promise.reject(new Error("was looked up"));
  for (const expected of [["decided"], []]) {
    const { events } = await feed.read(signal);
    assert.deepEqual(events.map(({ event }) => event), expected);
  }
});

/** A desk of which every listing shows `items`. */
function deskOf(listing: Listing): Desk {
  const desk = new Desk("/nowhere");
  desk.list = () => Promise.resolve(listing);
  desk.look = (_slug, id) =>
    Promise.resolve(listing.items.find(({ proposal }) => proposal.id === id));
  return desk;
}

Deno.test("QueueFeed remembers 64 MiB of a bottle and tells the rest when there is room", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const justification = "x".repeat(2 ** 20);
  const items: Item[] = Array.from({ length: 100 }, (_, number) => ({
    slug: (number < 90 ? "bad" : "good") as Slug,
    proposal: { ...proposal, id: crypto.randomUUID() as ProposalId, justification },
    state: "pending",
    repeats: [],
    waiting: 0,
  }));
  const feed = new QueueFeed(deskOf({ items, skipped: [], lying: new Map(), ended: new Map() }));
  const { signal } = new AbortController();
  const first = await feed.read(signal);
  assert.equal(first.events.filter(({ item }) => item.slug === "good").length, 10);
  assert.equal(first.events.length, 63 + 10);
  assert.deepEqual(first.skipped.map(({ slug }) => slug), ["bad"]);
  assert.equal((await feed.read(signal)).events.length, 0);
  items.splice(0, 63);
  const { events, skipped } = await feed.read(signal);
  assert.equal(events.filter(({ event }) => event === "pending").length, 90 - 63);
  assert.deepEqual(skipped, []);
});

Deno.test("QueueFeed takes nothing for removed when its signal ended the listing", async () => {
  await using root = await temporary();
  await propose(root.path);
  const feed = new QueueFeed(new Desk(root.path));
  await feed.read(new AbortController().signal);
  assert.deepEqual((await feed.read(AbortSignal.abort())).events, []);
});

Deno.test("QueueFeed with onlyNew tells nothing of what is there, and all that becomes of it", async () => {
  await using root = await temporary();
  const old = await propose(root.path);
  const feed = new QueueFeed(new Desk(root.path), { onlyNew: true });
  const { signal } = new AbortController();
  const read = async () =>
    (await feed.read(signal)).events.map(({ event, item }) => [event, item.proposal.id]);
  assert.deepEqual(await read(), []);
  const { id } = await propose(root.path);
  await writeRecord(root.path, old, "claim", { claimed_by: "bob", claimed_at: "?" });
  assert.deepEqual((await read()).sort(), [["claimed", old.id], ["pending", id]]);
});

Deno.test("QueueFeed tells that an answer was filed away before it was picked up", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const feed = new QueueFeed(new Desk(root.path));
  const { signal } = new AbortController();
  await feed.read(signal);
  await writeRecord(root.path, proposal, "response", { status: "approved" });
  await writeRecord(root.path, proposal, "undelivered");
  await fileAway(root.path, proposal);
  const { events } = await feed.read(signal);
  assert.deepEqual(events.map(({ event }) => event), ["decided", "undelivered"]);
});

for (const isFiledAway of [false, true]) {
  const where = isFiledAway ? "that its sidecar files away at once" : "in the queue";
  Deno.test(`QueueFeed tells of an end ${where}, once, and of none from before`, async () => {
    await using root = await temporary();
    const [before, since] = [await propose(root.path), await propose(root.path)];
    for (const one of [before, since]) {
      await writeRecord(root.path, one, "response", { status: "approved" });
      await fileAway(root.path, one);
    }
    const end = { reason: "undone", ended_at: "2026-11-21T11:00:00Z", notes: "too wide" };
    const put = async (one: typeof before) => {
      await writeRecord(root.path, one, "ended", end);
      const path = recordPath(root.path, one, "ended");
      const filed = join(root.path, "dev", "processed", `${one.id}.ended.json`);
      if (isFiledAway) await Deno.rename(path, filed);
    };
    await put(before);
    const desk = new Desk(root.path);
    let told = 0;
    using _watch = desk.watch(() => told++);
    await eventually(60, "beginning of the watch", () => told === 1);
    const feed = new QueueFeed(desk);
    const { signal } = new AbortController();
    assert.deepEqual((await feed.read(signal)).events, []);
    await put(since);
    await eventually(60, "news", () => told === 2);
    const { events } = await feed.read(signal);
    assert.deepEqual(events.map(({ event, item, end }) => [event, item.proposal.id, end?.reason]), [
      ["ended", since.id, "undone"],
    ]);
    assert.deepEqual((await feed.read(signal)).events, []);
  });
}
