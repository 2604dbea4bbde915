/**
 * Answers that wait for the operator, at the true sidecar: their form, what comes before them, and
 * how they end early. One file because each case is made under every era in the same way.
 */

import assert from "node:assert/strict";
import { Desk } from "../../../src/queue/desk.ts";
import { post } from "../../support/agent.ts";
import {
  type Answer,
  ask,
  type Data,
  hostAsk,
  legacy,
  Line,
  MODERN,
  modern,
  type Outgoing,
  type Parts,
  refusalOf,
  resultOf,
} from "../../support/modern.ts";
import { type Sidecar, startSidecar, supervisectl } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { within } from "../../support/within.ts";

/** How often a silent stream says something, and progress is told. */
const PACE = { SUPERVISE_KEEPALIVE_SECONDS: "0.1" };

const APPROVED = { status: "approved", notes: "yes" };

/** Something that makes one and the same ask under each era. */
const ERAS: readonly (readonly [string, (host: string, parts?: Parts) => Outgoing])[] = [
  ["2026-07-28", (host, parts) => modern("tools/call", hostAsk(host), parts)],
  ["2025-11-25", (host, parts) => legacy("2025-11-25", "tools/call", hostAsk(host), parts)],
  ["no version", (host, parts) => legacy(undefined, "tools/call", hostAsk(host), parts)],
];

interface Waiting extends Disposable {
  readonly id: string;
  readonly answer: Answer;
}

/** Asks for a host and returns when the queue says that a call waits. */
async function waiting(sidecar: Sidecar, outgoing: Outgoing): Promise<Waiting> {
  const probe = new QueueProbe(sidecar.queueDirectory);
  const before = new Set(await probe.proposals());
  const answer = await ask(sidecar.port, outgoing);
  const id = await probe.until(
    "new proposal",
    async () => (await probe.proposals()).find((id) => !before.has(id)),
  );
  await probe.waiting(id, 1);
  return { id, answer, [Symbol.dispose]: () => answer[Symbol.dispose]() };
}

async function cancel(port: number, requestId: unknown, version: string | null = "2025-11-25") {
  const message = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
  const reply = await post(port, message, { headers: { "MCP-Protocol-Version": version } });
  assert.deepEqual([reply.status, reply.body], [202, ""]);
}

function textOf(result: Data): string {
  return result.content[0].text;
}

for (const [era, askFor] of ERAS) {
  Deno.test(`a waiting call of ${era} sends its head and comments, then the response, then ends`, async () => {
    await using sidecar = await startSidecar({ env: PACE });
    const probe = new QueueProbe(sidecar.queueDirectory);
    using call = await waiting(sidecar, askFor("a.example"));
    const { answer } = call;
    assert.deepEqual(
      ["content-type", "cache-control", "x-accel-buffering"].map((name) =>
        answer.headers.get(name)
      ),
      ["text/event-stream", "no-cache", "no"],
    );
    for (let count = 0; count < 4; count++) {
      assert.deepEqual(await answer.frame(), { kind: "comment", text: "keep-alive" });
    }
    await probe.answer(call.id, APPROVED);
    const messages = await answer.messages();
    assert.equal(messages.length, 1, "the response and nothing else");
    assert.equal(textOf(messages[0].result), "status: approved\nnotes: yes");
    await probe.filedAway(call.id);
  });

  Deno.test(`hanging up ends a wait of ${era}, and the proposal stays for the same ask`, async (t) => {
    await using sidecar = await startSidecar({ env: PACE });
    const probe = new QueueProbe(sidecar.queueDirectory);
    for (const Accept of ["application/json, text/event-stream", "application/json"]) {
      await t.step(Accept, async () => {
        const isStream = Accept !== "application/json";
        const host = `${isStream}.example`;
        using line = await Line.open(sidecar.port);
        await line.send(askFor(host, { headers: { Accept } }));
        const id = await probe.nextProposal();
        await probe.waiting(id, 1);
        const show = async () => (await supervisectl(sidecar.queueRoot, ["show", id])).stdout;
        if (isStream) assert.match(await show(), /waiting +1 call of bottle dev is waiting now/);
        line[Symbol.dispose]();
        await probe.waiting(id, 0);
        if (isStream) assert.match(await show(), /state +pending[^]*waiting +no call now/);
        using again = await ask(sidecar.port, askFor(host));
        await probe.waiting(id, 1);
        await probe.answer(id, APPROVED);
        assert.equal(textOf(await again.result()), "status: approved\nnotes: yes");
        await probe.filedAway(id);
      });
    }
  });
}

