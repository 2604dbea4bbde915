/** What was shown is what is applied: a stale basis, and the operator's word on a terminal. */

import assert from "node:assert/strict";
import { json, parsed, propose, readRecord, recordPath } from "../fixture.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { PIPELOCK, ROUTES, snapshot, type Stand, stand } from "./stand.ts";

const EDITED = ROUTES.replace("  - host: pypi", "  - host: mirror.example\n  - host: pypi");

async function basisOf(place: Stand, { id }: Proposal): Promise<string> {
  return String(parsed(await place.ctl(["show", id, "--json"]))["basis"]);
}

async function assertUndecided(place: Stand, proposal: Proposal): Promise<void> {
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
}

Deno.test("approve --basis as show printed it applies just that", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const basis = await basisOf(place, proposal);
  assert.match(basis, /^[0-9a-f]{64}$/);
  const { stdout } = await place.ctl(["show", proposal.id]);
  const [, shown = ""] = /^Try: supervisectl approve \S+ --basis (\S+)$/m.exec(stdout) ?? [];
  assert.equal(shown, basis.slice(0, 32));
  assert.ok(stdout.includes(`\n  basis     ${shown}\n`));
  assert.equal((await place.ctl(["approve", proposal.id, "--basis", shown])).code, 0);
  assert.match(await place.read("routes"), /api\.github\.com/);
});

const STALE: readonly (readonly [name: string, change: (place: Stand) => Promise<unknown>])[] = [
  ["routes edited by hand", (place) => Deno.writeTextFile(place.file("routes"), EDITED)],
  [
    "pipelock edited by hand",
    (place) => Deno.writeTextFile(place.file("pipelock"), PIPELOCK + "# more\n"),
  ],
  ["another file configured", async (place) => {
    await Deno.writeTextFile(place.file("routes") + "2", ROUTES);
    await place.configure({ routes: { file: place.file("routes") + "2" } });
  }],
  ["pipelock no longer configured", (place) => place.configure({ pipelock: null })],
  ["none configured any more", (place) => place.configure({ routes: null, pipelock: null })],
];

const ANSWERS = [["approve"], ["reject", "--notes", "no"], ["modify", "--file"]] as const;

for (const [name, change] of STALE) {
  for (const [command, ...options] of ANSWERS) {
    Deno.test(`${command} on a stale basis writes and decides nothing: ${name}`, async () => {
      await using place = await stand();
      const proposal = await propose(place.root);
      const file = `${place.path}/route.json`;
      await Deno.writeTextFile(file, json({ host: "other.example" }));
      const basis = await basisOf(place, proposal);
      await change(place);
      const before = await snapshot(`${place.path}/live`);
      const rest = [...options, ...command === "modify" ? [file] : [], "--basis"];
      const { code, stderr } = await place.ctl([command, proposal.id, ...rest, basis]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^supervisectl: .* is not what was shown.*: nothing was written, nothing/,
      );
      assert.deepEqual(await snapshot(`${place.path}/live`), before);
      assert.deepEqual(await place.reloads(), []);
      await assertUndecided(place, proposal);
      const now = await basisOf(place, proposal);
      assert.equal((await place.ctl([command, proposal.id, ...rest, now])).code, 0);
      if (name === "routes edited by hand" && command !== "reject") {
        assert.ok((await place.read("routes")).startsWith(EDITED));
      }
    });
  }
}

Deno.test("approve on a stale basis shows the new diff, and leads to all of it", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const basis = await basisOf(place, proposal);
  await Deno.writeTextFile(place.file("routes"), EDITED);
  const { stdout, stderr } = await place.ctl(["approve", proposal.id, "--basis", basis]);
  assert.match(stdout, /Would change \S+\/routes, then run/);
  assert.match(stdout, /\+\| {3}- host: api\.github\.com/);
  assert.ok(stderr.endsWith(`\nTry: supervisectl show ${proposal.id.slice(0, 8)}\n`), stderr);
});

Deno.test("approve --dry-run of a decided proposal in a wrong form is no internal error", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { file: "no JSON" });
  await place.ctl(["reject", id, "--notes", "no"]);
  const { stderr } = await place.ctl(["approve", id, "--dry-run"]);
  assert.doesNotMatch(stderr, /internal error/);
});

Deno.test("approve on a stale basis with --json is one error with the code changed", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const basis = await basisOf(place, proposal);
  await Deno.writeTextFile(place.file("routes"), EDITED);
  const args = ["approve", proposal.id, "--basis", basis, "--json"];
  const { code, stdout, stderr } = await place.ctl(args);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.equal(JSON.parse(stderr).error.code, "changed");
  await assertUndecided(place, proposal);
});

Deno.test("approve takes the hash of the proposed file for no basis", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const { current_file_hash: basis } = proposal;
  const { code, stderr } = await place.ctl(["approve", proposal.id, "--basis", basis]);
  assert.equal(code, 1);
  assert.match(stderr, /is not what was shown any more/);
  assert.equal(await place.read("routes"), ROUTES);
  await assertUndecided(place, proposal);
});

