/** A session between a host and the server in one process: lines in, lines out, and every end. */

import assert from "node:assert/strict";
import { MAX_UNWRITTEN_BYTES } from "../../../src/sidecar/stdio/line_writer.ts";
import { MAX_MESSAGE_BYTES } from "../../../src/sidecar/jsonrpc/decode.ts";
import { PROTOCOL_VERSION, SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import type { Message } from "../../support/stdio.ts";
import { within } from "../../support/within.ts";
import {
  call,
  cancelled,
  ended,
  Host,
  initialize,
  MODERN,
  modern,
  request,
  textOf,
} from "./host.ts";

Deno.test("requests are answered, one line each, and notifications are not", async () => {
  await using host = new Host();
  host.send(
    request(1, "ping"),
    { jsonrpc: "2.0", method: "notifications/initialized" },
    { jsonrpc: "2.0", method: "notifications/unheard-of" },
    call("two", "echo", { text: "a\nb" }),
  );
  assert.deepEqual(await host.next(), { jsonrpc: "2.0", id: 1, result: {} });
  const answer = await host.next();
  assert.deepEqual([answer.id, textOf(answer)], ["two", "a\nb"]);
  await host.expectQuiet();
});

Deno.test("an answer is not held up by a call that waits", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), call(2, "wait"), call(3, "echo", { text: "3" }));
  assert.equal((await host.next()).id, 3);
  host.waiting[1]!.end("second");
  assert.equal(textOf(await host.next()), "second");
  host.waiting[0]!.end("first");
  assert.equal(textOf(await host.next()), "first");
});

Deno.test("a request may arrive byte by byte, within a character too", async () => {
  await using host = new Host();
  const line = JSON.stringify(call(1, "echo", { text: "é€😀" }));
  for (const byte of new TextEncoder().encode(`${line}\r\n`)) host.write(Uint8Array.of(byte));
  assert.equal(textOf(await host.next()), "é€😀");
});

interface BadLine {
  readonly name: string;
  readonly line: string | Uint8Array;
  readonly code: number;
}

const BAD_LINES: readonly BadLine[] = [
  { name: "is not JSON", line: "hello", code: -32700 },
  { name: "ends within the JSON", line: '{"jsonrpc":"2.0"', code: -32700 },
  { name: "holds two messages", line: "{} {}", code: -32700 },
  { name: "is not UTF-8", line: Uint8Array.of(0x22, 0xff, 0x22), code: -32700 },
  { name: "is nested too deeply", line: "[".repeat(65) + "]".repeat(65), code: -32600 },
  { name: "is no object", line: "7", code: -32600 },
  { name: "is too long", line: " ".repeat(MAX_MESSAGE_BYTES + 1), code: -32600 },
];

for (const { name, line, code } of BAD_LINES) {
  Deno.test(`a line that ${name} is answered with ${code} without an id, and the next is served`, async () => {
    await using host = new Host();
    host.write(line);
    host.write("\n");
    const answer = await host.next();
    assert.equal(answer.error.code, code);
    assert.ok(!("id" in answer), "the era is not known yet");
    await host.expectQuiet();
  });
}

Deno.test("blank lines are not answered", async () => {
  await using host = new Host();
  host.write("\n \r\n\t\n");
  await host.expectQuiet();
});

Deno.test("a line that is too long is answered before its end, and once", async () => {
  await using host = new Host();
  host.write(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(0x61));
  assert.equal(
    (await host.next()).error.message,
    "line too long: a message may have at most 1048576 bytes",
  );
  host.write(new Uint8Array(MAX_MESSAGE_BYTES + 1).fill(0x61));
  host.write("\n");
  await host.expectQuiet();
});

Deno.test("every revision works at any time, whatever was agreed on", async () => {
  await using host = new Host();
  const asked = async (message: object) => {
    host.send(message);
    const { result } = await host.next();
    return result?.resultType ?? result?.protocolVersion ?? "legacy";
  };
  assert.equal(await asked(modern(1, "server/discover")), "complete");
  assert.equal(await asked(request(2, "tools/list")), "legacy");
  assert.equal(await asked(initialize("2025-06-18")), "2025-06-18");
  assert.equal(await asked(modern(3, "tools/list")), "complete");
  assert.equal(await asked(request(4, "tools/list")), "legacy");
  assert.equal(await asked(initialize("2025-11-25")), "2025-11-25");
  assert.equal(await asked(modern(5, "server/discover")), "complete");
});

Deno.test("a modern request for a revision nobody serves is told so after initialize too", async () => {
  await using host = new Host();
  const _meta = { ...MODERN, [PROTOCOL_VERSION]: "2031-01-01" };
  host.send(initialize("2025-11-25"), request(1, "server/discover", { _meta }));
  await host.next();
  const { error } = await host.next();
  assert.deepEqual([error.code, error.data.requested], [-32022, "2031-01-01"]);
});

