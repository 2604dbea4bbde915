/** What a killed command left is ended by the next one on the same proposal or files, and said. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { routesIn } from "../../../src/operator/apply/routes.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { ChangeJournal } from "../../../src/operator/live/change_journal.ts";
import { fileAway, json, NOW, parsed, propose, readRecord, writeRecord } from "../fixture.ts";
import {
  heldReload,
  killInReload,
  PIPELOCK,
  ROUTES,
  snapshot,
  type Stand,
  stand,
} from "./stand.ts";

const PUT_BACK =
  /^Put back \S+ \(bottle dev\), begun by alice, which was interrupted before it was decided\.\n/;
const FOUND = /^Found \S+ \(bottle dev\), begun by alice,? decided after an interruption\.\n/;

/** The proposal whose approval was killed when both files had been written. */
async function halfDone(place: Stand, env?: Record<string, string>): Promise<Proposal> {
  const proposal = await propose(place.root);
  await killInReload(place, ["approve", proposal.id], env);
  assert.match(await place.read("routes"), /api\.github\.com/);
  assert.match(await place.read("pipelock"), /api\.github\.com/);
  return proposal;
}

/** The proposal whose approval was decided, and could not be put away. */
async function decidedAndLeft(place: Stand): Promise<Proposal> {
  const done = join(place.root, ".state", "done");
  const body = `[ -d ${done} ] && rmdir ${done} && touch ${done}; exit 0`;
  await place.configure({ pipelock: { reload: [await place.command("breaks", body)] } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /is approved and applied, but that could not be written down: /);
  assert.equal((await openRecords(place)).length, 1);
  await Deno.remove(done);
  await Deno.mkdir(done, { mode: 0o700 });
  return proposal;
}

async function openRecords({ root }: Stand, state = join(root, ".state")): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(join(state, "open")));
  return entries.map(({ name }) => join(state, "open", name));
}

async function assertBack(place: Stand): Promise<void> {
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.deepEqual(await openRecords(place), []);
}

Deno.test("reject of what was killed during the reload: the files are back before it is rejected", async () => {
  await using place = await stand();
  const proposal = await halfDone(place);
  const { code, stderr } = await place.ctl(["reject", proposal.id, "--notes", "no"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, PUT_BACK);
  await assertBack(place);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "rejected");
  const steps = (await place.entries()).map(({ step }) => step);
  assert.ok(steps.indexOf("failed") > 0 && steps.indexOf("failed") < steps.indexOf("rejected"));
  assert.deepEqual(await place.reloads(), ["pipelock"], "its reader was told of the old text");
  assert.equal((await verifyLog(join(place.root, ".state"))).kind, "ok");
});

Deno.test("reject of what was killed, whose files cannot be put back, does not reject", async () => {
  await using place = await stand();
  const proposal = await halfDone(place);
  const edited = (await place.read("routes")) + "# by hand\n";
  await Deno.writeTextFile(place.file("routes"), edited);
  const { code, stderr } = await place.ctl(["reject", proposal.id, "--notes", "no"]);
  assert.equal(code, 1);
  const [directory] = await openRecords(place);
  assert.match(
    stderr,
    /^supervisectl: the approval of \S+ \(bottle dev\) was interrupted, and \S+\/ro/,
  );
  assert.ok(stderr.includes(`the texts before and after in ${directory}, then end it`), stderr);
  assert.ok(stderr.endsWith(`Try: supervisectl doctor --abandon ${proposal.id.slice(0, 8)}\n`));
  assert.equal(await place.read("routes"), edited);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
});

const NEXT: readonly (readonly [name: string, args: readonly string[], says: RegExp])[] = [
  ["modify --file of it", ["modify", "ID", "--file", "FILE"], PUT_BACK],
  ["approve of another that changes the same file", ["approve", "OTHER"], PUT_BACK],
  [
    "reject of another that would change the same file",
    ["reject", "OTHER", "--notes", "no"],
    PUT_BACK,
  ],
];

