/**
 * Proposals as tasks, at the true sidecar, with the operator's true program: how a task begins, where
 * it is found again, and how it ends. One file because each case is a stretch of the same life.
 */

import assert from "node:assert/strict";
import { Desk } from "../../../src/queue/desk.ts";
import {
  ask,
  askUntil,
  type Data,
  hostAsk,
  legacy,
  Line,
  modern,
  type Parts,
  refusalOf,
  resultOf,
} from "../../support/modern.ts";
import { type Sidecar, startSidecar, supervisectl } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { temporary } from "../../support/temporary.ts";

const DECLARED = { tasks: true };

const UNKNOWN_IDS = [
  "",
  "x",
  "../processed",
  crypto.randomUUID(),
  crypto.randomUUID().toUpperCase(),
];

/** Asks for a host with a task for an answer. */
function begin(port: number, host: string): Promise<Data> {
  return resultOf(port, modern("tools/call", hostAsk(host), DECLARED));
}

function get(port: number, taskId: string): Promise<Data> {
  return resultOf(port, modern("tasks/get", { taskId }, DECLARED));
}

function cancelTask(port: number, taskId: string): Promise<Data> {
  return resultOf(port, modern("tasks/cancel", { taskId }, DECLARED));
}

/** What an operator wrote is seen when the sidecar looks. */
function ended(port: number, taskId: string): Promise<Data> {
  return askUntil("end of the task", () => get(port, taskId), ({ status }) => status !== "working");
}

async function operator(sidecar: Sidecar, ...args: string[]): Promise<void> {
  const { code, stderr } = await supervisectl(sidecar.queueRoot, args);
  assert.equal(code, 0, stderr);
}

/** Claims a proposal under the name that `supervisectl` has in tests, and does not decide it. */
async function claim(sidecar: Sidecar, id: string): Promise<void> {
  const desk = new Desk(sidecar.queueRoot);
  const found = await desk.find(id);
  assert.ok(found.kind === "found");
  assert.equal((await desk.claim(found.item, "alice")).kind, "claimed");
}

function isAck(result: Data): void {
  assert.deepEqual(Object.keys(result).sort(), ["_meta", "resultType"]);
  assert.equal(result.resultType, "complete");
}

Deno.test("a call that declares the extension gets a flat task at once, and durable", async () => {
  await using sidecar = await startSidecar();
  using answer = await ask(sidecar.port, modern("tools/call", hostAsk("a.example"), DECLARED));
  assert.equal(answer.isStream, false);
  const { taskId, createdAt, lastUpdatedAt, _meta, ...task } = await answer.result();
  assert.deepEqual(task, {
    resultType: "task",
    status: "working",
    statusMessage: "waiting for the operator: 0 ahead of it",
    ttlMs: null,
    pollIntervalMs: 2_000,
  });
  assert.equal(new Date(createdAt).toISOString(), createdAt);
  assert.equal(lastUpdatedAt, createdAt);
  assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).proposals(), [taskId]);

  const streamOnly = { ...DECLARED, headers: { Accept: "text/event-stream" } };
  using other = await ask(sidecar.port, modern("tools/call", hostAsk("a.example"), streamOnly));
  assert.ok(other.isStream, "what reads streams alone gets one");
  assert.equal((await other.result()).taskId, taskId);
});

Deno.test("without the extension on this request, and in the old era, the call waits", async (t) => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  using line = await Line.open(sidecar.port);
  const params = { ...hostAsk("a.example"), task: { ttl: 60_000 } };
  const cases = [
    ["modern, undeclared", modern("tools/call", params)],
    ["2025-11-25, with its own task parameter", legacy("2025-11-25", "tools/call", params)],
    ["no version", legacy(undefined, "tools/call", params)],
  ] as const;
  for (const [name, outgoing] of cases) {
    await t.step(name, async () => {
      // What another request on the connection declares does not count.
      await (await line.ask(modern("tools/list", {}, DECLARED))).result();
      const answer = await line.ask(outgoing);
      assert.ok(answer.isStream);
      const id = await probe.nextProposal();
      await probe.answer(id, { status: "approved", notes: "ok" });
      const { resultType, content } = await answer.result();
      assert.notEqual(resultType, "task");
      assert.equal(content[0].text, "status: approved\nnotes: ok");
      await probe.filedAway(id);
    });
  }
});