interface Agreed {
  readonly version: string;
  /** Of a call with wrong arguments: the error's code, or "result". */
  readonly wrong: number | "result";
  readonly batch: "answered" | "refused";
}

const AGREED: readonly Agreed[] = [
  { version: "2024-11-05", wrong: -32602, batch: "refused" },
  { version: "2025-03-26", wrong: -32602, batch: "answered" },
  { version: "2025-06-18", wrong: -32602, batch: "refused" },
  { version: "2025-11-25", wrong: "result", batch: "refused" },
];

for (const { version, wrong, batch } of AGREED) {
  Deno.test(`after initialize requests without an envelope speak ${version}`, async () => {
    await using host = new Host();
    host.send(initialize(version), call(1, "wrong"), [request(2, "ping"), request(3, "ping")]);
    assert.equal((await host.next()).result.protocolVersion, version);
    const { error } = await host.next();
    assert.equal(error?.code ?? "result", wrong);
    const answer = await host.next();
    if (batch === "refused") assert.equal(answer.error.code, -32600);
    else assert.deepEqual(answer.map(({ id }: Message) => id), [2, 3]);
  });
}

for (const [era, meta] of [["legacy", {}], ["modern", MODERN]] as const) {
  Deno.test(`a ${era} call that waits tells how far it is before it is answered`, async () => {
    await using host = new Host();
    host.send(call(1, "wait", {}, { ...meta, progressToken: 0 }), request(2, "ping"));
    assert.equal((await host.next()).id, 2);
    const [{ caller, end }] = host.waiting as [Host["waiting"][0]];
    caller.report(1, undefined, "one");
    caller.report(2, 3, "two");
    end("done");
    const [one, two, answer] = await host.take(3);
    assert.deepEqual([one.method, one.params.progress], ["notifications/progress", 1]);
    assert.deepEqual([two.params.progressToken, two.params.progress, two.params.total], [0, 2, 3]);
    assert.equal(textOf(answer), "done");
    await host.expectQuiet();
  });

  Deno.test(`notifications/cancelled ends a ${era} call silently, and no other`, async () => {
    await using host = new Host();
    host.send(call(1, "wait", {}, meta), call("1", "wait", {}, meta), cancelled(1));
    await host.expectQuiet();
    assert.equal(host.left, 1);
    host.waiting[0]!.caller.report(1, undefined, "too late");
    host.waiting[1]!.end("the other");
    const answer = await host.next();
    assert.deepEqual([answer.id, textOf(answer)], ["1", "the other"]);
  });
}

Deno.test("several subscriptions are told apart, and each is ended in its way", async () => {
  await using host = new Host();
  const listen = (id: unknown) =>
    modern(id, "subscriptions/listen", { notifications: { toolsListChanged: true } });
  const tagged = ({ method, params }: Message) => [method, params._meta[SUBSCRIPTION_ID]];
  host.send(listen(7), listen("7"));
  assert.deepEqual((await host.take(2)).map(tagged), [
    ["notifications/subscriptions/acknowledged", 7],
    ["notifications/subscriptions/acknowledged", "7"],
  ]);
  host.server.announce({ kind: "list-changed", list: "tools" });
  assert.deepEqual((await host.take(2)).map(tagged), [
    ["notifications/tools/list_changed", 7],
    ["notifications/tools/list_changed", "7"],
  ]);
  host.send(cancelled(7));
  await host.expectQuiet();
  host.server.announce({ kind: "list-changed", list: "tools" });
  assert.deepEqual(tagged(await host.next()), ["notifications/tools/list_changed", "7"]);
  host.server.close();
  const [notification, answer] = await host.take(2);
  assert.deepEqual(notification, ended("7"));
  assert.deepEqual([answer.id, answer.result._meta[SUBSCRIPTION_ID]], ["7", "7"]);
  await host.expectQuiet();
});

Deno.test("an answer counts as sent when the host's side has taken it, not before", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), request(2, "ping"));
  await host.next();
  host.waiting[0]!.end("done");
  await turn();
  assert.deepEqual(host.sent, []);
  await host.next();
  await host.expectQuiet();
  assert.deepEqual(host.sent, [true]);
});

/** More than one of these is unwritten when {@linkcode MAX_UNWRITTEN_BYTES} is reached. */
const BIG = 100_000;
const BIG_FIT = Math.floor(MAX_UNWRITTEN_BYTES / BIG) + 1;

Deno.test("a host that does not read is not read either, beyond a limit, and loses nothing", async () => {
  await using host = new Host();
  const ids = Array.from({ length: 100 }, (_, id) => id);
  host.send(call("waits", "wait"), ...ids.map((id) => call(id, "big", { size: BIG })));
  await until(() => host.bigCalls > 0);
  assert.equal(host.bigCalls, BIG_FIT);
  const answers = await host.take(ids.length);
  assert.deepEqual(answers.map(({ id }) => id), ids);
  assert.equal(host.bigCalls, ids.length);
  await host.expectQuiet();
});

