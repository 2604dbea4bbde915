/** A bottle that asks for a great many things, as if long ago: it stands in nobody's way. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { inFairOrder } from "../../../src/queue/fair_order.ts";
import type { Item } from "../../../src/queue/item.ts";
import { Queues } from "../../../src/queue/queues.ts";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { ctl, propose } from "../fixture.ts";

const YEAR_SECONDS = 365 * 24 * 3_600;

/** 150 proposals of a bottle, dated a year back, and then one of another. */
async function flooded(root: string): Promise<string> {
  for (let count = 0; count < 150; count++) {
    await propose(root, { slug: "flood", ageSeconds: YEAR_SECONDS + count });
  }
  return (await propose(root, { slug: "honest" })).id;
}

Deno.test("Queues.list() puts the first of each bottle before the many of one", async () => {
  await using root = await temporary();
  const id = await flooded(root.path);
  const { items } = await new Queues(root.path).list();
  assert.equal(items.length, 151);
  const place = items.findIndex(({ proposal }) => proposal.id === id);
  assert.ok(place <= 20, `in place ${place}`);
});

for (const [name, ageSeconds] of [["past", YEAR_SECONDS], ["future", -YEAR_SECONDS]] as const) {
  Deno.test(`Queues.list() orders by when a file came, not by a ${name} time that it claims`, async () => {
    await using root = await temporary();
    const ids: string[] = [];
    let cameMs = 0;
    for (const [slug, age] of [["b", 180], ["a", ageSeconds], ["c", 180]] as const) {
      const { id } = await propose(root.path, { slug, ageSeconds: age });
      ids.push(id);
      const path = join(root.path, slug, `${id}.proposal.json`);
      // These times a bottle may set; the third one the system keeps, in ticks of some milliseconds.
      do {
        await Deno.utime(path, new Date(0), new Date(0));
      } while ((await Deno.lstat(path)).ctime!.getTime() <= cameMs);
      cameMs = (await Deno.lstat(path)).ctime!.getTime();
    }
    const { items } = await new Queues(root.path).list();
    const order = items.map(({ proposal }) => proposal.id as string);
    const [first, forged, last] = ids;
    assert.deepEqual(order, ageSeconds > 0 ? [first, forged, last] : [first, last, forged]);
  });
}

function item(slug: string, at: number): Item {
  const proposal = { id: `${slug}${at}`, arrival_timestamp: new Date(at).toISOString() };
  return { slug, proposal } as unknown as Item;
}

Deno.test("inFairOrder() keeps to time where no bottle has many", () => {
  const placed = [["b", 3], ["a", 1], ["a", 2], ["b", 4]] as const;
  const order = inFairOrder(placed.map(([slug, at]) => ({ item: item(slug, at), cameMs: at })));
  assert.deepEqual(order.map(({ proposal }) => proposal.id as string), ["a1", "a2", "b3", "b4"]);
});

Deno.test("inFairOrder() takes a claimed time as far as the file bears it out", () => {
  const came = 10_000_000;
  const times: readonly (readonly [claimed: number, cameMs: number | undefined])[] = [
    [0, came + 90_000], // Claims to be the first.
    [came, came + 2],
    [came + 1, came + 40_000], // Written late.
    [came + 10 ** 9, came + 3], // Claims to be of the future.
  ];
  const placed = times.map(([at, cameMs], index) => ({ item: item(`s${index}-`, at), cameMs }));
  const order = inFairOrder(placed).map(({ slug }) => String(slug));
  assert.deepEqual(order, ["s1-", "s2-", "s3-", "s0-"]);
});

Deno.test("list on a terminal counts what of one bottle is over 100, and says of which", async () => {
  await using root = await temporary();
  const id = await flooded(root.path);
  const { stdout } = await ctl(root.path, ["list"], { columns: 200 });
  assert.equal(stdout.match(/ flood /g)?.length, 101);
  assert.ok(stdout.indexOf(id.slice(0, 8)) < stdout.length / 2);
  assert.match(stdout, /\n50 more of bottle flood are not shown: supervisectl list --slug flood\n/);
  const piped = await ctl(root.path, ["list"]);
  assert.equal(piped.stdout.match(/ flood /g)?.length, 150);
  const narrow = await supervisectl(root.path, ["list"], { env: { COLUMNS: "200" } });
  assert.equal(narrow.stdout.match(/ flood /g)?.length, 150);
  const full = await ctl(root.path, ["list", "--full"], { columns: 200 });
  assert.equal(full.stdout.match(/ flood /g)?.length, 150);
  const own = await ctl(root.path, ["list", "--slug", "flood"], { columns: 200 });
  assert.equal(own.stdout.match(/ flood /g)?.length, 150);
});