Deno.test("tools that need no operator never answer with a task", async () => {
  await using sidecar = await startSidecar();
  const args = { name: "proposal-status", arguments: { proposal_id: crypto.randomUUID() } };
  for (const name of ["proposal-status", "list-egress-routes"]) {
    const outgoing = modern("tools/call", { ...args, name }, DECLARED);
    assert.equal((await resultOf(sidecar.port, outgoing)).resultType, "complete");
  }
});

Deno.test("an ask that was decided while nobody waited is answered at once, not by a task", async () => {
  await using sidecar = await startSidecar();
  const { taskId } = await begin(sidecar.port, "a.example");
  await operator(sidecar, "approve", taskId, "--notes", "ok");
  const said = await askUntil(
    "answer",
    () => begin(sidecar.port, "a.example"),
    ({ resultType }) => resultType === "complete",
  );
  assert.equal(said.structuredContent.proposal_id, taskId);
  assert.equal(said.structuredContent.status, "approved");
});

Deno.test("a task is found right after its creation, on another connection, and after kill -9", async (t) => {
  await using root = await temporary();
  const where = { queueRoot: root.path };
  let taskId = "";
  let before: Data;
  let completed: Data;
  await t.step("right after its creation, and on another connection", async () => {
    await using sidecar = await startSidecar(where);
    using line = await Line.open(sidecar.port);
    const created = await (await line.ask(modern("tools/call", hostAsk("a.example"), DECLARED)))
      .result();
    taskId = created.taskId;
    const same = await (await line.ask(modern("tasks/get", { taskId }, DECLARED))).result();
    assert.deepEqual({ ...same, resultType: "task" }, created);
    before = await get(sidecar.port, taskId);
    assert.deepEqual(before, same);
    sidecar.process.kill("SIGKILL");
    await sidecar.process.status;
  });
  await t.step("after kill -9, as it was", async () => {
    await using sidecar = await startSidecar(where);
    assert.deepEqual(await get(sidecar.port, taskId), before);
    sidecar.process.kill("SIGKILL");
    await sidecar.process.status;
    await operator(sidecar, "approve", taskId, "--notes", "while you were out");
  });
  await t.step("completed, when the operator approved while the sidecar was down", async () => {
    await using sidecar = await startSidecar(where);
    completed = await get(sidecar.port, taskId);
    assert.equal(completed.status, "completed");
    const { content, isError } = completed.result;
    assert.equal(content[0].text, "status: approved\nnotes: while you were out");
    assert.equal(isError, false);
    assert.equal(completed.createdAt, before.createdAt);
    await new QueueProbe(sidecar.queueDirectory).filedAway(taskId);
    assert.deepEqual(await get(sidecar.port, taskId), completed, "filed away, and the same");
  });
  await t.step("the same after one more restart", async () => {
    await using sidecar = await startSidecar(where);
    assert.deepEqual(await get(sidecar.port, taskId), completed);
  });
});

Deno.test("a completed task carries what the call would have returned, a rejection too", async (t) => {
  await using sidecar = await startSidecar();
  const probe = new QueueProbe(sidecar.queueDirectory);
  const decisions = [
    { status: "approved", notes: "ok" },
    { status: "modified", notes: "", final_file: '{\n  "host": "b.example"\n}\n' },
    { status: "rejected", notes: "no" },
  ];
  for (const decision of decisions) {
    await t.step(decision.status, async () => {
      const host = `${decision.status}.example`;
      const { taskId } = await begin(sidecar.port, host);
      using waits = await ask(sidecar.port, modern("tools/call", hostAsk(host)));
      await probe.waiting(taskId, 1);
      await probe.answer(taskId, decision);
      const { _meta, ...called } = await waits.result();
      const task = await ended(sidecar.port, taskId);
      assert.deepEqual([task.resultType, task.status], ["complete", "completed"]);
      assert.deepEqual(task.result, called);
      assert.equal(task.result.isError, decision.status === "rejected");
      assert.equal("error" in task, false);
    });
  }
});

