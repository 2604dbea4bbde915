/**
 * The sidecar at its HTTP edge, as a real process: who is let in, bodies of every size and pace,
 * malformed traffic, stopping, and calls that wait, leave, join, are cancelled or turned away. One
 * file because all of it is seen from the same place; the tables of single requests are beside it.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decided, exchange, post, readReply, type Said, ToolCall } from "../../support/agent.ts";
import { makeFifo } from "../../support/process.ts";
import { startSidecar } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { Random } from "../../support/random.ts";
import { runSidecar } from "../../support/sidecar_process.ts";
import { temporary } from "../../support/temporary.ts";
import { request, Wire } from "../../support/wire.ts";
import { within } from "../../support/within.ts";
import * as further from "./transcript/further_rows.ts";
import { type Exchange, replay } from "./transcript/row.ts";

const MAX_BODY_BYTES = 1_048_576;

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';

const HEALTH = request("", { method: "GET", path: "/health" });

const CHUNKED = { headers: { "Content-Length": null, "Transfer-Encoding": "chunked" } };

const PENDING = /^status: pending\nnotes: [^\n]+\nproposal_id: [0-9a-f-]{36}\nnext: [^\n]+\n?$/;

function chunk(bytes: number, fill = " "): string {
  return `${bytes.toString(16)}\r\n${fill.repeat(bytes)}\r\n`;
}

async function isWell(port: number): Promise<void> {
  const { status, body } = await exchange(port, HEALTH);
  assert.deepEqual({ status, body }, { status: 200, body: "ok\n" });
}

function isApproved(said: Said, notes: string): void {
  assert.deepEqual({ isError: said.isError, meaning: said.meaning }, {
    isError: false,
    meaning: `status: approved\nnotes: ${notes}`,
  });
}

const TABLES: readonly (readonly [string, readonly Exchange[]])[] = [
  ["Host, Origin and Content-Type decide who is let in", further.GATE_ROWS],
  ["paths and methods other than POST to / and /mcp are refused", further.PATH_ROWS],
  ["MCP-Protocol-Version counts for everything but initialize", further.VERSION_ROWS],
  ["request ids are strings or integers and come back as they were", further.ID_ROWS],
  ["notifications and posted responses are taken without a word", further.SILENT_ROWS],
  ["batches are answered under 2025-03-26 and without a version", further.BATCH_ROWS],
  ["nesting is bounded at 64 levels", further.NESTING_ROWS],
  ["wrong arguments queue nothing", further.ARGUMENT_ROWS],
];

for (const [name, rows] of TABLES) {
  Deno.test(name, async (t) => {
    await using sidecar = await startSidecar({
      env: {
        SUPERVISE_ALLOWED_HOSTS: "bottle.example",
        SUPERVISE_ALLOWED_ORIGINS: "https://ok.example",
      },
    });
    for (const row of rows) await t.step(row.name, () => replay(sidecar.port, row));
    assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).proposals(), []);
  });
}

Deno.test("chunked bodies are taken up to the limit and counted while they are read", async (t) => {
  await using sidecar = await startSidecar();
  const cases: readonly (readonly [name: string, chunks: string, status: number])[] = [
    ["a byte a chunk", [...PING].map((byte) => chunk(1, byte)).join("") + chunk(0), 200],
    ["the limit", chunk(MAX_BODY_BYTES - PING.length) + chunk(1, PING) + chunk(0), 200],
    ["one byte over the limit, and no end", chunk(MAX_BODY_BYTES) + chunk(1), 413],
    ["nothing", chunk(0), 400],
  ];
  for (const [name, chunks, status] of cases) {
    await t.step(name, async () => {
      const body = chunks.replace(`1\r\n${PING}`, `${PING.length.toString(16)}\r\n${PING}`);
      const bytes = new TextEncoder().encode(body);
      const reply = await exchange(sidecar.port, request(bytes, CHUNKED));
      assert.equal(reply.status, status, reply.body);
    });
  }
  await isWell(sidecar.port);
});

Deno.test("a chunk size that is not a number ends the connection and nothing else", async () => {
  await using sidecar = await startSidecar();
  using wire = await Wire.open(sidecar.port);
  await wire.send(request("zz\r\n\r\n", CHUNKED));
  const reply = await within(60, "end of the connection", wire.reply());
  assert.ok(reply === undefined || reply.status === 400);
  await isWell(sidecar.port);
});

Deno.test("a Content-Length beside a chunked body is refused", async () => {
  await using sidecar = await startSidecar();
  const headers = { "Transfer-Encoding": "chunked" };
  const reply = await exchange(sidecar.port, request(chunk(0), { headers }));
  assert.equal(reply.status, 400);
});

Deno.test("a slow body ends with 408", async (t) => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_BODY_TIMEOUT_SECONDS: "0.3" } });
  const cases: readonly (readonly [name: string, bytes: Uint8Array, more: string])[] = [
    ["no body at all", request("", { headers: { "Content-Length": "100" } }), ""],
    ["half a body", request(PING, { headers: { "Content-Length": "100" } }), ""],
    ["half a chunked body", request(chunk(5), CHUNKED), ""],
    ["a byte now and then", request("", { headers: { "Content-Length": "1000000" } }), " "],
    ["a chunk now and then", request(chunk(5), CHUNKED), chunk(1)],
  ];
  for (const [name, bytes, more] of cases) {
    await t.step(name, async () => {
      using wire = await Wire.open(sidecar.port);
      await wire.send(bytes);
      const trickle = setInterval(() => void wire.send(more), 50);
      try {
        const reply = await within(60, "answer", wire.reply());
        assert.equal(reply?.status, 408, reply?.body);
      } finally {
        clearInterval(trickle);
      }
    });
  }
  await isWell(sidecar.port);
});

Deno.test("2,000 malformed requests end neither the process nor its service", async () => {
  await using sidecar = await startSidecar();
  const random = new Random(20_260_728);
  const wellFormed = [
    HEALTH,
    request(PING),
    request('{"jsonrpc":"2.0","id":2,"method":"tools/list"}', { path: "/mcp" }),
    request('[{"jsonrpc":"2.0","id":"x","method":"initialize","params":{"a":[1,{"b":null}]}}]'),
    request('{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"nope"}}'),
    request(chunk(PING.length - 1, "") + chunk(0), CHUNKED),
  ];
  const statuses = new Map<number | undefined, number>();
  const hammer = async () => {
    for (let count = 0; count < 100; count++) {
      using wire = await Wire.open(sidecar.port);
      await wire.send(
        random.below(8) === 0
          ? random.bytes(1 + random.below(200))
          : random.mutate(random.pick(wellFormed)),
      );
      await wire.closeWrite();
      const status = (await within(60, "end of a malformed request", wire.reply()))?.status;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 20 }, hammer));
  const seen = [...statuses.keys()].filter((status) => status !== undefined);
  assert.ok(seen.length > 3, "some of it was understood, most was not");
  assert.deepEqual(seen.filter((status) => status < 200 || status >= 500), []);
  await isWell(sidecar.port);
  assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).proposals(), []);
  assert.doesNotMatch(sidecar.process.stderr, /internal error|uncaught|panicked/i);
});

Deno.test("a connection serves request after request, also when they are pipelined", async () => {
  await using sidecar = await startSidecar();
  using wire = await Wire.open(sidecar.port);
  const ping = (id: number) => request(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`);
  for (const id of [1, 2, 3]) {
    await wire.send(ping(id));
    assert.equal(readReply((await within(60, "answer", wire.reply()))!).id, id);
  }
  await wire.send(new Uint8Array([4, 5, 6, 7].flatMap((id) => [...ping(id)])));
  for (const id of [4, 5, 6, 7]) {
    assert.equal(readReply((await within(60, "answer", wire.reply()))!).id, id);
  }
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} answers waiting calls with the pending text and ends with exit code 0`, async () => {
    await using sidecar = await startSidecar();
    const probe = new QueueProbe(sidecar.queueDirectory);
    await using calls = new AsyncDisposableStack();
    const waiting: ToolCall[] = [];
    for (const host of ["a.example", "b.example", "c.example"]) {
      waiting.push(calls.use(await ToolCall.ask(sidecar.port, host)));
      await probe.nextProposal();
    }
    const idle = calls.use(await Wire.open(sidecar.port));
    await idle.send(HEALTH);
    await within(60, "answer", idle.reply());
    const halfSent = calls.use(await Wire.open(sidecar.port));
    await halfSent.send(request(PING, { headers: { "Content-Length": "100" } }));

    sidecar.process.kill(signal);
    const ended = within(60, "end", sidecar.process.status);
    const ids = await Promise.all(waiting.map(async (call) => {
      const { isError, meaning } = await call.answer(5);
      assert.equal(isError, false);
      assert.match(meaning, PENDING);
      return /proposal_id: (\S+)/.exec(meaning)?.[1];
    }));
    await assert.rejects(Wire.open(sidecar.port), Deno.errors.ConnectionRefused);
    assert.equal((await ended).code, 0);
    assert.deepEqual(ids.sort(), await probe.proposals());
  });
}

Deno.test("a decision for a caller that hung up is kept for the next one and then filed away", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const leaving = await ToolCall.ask(sidecar.port, "left.example");
  const left = await probe.nextProposal();
  await probe.waiting(left, 1);
  leaving[Symbol.dispose]();
  await probe.waiting(left, 0);
  await probe.answer(left, { status: "approved", notes: "late" });

  // A decision that comes after it and is delivered shows that the first one was seen, and kept.
  using other = await ToolCall.ask(sidecar.port, "other.example");
  const id = await probe.nextProposal();
  await probe.answer(id, { status: "approved", notes: "other" });
  isApproved(await other.answer(), "other");
  await probe.filedAway(id);
  assert.deepEqual(await probe.proposals(), [left]);

  using again = await ToolCall.ask(sidecar.port, "left.example");
  isApproved(await again.answer(), "late");
  await probe.filedAway(left);
});

Deno.test("callers of the same ask share one proposal and all get the answer", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const twice = { host: "same.example", justification: "another reason" };
  using first = await ToolCall.ask(sidecar.port, "same.example", { id: 1 });
  using second = await ToolCall.start(sidecar.port, "egress-block", twice, { id: "two" });
  using third = await ToolCall.ask(sidecar.port, "SAME.example", { id: 3 });
  const id = await probe.nextProposal();
  await probe.waiting(id, 3);
  assert.deepEqual(await probe.proposals(), [id]);
  await probe.answer(id, { status: "approved", notes: "for all" });
  for (const [call, callId] of [[first, 1], [second, "two"], [third, 3]] as const) {
    const said = await call.answer();
    isApproved(said, "for all");
    assert.equal(said.id, callId);
  }
  await probe.filedAway(id);
});

Deno.test("asks in one batch wait side by side and are answered together", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  using wire = await Wire.open(sidecar.port);
  const batch = ["a", "b"].map((name) => ({
    jsonrpc: "2.0",
    id: name,
    method: "tools/call",
    params: { name: "egress-block", arguments: { host: `${name}.example`, justification: "x" } },
  }));
  await wire.send(request(JSON.stringify(batch)));
  const ids = [await probe.nextProposal(), await probe.nextProposal()];
  for (const id of ids) await probe.answer(id, { status: "approved", notes: "both" });
  const reply = await within(60, "answer", wire.reply());
  const texts = JSON.parse(reply!.body).map((answer: { id: string; result: unknown }) =>
    `${answer.id} ${JSON.stringify(answer.result)}`
  );
  assert.deepEqual(texts.length, 2);
  assert.match(texts[0], /^a .*approved\\nnotes: both/);
  assert.match(texts[1], /^b .*approved\\nnotes: both/);
  for (const id of ids) await probe.filedAway(id);
});

Deno.test("a batch that hangs up leaves all its proposals and their decisions in the queue", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const wire = await Wire.open(sidecar.port);
  const batch = ["a", "b"].map((name) => ({
    jsonrpc: "2.0",
    id: name,
    method: "tools/call",
    params: { name: "egress-block", arguments: { host: `${name}.example`, justification: "x" } },
  }));
  await wire.send(request(JSON.stringify(batch)));
  const ids = [await probe.nextProposal(), await probe.nextProposal()].sort();
  for (const id of ids) await probe.waiting(id, 1);
  wire[Symbol.dispose]();
  for (const id of ids) await probe.waiting(id, 0);
  assert.deepEqual(await probe.proposals(), ids);
});

Deno.test("notifications/cancelled ends the one wait it names", async (t) => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const cancel = async (params: unknown) => {
    const message = { jsonrpc: "2.0", method: "notifications/cancelled", params };
    const reply = await post(sidecar.port, message);
    assert.deepEqual([reply.status, reply.body], [202, ""]);
  };

  await t.step("by the request's id: the call gets 202 and its proposal stays", async () => {
    using call = await ToolCall.ask(sidecar.port, "cancelled.example", { id: 77 });
    const id = await probe.nextProposal();
    await probe.waiting(id, 1);
    await cancel({ requestId: 77, reason: "enough" });
    const reply = await call.reply();
    assert.deepEqual([reply.status, reply.body], [202, ""]);
    using again = await ToolCall.ask(sidecar.port, "cancelled.example", { id: 77 });
    await probe.waiting(id, 1);
    await probe.answer(id, { status: "approved", notes: "after all" });
    isApproved(await again.answer(), "after all");
    await probe.filedAway(id);
  });

  const ignored: readonly (readonly [string, unknown])[] = [
    ["the id as a string", { requestId: "77" }],
    ["an unknown id", { requestId: 78 }],
    ["no id", {}],
    ["an id that is an object", { requestId: { id: 77 } }],
    ["params missing", undefined],
  ];
  for (const [name, params] of ignored) {
    await t.step(`${name}: nothing happens`, async () => {
      using call = await ToolCall.ask(sidecar.port, "kept.example", { id: 77 });
      const id = await probe.nextProposal();
      await probe.waiting(id, 1);
      await cancel(params);
      await probe.answer(id, { status: "approved", notes: "kept" });
      isApproved(await call.answer(), "kept");
      await probe.filedAway(id);
    });
  }

  await t.step(
    "an id that two calls have: both are answered, and neither counts as heard",
    async () => {
      using first = await ToolCall.ask(sidecar.port, "both.example", { id: 77 });
      using second = await ToolCall.ask(sidecar.port, "both.example", { id: 77 });
      const id = await probe.nextProposal();
      await probe.waiting(id, 2);
      await cancel({ requestId: 77 });
      await probe.answer(id, { status: "approved", notes: "kept" });
      for (const call of [first, second]) isApproved(await call.answer(), "kept");
      using again = await ToolCall.ask(sidecar.port, "both.example", { id: 77 });
      isApproved(await again.answer(), "kept");
      await probe.filedAway(id);
    },
  );
});

Deno.test("SUPERVISE_MAX_PENDING turns further asks away with advice", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_MAX_PENDING: "2" } });
  const probe = new QueueProbe(sidecar.queueDirectory);
  using first = await ToolCall.ask(sidecar.port, "a.example");
  const id = await probe.nextProposal();
  using _second = await ToolCall.ask(sidecar.port, "b.example");
  await probe.nextProposal();

  using third = await ToolCall.ask(sidecar.port, "c.example");
  const { isError, meaning } = await third.answer();
  assert.equal(isError, true);
  assert.match(meaning, /egress-block.*\b2\b.*(again|wait)/s);
  assert.equal((await probe.proposals()).length, 2);

  using joined = await ToolCall.ask(sidecar.port, "a.example");
  await probe.waiting(id, 2);
  await probe.answer(id, { status: "approved", notes: "room" });
  for (const call of [first, joined]) isApproved(await call.answer(), "room");
  using retried = await ToolCall.ask(sidecar.port, "c.example");
  const freed = await probe.nextProposal();
  await probe.answer(freed, { status: "approved", notes: "now" });
  isApproved(await retried.answer(), "now");
});

Deno.test("SUPERVISE_MAX_WAITING turns further calls away with advice", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_MAX_WAITING: "1" } });
  const probe = new QueueProbe(sidecar.queueDirectory);
  using waiting = await ToolCall.ask(sidecar.port, "a.example");
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  using refused = await ToolCall.ask(sidecar.port, "b.example");
  const { isError, meaning } = await refused.answer();
  assert.equal(isError, true);
  assert.match(meaning, /egress-block.*\b1\b.*again/s);
  using repeated = await ToolCall.ask(sidecar.port, "a.example");
  const told = await repeated.answer();
  assert.equal(told.isError, false);
  assert.match(told.meaning, new RegExp(`pending.*queued as ${id}.*1 calls? `, "s"));
  assert.deepEqual(await probe.proposals(), [id]);
  await probe.answer(id, { status: "approved", notes: "done" });
  isApproved(await waiting.answer(), "done");
  using next = await ToolCall.ask(sidecar.port, "b.example");
  await probe.answer(await probe.nextProposal(), { status: "approved", notes: "next" });
  isApproved(await next.answer(), "next");
});

Deno.test("the queue is for its owner alone: directories 0700, files 0600", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const mode = async (...path: string[]) =>
    ((await Deno.stat(join(sidecar.queueDirectory, ...path))).mode! & 0o777).toString(8);
  using call = await ToolCall.ask(sidecar.port, "a.example");
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  assert.equal(await mode(), "700");
  assert.equal(await mode("processed"), "700");
  for (const name of await probe.names()) {
    if (name !== "processed") assert.equal(await mode(name), "600", name);
  }
  await probe.answer(id, { status: "approved", notes: "ok" });
  await call.answer();
  await probe.filedAway(id);
  assert.equal(await mode("processed", `${id}.proposal.json`), "600");
});

/** Puts something that is no decision where the response to `id` belongs, all of it at once. */
type Spoil = (path: string, id: string, elsewhere: string) => Promise<unknown>;

