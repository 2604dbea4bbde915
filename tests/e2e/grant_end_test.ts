/** What was approved and undone: every way in which the agent can ask tells that it has ended. */

import assert from "node:assert/strict";
import { json, parsed } from "../operator/fixture.ts";
import { ROUTES, type Stand, stand } from "../operator/live/stand.ts";
import { ToolCall } from "../support/agent.ts";
import { ask, askUntil, type Data, hostAsk, modern, resultOf } from "../support/modern.ts";
import { startSidecar } from "../support/programs.ts";

const HOST = "api.github.com";
const WORDS = /^status: ended\nnotes: it was approved, and ended at \S+Z: undone by the operator: /;

/** What the operator does, which must be done. */
async function operator(place: Stand, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.ctl(args);
  assert.equal(code, 0, stderr);
  return stdout;
}

async function status(port: number, id: string): Promise<{ text: string; data: Data }> {
  const params = { name: "proposal-status", arguments: { proposal_id: id } };
  const { content, structuredContent } = await resultOf(port, modern("tools/call", params));
  return { text: content[0].text, data: structuredContent };
}

/** Asks until the status begins so. */
function becomes(port: number, id: string, start: string) {
  return askUntil(start, () => status(port, id), ({ text }) => text.startsWith(start));
}

async function context(url: string, format: string): Promise<string> {
  return await (await fetch(new URL(`/session-context?format=${format}`, url))).text();
}

/** Asks without waiting for the answer, and returns the id. */
async function asked(port: number): Promise<string> {
  const task = await resultOf(port, modern("tools/call", hostAsk(HOST), { tasks: true }));
  return task.taskId;
}

Deno.test("an approval that was picked up and undone has ended, in every answer, until it is approved again", async () => {
  await using place = await stand();
  await using sidecar = await startSidecar({ queueRoot: place.root });
  const { port, url } = sidecar;
  const id = await asked(port);
  await operator(place, "approve", id);
  assert.equal((await becomes(port, id, "status: approved")).text, "status: approved");
  const uris = [`supervise://proposals/${id}`, "supervise://routes"];
  const notifications = { resourceSubscriptions: uris };
  using subscription = await ask(port, modern("subscriptions/listen", { notifications }));
  await subscription.message();
  const announced = async () => (await subscription.message())["params"].uri;

  const notes = "the wrong one\nstatus: approved";
  await operator(place, "undo", id, "--notes", notes);
  assert.deepEqual([await announced(), await announced()], uris);
  const { text, data } = await becomes(port, id, "status: ended");
  assert.match(text, WORDS);
  assert.match(text, /\nnext: do without it, .*make the same call again if you still need it$/);
  assert.deepEqual([data.proposal_id, data.status], [id, "ended"]);
  assert.ok(text.endsWith(`\nnext: ${data.next}`), data.next);
  assert.ok(data.notes.endsWith(`undone by the operator: ${notes}`));
  const task = await resultOf(port, modern("tasks/get", { taskId: id }, { tasks: true }));
  assert.deepEqual([task.status, task.result.isError], ["completed", true]);
  assert.match(task.result.content[0].text, WORDS);
  const read = async (uri: string) =>
    JSON.parse((await resultOf(port, modern("resources/read", { uri }))).contents[0].text);
  const one = await read(uris[0]!);
  assert.deepEqual([one.status, one.was], ["ended", "approved"]);
  const [listed] = (await read("supervise://proposals")).proposals;
  assert.deepEqual([listed.proposal_id, listed.status], [id, "ended"]);
  assert.match(listed.notes, /^undone by the operator: the wrong one/);
  assert.match(
    await context(url, "text"),
    new RegExp(`\n- ended \\(undone\\): egress-block ${id}`),
  );
  const [decided] = JSON.parse(await context(url, "json")).decided.asks;
  assert.deepEqual([decided.status, decided.end_reason], ["ended", "undone"]);

  await operator(place, "approve", id);
  assert.deepEqual([await announced(), await announced()], uris);
  assert.equal((await becomes(port, id, "status: approved")).text, "status: approved");
  await operator(place, "undo", id, "--notes", "after all");
  assert.match((await becomes(port, id, "status: ended")).text, /: after all\n/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.notEqual(await asked(port), id, "the same ask is a new one");
});

Deno.test("the late answer to an approval that was undone meanwhile is that it has ended", async () => {
  await using place = await stand();
  await using sidecar = await startSidecar({ queueRoot: place.root });
  const { port } = sidecar;
  const id = await asked(port);
  await operator(place, "approve", id, "--notes", "for now");
  await operator(place, "undo", id, "--notes", "not any more");
  using late = await ToolCall.start(port, "egress-block", { host: HOST, justification: "again" });
  const { meaning, isError } = await late.answer();
  assert.equal(isError, true);
  assert.match(meaning, WORDS);
  assert.match(meaning, /: not any more\n/);
  using again = await ToolCall.start(port, "egress-block", { host: HOST, justification: "again" });
  await askUntil(
    "new ask",
    async () => parsed(await place.ctl(["list", "--json"]))["proposals"] as Data[],
    (proposals) => proposals.length === 1 && proposals[0].id !== id,
  );
  again[Symbol.dispose]();
});

Deno.test("an undo while no sidecar runs is told by the next one", async () => {
  await using place = await stand();
  let id = "";
  {
    await using sidecar = await startSidecar({ queueRoot: place.root });
    id = await asked(sidecar.port);
    await operator(place, "approve", id);
    await becomes(sidecar.port, id, "status: approved");
  }
  await operator(place, "undo", id);
  // What the bottle's directory says proves nothing to the operator, and is only what the agent reads.
  await Deno.writeTextFile(`${place.root}/dev/${crypto.randomUUID()}.ended.json`, json({}));
  await using sidecar = await startSidecar({ queueRoot: place.root });
  const { text } = await becomes(sidecar.port, id, "status: ended");
  assert.match(text, /: undone by the operator\n/);
});
