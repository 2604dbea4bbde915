/** The table of waiting calls: a cancellation ends one call, or none when it could be another's. */

import assert from "node:assert/strict";
import { Call } from "../../../src/sidecar/mcp/exchange.ts";
import { Inflight } from "../../../src/sidecar/mcp/inflight.ts";

const PEER = { address: "10.0.0.1", sharesChannel: false };

/** A call that tells whether it was ended. */
function watched(): { readonly call: Call; readonly hasLeft: () => boolean } {
  const call = new Call(false, PEER);
  let left = false;
  call.onLeave(() => left = true);
  return { call, hasLeft: () => left };
}

/** A table with calls under one key each, the calls, and which of them have been ended. */
function filled(...keys: readonly (readonly [address: string, id: string | number])[]) {
  const inflight = new Inflight();
  const all = keys.map(([address, id]) => {
    const one = watched();
    inflight.add(address, id, one.call);
    return one;
  });
  const left = () => all.map(({ hasLeft }) => hasLeft());
  return { inflight, calls: all.map(({ call }) => call), left };
}

Deno.test("cancel() ends the call of that address and id, and no other", () => {
  const { inflight, left } = filled(["a", 1], ["a", 2], ["b", 1], ["a", "1"]);
  inflight.cancel("a", 1);
  assert.deepEqual(left(), [true, false, false, false]);
});

Deno.test("cancel() takes no id for another that looks like it", () => {
  const { inflight, left } = filled(["a", "number 1"], ["a number", 1], ["a", "01"]);
  inflight.cancel("a", 1);
  inflight.cancel("a", "1");
  assert.deepEqual(left(), [false, false, false]);
});

for (const count of [2, 3]) {
  Deno.test(`cancel() ends none of ${count} calls with one key, and the last when it is alone`, () => {
    const { inflight, calls, left } = filled(...Array(count).fill(["a", 1]));
    for (const call of calls.slice(1)) {
      inflight.cancel("a", 1);
      assert.deepEqual(left(), Array(count).fill(false));
      inflight.remove("a", 1, call);
    }
    inflight.cancel("a", 1);
    assert.deepEqual(left(), [true, ...Array(count - 1).fill(false)]);
  });
}

Deno.test("remove() forgets one call, once, and frees its key", () => {
  const { inflight, calls: [first], left } = filled(["a", 1]);
  inflight.remove("a", 1, first!);
  inflight.remove("a", 1, first!);
  inflight.cancel("a", 1);
  const next = watched();
  inflight.add("a", 1, next.call);
  inflight.remove("a", 1, first!);
  inflight.cancel("a", 1);
  assert.deepEqual([...left(), next.hasLeft()], [false, true]);
});

Deno.test("cancel() of an empty table does nothing", () => {
  new Inflight().cancel("a", 1);
});

Deno.test("cancel() of several calls lets none of their answers count as arrived", () => {
  const { inflight, calls } = filled(["a", 1], ["a", 1], ["a", 2]);
  const told: string[] = [];
  for (const [index, call] of calls.entries()) {
    call.onSent((whole) => told.push(`${index} ${whole}`));
  }
  inflight.cancel("a", 1);
  for (const call of calls) call.sent(true);
  assert.deepEqual(told, ["0 false", "1 false", "2 true"]);
});