Deno.test("while a host does not read, notifications to it are dropped and answers are not", async () => {
  await using host = new Host();
  host.send(call("waits", "wait", {}, { progressToken: "p" }), request("started", "ping"));
  await host.next();
  const [{ caller, end }] = host.waiting as [Host["waiting"][0]];
  host.send(...Array.from({ length: BIG_FIT }, (_, id) => call(id, "big", { size: BIG })));
  await until(() => host.bigCalls === BIG_FIT);
  caller.report(1, undefined, "dropped");
  assert.deepEqual((await host.take(BIG_FIT)).map(({ id }) => id), [...Array(BIG_FIT).keys()]);
  await host.expectQuiet();
  caller.report(2, undefined, "sent");
  end("done");
  assert.equal((await host.next()).params.progress, 2);
  assert.equal(textOf(await host.next()), "done");
});

Deno.test("a subscriber that does not read is let go, and told so", async () => {
  await using host = new Host();
  const notifications = { toolsListChanged: true };
  host.send(modern("listen", "subscriptions/listen", { notifications }));
  await host.next();
  host.send(...Array.from({ length: BIG_FIT }, (_, id) => call(id, "big", { size: BIG })));
  await until(() => host.bigCalls === BIG_FIT);
  host.server.announce({ kind: "list-changed", list: "tools" });
  await turn();
  await host.take(BIG_FIT);
  const [notification, answer] = await host.take(2);
  assert.deepEqual(notification, ended("listen"));
  assert.deepEqual([answer.id, answer.result._meta[SUBSCRIPTION_ID]], ["listen", "listen"]);
  host.server.announce({ kind: "list-changed", list: "tools" });
  await host.expectQuiet();
});

Deno.test("at the end of the input calls that wait are left, and what is known is still written", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), call(2, "wait"));
  host.write(JSON.stringify(request(3, "ping")));
  host.closeInput();
  assert.equal((await host.next()).id, 3);
  assert.deepEqual(await host.session.ended, { kind: "input-ended" });
  assert.deepEqual([host.left, host.sent], [2, [false, false]]);
  await within(60, "finish", host.session.finish());
});

Deno.test("a last line that is blank, too long or broken ends the session as any other", async () => {
  for (
    const [line, code] of [[" ", 0], ["{", -32700], [
      "x".repeat(MAX_MESSAGE_BYTES + 1),
      -32600,
    ]] as const
  ) {
    await using host = new Host();
    host.write(line);
    host.closeInput();
    if (code) assert.equal((await host.next()).error.code, code);
    assert.deepEqual(await host.session.ended, { kind: "input-ended" });
  }
});

Deno.test("an input that fails ends the session with the reason", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), request(2, "ping"));
  await host.next();
  host.failInput(new Error("the disk is on fire"));
  assert.deepEqual(await host.session.ended, {
    kind: "input-failed",
    reason: "Error: the disk is on fire",
  });
  assert.equal(host.left, 1);
});

Deno.test("when the output breaks calls are left, and answers under way count as lost", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), call(2, "wait"), request(3, "ping"));
  await host.next();
  host.waiting[0]!.end("never read");
  await host.closeOutput();
  assert.equal((await host.session.ended).kind, "output-broken");
  await within(60, "finish", host.session.finish());
  assert.deepEqual([host.sent, host.left], [[false, false], 1]);
});

Deno.test("finish() waits until calls are answered and the answers are written, and reads no more", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), call(2, "wait"), request(3, "ping"));
  await host.next();
  host.write(JSON.stringify(request(4, "ping")));
  const finished = host.session.finish();
  await turn();
  for (const { end } of host.waiting) end("stopping");
  assert.deepEqual((await host.take(2)).map(({ id }) => id), [1, 2]);
  await finished;
  assert.deepEqual(await host.session.ended, { kind: "finished" });
  assert.deepEqual([host.sent, host.left], [[true, true], 0]);
});

Deno.test("finish() does not wait for a call that is never answered, nor for a host that does not read", async () => {
  await using host = new Host();
  host.send(call(1, "wait"), call(2, "wait"), request(3, "ping"), call(4, "big", { size: BIG }));
  await host.next();
  host.waiting[0]!.end("never read");
  await within(60, "finish", host.session.finish());
  assert.equal(host.left, 1);
});

Deno.test("a tool whose result cannot be written is told to the operator, and ends nothing else", async () => {
  await using host = new Host();
  host.send(call(1, "unspeakable"), request(2, "ping"));
  const [unspeakable, pong] = await host.take(2);
  assert.deepEqual([unspeakable.id, unspeakable.error.code], [1, -32603]);
  assert.equal(pong.id, 2);
  assert.match(String(host.defects.splice(0)), /BigInt/);
});

/** Lets everything happen that can without anybody outside. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function until(isSo: () => boolean): Promise<void> {
  const turns = async () => {
    while (!isSo()) await turn();
  };
  await within(60, "such state", turns());
}
