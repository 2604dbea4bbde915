/** `approve` and `modify` with live files: what is changed, told, written down and said. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { sha256Hex } from "../../../src/queue/sha256.ts";
import { finish } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { fileAway, json, parsed, propose, readRecord } from "../fixture.ts";
import { DOCKERFILE, PIPELOCK, ROUTES, snapshot, type Stand, stand } from "../live/stand.ts";

const ROUTES_AFTER = ROUTES + `  - host: api.github.com
    path_allowlist:
      - /repos/acme/
`;
const PIPELOCK_AFTER = PIPELOCK.replace("mode:", "  - api.github.com\nmode:");

async function patched(before: string, diff: string): Promise<string> {
  await using dir = await temporary();
  const file = join(dir.path, "file");
  await Deno.writeTextFile(file, before);
  await Deno.writeTextFile(join(dir.path, "diff"), diff);
  const args = ["--batch", "--fuzz=0", file, join(dir.path, "diff")];
  const { code, stdout } = await finish("patch", args);
  assert.equal(code, 0, stdout);
  return await Deno.readTextFile(file);
}

/** The basis of an approval, as `show --json` prints it. */
async function basisOf(place: Stand, id: string): Promise<string> {
  return String(parsed(await place.ctl(["show", id, "--json"]))["basis"]);
}

Deno.test("approve changes both files, tells their readers, and says so", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const { code, stdout, stderr } = await place.ctl(["approve", proposal.id]);
  assert.deepEqual([code, stderr], [0, ""]);
  const [what, ...files] = stdout.split("\n");
  const id = proposal.id.slice(0, 8);
  assert.equal(what, `Approved ${id} (egress-block, bottle dev): api.github.com, 1 path.`);
  assert.deepEqual(files.slice(0, 2), [
    `${place.file("routes")} was changed, its reader was told.`,
    `${place.file("pipelock")} was changed, its reader was told.`,
  ]);
  assert.doesNotMatch(stdout, /yourself|Nothing was applied/);
  assert.equal(await place.read("routes"), ROUTES_AFTER);
  assert.equal(await place.read("pipelock"), PIPELOCK_AFTER);
  assert.equal(await place.read("dockerfile"), DOCKERFILE);
  assert.deepEqual(await place.reloads(), ["routes", "pipelock"]);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
});

Deno.test("approve writes each step down with hashes and a diff that patch takes", async () => {
  await using place = await stand();
  const proposal = await propose(place.root, { justification: "for the issues" });
  const basis = await basisOf(place, proposal.id);
  assert.match(basis, /^[0-9a-f]{64}$/);
  await place.ctl(["approve", proposal.id, "--notes", "this week"]);
  const entries = await place.entries();
  const steps = entries.map(({ step, file, detail }) =>
    [step, file ?? detail].filter((part) => part).join(" ")
  );
  const reload = join(place.path, "reload");
  assert.deepEqual(steps, [
    "claimed",
    `applied ${place.file("routes")}`,
    `applied ${place.file("pipelock")}`,
    `reloaded ${reload} routes`,
    `reloaded ${reload} pipelock`,
    "answered",
  ]);
  for (const entry of entries) {
    assert.equal(entry["proposal_id"], proposal.id);
    assert.equal(entry["who"], "alice");
    if (entry["step"] !== "claimed") assert.equal(entry["basis"], basis, entry["step"]);
  }
  for (
    const [at, before, after] of [[1, ROUTES, ROUTES_AFTER], [2, PIPELOCK, PIPELOCK_AFTER]] as const
  ) {
    const entry = entries[at];
    assert.equal(entry?.["before"], sha256Hex(before));
    assert.equal(entry?.["after"], sha256Hex(after));
    assert.equal(await patched(before, entry?.["diff"] ?? ""), after);
  }
  assert.equal(entries[0]?.["justification"], "for the issues");
  const answered = entries.at(-1);
  assert.deepEqual([answered?.["status"], answered?.["notes"]], ["approved", "this week"]);
});