/** `content` says what stands in the file. */
function file(content: (id: string) => string | Uint8Array): Spoil {
  return async (path, id) => {
    const bytes = content(id);
    const encoded = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    await Deno.writeFile(`${path}.aside`, encoded);
    await Deno.rename(`${path}.aside`, path);
  };
}

function decision(id: string, notes = "forged"): string {
  return JSON.stringify({ proposal_id: id, status: "approved", notes, final_file: null });
}

const SPOILS: readonly (readonly [string, Spoil])[] = [
  ["empty", file(() => "")],
  ["half-written", file((id) => decision(id).slice(0, 60))],
  ["not UTF-8", file(() => new Uint8Array([0x7b, 0xff]))],
  ["of another id", file(() => decision(crypto.randomUUID()))],
  ["of an unknown status", file((id) => decision(id).replace("approved", "maybe"))],
  ["2 MiB large", file((id) => decision(id, "x".repeat(2_097_152)))],
  ["a directory", (path) => Deno.mkdir(path)],
  ["a link to a whole one", async (path, id, elsewhere) => {
    const target = join(elsewhere, `${id}.json`);
    await Deno.writeTextFile(target, decision(id));
    await Deno.symlink(target, path);
  }],
  ["a named pipe", makeFifo],
];

Deno.test("a response that is no decision is passed over, with one line in the log", async (t) => {
  await using elsewhere = await temporary();
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const roundTrip = async (host: string) => {
    using call = await ToolCall.ask(sidecar.port, host);
    await probe.answer(await probe.nextProposal(), { status: "approved", notes: "ok" });
    isApproved(await call.answer(), "ok");
  };
  for (const [name, spoil] of SPOILS) {
    await t.step(name, async () => {
      using call = await ToolCall.ask(sidecar.port, "spoilt.example");
      const id = await probe.nextProposal();
      const path = probe.path(id, "response");
      await spoil(path, id, elsewhere.path);
      const log = sidecar.process.output("stderr", new RegExp(`${id}\\.response\\.json.*\n`));
      await within(60, "log line", log);
      // Seen again and again, and said once; the other ask comes through meanwhile.
      for (let times = 0; times < 3; times++) {
        await Deno.rename(path, `${path}.aside`);
        await Deno.rename(`${path}.aside`, path);
        await roundTrip("meanwhile.example");
      }
      await Deno.remove(path, { recursive: true });
      await probe.answer(id, { status: "approved", notes: "whole" });
      isApproved(await call.answer(), "whole");
      await probe.filedAway(id);
      assert.equal(sidecar.process.stderr.split(`${id}.response.json`).length, 2);
    });
  }
});

