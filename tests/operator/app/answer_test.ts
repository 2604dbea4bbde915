/** Whole approvals without a face: two operators of different names in one process, at once. */

import assert from "node:assert/strict";
import { answer, type AnswerRequest } from "../../../src/operator/app/answer.ts";
import type { Actor, App, AppOptions } from "../../../src/operator/app/app.ts";
import { shownBasis } from "../../../src/operator/app/basis.ts";
import { findItem } from "../../../src/operator/app/find.ts";
import { findApplied } from "../../../src/operator/app/find_applied.ts";
import { previewOf } from "../../../src/operator/app/preview.ts";
import { previewUndo, undo } from "../../../src/operator/app/undo.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { configReader } from "../../../src/operator/config/read.ts";
import { Failure } from "../../../src/operator/failure.ts";
import type { Item } from "../../../src/queue/item.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { temporary } from "../../support/temporary.ts";
import { appOn, json, propose, readRecord } from "../fixture.ts";
import { failure, heldReload, ROUTES, type Stand, stand } from "../live/stand.ts";

const APPROVED: AnswerRequest = {
  status: "approved",
  notes: "",
  finalFile: null,
  basis: undefined,
  takeOver: false,
};
const REJECTED: AnswerRequest = { ...APPROVED, status: "rejected", notes: "no" };

function actor(name: string, signal = new AbortController().signal): Actor {
  return { name, credential: "token", signal };
}

function appOf(place: Stand, options: Partial<AppOptions> = {}): App {
  const env = (name: string) => Deno.env.get(name);
  return appOn(place.root, {
    readConfig: configReader(place.configFile, env, () => place.root),
    searchPath: env("PATH"),
    ...options,
  });
}

async function asks(place: Stand, name: string): Promise<Proposal> {
  return await propose(place.root, { file: json({ host: `${name}.example` }) });
}

async function shown(app: App, { id }: Proposal): Promise<{ item: Item; basis: string }> {
  const item = await findItem(app, id.slice(0, 13));
  return { item, basis: shownBasis(item, await previewOf(app, item)) };
}

/** The name in the log for each step of `step`. */
async function whoDid(place: Stand, step: string): Promise<(string | undefined)[]> {
  return (await place.entries()).filter((entry) => entry["step"] === step)
    .map((entry) => entry["who"]);
}

Deno.test("two actors answer two proposals about one file at once, each in their own name", async () => {
  await using place = await stand();
  const app = appOf(place);
  const [one, other] = [await asks(place, "one"), await asks(place, "other")];
  const [ofAlice, ofBob] = await Promise.all([
    answer(app, actor("alice"), await findItem(app, one.id), APPROVED),
    answer(app, actor("bob"), await findItem(app, other.id), APPROVED),
  ]);
  assert.deepEqual([ofAlice.decision.decided_by, ofBob.decision.decided_by], ["alice", "bob"]);
  assert.equal((await readRecord(place.root, one, "response"))?.["decided_by"], "alice");
  assert.equal((await readRecord(place.root, other, "response"))?.["decided_by"], "bob");
  assert.match(await place.read("routes"), /one\.example[^]*other\.example|other[^]*one\.example/);
  assert.deepEqual((await whoDid(place, "answered")).sort(), ["alice", "bob"]);
  assert.equal((await verifyLog(app.stateDirectory)).kind, "ok");
});

Deno.test("an answer on what was shown decides on that basis, and is taken back by another", async () => {
  await using place = await stand();
  const app = appOf(place);
  const proposal = await asks(place, "one");
  const { item, basis } = await shown(app, proposal);
  const { decision, plan } = await answer(app, actor("alice"), item, { ...APPROVED, basis });
  assert.equal(decision.basis, basis);
  assert.equal(decision.file_sha256, proposal.current_file_hash);
  assert.ok(plan);
  const record = await findApplied(app, proposal.id);
  assert.deepEqual([record.basis, record.file_sha256], [basis, proposal.current_file_hash]);
  const undone = await undo(app, actor("bob"), record, await previewUndo(app, record), "oops");
  assert.deepEqual(undone.told, [proposal.id]);
  assert.equal(await place.read("routes"), ROUTES);
  assert.deepEqual(await whoDid(place, "undone"), ["bob"]);
});

Deno.test("a rejection on what was shown is recorded on that basis", async () => {
  await using place = await stand();
  const app = appOf(place);
  const { item, basis } = await shown(app, await asks(place, "one"));
  const request = { ...REJECTED, basis: basis.slice(0, 32) };
  const { decision } = await answer(app, actor("alice"), item, request);
  assert.equal(decision.basis, basis);
  assert.equal((await place.entries()).at(-1)?.["basis"], basis);
});