for (const [name, words, says] of NEXT) {
  Deno.test(`what was killed is put back by ${name}`, async () => {
    await using place = await stand();
    const { id } = await halfDone(place);
    const other = await propose(place.root, { file: json({ host: "b.example" }) });
    const file = join(place.path, "route.json");
    await Deno.writeTextFile(file, json({ host: "c.example" }));
    const args = words.map((word) => ({ ID: id, OTHER: other.id, FILE: file })[word] ?? word);
    const { code, stderr } = await place.ctl(args);
    assert.equal(code, 0, stderr);
    assert.match(stderr, says);
    assert.doesNotMatch(await place.read("routes"), /api\.github\.com/);
    assert.doesNotMatch(await place.read("pipelock"), /api\.github\.com/);
    assert.deepEqual(await openRecords(place), []);
  });
}

for (const words of [["approve", "ID"], ["modify", "ID"], ["reject", "ID"], ["undo", "APPLIED"]]) {
  Deno.test(`${words[0]} looks once for what was interrupted, also on a terminal`, async (t) => {
    await using place = await stand();
    const applied = await propose(place.root, { file: json({ host: "b.example" }) });
    assert.equal((await place.ctl(["approve", applied.id])).code, 0);
    const { id } = await propose(place.root);
    const file = join(place.path, "route.json");
    await Deno.writeTextFile(file, json({ host: "c.example" }));
    const more = { modify: ["--file", file], reject: ["--notes", "no"] }[words[0] ?? ""] ?? [];
    const args = words.map((word) => ({ ID: id, APPLIED: applied.id })[word] ?? word);
    const { unfinished } = ChangeJournal.prototype;
    let sweeps = 0;
    ChangeJournal.prototype.unfinished = function (options) {
      if (options?.sweeps) sweeps++;
      return unfinished.call(this, options);
    };
    const answers = t.name.startsWith("reject") ? [] : ["y"];
    const { code, stderr } = await place.ctl([...args, ...more], { answers })
      .finally(() => ChangeJournal.prototype.unfinished = unfinished);
    assert.equal(code, 0, stderr);
    assert.equal(sweeps, 1);
  });
}

Deno.test("undo of what was killed puts it back, and has nothing to take back", async () => {
  await using place = await stand();
  const { id } = await halfDone(place);
  const { code, stderr } = await place.ctl(["undo", id]);
  assert.equal(code, 1);
  assert.match(stderr, PUT_BACK);
  assert.match(stderr, /\nsupervisectl: nothing that this program applied and did not take back/);
  await assertBack(place);
});