Deno.test("the head and a first comment of a waiting call come at once, however slow the pace", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_KEEPALIVE_SECONDS: "1000" } });
  for (const [era, askFor] of ERAS) {
    using answer = await ask(sidecar.port, askFor("a.example"));
    assert.deepEqual(await answer.frame(), { kind: "comment", text: "keep-alive" }, era);
  }
});

Deno.test("progress tells the place in the queue at once, then at the pace, then the operator's claim", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  const probe = new QueueProbe(sidecar.queueDirectory);
  using first = await waiting(sidecar, modern("tools/call", hostAsk("a.example")));
  const told = modern("tools/call", hostAsk("b.example"), { meta: { progressToken: "t" } });
  using second = await waiting(sidecar, told);
  using third = await ask(sidecar.port, told);

  const joined = (await third.message()).params;
  assert.deepEqual([joined.progress, joined.message], [0, `joined ${second.id}, 1 ahead of it`]);
  const seen: { progress: number; message: string; [name: string]: unknown }[] = [];
  seen.push((await second.answer.message()).params);
  assert.deepEqual(seen[0], {
    progressToken: "t",
    progress: 0,
    total: 30,
    message: `queued as ${second.id}, 1 ahead of it`,
  });
  for (let count = 0; count < 3; count++) seen.push((await second.answer.message()).params);
  assert.match(seen.at(-1)!.message, /^waiting for the operator for \d s, 1 ahead of it$/);

  const desk = new Desk(sidecar.queueRoot);
  const found = await desk.find(second.id);
  assert.ok(found.kind === "found");
  assert.equal((await desk.claim(found.item, "alice")).kind, "claimed");
  while (!seen.at(-1)!.message.endsWith("s, the operator is looking at it now")) {
    assert.ok(seen.length < 100, `claimed, but told ${seen.at(-1)!.message}`);
    seen.push((await second.answer.message()).params);
  }
  await probe.answer(second.id, APPROVED);
  // Nothing may come after the response, which the client makes sure of.
  const rest = await second.answer.messages();
  assert.equal(textOf(rest.pop().result), "status: approved\nnotes: yes");
  for (const { params } of rest) seen.push(params);
  assert.ok(seen.every(({ progressToken, total }) => progressToken === "t" && total === 30));
  assert.ok(seen.every(({ progress }, at) => at === 0 || progress > seen[at - 1]!.progress));
  assert.ok(first.answer.isStream);
});

Deno.test("a token that is a number or empty comes back as it was, and none means no progress", async (t) => {
  await using sidecar = await startSidecar({ env: PACE });
  const probe = new QueueProbe(sidecar.queueDirectory);
  const tokens: readonly (readonly [string, unknown, boolean])[] = [
    ["0", 0, true],
    ["-7", -7, true],
    ["an empty string", "", true],
    ["a number as a string", "0", true],
    ["none", undefined, false],
    ["null", null, false],
    ["a fraction", 1.5, false],
    ["an object", {}, false],
  ];
  for (const [name, progressToken, isToken] of tokens) {
    for (const [era, askFor] of ERAS) {
      await t.step(`${name}, ${era}`, async () => {
        const host = `${crypto.randomUUID()}.example`;
        using answer = await ask(sidecar.port, askFor(host, { meta: { progressToken } }));
        const id = await probe.nextProposal();
        const expected = isToken ? [progressToken] : [];
        const first: Data[] = isToken ? [await answer.message()] : [];
        // The second comment comes after the first report would have.
        if (!isToken) { for (let count = 0; count < 2; count++) await answer.frame(); }
        await probe.answer(id, APPROVED);
        const all = [...first, ...await answer.messages()];
        const reports = all.slice(0, -1).map(({ params }) => params.progressToken);
        assert.deepEqual([...new Set(reports)], expected);
        await probe.filedAway(id);
      });
    }
  }
});

