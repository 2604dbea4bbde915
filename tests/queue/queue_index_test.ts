/** The operator's index: what is read again, what is not, and whose turn it is. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../src/queue/desk.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { formatProposal } from "../../src/queue/proposal.ts";
import { QueueIndex } from "../../src/queue/queue_index.ts";
import type { Placed } from "../../src/queue/fair_order.ts";
import type { Skipped } from "../../src/queue/item.ts";
import { temporary } from "../support/temporary.ts";
import { eventually } from "../support/within.ts";
import { ask, proposalOf } from "./inbox_fixture.ts";

const [FLOOD, HONEST] = ["flood", "honest"] as [Slug, Slug];

interface Text {
  readonly id: ProposalId;
  readonly path: string;
  readonly text: string;
}

function textOf(root: string, slug: Slug): Text {
  const proposal = proposalOf(ask("x"), { bottle_slug: slug });
  const path = join(root, slug, `${proposal.id}.proposal.json`);
  return { id: proposal.id, path, text: formatProposal(proposal)! };
}

async function put(root: string, slug: Slug): Promise<Text> {
  const one = textOf(root, slug);
  await Deno.mkdir(join(root, slug), { recursive: true });
  await Deno.writeTextFile(one.path, one.text);
  return one;
}

function listed(index: QueueIndex): { counts: Record<string, number>; skipped: Skipped[] } {
  const placed: Placed[] = [];
  const skipped: Skipped[] = [];
  index.list(undefined, false, placed, skipped, new Map());
  const counts: Record<string, number> = {};
  for (const { item: { slug } } of placed) counts[slug] = (counts[slug] ?? 0) + 1;
  return { counts, skipped };
}

/** How many files `work` reads: each is JSON, and nothing else here is. */
async function readsOf(work: () => Promise<unknown>): Promise<number> {
  const { parse } = JSON;
  let reads = 0;
  using _restored = { [Symbol.dispose]: () => void (JSON.parse = parse) };
  JSON.parse = (...args) => {
    reads++;
    return parse(...args);
  };
  await work();
  return reads;
}

Deno.test("a listing reads only files that are new or changed, and a proposal once", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path);
  const first = await put(root.path, HONEST);
  await put(root.path, FLOOD);
  const list = () => desk.list();
  assert.equal(await readsOf(list), 2);
  assert.equal(await readsOf(list), 0);
  await put(root.path, HONEST);
  assert.equal(await readsOf(list), 1);
  const claim = { proposal_id: first.id, claimed_by: "ann", claimed_at: "?" };
  await Deno.writeTextFile(first.path.replace("proposal", "claim"), JSON.stringify(claim));
  assert.equal(await readsOf(list), 1, "the claim alone");
  await Deno.writeTextFile(first.path, `${first.text} `);
  assert.equal(await readsOf(list), 2, "the proposal, written in its place, and the claim");
});

Deno.test("one turn of the index lists a new ask beside a flood that is not read to its end", async () => {
  await using root = await temporary();
  const index = new QueueIndex(root.path, () => new Date());
  await Deno.mkdir(join(root.path, FLOOD));
  for (let count = 0; count < 2_000; count++) await put(root.path, FLOOD);
  await put(root.path, HONEST);
  await index.refresh({ whole: false });
  const { counts } = listed(index);
  assert.equal(counts[HONEST], 1);
  assert.ok((counts[FLOOD] ?? 0) < 2_000, `${counts[FLOOD]} of the flood at once`);
  await eventually(60, "rest of the flood", async () => {
    await index.refresh({ whole: false });
    return listed(index).counts[FLOOD] === 2_000;
  });
});

Deno.test("a watch goes on beside named pipes, links, directories and bottles that come and go", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path);
  let told = 0;
  using _watch = desk.watch(() => told++);
  await eventually(60, "beginning of the watch", () => told === 1);
  const odd = () => textOf(root.path, FLOOD).path;
  await Deno.mkdir(join(root.path, FLOOD));
  const { success } = await new Deno.Command("mkfifo", { args: [odd()] }).output();
  assert.ok(success);
  await Deno.symlink("/dev/zero", odd());
  await Deno.mkdir(odd());
  const { id } = await put(root.path, FLOOD);
  const ids = async () => (await desk.list()).items.map(({ proposal }) => proposal.id);
  await eventually(60, "ask in the listing", async () => (await ids()).includes(id));
  assert.equal((await desk.list()).skipped.length, 3);
  await Deno.remove(join(root.path, FLOOD), { recursive: true });
  await eventually(60, "end of the bottle", async () => (await ids()).length === 0);
});

Deno.test("a watch tells of a file that was half-written and is completed in its place", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path);
  const one = textOf(root.path, HONEST);
  await Deno.mkdir(join(root.path, HONEST));
  await Deno.writeTextFile(one.path, one.text.slice(0, 50));
  let told = 0;
  using _watch = desk.watch(() => told++);
  await eventually(60, "file that is skipped", async () => (await desk.list()).skipped.length > 0);
  // No name comes or goes: the directory's time stays as it is.
  await Deno.writeTextFile(one.path, one.text);
  await eventually(60, "ask in the listing", async () => (await desk.list()).items.length > 0);
  await eventually(60, "news", () => told > 1);
});

Deno.test("a watch tells when the root can be read no more, and lists what is there after that", async () => {
  await using root = await temporary();
  const queues = join(root.path, "queues");
  await put(queues, HONEST);
  const desk = new Desk(queues);
  let told = 0;
  using _watch = desk.watch(() => told++);
  await eventually(60, "beginning of the watch", () => told === 1);
  await desk.list();
  await Deno.rename(queues, join(root.path, "away"));
  await eventually(60, "news", () => told === 2);
  await assert.rejects(() => desk.list(), Deno.errors.NotFound);
  const { id } = await put(queues, FLOOD);
  await eventually(60, "news of the new root", () => told > 2);
  // The news may be that of the directory, from before the ask was in it.
  await eventually(60, "ask in the listing", async () => {
    return (await desk.list()).items.map(({ proposal }) => proposal.id).join() === id;
  });
});