Deno.test("an answer to what shares no file with it leaves what was killed alone", async () => {
  await using place = await stand();
  await halfDone(place);
  const ask = { tool: "capability-block", file: "FROM debian:14\n" };
  const { code, stderr } = await place.ctl(["approve", (await propose(place.root, ask)).id]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(await place.read("routes"), /api\.github\.com/);
  assert.equal((await openRecords(place)).length, 1);
});

Deno.test("with --json what was put back is not told on stderr", async () => {
  await using place = await stand();
  const { id } = await halfDone(place);
  const result = await place.ctl(["approve", id, "--json"]);
  assert.deepEqual([result.code, result.stderr], [0, ""]);
  assert.equal(parsed(result)["status"], "approved");
});

Deno.test("approve on a terminal shows the diff of the files as they are when they are back", async () => {
  await using place = await stand();
  const { id } = await halfDone(place);
  const { code, stdout, stderr } = await place.ctl(["approve", id], { answers: ["n"] });
  assert.equal(code, 1);
  assert.match(stderr, PUT_BACK);
  assert.match(stdout, /\+\| {3}- host: api\.github\.com(.|\n)*Apply this/);
  await assertBack(place);
});

for (const [command, words] of [["list", ["list"]], ["show", ["show", "ID"]]] as const) {
  Deno.test(`${command} tells of an interrupted change that no process is at, and changes nothing`, async () => {
    await using place = await stand();
    const { id } = await halfDone(place);
    const before = await snapshot(join(place.path, "live"));
    const args = words.map((word) => word === "ID" ? id : word);
    const { code, stderr } = await place.ctl(args);
    assert.equal(code, 0);
    const says =
      `supervisectl: the approval of ${
        id.slice(0, 8)
      } (bottle dev) was interrupted, and its files ` +
      "may be half changed; the next answer to it, or change of them, puts that right\n";
    assert.equal(stderr, says);
    assert.deepEqual(await snapshot(join(place.path, "live")), before);
    assert.equal((await place.ctl([...args, "--json"])).stderr, "");
    await place.ctl(["reject", id, "--notes", "no"]);
    assert.doesNotMatch((await place.ctl(args)).stderr, /interrupted/);
  });

  Deno.test(`${command} does not tell of a change that a process is at, and leaves it`, async () => {
    await using place = await stand();
    const { underWay, letGo } = await heldReload(place);
    const { id } = await propose(place.root);
    await using process = place.start(["approve", id], { SUPERVISE_OPERATOR: "alice" });
    await underWay();
    const args = words.map((word) => word === "ID" ? id : word);
    assert.deepEqual([(await place.ctl(args)).stderr], [""]);
    await letGo();
    assert.equal((await process.status).code, 0, process.stderr);
    assert.match(await place.read("routes"), /api\.github\.com/);
  });
}

Deno.test("reject of what another process is at waits for no recovery and puts nothing back", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const proposal = await propose(place.root);
  await using process = place.start(["approve", proposal.id], { SUPERVISE_OPERATOR: "alice" });
  await underWay();
  const { code, stderr } = await place.ctl(
    ["reject", proposal.id, "--notes", "no"],
    { env: { SUPERVISE_OPERATOR: "bob" } },
  );
  assert.equal(code, 1);
  assert.match(stderr, /^supervisectl: \S+ is claimed by alice/);
  assert.match(await place.read("routes"), /api\.github\.com/);
  await letGo();
  assert.equal((await process.status).code, 0, process.stderr);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
});

Deno.test("a decision carries a token of its own, which the open record has", async () => {
  await using place = await stand();
  const proposal = await decidedAndLeft(place);
  const [open] = await new ChangeJournal(join(place.root, ".state")).unfinished();
  const { application } = await readRecord(place.root, proposal, "response") ?? {};
  assert.match(String(application), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(open?.record.token, application);
  const other = await propose(place.root, { tool: "capability-block", file: "FROM debian:14\n" });
  await place.ctl(["reject", other.id, "--notes", "no"]);
  const second = (await readRecord(place.root, other, "response"))?.["application"];
  assert.ok(typeof second === "string" && second !== application);
});

for (const isDelivered of [false, true]) {
  const how = isDelivered ? "decided and delivered" : "decided";
  Deno.test(`an approval that was ${how} when it was killed is found so, and stands`, async () => {
    await using place = await stand();
    const proposal = await decidedAndLeft(place);
    if (isDelivered) await fileAway(place.root, proposal);
    const other = await propose(place.root, { file: json({ host: "b.example" }) });
    const { code, stderr } = await place.ctl(["approve", other.id]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, FOUND);
    assert.match(await place.read("routes"), /api\.github\.com(.|\n)*b\.example/);
    assert.deepEqual(await openRecords(place), []);
    assert.equal((await place.ctl(["undo", proposal.id])).code, 0);
    assert.doesNotMatch(await place.read("routes"), /api\.github\.com/);
  });
}

Deno.test("the same approve again, of what was decided when it was killed, completes the log", async () => {
  await using place = await stand();
  const proposal = await decidedAndLeft(place);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, FOUND);
  assert.match(stderr, /\nsupervisectl: \S+ was approved by alice .*that decision stands/);
  assert.deepEqual(await openRecords(place), []);
  const [last] = (await place.entries()).filter(({ step }) => step === "answered").slice(-1);
  assert.equal(last?.["detail"], "found decided after an interruption");
  assert.equal(last?.["status"], "approved");
});

const TOKENS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["no token", {}],
  ["a token of its own", { application: crypto.randomUUID() }],
  ["something else as its token", { application: "" }],
];

