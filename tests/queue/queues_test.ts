/** `watch()` of what expires: each watch is told of its own bottles, whoever lists what meanwhile. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { formatProposal } from "../../src/queue/proposal.ts";
import { Queues } from "../../src/queue/queues.ts";
import { temporary } from "../support/temporary.ts";
import { eventually } from "../support/within.ts";
import { ask, FAST_POLLS_MS, NOW, proposalOf } from "./inbox_fixture.ts";

const [A, B] = ["a", "b"] as [Slug, Slug];
const EXPIRES = new Date(NOW.getTime() + 60_000);
const LATER = new Date(NOW.getTime() + 120_000);

class Place extends Queues implements AsyncDisposable {
  readonly clock: { now: Date };
  readonly #end: () => Promise<void>;
  #looks = 0;

  private constructor(root: string, clock: { now: Date }, end: () => Promise<void>) {
    super(root, () => {
      this.#looks++;
      return clock.now;
    });
    this.clock = clock;
    this.#end = end;
  }

  /** Two bottles, nothing in them. */
  static async open(now = NOW): Promise<Place> {
    const root = await temporary();
    for (const slug of [A, B]) await Deno.mkdir(join(root.path, slug));
    return new Place(root.path, { now }, async () => await root[Symbol.asyncDispose]());
  }

  async put(slug: Slug, expires?: Date): Promise<ProposalId> {
    const at = expires ? { expires_at: expires.toISOString() } : {};
    const arrived = { arrival_timestamp: NOW.toISOString() };
    const proposal = proposalOf(ask("x"), { bottle_slug: slug, ...arrived, ...at });
    const path = join(this.root, slug, `${proposal.id}.proposal.json`);
    await Deno.writeTextFile(path, formatProposal(proposal)!);
    return proposal.id;
  }

  /** A watch that has told once; `told` counts. */
  async watching(slug?: Slug): Promise<Disposable & { told: number }> {
    const state = { told: 0 };
    const watch = this.watch(() => state.told++, { slug, pollIntervalMs: FAST_POLLS_MS });
    await eventually(60, "beginning of the watch", () => state.told === 1);
    return Object.assign(state, watch);
  }

  /** Lets every watch look a few times. */
  async polls(): Promise<void> {
    const before = this.#looks;
    await eventually(60, "polls", () => this.#looks >= before + 20);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

Deno.test("a watch of all is told what expires, though one bottle was listed or watched since", async () => {
  await using place = await Place.open();
  await place.put(A, EXPIRES);
  await place.put(B);
  using all = await place.watching();
  await place.list();
  await place.list({ slug: B });
  using _ofB = await place.watching(B);
  place.clock.now = EXPIRES;
  await eventually(60, "news of the expiry", () => all.told === 2);
  await place.polls();
  assert.equal(all.told, 2, "once");
});

Deno.test("a watch of one bottle is told what a listing of all has seen of it, and no more", async () => {
  await using place = await Place.open();
  await place.put(A, EXPIRES);
  using ofA = await place.watching(A);
  using ofB = await place.watching(B);
  using all = await place.watching();
  await place.list();
  place.clock.now = LATER;
  await eventually(60, "news of the expiry", () => ofA.told === 2 && all.told === 2);
  await place.polls();
  assert.equal(ofB.told, 1);
});

Deno.test("a watch is told of each that expires, the nearest first", async () => {
  await using place = await Place.open();
  await place.put(A, EXPIRES);
  await place.put(B, LATER);
  using all = await place.watching();
  await place.list();
  place.clock.now = EXPIRES;
  await eventually(60, "news of the first", () => all.told === 2);
  await place.list();
  place.clock.now = LATER;
  await eventually(60, "news of the second", () => all.told === 3);
});

Deno.test("a watch is told when a claim holds one no longer, and not when its time is over", async () => {
  await using place = await Place.open();
  const id = await place.put(A, EXPIRES);
  const claim = { proposal_id: id, claimed_by: "ann", claimed_at: NOW.toISOString() };
  await Deno.writeTextFile(join(place.root, A, `${id}.claim.json`), JSON.stringify(claim));
  using all = await place.watching();
  await place.list();
  const heldUntilMs = EXPIRES.getTime() + 10 * 60_000;
  place.clock.now = new Date(heldUntilMs - 1);
  await place.polls();
  assert.equal(all.told, 1);
  assert.deepEqual((await place.list()).items.map(({ state }) => state), ["claimed"]);
  place.clock.now = new Date(heldUntilMs);
  await eventually(60, "news of the end", () => all.told === 2);
  assert.equal((await place.list()).items.length, 0);
  await place.polls();
  assert.equal(all.told, 2, "once");
});

Deno.test("a watch is told of one that expires under a claim that cannot be read, once", async () => {
  await using place = await Place.open();
  const id = await place.put(A, EXPIRES);
  await Deno.writeTextFile(join(place.root, A, `${id}.claim.json`), "{");
  using all = await place.watching();
  assert.equal((await place.list()).items.length, 1);
  place.clock.now = EXPIRES;
  await eventually(60, "news of the expiry", () => all.told === 2);
  assert.equal((await place.list()).items.length, 0);
  await place.polls();
  assert.equal(all.told, 2);
});