Deno.test("an answer on another basis than what is there decides nothing and gives the claim back", async () => {
  await using place = await stand();
  const app = appOf(place);
  const proposal = await asks(place, "one");
  const { item } = await shown(app, proposal);
  for (const request of [APPROVED, REJECTED]) {
    const basis = "0".repeat(64);
    const refused = answer(app, actor("alice"), item, { ...request, basis });
    const { remedy } = await failure("changed", refused);
    assert.deepEqual(remedy, { do: "show", id: proposal.id });
    assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
    assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  }
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("while one actor's change is reloaded, the claim stands for the other", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const app = appOf(place);
  const proposal = await asks(place, "one");
  const item = await findItem(app, proposal.id);
  const ofAlice = answer(app, actor("alice"), item, APPROVED);
  await underWay();
  const { remedy, message } = await failure("claimed", answer(app, actor("bob"), item, REJECTED));
  assert.match(message, /claimed by alice/);
  assert.deepEqual(remedy, { do: "reject", id: proposal.id, takeOver: true });
  const sooner = answer(app, actor("bob"), item, APPROVED);
  await letGo();
  assert.equal((await ofAlice).decision.decided_by, "alice");
  assert.match((await failure("already-decided", sooner)).message, /approved by alice/);
  assert.deepEqual(await whoDid(place, "claimed"), ["alice"]);
});

Deno.test("a second request of one operator that fails leaves the claim of the first", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const app = appOf(place);
  const proposal = await asks(place, "one");
  const item = await findItem(app, proposal.id);
  const first = answer(app, actor("alice"), item, APPROVED);
  await underWay();
  const second = answer(app, actor("alice"), item, { ...REJECTED, basis: "0".repeat(64) });
  await failure("changed", second);
  assert.equal((await readRecord(place.root, proposal, "claim"))?.["claimed_by"], "alice");
  await letGo();
  assert.equal((await first).decision.decided_by, "alice");
});

Deno.test("an answer that finds another change of the ask unfinished gives its claim back", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const app = appOn(root.path);
  const item = await findItem(app, proposal.id);
  // Left by a program that was killed after this one had looked for such.
  const left = `${app.stateDirectory}/open/dev.${proposal.id}.answer`;
  await Deno.mkdir(left, { recursive: true, mode: 0o700 });
  await Deno.writeTextFile(`${left}/record.json`, "{}");
  await failure("busy", answer(app, actor("alice"), { item, recovered: [] }, REJECTED));
  assert.equal(await readRecord(root.path, proposal, "claim"), undefined);
});

Deno.test("an approval whose claim another operator takes over is put back", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const app = appOf(place);
  const proposal = await asks(place, "one");
  const item = await findItem(app, proposal.id);
  const ofAlice = answer(app, actor("alice"), item, APPROVED);
  await underWay();
  assert.equal((await app.desk.claim(item, "bob", true)).kind, "claimed");
  await letGo();
  assert.match((await failure("claimed", ofAlice)).message, /claimed by bob/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal((await readRecord(place.root, proposal, "claim"))?.["claimed_by"], "bob");
});

Deno.test("an actor who stops ends their own change alone", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const app = appOf(place);
  const [one, other] = [await asks(place, "one"), await asks(place, "other")];
  const stop = new AbortController();
  const item = await findItem(app, one.id);
  const ofAlice = answer(app, actor("alice", stop.signal), item, APPROVED);
  await underWay();
  // It waits for the file that alice holds.
  const ofBob = answer(app, actor("bob"), await findItem(app, other.id), APPROVED);
  stop.abort();
  await failure("interrupted", ofAlice);
  await letGo();
  assert.equal((await ofBob).decision.decided_by, "bob");
  assert.equal(await readRecord(place.root, one, "response"), undefined);
  assert.equal(await readRecord(place.root, one, "claim"), undefined);
  const routes = await place.read("routes");
  assert.match(routes, /other\.example/);
  assert.doesNotMatch(routes, /one\.example/);
});

for (const status of ["approved", "rejected"] as const) {
  Deno.test(`an actor who has stopped claims nothing and writes nothing: ${status}`, async () => {
    await using place = await stand();
    const app = appOf(place);
    const proposal = await asks(place, "one");
    const item = await findItem(app, proposal.id);
    const request = { ...APPROVED, status, notes: "no" };
    await failure("interrupted", answer(app, actor("alice", AbortSignal.abort()), item, request));
    assert.deepEqual(await place.entries(), []);
    assert.deepEqual(await place.reloads(), []);
    assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
  });
}

Deno.test("an undo that is stopped before it begins leaves nothing to be completed", async () => {
  await using place = await stand();
  const app = appOf(place);
  const proposal = await asks(place, "one");
  await answer(app, actor("alice"), await findItem(app, proposal.id), APPROVED);
  const record = await findApplied(app, proposal.id);
  const preview = await previewUndo(app, record);
  await failure("interrupted", undo(app, actor("alice", AbortSignal.abort()), record, preview));
  assert.match(await place.read("routes"), /one\.example/);
  assert.deepEqual(await app.changes.unfinished(), []);
});