Deno.test("progress has no words for 2024-11-05", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  const outgoing = legacy("2024-11-05", "tools/call", hostAsk("a.example"), {
    meta: { progressToken: 1 },
  });
  using call = await waiting(sidecar, outgoing);
  const { params } = await call.answer.message();
  assert.deepEqual(params, { progressToken: 1, progress: 0, total: 30 });
});

for (const [era, askFor] of ERAS) {
  Deno.test(`a wait of ${era} that times out ends with its response`, async () => {
    const env = { ...PACE, SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.5" };
    await using sidecar = await startSidecar({ env });
    using answer = await ask(sidecar.port, askFor("a.example", { meta: { progressToken: 1 } }));
    const messages = await answer.messages();
    const progress: number[] = messages.slice(0, -1).map(({ params }) => params.progress);
    assert.ok(progress.length > 1 && progress.every((value) => value <= 0.5), progress.join());
    assert.ok(
      progress.every((value, at) => at === 0 || value > progress[at - 1]!),
      progress.join(),
    );
    const id = (await new QueueProbe(sidecar.queueDirectory).proposals())[0]!;
    const text = textOf(messages.at(-1).result);
    assert.match(text, /^status: pending\nnotes: operator response timed out after 0.5s/);
    assert.ok(text.includes(id));
  });

  Deno.test(`the form of a waiting answer of ${era} follows Accept`, async (t) => {
    await using sidecar = await startSidecar({ env: PACE });
    const probe = new QueueProbe(sidecar.queueDirectory);
    const cases: readonly (readonly [string | null, "json" | "stream"])[] = [
      [null, "json"],
      ["*/*", "json"],
      ["application/json", "json"],
      ["application/json, text/event-stream", "stream"],
      ["text/event-stream", "stream"],
      ["text/event-stream;q=0, application/json", "json"],
    ];
    for (const [Accept, form] of cases) {
      await t.step(`${Accept}`, async () => {
        const host = `${crypto.randomUUID()}.example`;
        const meta = { progressToken: 1 };
        // A JSON answer has no head before it is decided.
        const asked = ask(sidecar.port, askFor(host, { meta, headers: { Accept } }));
        const id = await probe.nextProposal();
        await probe.answer(id, APPROVED);
        using answer = await asked;
        assert.equal(answer.isStream, form === "stream");
        assert.equal(textOf(await answer.result()), "status: approved\nnotes: yes");
        await probe.filedAway(id);
      });
    }
    await t.step("text/html", async () => {
      using answer = await ask(
        sidecar.port,
        askFor("html.example", { headers: { Accept: "text/html" } }),
      );
      assert.equal(answer.status, 406);
      assert.deepEqual(await probe.proposals(), [], "nothing is asked");
    });
  });
}

Deno.test("what is refused before a wait is no stream, so that it has its own status", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  const wrongName = modern("tools/call", hostAsk("a.example"), { headers: { "Mcp-Name": "x" } });
  assert.equal((await refusalOf(sidecar.port, wrongName)).status, 400);
  const outgoing = modern("tools/call", { name: "egress-block", arguments: {} });
  using answer = await ask(sidecar.port, outgoing);
  assert.equal(answer.isStream, false);
  assert.equal((await answer.result()).isError, true);
});

for (const [era, askFor] of ERAS.filter(([era]) => era !== MODERN)) {
  Deno.test(`notifications/cancelled ends a stream of ${era} without a response`, async () => {
    await using sidecar = await startSidecar({ env: PACE });
    const probe = new QueueProbe(sidecar.queueDirectory);
    using call = await waiting(sidecar, askFor("a.example", { id: 77 }));
    await cancel(sidecar.port, 77);
    assert.deepEqual(await call.answer.messages(), []);
    await probe.waiting(call.id, 0);
    assert.deepEqual(await probe.proposals(), [call.id], "the proposal stays");
  });
}

