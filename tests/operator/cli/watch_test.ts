/** `watch`: a line for everything that happens, from true processes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../../src/queue/desk.ts";
import { makeFifo, Running } from "../../support/process.ts";
import { type ControlOptions, startSupervisectl, supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually, within } from "../../support/within.ts";
import { ctl, fileAway, propose, recordPath, writeRecord } from "../fixture.ts";

const ALICE: ControlOptions = { env: { SUPERVISE_OPERATOR: "alice" } };

Deno.test("watch prints what is pending, then what arrives, is claimed, decided, delivered", async () => {
  await using root = await temporary();
  const first = await propose(root.path);
  await using watch = startSupervisectl(root.path, ["watch"]);
  const line = (pattern: string) =>
    watch.output(
      "stdout",
      new RegExp(`^(\\d{4}-\\d\\d-\\d\\d|\\d\\d:\\d\\d:\\d\\dZ) +${pattern}$`, "m"),
    );
  const short = first.id.slice(0, 8);
  await watch.output("stdout", new RegExp(`pending {4}${short} {2}dev {2}egress-block {2}api.git`));

  const second = await propose(root.path);
  await watch.output("stdout", new RegExp(`pending {4}${second.id.slice(0, 8)} {2}dev`));
  await writeRecord(root.path, first, "claim", { claimed_by: "bob", claimed_at: "?" });
  await line(`claimed {4}${short} {2}dev {2}by bob`);
  await Deno.remove(recordPath(root.path, first, "claim"));
  await line(`released {3}${short} {2}dev {2}can be claimed again`);
  assert.equal((await supervisectl(root.path, ["approve", first.id], ALICE)).code, 0);
  await line(`approved {3}${short} {2}dev {2}by alice`);
  await fileAway(root.path, first);
  await line(`delivered {2}${short} {2}dev {2}the agent has the answer`);
  await writeRecord(root.path, second, "withdrawn");
  await line(`withdrawn {2}${second.id.slice(0, 8)} {2}dev {2}by the agent`);

  watch.kill("SIGINT");
  assert.equal((await watch.status).code, 0);
  assert.ok(watch.stderr.startsWith(`Watching ${root.path}; Ctrl-C ends it.\n`));
});

Deno.test("watch --json prints one object a line and nothing else", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await using watch = startSupervisectl(root.path, ["watch", "--json"]);
  await watch.output("stdout", /"pending"/);
  const args = ["reject", proposal.id, "--notes", "no\u202e"];
  assert.equal((await supervisectl(root.path, args, ALICE)).code, 0);
  await watch.output("stdout", /"decided"/);
  watch.kill("SIGTERM");
  assert.equal((await watch.status).code, 0);
  assert.equal(watch.stderr, "");
  assert.ok(!watch.stdout.includes("\u202e"));
  const events = watch.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ event }) => event).filter((event) => event !== "claimed"), [
    "pending",
    "decided",
  ]);
  const decided = events.at(-1);
  assert.match(decided.at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  delete decided.at;
  assert.deepEqual(decided, {
    event: "decided",
    proposal_id: proposal.id,
    bottle_slug: "dev",
    tool: "egress-block",
    ask: "api.github.com: /repos/acme/",
    waiting: 0,
    polled_at: null,
    claimed_by: "alice",
    status: "rejected",
    notices: [],
    notes: "no\u202e",
    decided_by: "alice",
    end: null,
  });
});

Deno.test("watch tells that a claim was taken over", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await using watch = startSupervisectl(root.path, ["watch"]);
  const desk = new Desk(root.path);
  const found = await desk.find(proposal.id);
  assert.ok(found.kind === "found");
  await desk.claim(found.item, "ann");
  await watch.output("stdout", /claimed {4}\w{8} {2}dev {2}by ann/);
  await desk.claim(found.item, "ben", true);
  await watch.output("stdout", /claimed {4}\w{8} {2}dev {2}by ben/);
});

Deno.test("watch sees bottles that appear later", async () => {
  await using root = await temporary();
  await using watch = startSupervisectl(root.path, ["watch"]);
  await watch.output("stderr", /^Watching /);
  const { id } = await propose(root.path, { slug: "later" });
  await watch.output("stdout", new RegExp(`${id.slice(0, 8)} {2}later`));
});

Deno.test("watch --slug waits for a bottle that is not there, and shows no other", async () => {
  await using root = await temporary();
  await using watch = startSupervisectl(root.path, ["watch", "--slug", "later"]);
  await watch.output("stderr", /no queue for bottle later under .*; waiting for it\.\nWatching /);
  await propose(root.path, { slug: "other" });
  const { id } = await propose(root.path, { slug: "later" });
  await watch.output("stdout", new RegExp(id.slice(0, 8)));
  assert.ok(!watch.stdout.includes("other"));
});

Deno.test("watch names a file that it skips once", async () => {
  await using root = await temporary();
  await propose(root.path);
  await Deno.writeTextFile(join(root.path, "dev", `${crypto.randomUUID()}.proposal.json`), "{");
  await using watch = startSupervisectl(root.path, ["watch"]);
  await watch.output("stderr", /skipped dev\//);
  for (let number = 0; number < 3; number++) {
    const { id } = await propose(root.path);
    await watch.output("stdout", new RegExp(id.slice(0, 8)));
  }
  assert.equal(watch.stderr.match(/skipped/g)?.length, 1);
});

Deno.test("watch prints a burst of 500 proposals, each once", async () => {
  await using root = await temporary();
  await using watch = startSupervisectl(root.path, ["watch", "--json"]);
  const ids: string[] = [];
  for (let number = 0; number < 500; number++) ids.push((await propose(root.path)).id);
  for (const id of ids) await watch.output("stdout", new RegExp(id));
  watch.kill("SIGINT");
  await watch.status;
  const seen = watch.stdout.trimEnd().split("\n").map((line) => JSON.parse(line).proposal_id);
  assert.deepEqual(seen.sort(), ids.sort());
});

Deno.test("watch tells that a proposal's file was removed", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await using watch = startSupervisectl(root.path, ["watch"]);
  await watch.output("stdout", /pending/);
  await Deno.remove(recordPath(root.path, proposal, "proposal"));
  await watch.output("stdout", /removed {4}\w{8} {2}dev {2}its file is gone/);
});

Deno.test("watch ends when its reader is gone", async () => {
  await using root = await temporary();
  const fifo = await makeFifo(join(root.path, "fifo"));
  const command = '"$0" run -q --cached-only -P=supervisectl src/operator/main.ts watch --json ' +
    '--queue-root "$1" >"$2"';
  await using watch = new Running("sh", {
    args: ["-c", command, Deno.execPath(), root.path, fifo],
    cwd: new URL("../../../", import.meta.url),
    env: { NO_COLOR: "1" },
  });
  const reader = await within(60, "start", Deno.open(fifo, { read: true }));
  await propose(root.path, { slug: "one" });
  await within(60, "line", reader.read(new Uint8Array(1)));
  reader.close();
  // A process that another test is starting may hold the pipe for a moment, and take a line.
  let hasEnded = false;
  watch.ended.then(() => hasEnded = true);
  await eventually(60, "end", async () => {
    await propose(root.path, { slug: "two" });
    return hasEnded;
  });
  const { code } = await watch.status;
  assert.equal(watch.stderr, "");
  assert.equal(code, 0);
});

Deno.test("watch without a queue root is refused, exit 1", async () => {
  const result = await ctl("/nowhere/queue", ["watch", "--json"]);
  assert.equal(result.code, 1);
  assert.equal(JSON.parse(result.stderr).error.code, "no-queue");
});

Deno.test("watch tells of 450 removed at once although nothing changes after that", async () => {
  await using root = await temporary();
  const proposals = [];
  for (let number = 0; number < 450; number++) proposals.push(await propose(root.path));
  await using watch = startSupervisectl(root.path, ["watch", "--json"]);
  for (const { id } of proposals) await watch.output("stdout", new RegExp(id));
  for (const proposal of proposals) await Deno.remove(recordPath(root.path, proposal, "proposal"));
  for (const { id } of proposals) {
    await watch.output("stdout", new RegExp(`"removed"[^\\n]*${id}`));
  }
  watch.kill("SIGTERM");
  assert.equal((await watch.status).code, 0);
});
