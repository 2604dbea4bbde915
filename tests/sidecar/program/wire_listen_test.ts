/**
 * `subscriptions/listen` at the true sidecar: what is announced, to whom, and how a subscription ends.
 * One file because it is one method.
 */

import assert from "node:assert/strict";
import { Desk } from "../../../src/queue/desk.ts";
import { SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import {
  type Answer,
  ask,
  askUntil,
  type Data,
  hostAsk,
  modern,
  type Parts,
  refusalOf,
  resultOf,
} from "../../support/modern.ts";
import { type Sidecar, startSidecar, supervisectl } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";

const PROPOSALS = "supervise://proposals";
const ROUTES = "supervise://routes";

const DECLARED = { tasks: true };

const APPROVED = { status: "approved", notes: "yes" };

const MAX_SUBSCRIPTIONS = 256;

/** A subscription whose acknowledgement has come. */
interface Subscription extends Disposable {
  readonly answer: Answer;
  /** What is honoured. */
  readonly honoured: Data;
}

async function listen(
  port: number,
  notifications: object,
  parts: Parts = {},
): Promise<Subscription> {
  const answer = await ask(port, modern("subscriptions/listen", { notifications }, parts));
  assert.ok(answer.isStream, `a stream, and not ${answer.status}`);
  const first = await answer.message();
  assert.equal(first.method, "notifications/subscriptions/acknowledged");
  assert.deepEqual(first.params._meta, { [SUBSCRIPTION_ID]: parts.id ?? 1 });
  const honoured = first.params.notifications;
  return { answer, honoured, [Symbol.dispose]: () => answer[Symbol.dispose]() };
}

/** The next announcement as its method and what it is about. */
async function heard({ answer }: Subscription): Promise<string> {
  const { method, params } = await answer.message();
  return `${method.replace("notifications/", "")} ${params.uri ?? params.taskId ?? ""}`;
}

async function begin(port: number, host: string): Promise<string> {
  return (await resultOf(port, modern("tools/call", hostAsk(host), DECLARED))).taskId;
}

async function begunContainer(port: number, dockerfile: string): Promise<string> {
  const args = { dockerfile, justification: "x" };
  const params = { name: "capability-block", arguments: args };
  return (await resultOf(port, modern("tools/call", params, DECLARED))).taskId;
}

async function claim(sidecar: Sidecar, id: string): Promise<void> {
  const desk = new Desk(sidecar.queueRoot);
  const found = await desk.find(id);
  assert.ok(found.kind === "found");
  assert.equal((await desk.claim(found.item, "alice")).kind, "claimed");
}

Deno.test("notifications must be an object, and of the asked-for what is served is acknowledged", async (t) => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  for (const notifications of [undefined, null, [1], "x", 7]) {
    await t.step(`refused: ${JSON.stringify(notifications)}`, async () => {
      const refused = await refusalOf(port, modern("subscriptions/listen", { notifications }));
      assert.deepEqual([refused.status, refused.code], [200, -32602]);
    });
  }
  const tooMany = Array.from({ length: 257 }, (_, count) => `supervise://${count}`);
  for (const names of ["x", {}, [7], tooMany]) {
    await t.step(`refused: resources ${JSON.stringify(names).slice(0, 40)}`, async () => {
      const params = { notifications: { resourceSubscriptions: names } };
      const { code } = await refusalOf(port, modern("subscriptions/listen", params));
      assert.equal(code, -32602);
    });
  }
  const taskId = await begin(port, "a.example");
  const uri = `${PROPOSALS}/${taskId}`;
  const unknown = crypto.randomUUID();
  const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
  const cases: readonly (readonly [string, object, object])[] = [
    ["nothing", {}, {}],
    ["lists, which never change", lists, {}],
    ["kinds nobody knows", { a: true, b: ["x"] }, {}],
    [
      "resources",
      { resourceSubscriptions: [uri, PROPOSALS, ROUTES] },
      { resourceSubscriptions: [uri, PROPOSALS, ROUTES] },
    ],
    [
      "resources of which some are unknown or twice",
      {
        resourceSubscriptions: [
          ...[`${PROPOSALS}/${unknown}`, "file:///etc/passwd", "supervise://dockerfile"],
          ...[ROUTES, ROUTES],
        ],
      },
      { resourceSubscriptions: [ROUTES] },
    ],
    ["tasks", { taskIds: [unknown, taskId, "x"] }, { taskIds: [taskId] }],
  ];
  for (const [name, asked, honoured] of cases) {
    await t.step(`acknowledged: ${name}`, async () => {
      using subscription = await listen(port, asked, DECLARED);
      assert.deepEqual(subscription.honoured, honoured);
    });
  }
});