Deno.test("a queue directory swapped for a copy while a call waits still delivers", async () => {
  await using root = await temporary();
  await using sidecar = await startSidecar({ queueRoot: root.path });
  const probe = new QueueProbe(sidecar.queueDirectory);
  using call = await ToolCall.ask(sidecar.port, "a.example");
  const id = await probe.nextProposal();
  const copy = join(root.path, "copy");
  await Deno.mkdir(join(copy, "processed"), { recursive: true, mode: 0o700 });
  await Deno.copyFile(probe.path(id, "proposal"), join(copy, `${id}.proposal.json`));
  Deno.renameSync(sidecar.queueDirectory, join(root.path, "old"));
  Deno.renameSync(copy, sidecar.queueDirectory);
  await probe.answer(id, { status: "approved", notes: "in the copy" });
  isApproved(await call.answer(), "in the copy");
  await probe.filedAway(id);
});

Deno.test("a queue directory deleted and made again ends the wait, and the next ask works", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  using call = await ToolCall.ask(sidecar.port, "a.example");
  const lost = await probe.nextProposal();
  Deno.removeSync(sidecar.queueDirectory, { recursive: true });
  Deno.mkdirSync(sidecar.queueDirectory, { mode: 0o700 });
  const { isError, meaning } = await call.answer();
  assert.equal(isError, true);
  assert.match(meaning, new RegExp(`${lost}.*removed.*again`, "s"));

  using again = await ToolCall.ask(sidecar.port, "a.example");
  const id = await probe.nextProposal();
  await probe.answer(id, { status: "approved", notes: "second time" });
  isApproved(await again.answer(), "second time");
  await probe.filedAway(id);
});

