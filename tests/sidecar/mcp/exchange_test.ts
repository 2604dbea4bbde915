/** One call and its client: who is told, when, that the answer arrived or that nobody waits. */

import assert from "node:assert/strict";
import { Call, Exchange, type ProgressToken } from "../../../src/sidecar/mcp/exchange.ts";
import { from } from "./fixture.ts";

const PEER = { address: "10.0.0.1", sharesChannel: false };

/** A call that can be sent messages, and all that its client was sent. */
function streaming(): {
  readonly call: Call;
  readonly sent: string[];
  readonly attach: () => void;
} {
  const call = new Call(true, PEER);
  const sent: string[] = [];
  return { call, sent, attach: () => call.attach((text) => sent.push(text) > 0) };
}

function bodies(sent: readonly string[]): unknown[] {
  return sent.map((text) => {
    assert.match(text, /^[^\n]+\n$/);
    const { jsonrpc, ...body } = JSON.parse(text);
    assert.equal(jsonrpc, "2.0");
    return body;
  });
}

Deno.test("a call runs its leave action when the client leaves, and at once when it has left", () => {
  const told: string[] = [];
  const one = from();
  const call = one.begin(false);
  call.onLeave(() => told.push("first"));
  assert.equal(told.length, 0);
  one.leave();
  call.onLeave(() => told.push("late"));
  assert.deepEqual(told, ["first", "late"]);
});

Deno.test("a leave action that was taken back does not run", () => {
  const one = from();
  const call = one.begin(false);
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
    const one = from();
    const call = one.begin(false);
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
  const one = from();
  const call = one.begin(false);
  one.leave();
  const said: boolean[] = [];
  call.onSent((whole) => said.push(whole));
  one.sent(true);
  assert.deepEqual(said, [false]);
});

Deno.test("one call of a batch that is cancelled leaves the others to be sent", () => {
  const said: string[] = [];
  const one = from();
  const [cancelled, other] = [one.begin(false), one.begin(false)];
  cancelled.onSent((whole) => said.push(`cancelled ${whole}`));
  other.onSent((whole) => said.push(`other ${whole}`));
  cancelled.leave();
  one.sent(true);
  assert.deepEqual(said, ["cancelled false", "other true"]);
});

Deno.test("an exchange without calls may be sent and left", () => {
  const one = from({ version: "2025-06-18" });
  one.sent(true);
  one.leave();
  assert.equal(one.protocolVersion, "2025-06-18");
});

Deno.test("an exchange asks its peer for the version once, since that may have a cost", () => {
  const peer = from().peer;
  let asked = 0;
  const one = new Exchange({
    ...peer,
    get protocolVersion() {
      asked++;
      return null;
    },
  });
  assert.deepEqual([one.protocolVersion, one.protocolVersion, asked], [null, null, 1]);
});

Deno.test("begin() makes calls that stream where that is asked for, and none in a batch", () => {
  const one = from();
  assert.deepEqual([one.begin(true).streams, one.begin(false).streams], [true, false]);
  one.isBatch = true;
  assert.equal(one.begin(true).streams, false);
});

// Messages before the answer.

Deno.test("notify() keeps what is said before the transport is ready, and sends it in order", () => {
  const { call, sent, attach } = streaming();
  assert.equal(call.notify("a", {}), true);
  assert.equal(call.notify("b", { x: 1 }), true);
  assert.deepEqual(sent, []);
  attach();
  assert.equal(call.notify("c", {}), true);
  assert.deepEqual(bodies(sent), [
    { method: "a", params: {} },
    { method: "b", params: { x: 1 } },
    { method: "c", params: {} },
  ]);
});

Deno.test("notify() says when nobody can read it any more", () => {
  const { call, sent, attach } = streaming();
  attach();
  call.leave();
  assert.equal(call.notify("a", {}), false);
  assert.deepEqual(sent, []);

  const early = streaming();
  early.call.leave();
  assert.equal(early.call.notify("a", {}), false);
  early.attach();
  assert.deepEqual(early.sent, []);

  const slow = new Call(true, PEER);
  slow.attach(() => false);
  assert.equal(slow.notify("a", {}), false);
});

Deno.test("notify() sends nothing to a call that is answered in one", () => {
  const call = new Call(false, PEER);
  assert.equal(call.notify("a", {}), false);
  call.attach(() => assert.fail("it reads one answer alone"));
  assert.equal(call.notify("b", {}), false);
});

// Progress.

const TOKENS: readonly ProgressToken[] = ["t", "", 0, -1, 7];

for (const token of TOKENS) {
  Deno.test(`report() repeats the token ${JSON.stringify(token)} as it came`, () => {
    const { call, sent, attach } = streaming();
    attach();
    assert.equal(call.wantsProgress, false);
    call.reportTo(token, true);
    assert.equal(call.wantsProgress, true);
    call.report(0, 30, "begun");
    assert.deepEqual(bodies(sent), [{
      method: "notifications/progress",
      params: { progressToken: token, progress: 0, total: 30, message: "begun" },
    }]);
  });
}

Deno.test("report() sends only what is more than the last time", () => {
  const { call, sent, attach } = streaming();
  attach();
  call.reportTo(1, true);
  for (const progress of [-1, -1, 0, 0, 0.1, 0.05, 2, 2, 1, 3]) {
    call.report(progress, undefined, "");
  }
  const seen = sent.map((text) => JSON.parse(text).params.progress);
  assert.deepEqual(seen, [-1, 0, 0.1, 2, 3]);
});

Deno.test("report() leaves out a total that is unknown, and words where the revision has none", () => {
  const { call, sent, attach } = streaming();
  attach();
  call.reportTo(1, false);
  call.report(1, undefined, "words");
  assert.deepEqual(bodies(sent), [{
    method: "notifications/progress",
    params: { progressToken: 1, progress: 1 },
  }]);
});

Deno.test("report() says nothing without a token, without a stream, and after the client left", () => {
  const untold = streaming();
  untold.attach();
  untold.call.report(1, 2, "x");
  assert.deepEqual(untold.sent, []);

  const single = new Call(false, PEER);
  single.reportTo(1, true);
  assert.equal(single.wantsProgress, false);
  single.attach(() => assert.fail("no stream"));
  single.report(1, 2, "x");

  const left = streaming();
  left.attach();
  left.call.reportTo(1, true);
  left.call.leave();
  assert.equal(left.call.wantsProgress, false);
  left.call.report(1, 2, "x");
  assert.deepEqual(left.sent, []);
});

Deno.test("a call knows its client by the address of the peer", () => {
  assert.equal(from({ address: "10.1.2.3" }).begin(true).client, "10.1.2.3");
});

Deno.test("an exchange is cancelled when its one call was, and left when its client went", () => {
  const cancelled = from();
  assert.equal(cancelled.isCancelled, false);
  cancelled.begin(false).leave();
  assert.deepEqual([cancelled.isCancelled, cancelled.isLeft], [true, false]);

  const batch = from();
  batch.isBatch = true;
  batch.begin(false).leave();
  assert.equal(batch.isCancelled, false, "the rest of a batch is answered");

  const left = from();
  left.begin(false);
  left.leave();
  assert.equal(left.isLeft, true);
});

Deno.test("an exchange takes down the worst that went wrong", () => {
  const one = from();
  assert.equal(one.failure, undefined);
  one.failed("tool-error");
  assert.equal(one.failure, "tool-error");
  one.failed("error");
  one.failed("tool-error");
  assert.equal(one.failure, "error");
});
