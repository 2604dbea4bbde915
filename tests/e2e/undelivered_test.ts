/** Decisions that nobody picks up, in the true programs: filed away, told in the log, still to be had. */

import assert from "node:assert/strict";
import { parsed } from "../operator/fixture.ts";
import { type Data, hostAsk, modern, resultOf } from "../support/modern.ts";
import { startSidecar, supervisectl } from "../support/programs.ts";

Deno.test("beyond SUPERVISE_MAX_UNDELIVERED the oldest decision is filed away and can still be looked up", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_MAX_UNDELIVERED: "1" } });
  const { port, process, queueRoot } = sidecar;
  const asked = async (host: string): Promise<string> =>
    (await resultOf(port, modern("tools/call", hostAsk(host), { tasks: true }))).taskId;
  const ids: string[] = [];
  for (const host of ["a.example", "b.example"]) {
    const id = await asked(host);
    const { code, stderr } = await supervisectl(queueRoot, ["approve", id, "--notes", host]);
    assert.equal(code, 0, stderr);
    ids.push(id);
  }
  const [first = "", second = ""] = ids;
  await process.output(
    "stderr",
    /filed away 1 decision that was not picked up, .*more than 1 were/,
  );
  const listed = parsed(await supervisectl(queueRoot, ["list", "--all", "--json"]));
  const states = (listed["proposals"] as Data[]).map(({ id, state }) => [id, state]);
  assert.deepEqual(states, [[first, "undelivered"], [second, "decided"]]);
  assert.deepEqual(listed["undelivered"], [{ bottle_slug: "dev", count: 1 }]);
  assert.notEqual(await asked("a.example"), first, "the same ask is a new one");
  const task = await resultOf(port, modern("tasks/get", { taskId: first }, { tasks: true }));
  assert.deepEqual([task.status, task.statusMessage], ["completed", "approved"]);
  const uri = `supervise://proposals/${first}`;
  const { contents } = await resultOf(port, modern("resources/read", { uri }));
  assert.equal(JSON.parse(contents[0].text).status, "approved");
  const params = { name: "proposal-status", arguments: { proposal_id: first } };
  const { content } = await resultOf(port, modern("tools/call", params));
  assert.equal(content[0].text, "status: approved\nnotes: a.example");
});
