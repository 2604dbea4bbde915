/** `Limit`: so many at once, the others in their order, and room again after a failure. */

import assert from "node:assert/strict";
import { Limit } from "../../src/queue/limit.ts";
import { within } from "../support/within.ts";

/** Work that ends when it is told to, and the order in which it began. */
class Work {
  readonly begun: number[] = [];
  readonly #limit: Limit;
  readonly #works = new Map<number, PromiseWithResolvers<number>>();

  constructor(atOnce: number) {
    this.#limit = new Limit(atOnce);
  }

  run(n: number): Promise<number> {
    return this.#limit.run(() => {
      this.begun.push(n);
      const work = Promise.withResolvers<number>();
      this.#works.set(n, work);
      return work.promise;
    });
  }

  of(n: number): PromiseWithResolvers<number> {
    return this.#works.get(n)!;
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("Limit lets as many run at once as it says, and further ones in their order", async () => {
  const work = new Work(2);
  const ends = [1, 2, 3, 4, 5].map((n) => work.run(n));
  assert.deepEqual(work.begun, [1, 2], "what has room begins at once");
  await turn();
  assert.deepEqual(work.begun, [1, 2]);
  work.of(2).resolve(20);
  assert.equal(await within(60, "second", ends[1]!), 20);
  await turn();
  assert.deepEqual(work.begun, [1, 2, 3]);
  work.of(1).resolve(10);
  work.of(3).resolve(30);
  await within(60, "first and third", Promise.all([ends[0], ends[2]]));
  await turn();
  assert.deepEqual(work.begun, [1, 2, 3, 4, 5]);
  work.of(4).resolve(40);
  work.of(5).resolve(50);
  assert.deepEqual(await within(60, "all", Promise.all(ends)), [10, 20, 30, 40, 50]);
});

Deno.test("Limit has room again when all is done, and no more than before", async () => {
  const work = new Work(2);
  for (const first of [1, 4, 7]) {
    const ends = [first, first + 1, first + 2].map((n) => work.run(n));
    assert.deepEqual(work.begun, [first, first + 1]);
    work.of(first).resolve(0);
    work.of(first + 1).resolve(0);
    await turn();
    work.of(first + 2).resolve(0);
    await within(60, "end", Promise.all(ends));
    work.begun.length = 0;
  }
});

Deno.test("Limit hands a failure to its caller, and the place to the next", async () => {
  const limit = new Limit(1);
  const failing = [
    limit.run(() => Promise.reject(new Error("rejected"))),
    limit.run(() => {
      throw new Error("thrown");
    }),
    limit.run(() => Promise.resolve("done")),
  ];
  const ends = await within(60, "end", Promise.allSettled(failing));
  assert.deepEqual(
    ends.map((end) => end.status === "rejected" ? end.reason.message : end.value),
    ["rejected", "thrown", "done"],
  );
  assert.equal(await within(60, "later one", limit.run(() => Promise.resolve("later"))), "later");
});

Deno.test("Limit does not let a late one pass those that wait", async () => {
  const work = new Work(1);
  const ends = [work.run(1), work.run(2)];
  work.of(1).resolve(0);
  // The place is free in the same turn in which another asks for it.
  await ends[0];
  ends.push(work.run(3));
  await turn();
  assert.deepEqual(work.begun, [1, 2]);
  work.of(2).resolve(0);
  await turn();
  work.of(3).resolve(0);
  await within(60, "end", Promise.all(ends));
});