Deno.test("without the extension the three methods get 400 and -32021", async () => {
  await using sidecar = await startSidecar();
  const { taskId } = await begin(sidecar.port, "a.example");
  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    const { status, code } = await refusalOf(
      sidecar.port,
      modern(method, { taskId, inputResponses: {} }),
    );
    assert.deepEqual([status, code], [400, -32021], method);
  }
  assert.equal((await get(sidecar.port, taskId)).status, "working", "nothing was cancelled");
});

Deno.test("unknown ids, and those of another bottle, get one and the same -32602", async () => {
  await using sidecar = await startSidecar();
  await using neighbour = await startSidecar({ queueRoot: sidecar.queueRoot, slug: "neighbour" });
  const { taskId: foreign } = await begin(neighbour.port, "a.example");
  const messages = new Set<string>();
  for (const taskId of [...UNKNOWN_IDS, foreign]) {
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const outgoing = modern(method, { taskId, inputResponses: {} }, DECLARED);
      const { status, code, message } = await refusalOf(sidecar.port, outgoing);
      assert.deepEqual([status, code], [200, -32602], `${method} ${taskId}`);
      messages.add(message);
    }
  }
  assert.equal(messages.size, 1, [...messages].join("; "));
  assert.equal((await get(neighbour.port, foreign)).status, "working");
});

Deno.test("cancel and update are acknowledged without a word, and an ended task stays as it is", async (t) => {
  await using sidecar = await startSidecar();
  await t.step("update of a task that wants no input", async () => {
    const { taskId } = await begin(sidecar.port, "a.example");
    const params = { taskId, inputResponses: { stray: { action: "accept" } } };
    isAck(await resultOf(sidecar.port, modern("tasks/update", params, DECLARED)));
    assert.equal((await get(sidecar.port, taskId)).status, "working");
    const missing = await refusalOf(sidecar.port, modern("tasks/update", { taskId }, DECLARED));
    assert.equal(missing.code, -32602);
  });
  await t.step("cancel of a completed task", async () => {
    const { taskId } = await begin(sidecar.port, "b.example");
    await operator(sidecar, "reject", taskId, "--notes", "no");
    const task = await ended(sidecar.port, taskId);
    isAck(await cancelTask(sidecar.port, taskId));
    assert.deepEqual(await get(sidecar.port, taskId), task);
  });
  await t.step("cancel of a cancelled task", async () => {
    const { taskId } = await begin(sidecar.port, "c.example");
    isAck(await cancelTask(sidecar.port, taskId));
    const task = await get(sidecar.port, taskId);
    isAck(await cancelTask(sidecar.port, taskId));
    assert.deepEqual(await get(sidecar.port, taskId), task);
  });
});