for (const digits of [1, 12, 31]) {
  Deno.test(`approve takes no ${digits} digits of a basis: two asks may begin with the same`, async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    const basis = (await basisOf(place, proposal)).slice(0, digits);
    const { code, stderr } = await place.ctl(["approve", proposal.id, "--basis", basis]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /--basis must be the 32 to 64 hexadecimal digits that show prints, got/,
    );
    assert.equal(await place.read("routes"), ROUTES);
    await assertUndecided(place, proposal);
  });
}

Deno.test("approve on a basis whose proposed file was changed changes no live file", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const basis = await basisOf(place, proposal);
  const evil = await propose(place.root, { id: proposal.id, file: json({ host: "evil.example" }) });
  const before = await snapshot(`${place.path}/live`);
  const { code, stderr } = await place.ctl(["approve", evil.id, "--basis", basis]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /, or what approving it would change, is not what was shown any more: nothing was/,
  );
  assert.deepEqual(await snapshot(`${place.path}/live`), before);
  await assertUndecided(place, proposal);
});

/** A yes for which it takes so long that the routes file was edited meanwhile. */
function editing(place: Stand): string[] {
  return {
    shift() {
      Deno.writeTextFileSync(place.file("routes"), EDITED);
      return "y";
    },
  } as unknown as string[];
}

for (const word of ["y", "Y", "yes", "YES"]) {
  Deno.test(`approve on a terminal shows the diff, asks, and applies on "${word}"`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root);
    const { code, stdout } = await place.ctl(["approve", id], { answers: [word] });
    assert.equal(code, 0);
    const [shown, said] = stdout.split("Apply this? [y/N] ");
    assert.match(shown ?? "", /\+\| {3}- host: api\.github\.com/);
    assert.match(shown ?? "", /! NEW HOST/);
    assert.match(said ?? "", new RegExp(`^${word}\nApproved `));
  });
}

for (const answers of [["n"], [""], ["yy"], ["no"], ["sure"], []]) {
  Deno.test(`approve on a terminal does nothing at all on ${JSON.stringify(answers)}`, async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    const before = await snapshot(place.path);
    const { code, stderr } = await place.ctl(["approve", proposal.id], { answers: [...answers] });
    assert.equal(code, 1);
    assert.equal(stderr, "supervisectl: nothing was changed, nothing was decided\n");
    assert.deepEqual(await snapshot(place.path), before);
  });
}

Deno.test("approve on a terminal does not ask what a whole basis has answered", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const args = ["approve", proposal.id, "--basis", await basisOf(place, proposal)];
  const { code, stdout } = await place.ctl(args, { answers: [] });
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /Apply this/);
});

Deno.test("approve on a terminal applies only what was shown when the question was asked", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const answers = editing(place);
  const { code, stdout, stderr } = await place.ctl(["approve", proposal.id], { answers });
  assert.equal(code, 1);
  assert.match(stderr, /is not what was shown any more: nothing was written/);
  assert.equal(stdout.match(/Would change \S+\/routes, /g)?.length, 2);
  assert.equal(await place.read("routes"), EDITED);
  await assertUndecided(place, proposal);
});

Deno.test("approve on a terminal asks too where nothing would be applied, and says why", async () => {
  await using place = await stand();
  await place.configure({ routes: null });
  const proposal = await propose(place.root);
  const no = await place.ctl(["approve", proposal.id], { answers: ["n"] });
  assert.equal(no.code, 1);
  const says =
    /egress-block, bottle dev: api\.github\.com(.|\n)*Nothing would be applied: no routes file is configured for this bottle\.\n\nApprove this\? \[y\/N\] /;
  assert.match(no.stdout, says);
  await assertUndecided(place, proposal);
  assert.equal((await place.ctl(["approve", proposal.id], { answers: ["y"] })).code, 0);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
});

Deno.test("modify --file on a terminal asks for the changed file, and on a basis of it does not", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const file = `${place.path}/route.json`;
  await Deno.writeTextFile(file, json({ host: "other.example" }));
  const args = ["modify", proposal.id, "--file", file];
  const no = await place.ctl(args, { answers: ["n"] });
  assert.equal(no.code, 1);
  assert.match(no.stdout, /\+\| {3}- host: other\.example(.|\n)*Apply this\? \[y\/N\] /);
  assert.equal(await place.read("routes"), ROUTES);
  await assertUndecided(place, proposal);
  const dry = await place.ctl([...args, "--dry-run"]);
  const [, basis = ""] = /--basis (\S+)/.exec(dry.stdout) ?? [];
  const { code, stdout } = await place.ctl([...args, "--basis", basis], { answers: [] });
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /\[y\/N\]/);
  assert.match(await place.read("routes"), /other\.example/);
});

Deno.test("approve of a decided proposal leaves the files untouched", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await place.ctl(["reject", proposal.id, "--notes", "no"]);
  const before = await snapshot(`${place.path}/live`);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /was rejected by alice/);
  assert.deepEqual(await snapshot(`${place.path}/live`), before);
  assert.deepEqual(await place.reloads(), []);
});

Deno.test("approve of a withdrawn proposal leaves the files untouched", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await Deno.writeTextFile(recordPath(place.root, proposal, "withdrawn"), json({}));
  const before = await snapshot(`${place.path}/live`);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /withdrawn by the agent/);
  assert.deepEqual(await snapshot(`${place.path}/live`), before);
});