Deno.test("a subscription is a stream or nothing", async () => {
  await using sidecar = await startSidecar();
  const forms = [["text/event-stream", 200], ["*/*", 200], [null, 200], [
    "application/json",
    406,
  ]] as const;
  for (const [Accept, status] of forms) {
    const outgoing = modern("subscriptions/listen", { notifications: {} }, { headers: { Accept } });
    using answer = await ask(sidecar.port, outgoing);
    assert.equal(answer.status, status, `${Accept}`);
    assert.equal(answer.isStream, status === 200, `${Accept}`);
  }
});

Deno.test("each announcement has the id of its subscription, with its type", async () => {
  await using sidecar = await startSidecar();
  for (const id of [0, 7, "7", ""]) {
    // No progress is told on such a stream, whatever is asked for.
    const parts = { id, meta: { progressToken: 1 } };
    using subscription = await listen(sidecar.port, { resourceSubscriptions: [PROPOSALS] }, parts);
    await begin(sidecar.port, `${crypto.randomUUID()}.example`);
    const { method, params } = await subscription.answer.message();
    assert.equal(method, "notifications/resources/updated");
    assert.deepEqual(params, { uri: PROPOSALS, _meta: { [SUBSCRIPTION_ID]: id } });
  }
});

Deno.test("subscriptions do not mix, and hear nothing they did not ask for", async () => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  const probe = new QueueProbe(sidecar.queueDirectory);
  const [a, b] = [await begin(port, "a.example"), await begin(port, "b.example")];
  const of = (id: string) => `${PROPOSALS}/${id}`;
  using aAlone = await listen(port, { resourceSubscriptions: [of(a)] }, { id: "a" });
  using bAlone = await listen(port, { resourceSubscriptions: [of(b)] }, { id: "b" });
  using both = await listen(port, { resourceSubscriptions: [of(a), of(b)] }, { id: "a" });
  using task = await listen(port, { taskIds: [b] }, { ...DECLARED, id: "t" });
  using nothing = await listen(port, {});

  await claim(sidecar, a);
  assert.equal(await heard(aAlone), `resources/updated ${of(a)}`);
  assert.equal(await heard(both), `resources/updated ${of(a)}`);
  await claim(sidecar, b);
  assert.equal(await heard(bAlone), `resources/updated ${of(b)}`);
  assert.equal(await heard(both), `resources/updated ${of(b)}`);
  assert.equal(await heard(task), `tasks ${b}`);
  await probe.answer(a, APPROVED);
  assert.equal(await heard(aAlone), `resources/updated ${of(a)}`, "and nothing of b before");
  assert.equal(await heard(both), `resources/updated ${of(a)}`);

  // What none of them was sent since shows when they end.
  sidecar.process.kill("SIGTERM");
  for (const { answer } of [aAlone, bAlone, both, task, nothing]) {
    assert.deepEqual((await answer.messages()).map(({ method }) => method), [undefined]);
  }
});