Deno.test("tasks/cancel withdraws: the operator can no longer approve, and waiting calls are told", async () => {
  await using root = await temporary();
  const where = { queueRoot: root.path };
  let cancelled: Data;
  {
    await using sidecar = await startSidecar(where);
    const probe = new QueueProbe(sidecar.queueDirectory);
    const { taskId } = await begin(sidecar.port, "a.example");
    using modernCall = await ask(sidecar.port, modern("tools/call", hostAsk("a.example")));
    using legacyCall = await ask(
      sidecar.port,
      legacy("2025-06-18", "tools/call", hostAsk("a.example")),
    );
    await probe.waiting(taskId, 2);
    isAck(await cancelTask(sidecar.port, taskId));

    cancelled = await get(sidecar.port, taskId);
    assert.equal(cancelled.status, "cancelled");
    for (const absent of ["result", "error", "inputRequests"]) assert.ok(!(absent in cancelled));
    for (const call of [modernCall, legacyCall]) {
      const { content, isError, structuredContent } = await call.result();
      assert.equal(content[0].text, "status: withdrawn");
      assert.equal(isError, false);
      assert.deepEqual(structuredContent, {
        proposal_id: taskId,
        status: "withdrawn",
        notes: "",
        next: "make the same call again if you still need it",
      });
    }
    const names = await probe.until("withdrawal in processed/", async () => {
      const filed = (await probe.names("processed")).sort();
      const left = (await probe.names()).filter((name) => name.startsWith(taskId));
      return filed.length === 2 && left.length === 0 ? filed : undefined;
    });
    assert.deepEqual(names, [`${taskId}.proposal.json`, `${taskId}.withdrawn.json`]);
    const { code, stdout, stderr } = await supervisectl(root.path, ["approve", taskId]);
    assert.notEqual(code, 0);
    assert.match(stdout + stderr, /withdrawn/);
    assert.deepEqual(await get(sidecar.port, taskId), cancelled);

    const { taskId: anew } = await begin(sidecar.port, "a.example");
    assert.notEqual(anew, taskId, "the same ask made again is a new one");
    sidecar.process.kill("SIGKILL");
    await sidecar.process.status;
  }
  await using sidecar = await startSidecar(where);
  const { taskId } = cancelled;
  assert.deepEqual(await get(sidecar.port, taskId), cancelled, "after kill -9 too");
});

Deno.test("a task that the operator has claimed is not cancelled, and the approval completes it", async () => {
  await using sidecar = await startSidecar();
  const { taskId } = await begin(sidecar.port, "a.example");
  await claim(sidecar, taskId);
  isAck(await cancelTask(sidecar.port, taskId));
  const claimed = await askUntil(
    "sight of the claim",
    () => get(sidecar.port, taskId),
    ({ pollIntervalMs }) => pollIntervalMs === 1_000,
  );
  assert.equal(claimed.status, "working");
  assert.equal(
    claimed.statusMessage,
    "waiting for the operator: the operator is looking at it now",
  );
  assert.ok(claimed.lastUpdatedAt >= claimed.createdAt);
  const { code, stderr } = await supervisectl(sidecar.queueRoot, ["approve", taskId], {
    env: { SUPERVISE_OPERATOR: "alice" },
  });
  assert.equal(code, 0, stderr);
  const { status, result } = await ended(sidecar.port, taskId);
  assert.deepEqual([status, result.structuredContent.status], ["completed", "approved"]);
});

Deno.test("Mcp-Name must repeat taskId on the three methods, whatever is declared", async () => {
  await using sidecar = await startSidecar();
  const { taskId } = await begin(sidecar.port, "a.example");
  for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
    for (const name of [null, crypto.randomUUID(), taskId.toUpperCase()]) {
      for (const tasks of [true, false]) {
        const parts: Parts = { tasks, headers: { "Mcp-Name": name } };
        const { status, code } = await refusalOf(sidecar.port, modern(method, { taskId }, parts));
        assert.deepEqual([status, code], [400, -32020], `${method} ${name}`);
      }
    }
  }
  assert.equal((await get(sidecar.port, taskId)).status, "working");
});

Deno.test("ids are random UUIDs of which no two are alike, and the same ask joins one task", async () => {
  await using sidecar = await startSidecar();
  const ids = new Set<string>();
  for (let count = 0; count < 20; count++) {
    ids.add((await begin(sidecar.port, `${count}.example`)).taskId);
  }
  assert.equal(ids.size, 20);
  const v4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const id of ids) assert.match(id, v4);
  assert.ok(ids.has((await begin(sidecar.port, "7.example")).taskId));
});

Deno.test("hanging up after the task was created does not cancel it", async () => {
  await using sidecar = await startSidecar();
  const line = await Line.open(sidecar.port);
  const created = await (await line.ask(modern("tools/call", hostAsk("a.example"), DECLARED)))
    .result();
  line[Symbol.dispose]();
  const { taskId } = created;
  assert.equal((await get(sidecar.port, taskId)).status, "working");
  await operator(sidecar, "approve", taskId);
  assert.equal((await ended(sidecar.port, taskId)).status, "completed");
});