for (const [name, token] of TOKENS) {
  for (const command of ["approve", "reject"] as const) {
    Deno.test(`${command} after a kill does not take a forged response for decided: ${name}`, async () => {
      await using place = await stand();
      const proposal = await halfDone(place);
      await writeRecord(place.root, proposal, "response", {
        ...{ status: "approved", notes: "", final_file: null, decided_by: "alice" },
        ...{ decided_at: NOW.toISOString(), basis: proposal.current_file_hash, ...token },
      });
      const notes = command === "reject" ? ["--notes", "no"] : [];
      const { code, stderr } = await place.ctl([command, proposal.id, ...notes]);
      assert.equal(code, 1, "somebody's decision stands in the queue");
      assert.match(stderr, PUT_BACK);
      await assertBack(place);
      const steps = (await place.entries()).map(({ step }) => step);
      assert.ok(!steps.includes("answered"), String(steps));
      assert.match((await place.ctl(["undo", proposal.id])).stderr, /nothing that this program/);
    });
  }
}

Deno.test("a rejection that was decided when it was killed is written down by the next answer", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const journal = new ChangeJournal(join(place.root, ".state"));
  const token = crypto.randomUUID();
  const open = await journal.begin({
    ...{ purpose: "answer", slug: proposal.bottle_slug, id: proposal.id, tool: proposal.tool },
    ...{ approved: "", status: "rejected", operator: "alice", begun_at: NOW.toISOString() },
    file_sha256: proposal.current_file_hash,
    basis: "c".repeat(64),
    notes: "not this week",
    ...{ justification: proposal.justification, queue_root: place.root, token, files: [] },
  });
  await writeRecord(place.root, proposal, "response", {
    ...{ status: "rejected", notes: "not this week", final_file: null, application: token },
  });
  open[Symbol.dispose]();
  const other = await propose(place.root);
  const { code, stderr } = await place.ctl(["reject", other.id, "--notes", "no"]);
  assert.equal(code, 0, stderr);
  const [entry, ...more] = (await place.entries()).filter(({ step, proposal_id }) =>
    step === "rejected" && proposal_id === proposal.id
  );
  assert.deepEqual(more, []);
  assert.deepEqual([entry?.["notes"], entry?.["status"]], ["not this week", "rejected"]);
  assert.deepEqual(await openRecords(place), []);
});

for (
  const [name, configure] of [
    ["with live files", undefined],
    ["with nothing configured", { routes: null, pipelock: null }],
  ] as const
) {
  for (const command of ["approve", "reject"] as const) {
    Deno.test(`${command} ${name} leaves no open record, and its decision has a token`, async () => {
      await using place = await stand();
      await place.configure(configure);
      const proposal = await propose(place.root);
      const notes = command === "reject" ? ["--notes", "no"] : [];
      assert.equal((await place.ctl([command, proposal.id, ...notes])).code, 0);
      assert.deepEqual(await openRecords(place), []);
      const response = await readRecord(place.root, proposal, "response");
      assert.equal(typeof response?.["application"], "string");
    });
  }
}

Deno.test("one record that cannot be read does not stand in the way of the others", async () => {
  await using place = await stand();
  const proposal = await halfDone(place);
  const lost = join(place.root, ".state", "open", `web-1.${crypto.randomUUID()}.apply`);
  await Deno.mkdir(lost);
  await Deno.writeTextFile(join(lost, "record.json"), "{");
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, PUT_BACK);
  for (const args of [["list"], ["show", proposal.id], ["undo", proposal.id]]) {
    assert.equal((await place.ctl(args)).code, 0, args[0]);
  }
  assert.deepEqual(await openRecords(place), [lost], "it is left for the operator to look at");
});

Deno.test("two state directories: another's half-done file is not torn, and neither's work lost", async () => {
  await using place = await stand();
  const state = join(place.path, "alice");
  const env = { SUPERVISE_STATE_DIR: state };
  const proposal = await halfDone(place, env);
  const other = await propose(place.root, { file: json({ host: "b.example" }) });
  const bob = { SUPERVISE_OPERATOR: "bob", SUPERVISE_STATE_DIR: join(place.path, "bob") };
  const { code, stderr } = await place.ctl(["approve", other.id], { env: bob });
  assert.equal(code, 0, stderr);
  const written = await place.read("routes");
  const read = routesIn(written);
  assert.equal(read.kind, "read");
  assert.ok(written.startsWith(ROUTES) && written.endsWith("  - host: b.example\n"), written);
  const again = await place.ctl(["approve", proposal.id], { env });
  assert.equal(again.code, 1, "alice cannot put back what bob has written to");
  assert.match(again.stderr, /\S+ was changed meanwhile by something else and was left as it is/);
  assert.equal(await place.read("routes"), written);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal((await openRecords(place, state)).length, 1);
});