Deno.test("proposal-status tells where an ask stands and never waits", async (t) => {
  const env = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.2" };
  await using sidecar = await startSidecar({ env });
  const probe = new QueueProbe(sidecar.queueDirectory);
  const status = async (id: string) => {
    using call = await ToolCall.start(sidecar.port, "proposal-status", { proposal_id: id });
    return await call.answer();
  };
  const askInVain = async (host: string) => {
    using call = await ToolCall.ask(sidecar.port, host);
    const { meaning } = await call.answer();
    return /proposal_id: (\S+)/.exec(meaning)![1]!;
  };

  const approved = await askInVain("a.example");
  const rejected = await askInVain("b.example");
  await t.step("pending", async () => {
    for (const id of [approved, rejected]) {
      const { isError, meaning } = await status(id);
      assert.equal(isError, false);
      assert.match(meaning, PENDING);
      assert.ok(meaning.includes(id));
    }
  });
  await t.step("decided, and filed away once it was told", async () => {
    await probe.answer(rejected, { status: "rejected", notes: "no" });
    const told = await decided(() => status(rejected), ({ meaning }) => meaning);
    assert.equal(told.isError, true);
    assert.equal(told.meaning, "status: rejected\nnotes: no");
    await probe.filedAway(rejected);
  });
  await t.step("delivered before, told again", async () => {
    const { isError, meaning } = await status(rejected);
    assert.deepEqual({ isError, meaning }, {
      isError: true,
      meaning: "status: rejected\nnotes: no",
    });
  });
  await t.step("told with the id in upper case", async () => {
    assert.match((await status(approved.toUpperCase())).meaning, PENDING);
  });
  await t.step("unknown", async () => {
    const unknown = crypto.randomUUID();
    const { isError, meaning } = await status(unknown);
    assert.equal(isError, true);
    assert.ok(meaning.startsWith("proposal-status: ") && meaning.includes(unknown), meaning);
  });
  for (const id of ["", "x", "..", "../processed", "00000000-0000-0000-0000-000000000000"]) {
    await t.step(`malformed: ${JSON.stringify(id)}`, async () => {
      const { code, meaning } = await status(id);
      assert.equal(code, -32602);
      assert.match(meaning, /proposal-status.*proposal_id/s);
    });
  }
});

Deno.test("a port that another program has is one line on stderr and exit code 2", async () => {
  await using directory = await temporary();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const queue = join(directory.path, "s");
  await using process = runSidecar(queue, {
    SUPERVISE_BOTTLE_SLUG: "s",
    SUPERVISE_QUEUE_DIR: queue,
    SUPERVISE_BIND: "127.0.0.1",
    SUPERVISE_PORT: String(taken.addr.port),
  }, ["egress:9099"]);
  const { code } = await within(60, "end", process.status);
  assert.equal(code, 2);
  assert.match(process.stderr, new RegExp(`^supervise: [^\\n]*${taken.addr.port}[^\\n]*\\n$`));
});