Deno.test("a proposal announces that it was queued, claimed, decided or withdrawn", async () => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  const probe = new QueueProbe(sidecar.queueDirectory);
  using all = await listen(port, { resourceSubscriptions: [PROPOSALS] });
  const listed = async () => {
    assert.equal(await heard(all), `resources/updated ${PROPOSALS}`);
    const read = await resultOf(port, modern("resources/read", { uri: PROPOSALS }));
    return JSON.parse(read.contents[0].text).proposals.map((proposal: Data) =>
      `${proposal.status}${proposal.claimed ? ", claimed" : ""}`
    );
  };
  const a = await begin(port, "a.example");
  assert.deepEqual(await listed(), ["pending"]);
  await claim(sidecar, a);
  assert.deepEqual(await listed(), ["pending, claimed"]);
  await probe.answer(a, APPROVED);
  assert.deepEqual(await listed(), ["approved"]);
  const b = await begin(port, "b.example");
  assert.deepEqual(await listed(), ["approved", "pending"]);
  await resultOf(port, modern("tasks/cancel", { taskId: b }, DECLARED));
  assert.deepEqual((await listed()).sort(), ["approved", "withdrawn"]);
});

Deno.test("the routes announce a decision on a host, and on nothing else", async (t) => {
  await using root = await temporary();
  const where = { queueRoot: root.path };
  let early = "";
  await t.step("asked in this run", async () => {
    await using sidecar = await startSidecar(where);
    const probe = new QueueProbe(sidecar.queueDirectory);
    const container = await begunContainer(sidecar.port, "FROM a\n");
    const host = await begin(sidecar.port, "a.example");
    early = await begin(sidecar.port, "b.example");
    const of = (id: string) => `${PROPOSALS}/${id}`;
    using routes = await listen(sidecar.port, {
      resourceSubscriptions: [ROUTES, of(container), of(host)],
    });
    await probe.answer(container, APPROVED);
    assert.equal(await heard(routes), `resources/updated ${of(container)}`);
    await claim(sidecar, host);
    assert.equal(await heard(routes), `resources/updated ${of(host)}`, "the routes are the same");
    await probe.answer(host, { status: "rejected" });
    const both = [await heard(routes), await heard(routes)].sort();
    assert.deepEqual(both, [`resources/updated ${of(host)}`, `resources/updated ${ROUTES}`]);
    sidecar.process.kill("SIGTERM");
    assert.equal((await routes.answer.messages()).length, 1, "the end, and no more");
  });
  await t.step("asked in an earlier run", async () => {
    await using sidecar = await startSidecar(where);
    using routes = await listen(sidecar.port, { resourceSubscriptions: [ROUTES] });
    await new QueueProbe(sidecar.queueDirectory).answer(early, APPROVED);
    assert.equal(await heard(routes), `resources/updated ${ROUTES}`);
  });
});

Deno.test("taskIds without the extension get 400 and -32021, before any stream", async () => {
  await using sidecar = await startSidecar();
  const taskId = await begin(sidecar.port, "a.example");
  for (const taskIds of [[taskId], []]) {
    const outgoing = modern("subscriptions/listen", { notifications: { taskIds } });
    const { status, code } = await refusalOf(sidecar.port, outgoing);
    assert.deepEqual([status, code], [400, -32021]);
  }
});