for (const mode of [0o777, 0o770, 0o702]) {
  for (const command of ["approve", "modify", "reject", "undo"] as const) {
    Deno.test(`${command} refuses a state directory of mode ${mode.toString(8)}, which others can write`, async () => {
      await using place = await stand();
      const applied = await propose(place.root, { file: json({ host: "b.example" }) });
      assert.equal((await place.ctl(["approve", applied.id])).code, 0);
      const proposal = await propose(place.root);
      const state = join(place.root, ".state");
      await Deno.chmod(state, mode);
      const file = join(place.path, "route.json");
      await Deno.writeTextFile(file, json({ host: "c.example" }));
      const before = await snapshot(place.path);
      const rest = { modify: ["--file", file], reject: ["--notes", "no"] };
      const id = command === "undo" ? applied.id : proposal.id;
      const more = command === "modify" || command === "reject" ? rest[command] : [];
      const { code, stdout, stderr } = await place.ctl([command, id, ...more]);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /\.state can be written by others, who could change what is recorded/);
      assert.match(stderr, /\nTry: chmod go-w \S+\/\.state\n$/);
      assert.deepEqual(await snapshot(place.path), before);
    });
  }
}

/** A second queue root, whose bottle has the same live files, with the first one's records. */
async function elsewhere(place: Stand): Promise<{ root: string; env: Record<string, string> }> {
  const root = join(place.path, "queue2");
  await Deno.mkdir(root, { mode: 0o700 });
  return { root, env: { SUPERVISE_QUEUE_ROOT: root } };
}

Deno.test("a record of another queue root is put back while that root is there", async () => {
  await using place = await stand();
  await halfDone(place);
  const { root, env } = await elsewhere(place);
  const { id } = await propose(root, { file: json({ host: "b.example" }) });
  const { code, stderr } = await place.ctl(["approve", id], { env });
  assert.equal(code, 0, stderr);
  assert.match(stderr, PUT_BACK);
  assert.doesNotMatch(await place.read("routes"), /api\.github\.com/);
});

for (const gone of ["the queue root", "the bottle's queue"]) {
  Deno.test(`a record of another queue root is not put back when ${gone} is gone, and it is said`, async () => {
    await using place = await stand();
    const state = join(place.path, "state");
    const proposal = await halfDone(place, { SUPERVISE_STATE_DIR: state });
    const { root, env } = await elsewhere(place);
    const place2 = gone === "the queue root" ? place.root : join(place.root, "dev");
    await Deno.rename(place2, join(dirname(place2), ".gone"));
    const { id } = await propose(root, { file: json({ host: "b.example" }) });
    const before = await snapshot(join(place.path, "live"));
    const result = await place.ctl(["approve", id], {
      env: { ...env, SUPERVISE_STATE_DIR: state },
    });
    assert.equal(result.code, 1);
    assert.equal(
      result.stderr,
      `supervisectl: whether ${proposal.id.slice(0, 8)} of bottle dev was decided before it was ` +
        `interrupted cannot be seen: its queue is not under ${place.root} any more; make its live ` +
        "files what they should be, then end it by hand\n" +
        `Try: supervisectl doctor --abandon ${proposal.id.slice(0, 8)}\n`,
    );
    assert.deepEqual(await snapshot(join(place.path, "live")), before);
    const own = { env: { ...env, SUPERVISE_STATE_DIR: state } };
    assert.equal((await place.ctl(["doctor", "--abandon", proposal.id], own)).code, 0);
    const again = await place.ctl(["approve", id], own);
    assert.equal(again.code, 0, again.stderr);
  });
}