Deno.test("approve sees the effect after both reloads, and writes it down", async () => {
  await using place = await stand();
  const check = await place.command(
    "check",
    `grep -q api.github.com ${place.file("routes")} &&
    [ "$(wc -l < ${place.path}/reloads)" = 2 ]`,
  );
  await place.configure({ routes: { check: [check] } });
  const { id } = await propose(place.root);
  const { stdout } = await place.ctl(["approve", id]);
  assert.match(stdout, /routes was changed, its reader was told, the change was seen to be in eff/);
  const [effective] = (await place.entries()).filter(({ step }) => step === "effective");
  assert.equal(effective?.["detail"], `seen by ${check}`);
});

Deno.test("approve of what the files say already changes none, and still tells and answers", async () => {
  await using place = await stand();
  const file = json({ host: "pypi.example", path_allowlist: ["/simple/"] });
  const proposal = await propose(place.root, { file });
  const before = await Deno.lstat(place.file("routes"));
  const { code, stdout } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 0);
  assert.ok(stdout.includes(`${place.file("routes")} says it already, its reader was told.`));
  assert.equal(await place.read("routes"), ROUTES);
  assert.deepEqual((await Deno.lstat(place.file("routes"))).mtime, before.mtime);
  assert.deepEqual(await place.reloads(), ["routes", "pipelock"]);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
});

Deno.test("approve where only routes is configured names what is left to do", async () => {
  await using place = await stand();
  await place.configure({ pipelock: null });
  const { id } = await propose(place.root);
  const { code, stdout } = await place.ctl(["approve", id]);
  assert.equal(code, 0);
  assert.match(stdout, /No pipelock file is configured for this bottle: change it yourself\./);
  assert.equal(await place.read("routes"), ROUTES_AFTER);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.deepEqual(await place.reloads(), ["routes"]);
});

Deno.test("approve where the routes file is not configured changes nothing at all", async () => {
  await using place = await stand();
  await place.configure({ routes: null });
  const { id } = await propose(place.root);
  const { code, stdout } = await place.ctl(["approve", id]);
  assert.equal(code, 0);
  assert.match(stdout, /Nothing was applied, no routes file is configured for this bottle/);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.deepEqual(await place.reloads(), []);
});

Deno.test("approve --json tells the files, what changed in them, and what is missing", async () => {
  await using place = await stand();
  await place.configure({ pipelock: null });
  const { id } = await propose(place.root);
  const { applied, files, missing } = parsed(await place.ctl(["approve", id, "--json"]));
  assert.deepEqual([applied, missing], [true, ["pipelock"]]);
  const [file] = files as { kind: string; path: string; changed: boolean; diff: string }[];
  assert.deepEqual([file?.kind, file?.path, file?.changed], ["routes", place.file("routes"), true]);
  assert.equal(await patched(ROUTES, file?.diff ?? ""), ROUTES_AFTER);
});

for (const args of [[], ["--json"]]) {
  Deno.test(`approve --dry-run ${args} shows the diff and changes nothing at all`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root);
    const before = await snapshot(place.path);
    const { code, stdout } = await place.ctl(["approve", id, "--dry-run", ...args]);
    assert.equal(code, 0);
    assert.match(stdout, /\+(\| )? {2}- host: api\.github\.com/);
    assert.deepEqual(await snapshot(place.path), before);
    const basis = await basisOf(place, id);
    assert.ok(stdout.includes(args.length > 0 ? basis : ` --basis ${basis.slice(0, 32)}\n`));
    assert.equal((await place.ctl(["approve", id, "--basis", basis])).code, 0);
    assert.equal(await place.read("routes"), ROUTES_AFTER);
  });
}