Deno.test("a configuration that was wrong is read again at the next request", async () => {
  await using place = await stand();
  const app = appOf(place);
  const proposal = await asks(place, "one");
  const item = await findItem(app, proposal.id);
  await Deno.writeTextFile(place.configFile, "bottles: 1\n");
  await failure("bad-config", answer(app, actor("alice"), item, APPROVED));
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
  await place.configure();
  await answer(app, actor("alice"), item, APPROVED);
  assert.match(await place.read("routes"), /one\.example/);
});

Deno.test("a configuration that changed is read again at the next request, wrong or right", async () => {
  await using place = await stand();
  const app = appOf(place);
  const [one, two, three] = [
    await asks(place, "one"),
    await asks(place, "two"),
    await asks(place, "3"),
  ];
  await answer(app, actor("alice"), await findItem(app, one.id), APPROVED);
  const moved = `${place.file("routes")}.moved`;
  await Deno.copyFile(place.file("routes"), moved);
  await place.configure({ routes: { file: moved } });
  await answer(app, actor("alice"), await findItem(app, two.id), APPROVED);
  assert.match(await Deno.readTextFile(moved), /one\.example[^]*two\.example/);
  assert.doesNotMatch(await place.read("routes"), /two\.example/);
  await Deno.writeTextFile(place.configFile, "bottles: 1\n");
  const item = await findItem(app, three.id);
  await failure("bad-config", answer(app, actor("alice"), item, APPROVED));
  await place.configure();
  await answer(app, actor("alice"), item, APPROVED);
  assert.match(await place.read("routes"), /3\.example/);
});

Deno.test("a rejection needs no configuration, also where only the bottle's name makes it wrong", async () => {
  await using place = await stand();
  const app = appOf(place);
  const routes = { file: "/live/{slug}.yaml" };
  const config = { bottles: [{ routes, pipelock: { file: "/live/dev.yaml" } }] };
  await Deno.writeTextFile(place.configFile, json(config));
  const item = await findItem(app, (await asks(place, "one")).id);
  await failure("bad-config", answer(app, actor("alice"), item, APPROVED));
  await answer(app, actor("alice"), item, REJECTED);
});

Deno.test("a reload command that was not shown is not run: approve and undo", async () => {
  await using place = await stand();
  const app = appOf(place);
  const { item, basis } = await shown(app, await asks(place, "one"));
  const other = await place.command("other", `echo other >> ${place.path}/other.ran`);
  const change = () => place.configure({ routes: { reload: [other] } });
  await change();
  await failure("changed", answer(app, actor("alice"), item, { ...APPROVED, basis }));
  await place.configure();
  await answer(app, actor("alice"), item, { ...APPROVED, basis });
  const record = await findApplied(app, item.proposal.id);
  const preview = await previewUndo(app, record);
  await change();
  await failure("changed", undo(app, actor("alice"), record, preview));
  await assert.rejects(Deno.stat(`${place.path}/other.ran`), Deno.errors.NotFound);
});

Deno.test("who waits for a file has claimed nothing meanwhile", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const app = appOf(place);
  const [one, other] = [await asks(place, "one"), await asks(place, "other")];
  const ofBob = answer(app, actor("bob"), await findItem(app, other.id), APPROVED);
  await underWay();
  const item = await findItem(app, one.id);
  const ofAlice = answer(app, actor("alice"), item, APPROVED);
  assert.equal((await app.desk.look(item.slug, one.id))?.state, "pending");
  await answer(app, actor("carol"), item, REJECTED);
  await letGo();
  await ofBob;
  await failure("already-decided", ofAlice);
});

Deno.test("an answer to a file that was changed before the claim is refused, and the claim given back", async () => {
  await using root = await temporary();
  const read = await propose(root.path);
  await propose(root.path, { id: read.id, file: json({ host: "evil.example" }) });
  const app = appOn(root.path);
  const item = { ...await findItem(app, read.id), proposal: read };
  const refused = answer(app, actor("alice"), item, APPROVED);
  assert.match((await failure("changed", refused)).message, /not what was shown/);
  assert.equal(await readRecord(root.path, read, "response"), undefined);
  assert.equal(await readRecord(root.path, read, "claim"), undefined);
});

Deno.test("an answer takes no decision for its own that a bottle made of it, token and all", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path);
  const app = appOn(root.path);
  const item = await findItem(app, id);
  app.desk.decide = async (_item, decision) => {
    // As if it had been published, seen, and filed away as something else.
    const forged = { ...decision, status: "approved", decided_by: "mallory" } as const;
    const [from, to] = [`${root.path}/dev`, `${root.path}/dev/processed`];
    await Deno.rename(`${from}/${id}.proposal.json`, `${to}/${id}.proposal.json`);
    await Deno.writeTextFile(`${to}/${id}.response.json`, json(forged));
    return { kind: "already", decision: forged };
  };
  const refused = await answer(app, actor("alice"), item, REJECTED).catch((error) => error);
  assert.ok(refused instanceof Failure);
  assert.equal(refused.code, "already-decided");
});
