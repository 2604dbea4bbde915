/** Expiry in the true programs: what the agent and the operator are told, and a kill meanwhile. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { formatProposal } from "../../src/queue/proposal.ts";
import { ask, proposalOf } from "../queue/inbox_fixture.ts";
import { ToolCall } from "../support/agent.ts";
import { startSidecar, supervisectl } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { eventually } from "../support/within.ts";

Deno.test("an ask that nobody answers in time ends, and both sides are told", async () => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_PROPOSAL_TTL_SECONDS: "1" } });
  const { port, queueRoot } = sidecar;
  using call = await ToolCall.ask(port, "a.example");
  const { isError, meaning } = await call.answer(20);
  assert.equal(isError, true);
  assert.match(meaning, /^status: expired\nnotes: .*again.*\nproposal_id: \S{36}$/);
  const id = meaning.slice(-36);
  using status = await ToolCall.start(port, "proposal-status", { proposal_id: id });
  assert.equal((await status.answer()).meaning, meaning);
  const { code, stderr } = await supervisectl(queueRoot, ["approve", id]);
  assert.equal(code, 1);
  assert.match(stderr, /expired at .* the agent can ask again/);
  using again = await ToolCall.ask(port, "a.example");
  const next = (await again.answer(20)).meaning;
  assert.match(next, /^status: expired\n/);
  assert.notEqual(next.slice(-36), id);
});

const ASKS = 120;

Deno.test("kill -9 while many expire: each ends as expired, and none is lost", async () => {
  await using root = await temporary();
  const directory = join(root.path, "dev");
  const processed = join(directory, "processed");
  await Deno.mkdir(processed, { recursive: true, mode: 0o700 });
  const ids: string[] = [];
  for (let n = 0; n < ASKS; n++) {
    const proposal = proposalOf(ask(n), { expires_at: "2026-01-01T00:00:00.000Z" });
    const path = join(directory, `${proposal.id}.proposal.json`);
    await Deno.writeTextFile(path, formatProposal(proposal)!);
    ids.push(proposal.id);
  }
  const namesIn = (place: string) =>
    new Set(Array.from(Deno.readDirSync(place), ({ name }) => name));
  const marks = () =>
    [...namesIn(directory), ...namesIn(processed)]
      .filter((name) => /^[0-9a-f].*\.withdrawn\.json$/.test(name)).length;
  const queueRoot = root.path;
  for (let kill = 0; kill < 4; kill++) {
    await using sidecar = await startSidecar({ queueRoot });
    const before = marks();
    await eventually(60, "mark", () => marks() > Math.min(before + 3, ASKS - 1));
    sidecar.process.kill("SIGKILL");
    await sidecar.process.status;
    const here = namesIn(directory);
    const there = namesIn(processed);
    for (const id of ids) {
      assert.ok([here, there].some((names) => names.has(`${id}.proposal.json`)), `${id} is lost`);
    }
  }
  await using _sidecar = await startSidecar({ queueRoot });
  const isFiled = (names: ReadonlySet<string>, id: string) =>
    ["proposal", "withdrawn"].every((kind) => names.has(`${id}.${kind}.json`));
  await eventually(60, "end of all", () => {
    const names = namesIn(processed);
    return ids.every((id) => isFiled(names, id));
  });
  const left = [...namesIn(directory)].filter((name) => /^[0-9a-f]/.test(name));
  assert.deepEqual(left, []);
  const [id = ""] = ids;
  const record = await Deno.readTextFile(join(processed, `${id}.withdrawn.json`));
  assert.equal(JSON.parse(record).reason, "expired");
});
