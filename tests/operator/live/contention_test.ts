/** Several operators, signals and crashes, as true processes: what was approved is applied once. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { eventually, within } from "../../support/within.ts";
import { json, propose, readRecord, recordPath } from "../fixture.ts";
import { heldReload, killInReload, PIPELOCK, ROUTES, type Stand, stand } from "./stand.ts";

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

async function assertUndecided(place: Stand, proposal: Proposal): Promise<void> {
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
}

for (const write of ["in-place", "rename"] as const) {
  Deno.test(`four operators approve four proposals at once, written ${write}: all applied`, async () => {
    await using place = await stand();
    await place.configure({ routes: { write }, pipelock: { write } });
    const names = ["alice", "bob", "carol", "dave"];
    const proposals = await Promise.all(
      names.map((name) => propose(place.root, { file: json({ host: `${name}.example` }) })),
    );
    // Those of the odd ones keep their state in a place of their own.
    const processes = names.map((name, at) => {
      const own = { SUPERVISE_STATE_DIR: join(place.path, name) };
      const env = { SUPERVISE_OPERATOR: name, ...at % 2 ? own : {} };
      return place.start(["approve", proposals[at]!.id], env);
    });
    for (const process of processes) {
      await using ending = process;
      assert.equal((await ending.status).code, 0, ending.stderr);
    }
    for (const name of names) {
      assert.equal((await place.read("routes")).split(`host: ${name}.example\n`).length, 2);
      assert.equal((await place.read("pipelock")).split(`- ${name}.example\n`).length, 2);
    }
    assert.equal((await place.reloads()).length, 8);
    assert.equal((await verifyLog(join(place.root, ".state"))).kind, "ok");
  });
}

for (const names of [["alice", "bob"], ["alice", "alice"]]) {
  Deno.test(`${names.join(" and ")} approve one proposal at once: it is applied once`, async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    const processes = names.map((name) =>
      place.start(["approve", proposal.id], { SUPERVISE_OPERATOR: name })
    );
    const codes: number[] = [];
    for (const process of processes) {
      await using ending = process;
      codes.push((await ending.status).code);
      assert.doesNotMatch(ending.stderr, /internal error/);
    }
    assert.deepEqual(codes.sort(), [0, 1]);
    assert.equal((await place.read("routes")).match(/api\.github\.com/g)?.length, 1);
    assert.deepEqual(await place.reloads(), ["routes", "pipelock"]);
    const steps = (await place.entries()).map(({ step }) => step);
    assert.equal(steps.filter((step) => step === "answered").length, 1);
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`${signal} during a reload: the files are back, and nothing is decided`, async () => {
    await using place = await stand();
    const { underWay } = await heldReload(place);
    const proposal = await propose(place.root);
    await using process = place.start(["approve", proposal.id]);
    await underWay();
    assert.match(await place.read("routes"), /api\.github\.com/);
    process.kill(signal);
    const { code } = await within(60, "end", process.status);
    assert.equal(code, 1, process.stderr);
    assert.match(process.stderr, /^supervisectl: .*interrupted.*the old text is back in/);
    await assertUndecided(place, proposal);
    assert.equal((await place.entries()).at(-1)?.["step"], "failed");
    const pid = (await Deno.readTextFile(join(place.path, "began"))).trim();
    await eventually(60, "end of the reload command", async () => !await isThere(`/proc/${pid}`));
  });
}

Deno.test("a kill during a reload: the same approve again puts back, and goes through", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await killInReload(place, ["approve", proposal.id]);
  assert.match(await place.read("routes"), /api\.github\.com/);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Put back \S+ \(bottle dev\), begun by alice, which was interrupted/);
  assert.equal((await place.read("routes")).match(/api\.github\.com/g)?.length, 1);
  assert.equal((await verifyLog(join(place.root, ".state"))).kind, "ok");
});

Deno.test("a kill during the reload where one file does not change: approve again goes through", async () => {
  await using place = await stand();
  await Deno.writeTextFile(
    place.file("pipelock"),
    PIPELOCK.replace("mode", "  - api.github.com\nmode"),
  );
  const proposal = await propose(place.root);
  await killInReload(place, ["approve", proposal.id]);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 0, stderr);
});

Deno.test("a rejection that is decided during the reload stands, and the files are put back", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const proposal = await propose(place.root);
  const approving = place.ctl(["approve", proposal.id]);
  await underWay();
  const rejected = await place.ctl(
    ["reject", proposal.id, "--take-over", "--notes", "no"],
    { env: { SUPERVISE_OPERATOR: "bob" } },
  );
  assert.equal(rejected.code, 0, rejected.stderr);
  await letGo();
  const { code, stderr } = await approving;
  assert.equal(code, 1);
  assert.match(stderr, /was rejected by bob/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "rejected");
});

Deno.test("a withdrawal that stands when it is to be decided: the files are put back", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const proposal = await propose(place.root);
  const approving = place.ctl(["approve", proposal.id]);
  await underWay();
  await Deno.writeTextFile(recordPath(place.root, proposal, "withdrawn"), json({}));
  await letGo();
  const { code, stderr } = await approving;
  assert.equal(code, 1);
  assert.match(stderr, /was withdrawn by the agent; no answer is needed; the old text is back/);
  await assertUndecided(place, proposal);
});