Deno.test("modify --file applies the changed file and not the proposed one", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const file = join(place.path, "route.json");
  await Deno.writeTextFile(file, json({ host: "api.github.com", path_allowlist: ["/repos/a/b/"] }));
  const before = await snapshot(place.path);
  const dry = await place.ctl(["modify", proposal.id, "--file", file, "--dry-run"]);
  assert.deepEqual(await snapshot(place.path), before);
  const [, basis] = /--basis (\S+)/.exec(dry.stdout) ?? [];
  const args = ["modify", proposal.id, "--file", file, "--basis", basis ?? ""];
  const { code, stdout, stderr } = await place.ctl(args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Modified and approved /);
  assert.equal(await place.read("routes"), ROUTES_AFTER.replace("/repos/acme/", "/repos/a/b/"));
  assert.equal(await place.read("pipelock"), PIPELOCK_AFTER);
  assert.equal((await place.entries()).at(-1)?.["status"], "modified");
});

Deno.test("pipelock-block adds the host to pipelock's list alone", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, {
    tool: "pipelock-block",
    file: "https://api.github.com:8443/x?y\n".trim(),
  });
  const { code, stderr } = await place.ctl(["approve", id]);
  assert.equal(code, 0, stderr);
  assert.equal(await place.read("pipelock"), PIPELOCK_AFTER);
  assert.equal(await place.read("routes"), ROUTES);
  assert.deepEqual(await place.reloads(), ["pipelock"]);
});

Deno.test("capability-block replaces the Dockerfile and runs the rebuild", async () => {
  await using place = await stand();
  const file = DOCKERFILE + "RUN apt-get install -y jq\n";
  const { id } = await propose(place.root, { tool: "capability-block", file });
  const { code, stderr } = await place.ctl(["approve", id]);
  assert.equal(code, 0, stderr);
  assert.equal(await place.read("dockerfile"), file);
  assert.deepEqual(await place.reloads(), ["dockerfile"]);
  assert.equal(await place.read("routes"), ROUTES);
});

for (const isUndone of [false, true]) {
  const how = isUndone ? "applied and taken back" : "applied";
  Deno.test(`an id that was ${how} before cannot be approved again, but rejected`, async () => {
    await using place = await stand();
    const first = await propose(place.root);
    await place.ctl(["approve", first.id]);
    if (isUndone) await place.ctl(["undo", first.id]);
    await fileAway(place.root, first);
    const second = await propose(place.root, { id: first.id, file: json({ host: "b.example" }) });
    const before = await snapshot(join(place.path, "live"));
    const { code, stderr } = await place.ctl(["approve", second.id]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /with the id \S+ was approved before, and an id is not used twice; reject/,
    );
    assert.match(stderr, /\nTry: supervisectl reject \S+ --notes 'ask again'\n$/);
    assert.deepEqual(await snapshot(join(place.path, "live")), before);
    for (const kind of ["claim", "response"] as const) {
      assert.equal(await readRecord(place.root, second, kind), undefined, kind);
    }
    const { stderr: error } = await place.ctl(["approve", second.id, "--json"]);
    assert.equal(JSON.parse(error).error.code, "already-decided");
    const rejected = await place.ctl(["reject", second.id, "--notes", "ask again"]);
    assert.equal(rejected.code, 0, rejected.stderr);
    assert.equal((await place.ctl(["undo", first.id])).code, isUndone ? 1 : 0);
    assert.equal(await place.read("routes"), ROUTES);
  });
}

Deno.test("the configuration of another bottle is not used", async () => {
  await using place = await stand();
  const { bottles: [entry] } = JSON.parse(await Deno.readTextFile(place.configFile));
  const text = json({ bottles: [{ match: "web-*", ...entry }] });
  await Deno.writeTextFile(place.configFile, text);
  const { id } = await propose(place.root);
  assert.match((await place.ctl(["approve", id])).stdout, /Nothing was applied/);
  const other = await propose(place.root, { slug: "web-1" });
  assert.equal((await place.ctl(["approve", other.id])).code, 0);
  assert.equal(await place.read("routes"), ROUTES_AFTER);
});