Deno.test("notifications/cancelled ends a JSON answer with 202 and nothing", async () => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const headers = { Accept: "application/json" };
  using line = await Line.open(sidecar.port);
  const outgoing = legacy("2025-11-25", "tools/call", hostAsk("a.example"), { id: "x", headers });
  const asked = line.ask(outgoing);
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  await cancel(sidecar.port, "x");
  const answer = await asked;
  assert.deepEqual([answer.status, await answer.body()], [202, ""]);
  await probe.waiting(id, 0);
  assert.deepEqual(await probe.proposals(), [id]);
  await resultResumes(line);
});

/** The connection is as good as before. */
async function resultResumes(line: Line): Promise<void> {
  await (await line.ask(modern("tools/list"))).result();
}

Deno.test("unknown, finished, malformed and foreign cancellations do nothing", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  const probe = new QueueProbe(sidecar.queueDirectory);
  using done = await waiting(
    sidecar,
    legacy("2025-11-25", "tools/call", hostAsk("done.example"), { id: 5 }),
  );
  await probe.answer(done.id, APPROVED);
  await done.answer.result();
  await probe.filedAway(done.id);

  using old = await waiting(
    sidecar,
    legacy("2025-11-25", "tools/call", hostAsk("a.example"), { id: 7 }),
  );
  using newer = await waiting(sidecar, modern("tools/call", hostAsk("b.example"), { id: 8 }));
  for (const requestId of [5, 6, "7", 7.5, null, undefined, { id: 7 }, [7]]) {
    await cancel(sidecar.port, requestId);
  }
  await cancel(sidecar.port, 7, MODERN);
  for (const version of [MODERN, "2025-11-25", null]) await cancel(sidecar.port, 8, version);

  for (const { id, answer } of [old, newer]) {
    await probe.answer(id, APPROVED);
    assert.equal(textOf(await answer.result()), "status: approved\nnotes: yes");
    await probe.filedAway(id);
  }
});

Deno.test("a response that arrived is no cancellation: both eras go on, one after the other, on one connection", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  const probe = new QueueProbe(sidecar.queueDirectory);
  using line = await Line.open(sidecar.port);
  for (const Accept of ["application/json, text/event-stream", "application/json"]) {
    for (const [era, askFor] of ERAS) {
      const asked = line.ask(askFor(`${crypto.randomUUID()}.example`, { headers: { Accept } }));
      const id = await probe.nextProposal();
      await probe.waiting(id, 1);
      await probe.answer(id, APPROVED);
      assert.equal(textOf(await (await asked).result()), "status: approved\nnotes: yes", era);
      // A cancelled call would have left it where it was, for the next one who asks.
      await probe.filedAway(id);
      await resultResumes(line);
    }
  }
});

Deno.test("a decision that comes after the caller has closed its stream is kept for the same ask", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  const probe = new QueueProbe(sidecar.queueDirectory);
  const outgoing = modern("tools/call", hostAsk("a.example"));
  const call = await waiting(sidecar, outgoing);
  call[Symbol.dispose]();
  await probe.waiting(call.id, 0);
  await probe.answer(call.id, APPROVED);
  const result = await resultOf(sidecar.port, outgoing);
  assert.equal(result.structuredContent.proposal_id, call.id);
  await probe.filedAway(call.id);
});

Deno.test("SIGTERM ends waiting streams with the pending answer", async () => {
  await using sidecar = await startSidecar({ env: PACE });
  using old = await waiting(sidecar, legacy("2025-11-25", "tools/call", hostAsk("a.example")));
  using newer = await waiting(sidecar, modern("tools/call", hostAsk("b.example")));
  sidecar.process.kill("SIGTERM");
  for (const { id, answer } of [old, newer]) {
    const text = textOf(await answer.result());
    assert.ok(text.startsWith("status: pending\n") && text.includes(id), text);
  }
  assert.equal((await within(60, "end", sidecar.process.status)).code, 0);
});
