/** Many time limits on one timer: each runs once, in order, unless it was cleared. */

import assert from "node:assert/strict";
import { Deadlines } from "../../src/sidecar/deadlines.ts";
import { within } from "../support/within.ts";

/** Short: expiring is awaited, and how long it takes is nobody's business here. */
const SHORT_MS = 5;

/** Puts `name` into `expired` when its time has come; settles then. */
function set(deadlines: Deadlines, name: string, expired: string[]) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = deadlines.set(() => {
    expired.push(name);
    resolve();
  });
  return { deadline, end: within(60, name, promise) };
}

Deno.test("Deadlines expire once each, in the order in which they were set", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  const first = set(deadlines, "first", expired);
  const second = set(deadlines, "second", expired);
  await first.end;
  const third = set(deadlines, "third", expired);
  await Promise.all([second.end, third.end]);
  await set(deadlines, "last", expired).end;
  assert.deepEqual(expired, ["first", "second", "third", "last"]);
});

Deno.test("a deadline does not expire early", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const { deadline, end } = set(deadlines, "it", []);
  await end;
  assert.ok(performance.now() >= deadline.at);
});

Deno.test("a deadline that is set while the timer runs does not expire with the earlier ones", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  const first = set(deadlines, "first", expired);
  while (performance.now() < first.deadline.at - 2) await Promise.resolve();
  const second = set(deadlines, "second", expired);
  await first.end;
  await second.end;
  assert.ok(performance.now() >= second.deadline.at);
});

Deno.test("a cleared deadline does not expire; the others do", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  const cleared = [1, 2, 3].map((n) => set(deadlines, `cleared ${n}`, expired).deadline);
  const kept = set(deadlines, "kept", expired);
  for (const deadline of cleared) deadlines.clear(deadline);
  deadlines.clear(cleared[0]!);
  await kept.end;
  assert.deepEqual(expired, ["kept"]);
});

Deno.test("a deadline is cleared by the one that expires before it", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  deadlines.set(() => deadlines.clear(later.deadline));
  const later = set(deadlines, "later", expired);
  await set(deadlines, "last", expired).end;
  assert.deepEqual(expired, ["last"]);
});

Deno.test("deadlines work again after all of them were cleared", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  deadlines.clear(set(deadlines, "cleared", expired).deadline);
  await set(deadlines, "kept", expired).end;
  assert.deepEqual(expired, ["kept"]);
});

Deno.test("a deadline may set the next one when it expires", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  deadlines.set(() => {
    expired.push("first");
    deadlines.set(() => {
      expired.push("next");
      resolve();
    });
  });
  await within(60, "next", promise);
  await set(deadlines, "last", expired).end;
  assert.deepEqual(expired, ["first", "next", "last"]);
});

/** Catches what nobody did, which would end the program. */
function catching(errors: unknown[]): Disposable {
  const listener = (event: ErrorEvent) => {
    event.preventDefault();
    errors.push(event.error);
  };
  globalThis.addEventListener("error", listener);
  return { [Symbol.dispose]: () => globalThis.removeEventListener("error", listener) };
}

Deno.test("a deadline that throws stops neither those due with it nor later ones, and is reported", async () => {
  const errors: unknown[] = [];
  using _errors = catching(errors);
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  const thrown = new Error("thrown by a deadline");
  const before = set(deadlines, "before", expired);
  deadlines.set(() => {
    throw thrown;
  });
  const beside = set(deadlines, "beside", expired);
  await Promise.all([before.end, beside.end]);
  await set(deadlines, "later", expired).end;
  assert.deepEqual(expired, ["before", "beside", "later"]);
  assert.deepEqual(errors, [thrown]);
});

Deno.test("the only deadline throws: the next one that is set expires", async () => {
  const errors: unknown[] = [];
  using _errors = catching(errors);
  const deadlines = new Deadlines(SHORT_MS);
  const { promise, resolve } = Promise.withResolvers<void>();
  deadlines.set(() => {
    setTimeout(resolve);
    throw new Error("thrown by a deadline");
  });
  await within(60, "failing one", promise);
  const expired: string[] = [];
  await set(deadlines, "next", expired).end;
  assert.deepEqual(expired, ["next"]);
  assert.equal(errors.length, 1);
});

Deno.test("10,000 deadlines expire in order", async () => {
  const deadlines = new Deadlines(SHORT_MS);
  const expired: string[] = [];
  const ends = Array.from({ length: 10_000 }, (_, n) => set(deadlines, String(n), expired).end);
  await Promise.all(ends);
  assert.deepEqual(expired, Array.from({ length: 10_000 }, (_, n) => String(n)));
});

Deno.test("a deadline that sets the next one when it expires keeps to one timer", async () => {
  const setTimeout = globalThis.setTimeout;
  let timers = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return setTimeout(...args);
  }) as typeof setTimeout;
  try {
    const deadlines = new Deadlines(SHORT_MS);
    const { promise, resolve } = Promise.withResolvers<void>();
    let beats = 0;
    const beat = () => {
      if (++beats === 200) resolve();
      else deadlines.set(beat);
    };
    for (let i = 0; i < 20; i++) deadlines.set(beat);
    await promise;
    // 20 beats at a time: about one timer for each of ten rounds, and not one for each beat.
    assert.ok(timers < 60, `${timers} timers were set`);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});
