/** Asks that an approval made moot: named, and answered on the operator's word. */

import assert from "node:assert/strict";
import { sha256Hex } from "../../../src/queue/sha256.ts";
import { idWith, json, parsed, propose, readRecord, ROUTE } from "../fixture.ts";
import { stand } from "../live/stand.ts";

const TWO_PATHS = json({
  host: "api.github.com",
  path_allowlist: ["/repos/acme/", "/users/acme/"],
});
const WITH_AUTH = json({
  host: "api.github.com",
  path_allowlist: ["/repos/acme/"],
  auth: { scheme: "Bearer", token_ref: "GH_TOKEN" },
});

Deno.test("approve names the asks that it made moot and answers them on a second yes", async () => {
  await using place = await stand();
  const first = await propose(place.root, { id: idWith("1111aaaa"), file: TWO_PATHS });
  const covered = await propose(place.root, { id: idWith("2222bbbb"), file: ROUTE });
  const wider = await propose(place.root, {
    file: json({ host: "api.github.com", path_allowlist: ["/"] }),
  });
  const withAuth = await propose(place.root, { file: WITH_AUTH });
  const elsewhere = await propose(place.root, { slug: "other", file: ROUTE });
  const { code, stdout } = await place.ctl(["approve", first.id], { answers: ["y", "y"] });
  assert.equal(code, 0);
  assert.match(
    stdout,
    /\n1 more open ask is covered by 1111aaaa: 2222bbbb \(api\.github\.com, 1 path\)\.\n/,
  );
  assert.match(stdout, /Answered 2222bbbb \(.*\): covered by 1111aaaa, which was approved\.\n/);
  const answer = await readRecord(place.root, covered, "response");
  assert.equal(answer?.["status"], "approved");
  assert.equal(answer?.["notes"], "covered by 1111aaaa, which was approved");
  for (const other of [wider, withAuth, elsewhere]) {
    assert.equal(await readRecord(place.root, other, "response"), undefined);
  }
  const logged = (await place.entries()).filter(({ step }) => step === "answered");
  assert.deepEqual(logged.map((entry) => entry["proposal_id"]), [first.id, covered.id]);
});

Deno.test("asks that became moot stay open on a no", async () => {
  await using place = await stand();
  const first = await propose(place.root, { file: TWO_PATHS });
  const covered = await propose(place.root, { file: ROUTE });
  const { code } = await place.ctl(["approve", first.id], { answers: ["y", "n"] });
  assert.equal(code, 0);
  assert.equal(await readRecord(place.root, covered, "response"), undefined);
});

Deno.test("without a terminal approve prints the command lines that answer what is covered", async () => {
  await using place = await stand();
  const first = await propose(place.root, { file: TWO_PATHS });
  const covered = await propose(place.root, { id: idWith("2222bbbb"), file: ROUTE });
  const { stdout } = await place.ctl(["approve", first.id]);
  const line = /Try: supervisectl (.*)\n/.exec(stdout)?.[1] ?? "";
  assert.match(line, /^approve 2222bbbb --basis [0-9a-f]{32} --notes 'covered by /);
  const [, basis = ""] = /--basis (\S+)/.exec(line) ?? [];
  const done = await place.ctl(["approve", "2222bbbb", "--basis", basis, "--json"]);
  assert.equal(parsed(done)["status"], "approved");
  assert.equal((await readRecord(place.root, covered, "response"))?.["status"], "approved");
});

Deno.test("approve --json holds the ids of what is covered, and a rejection covers nothing", async () => {
  await using place = await stand();
  const rejected = await propose(place.root, { file: ROUTE });
  await place.ctl(["reject", rejected.id, "--notes", "not this one"]);
  const first = await propose(place.root, { file: TWO_PATHS });
  const covered = await propose(place.root, { file: ROUTE });
  const shown = parsed(await place.ctl(["approve", first.id, "--json"]));
  assert.deepEqual(shown["covered"], [covered.id]);
});

Deno.test("an ask that was covered and is claimed by another operator stays theirs", async () => {
  await using place = await stand();
  const first = await propose(place.root, { file: TWO_PATHS });
  const covered = await propose(place.root, { file: ROUTE });
  const claim = { proposal_id: covered.id, claimed_by: "bob", claimed_at: "2026-11-21T11:59:00Z" };
  await Deno.writeTextFile(
    `${place.root}/dev/${covered.id}.claim.json`,
    JSON.stringify(claim),
  );
  const { stdout } = await place.ctl(["approve", first.id], { answers: ["y", "y"] });
  assert.doesNotMatch(stdout, /covered/);
  assert.equal(await readRecord(place.root, covered, "response"), undefined);
});

Deno.test("what is answered as covered changes no live file, and undo takes nothing back for it", async () => {
  await using place = await stand();
  const first = await propose(place.root, { file: TWO_PATHS });
  const covered = await propose(place.root, { file: ROUTE });
  await place.ctl(["approve", first.id], { answers: ["y", "y"] });
  const before = sha256Hex(await place.read("routes"));
  const { stdout } = await place.ctl(["undo", covered.id], { answers: ["y"] });
  assert.equal(sha256Hex(await place.read("routes")), before, stdout);
});

Deno.test("what is covered is named also where pipelock has no file", async () => {
  await using place = await stand();
  await place.configure({ pipelock: null });
  const first = await propose(place.root, { file: TWO_PATHS });
  const covered = await propose(place.root, { file: ROUTE });
  const shown = parsed(await place.ctl(["approve", first.id, "--json"]));
  assert.deepEqual(shown["covered"], [covered.id]);
});

Deno.test("what the live files granted before is not said to be covered by an approval", async () => {
  await using place = await stand();
  const first = await propose(place.root, { file: TWO_PATHS });
  await propose(place.root, { tool: "capability-block", file: await place.read("dockerfile") });
  await propose(place.root, { tool: "pipelock-block", file: "https://pypi.example/" });
  await propose(place.root, {
    file: json({ host: "pypi.example", path_allowlist: ["/simple/"] }),
  });
  const shown = parsed(await place.ctl(["approve", first.id, "--json"]));
  assert.deepEqual(shown["covered"], []);
});
