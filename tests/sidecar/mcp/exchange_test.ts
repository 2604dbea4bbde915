/** One call and its client: who is told, when, that the answer arrived or that nobody waits. */

import assert from "node:assert/strict";
import { type Call, Exchange } from "../../../src/sidecar/mcp/exchange.ts";

const CLIENT = { address: "10.0.0.1" };

function exchange(): Exchange {
  return new Exchange(null, CLIENT);
}

Deno.test("a call runs its leave action when the client leaves, and at once when it has left", () => {
  const told: string[] = [];
  const one = exchange();
  const call = one.begin();
  call.onLeave(() => told.push("first"));
  assert.equal(told.length, 0);
  one.leave();
  call.onLeave(() => told.push("late"));
  assert.deepEqual(told, ["first", "late"]);
});

Deno.test("a leave action that was taken back does not run", () => {
  const one = exchange();
  const call = one.begin();
  call.onLeave(() => assert.fail("taken back"));
  call.onLeave(undefined);
  one.leave();
  call.onLeave(undefined);
});

interface Ending {
  readonly name: string;
  readonly happens: (one: Exchange, call: Call) => void;
  readonly told: readonly boolean[];
}

const ENDINGS: readonly Ending[] = [
  { name: "nothing has happened", happens: () => {}, told: [] },
  { name: "it was sent whole", happens: (one) => one.sent(true), told: [true] },
  { name: "it was cut short", happens: (one) => one.sent(false), told: [false] },
  { name: "the client left", happens: (one) => one.leave(), told: [false] },
  { name: "the call was cancelled", happens: (_, call) => call.leave(), told: [false] },
];

for (const { name, happens, told } of ENDINGS) {
  Deno.test(`onSent() says once what came of the answer when ${name}`, () => {
    const one = exchange();
    const call = one.begin();
    const said: boolean[] = [];
    call.onSent((whole) => said.push(whole));
    happens(one, call);
    assert.deepEqual(said, told);
    if (told.length > 0) {
      one.sent(true);
      one.leave();
      one.sent(false);
    }
    assert.deepEqual(said, told);
  });
}

Deno.test("onSent() says at once that the answer is lost when the client has left", () => {
  const one = exchange();
  const call = one.begin();
  one.leave();
  const said: boolean[] = [];
  call.onSent((whole) => said.push(whole));
  one.sent(true);
  assert.deepEqual(said, [false]);
});

Deno.test("one call of a batch that is cancelled leaves the others to be sent", () => {
  const said: string[] = [];
  const one = exchange();
  const [cancelled, other] = [one.begin(), one.begin()];
  cancelled.onSent((whole) => said.push(`cancelled ${whole}`));
  other.onSent((whole) => said.push(`other ${whole}`));
  cancelled.leave();
  one.sent(true);
  assert.deepEqual(said, ["cancelled false", "other true"]);
});

Deno.test("an exchange without calls may be sent and left", () => {
  const one = new Exchange("2025-06-18", CLIENT);
  one.sent(true);
  one.leave();
  assert.deepEqual([one.protocolVersion, one.client], ["2025-06-18", CLIENT]);
});