Deno.test("a task announces itself as tasks/get shows it, with the operator's true decision", async (t) => {
  await using sidecar = await startSidecar();
  const { port, queueRoot } = sidecar;
  const probe = new QueueProbe(sidecar.queueDirectory);
  const get = async (taskId: string) => {
    const { resultType, _meta, ...task } = await resultOf(
      port,
      modern("tasks/get", { taskId }, DECLARED),
    );
    assert.equal(resultType, "complete");
    return task;
  };
  const announced = async ({ answer }: Subscription) => {
    const { method, params: { _meta, ...task } } = await answer.message();
    assert.equal(method, "notifications/tasks");
    assert.deepEqual(_meta, { [SUBSCRIPTION_ID]: "tasks" });
    return task;
  };
  const subscribe = (...taskIds: string[]) =>
    listen(port, { taskIds }, { ...DECLARED, id: "tasks" });

  const decisions = [["approve", false, "tasks/get"], ["reject", true, "the same ask"]] as const;
  for (const [command, isError, by] of decisions) {
    await t.step(`${command}, delivered by ${by}`, async () => {
      const other = await begin(port, `other-${command}.example`);
      const taskId = await begin(port, `${command}.example`);
      using subscription = await subscribe(taskId);
      const { code, stderr } = await supervisectl(queueRoot, [command, taskId, "--notes", "so"]);
      assert.equal(code, 0, stderr);
      let completed = await announced(subscription);
      // The claim comes first, unless the sidecar sees it and the decision at once.
      while (completed.status === "working") completed = await announced(subscription);
      assert.deepEqual([completed.taskId, completed.status], [taskId, "completed"]);
      assert.equal(completed.result.isError, isError);
      assert.match(completed.result.content[0].text, /\nnotes: so$/);
      // Nobody may have read the announcement, so that the decision is kept until it is asked for.
      assert.ok((await probe.proposals()).includes(taskId));
      if (by === "tasks/get") {
        assert.deepEqual(await get(taskId), completed);
      } else {
        const outgoing = modern("tools/call", hostAsk(`${command}.example`), DECLARED);
        const { _meta, ...result } = await resultOf(port, outgoing);
        assert.deepEqual(result, completed.result);
      }
      await probe.filedAway(taskId);
      assert.deepEqual(await get(taskId), completed);
      const next = await begin(port, `${command}.example`);
      assert.equal((await get(next)).status, "working", "a decision is brought once");
      assert.equal((await get(other)).status, "working");
    });
  }
  await t.step("claimed, withdrawn", async () => {
    const [a, b] = [await begin(port, "c.example"), await begin(port, "d.example")];
    using subscription = await subscribe(a, b);
    await claim(sidecar, a);
    assert.deepEqual(await announced(subscription), await get(a));
    await resultOf(port, modern("tasks/cancel", { taskId: b }, DECLARED));
    const cancelled = await announced(subscription);
    assert.deepEqual([cancelled.taskId, cancelled.status], [b, "cancelled"]);
    assert.deepEqual(await get(b), cancelled);
  });
});

Deno.test("a subscription keeps itself alive by comments", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_KEEPALIVE_SECONDS: "0.1" } });
  using subscription = await listen(sidecar.port, {});
  for (let count = 0; count < 3; count++) {
    assert.deepEqual(await subscription.answer.frame(), { kind: "comment", text: "keep-alive" });
  }
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} ends each subscription with an empty result of its id`, async () => {
    await using sidecar = await startSidecar();
    using first = await listen(sidecar.port, {}, { id: 0 });
    using second = await listen(sidecar.port, { resourceSubscriptions: [ROUTES] }, { id: "s" });
    sidecar.process.kill(signal);
    for (const [{ answer }, id] of [[first, 0], [second, "s"]] as const) {
      const messages = await answer.messages();
      assert.equal(messages.length, 1);
      const { resultType, _meta, ...rest } = messages[0].result;
      assert.equal(resultType, "complete");
      assert.equal(_meta[SUBSCRIPTION_ID], id);
      assert.deepEqual(rest, {});
    }
    assert.equal((await within(60, "end", sidecar.process.status)).code, 0);
  });
}

Deno.test(`the ${MAX_SUBSCRIPTIONS + 1}th subscription is refused, until another hangs up`, async () => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  await using open = new AsyncDisposableStack();
  const subscriptions: Subscription[] = [];
  for (let count = 0; count < MAX_SUBSCRIPTIONS; count++) {
    subscriptions.push(open.use(await listen(port, { resourceSubscriptions: [PROPOSALS] })));
  }
  const oneMore = () => modern("subscriptions/listen", { notifications: {} });
  const { status, code, message } = await refusalOf(port, oneMore());
  assert.deepEqual([status, code], [200, -32603]);
  assert.match(message, /256/);

  subscriptions[7]![Symbol.dispose]();
  using freed = await askUntil(
    "room for one more",
    async () => {
      const answer = await ask(port, oneMore());
      if (!answer.isStream) answer[Symbol.dispose]();
      return answer;
    },
    ({ isStream }) => isStream,
  );
  assert.equal((await freed.message()).method, "notifications/subscriptions/acknowledged");
  assert.equal((await refusalOf(port, oneMore())).code, -32603, "room for one, and not for two");

  await begin(port, "a.example");
  for (const subscription of subscriptions.toSpliced(7, 1)) {
    assert.equal(await heard(subscription), `resources/updated ${PROPOSALS}`);
  }
});
