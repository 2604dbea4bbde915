/** `undo`: exactly what an approval added goes, if it is still there, and all else stays. */

import assert from "node:assert/strict";
import type { TargetKind } from "../../../src/operator/apply/edit.ts";
import {
  idWith,
  json,
  parsed,
  propose,
  readRecord,
  type RunOptions,
  shownBasis,
} from "../fixture.ts";
import { DOCKERFILE, PIPELOCK, ROUTES, snapshot, type Stand, stand } from "../live/stand.ts";

type Ask = Parameters<typeof propose>[1];

/** Proposes and approves, and returns the proposal. */
async function approved(place: Stand, ask: Ask = {}) {
  const proposal = await propose(place.root, ask);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 0, stderr);
  return proposal;
}

async function refused(place: Stand, id: string, says: RegExp, options?: RunOptions) {
  const before = await snapshot(`${place.path}/live`);
  const { code, stderr } = await place.ctl(["undo", id], options);
  assert.equal(code, 1);
  assert.match(stderr, says);
  assert.deepEqual(await snapshot(`${place.path}/live`), before);
}

const TOOLS: readonly (readonly [tool: string, file: string | undefined, kinds: string[]])[] = [
  ["egress-block", undefined, ["routes", "pipelock"]],
  ["pipelock-block", "https://api.github.com/", ["pipelock"]],
  ["capability-block", DOCKERFILE + "USER agent\n", ["dockerfile"]],
];

for (const [tool, file, kinds] of TOOLS) {
  Deno.test(`undo of ${tool} takes back what it added, tells the readers, and says so`, async () => {
    await using place = await stand();
    const ask = { tool, ...file !== undefined && { file } };
    const proposal = await approved(place, ask);
    const { code, stdout, stderr } = await place.ctl(["undo", proposal.id.slice(0, 8)]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(await place.read("routes"), ROUTES);
    assert.equal(await place.read("pipelock"), PIPELOCK);
    assert.equal(await place.read("dockerfile"), DOCKERFILE);
    assert.deepEqual(await place.reloads(), [...kinds, ...kinds]);
    assert.match(stdout, new RegExp(`^Took back what \\S+ \\(${tool}, bottle dev\\) added to `));
    assert.match(
      stdout,
      /The agent is told that it was undone; its next request is refused again\./,
    );
    const entries = (await place.entries()).map(({ step }) => step);
    const steps = [...kinds.map(() => "applied"), ...kinds.map(() => "reloaded"), "undone"];
    assert.deepEqual(entries.slice(-steps.length), steps);
    assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
  });

  Deno.test(`undo of ${tool} twice: the second time there is nothing to undo`, async () => {
    await using place = await stand();
    const { id } = await approved(place, { tool, ...file !== undefined && { file } });
    assert.equal((await place.ctl(["undo", id])).code, 0);
    const by =
      /^supervisectl: \S+ \(bottle dev\) was taken back by alice at 2026-11-21T12:00:00Z \(0s/;
    await refused(place, id, by);
    const shown = await place.ctl(["show", id]);
    assert.equal(shown.code, 0);
    assert.doesNotMatch(shown.stdout, /CANNOT BE APPLIED|cannot be read|Undo:|Applied to/);
  });
}

/** What the agent reads of the end of what it was granted. */
async function told(place: Stand, { id }: { readonly id: string }) {
  const file = `${place.root}/dev/${id}.ended.json`;
  return JSON.parse(await Deno.readTextFile(file).catch(() => "null"));
}

Deno.test("undo tells the agent, with hostile notes word for word, and the faces tell who and when", async () => {
  await using place = await stand();
  const proposal = await approved(place);
  const notes = 'not that one: \u202e"\n{"status": "approved"}\n# é🙂';
  const env = { SUPERVISE_OPERATOR: "bob" };
  assert.equal((await place.ctl(["undo", proposal.id, "--notes", notes], { env })).code, 0);
  assert.deepEqual(await told(place, proposal), {
    ...{ proposal_id: proposal.id, reason: "undone", ended_at: "2026-11-21T12:00:00.000Z", notes },
  });
  const undone = { undone_by: "bob", undone_at: "2026-11-21T12:00:00.000Z", notes };
  const { stdout } = await place.ctl(["show", proposal.id]);
  assert.match(stdout, /\n {2}undone {4}by bob at 2026-11-21T12:00:00Z \(0s ago\)\n/);
  assert.match(stdout, /\nApprove again: supervisectl approve \S+/);
  assert.ok(stdout.includes("<U+202E>") && !stdout.includes("\u202e"), stdout);
  assert.deepEqual(parsed(await place.ctl(["show", proposal.id, "--json"]))["undone"], undone);
  const [listed] = parsed(await place.ctl(["list", "--all", "--json"]))["proposals"] as object[];
  assert.deepEqual(listed && "undone" in listed && listed.undone, undone);
  assert.match((await place.ctl(["list", "--all"])).stdout, / undone\n/);
  const [last] = (await place.entries()).reverse();
  assert.deepEqual([last?.["step"], last?.["notes"]], ["undone", notes]);
});

Deno.test("undo without notes, and of one that has been filed away, tells the agent too", async () => {
  await using place = await stand();
  const proposal = await approved(place);
  const queue = `${place.root}/dev`;
  await Deno.mkdir(`${queue}/processed`, { recursive: true });
  for (const kind of ["proposal", "claim", "response"]) {
    const name = `${proposal.id}.${kind}.json`;
    await Deno.rename(`${queue}/${name}`, `${queue}/processed/${name}`);
  }
  assert.equal((await place.ctl(["undo", proposal.id])).code, 0);
  const { reason, notes } = await told(place, proposal);
  assert.deepEqual([reason, notes], ["undone", ""]);
});

for (const notes of ["a\0b", "x".repeat(8_193)]) {
  Deno.test(`undo with notes that cannot be sent is refused: ${notes.length} characters`, async () => {
    await using place = await stand();
    const { id } = await approved(place);
    const before = await snapshot(place.path);
    assert.equal((await place.ctl(["undo", id, "--notes", notes])).code, 2);
    assert.deepEqual(await snapshot(place.path), before);
  });
}

Deno.test("undo is done where the bottle keeps the agent from being told, and says so", async () => {
  await using place = await stand();
  const proposal = await approved(place);
  await Deno.mkdir(`${place.root}/dev/${proposal.id}.ended.json`);
  const { code, stdout } = await place.ctl(["undo", proposal.id]);
  assert.equal(code, 0);
  assert.match(stdout, /The agent could not be told: \S+\.ended\.json .* is a directory/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.match((await place.entries()).at(-1)?.["detail"] ?? "", /could not be told/);
});

Deno.test("undo is done where the bottle's queue is gone", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  await Deno.remove(`${place.root}/dev`, { recursive: true });
  const { code, stdout } = await place.ctl(["undo", id]);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /could not be told/);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("an end that a bottle wrote is no undo: show, list and undo go by the operator's records", async () => {
  await using place = await stand();
  const proposal = await approved(place);
  const forged = { proposal_id: proposal.id, reason: "undone", ended_at: "", notes: "" };
  await Deno.writeTextFile(`${place.root}/dev/${proposal.id}.ended.json`, json(forged));
  assert.match((await place.ctl(["show", proposal.id])).stdout, /\nUndo: supervisectl undo /);
  assert.equal(parsed(await place.ctl(["show", proposal.id, "--json"]))["undone"], null);
  assert.match((await place.ctl(["list", "--all"])).stdout, / approved, unread\n/);
  assert.equal((await place.ctl(["approve", proposal.id])).code, 1);
  assert.equal((await place.ctl(["undo", proposal.id])).code, 0);
  assert.equal(await place.read("routes"), ROUTES);
});

for (const [tool, file, kinds] of TOOLS) {
  Deno.test(`approve of an undone ${tool} applies it again, and undo takes it back again`, async () => {
    await using place = await stand();
    const proposal = await approved(place, { tool, ...file !== undefined && { file } });
    const { id } = proposal;
    const applied = [await place.read("routes"), await place.read("dockerfile")];
    for (const round of [1, 2]) {
      assert.equal((await place.ctl(["undo", id, "--notes", `${round}`])).code, 0);
      assert.equal((await told(place, proposal)).notes, `${round}`);
      const { code, stdout, stderr } = await place.ctl(["approve", id]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^Applied again what was undone\. Approved /);
      assert.match(stdout, /The agent is told that it holds again\./);
      assert.deepEqual([await place.read("routes"), await place.read("dockerfile")], applied);
      assert.deepEqual((await place.reloads()).slice(-kinds.length), kinds);
      assert.ok((await told(place, proposal)).resumed_at);
      const [last] = (await place.entries()).reverse();
      assert.deepEqual([last?.["step"], last?.["status"]], ["answered", "approved"]);
      assert.match((await place.ctl(["show", id])).stdout, /\nUndo: supervisectl undo /);
      const again = await place.ctl(["approve", id]);
      assert.equal(again.code, 1);
      assert.match(again.stderr, /was approved by .*; that decision stands/);
    }
    assert.equal((await place.ctl(["undo", id])).code, 0);
    assert.equal(await place.read("routes"), ROUTES);
    assert.equal(await place.read("dockerfile"), DOCKERFILE);
  });
}

Deno.test("approve of what was undone is shown and asked for, and takes a basis", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  const refusing = await place.ctl(["approve", id], { answers: ["n"] });
  assert.equal(refusing.code, 1);
  assert.match(refusing.stdout, /\+\| {3}- host: api\.github\.com(.|\n)*Apply this\? \[y\/N\] /);
  assert.equal(await place.read("routes"), ROUTES);
  const { basis } = parsed(await place.ctl(["approve", id, "--dry-run", "--json"]));
  await Deno.writeTextFile(place.file("routes"), "# by hand\n", { append: true });
  const stale = await place.ctl(["approve", id, "--basis", String(basis)]);
  assert.equal(stale.code, 1);
  assert.equal(await place.read("routes"), ROUTES + "# by hand\n");
  assert.equal((await place.ctl(["approve", id], { answers: ["y"] })).code, 0);
  assert.match(await place.read("routes"), /api\.github\.com/);
});

Deno.test("approve of what was undone refuses the basis that was shown before the undo", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  const shown = await shownBasis(place.root, id, { env: { SUPERVISE_CONFIG: place.configFile } });
  const args = ["approve", id, "--basis", shown];
  assert.equal((await place.ctl(args)).code, 0);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  const replayed = await place.ctl(args);
  assert.equal(replayed.code, 1);
  assert.match(replayed.stderr, /is not what was shown any more/);
  assert.equal(await place.read("routes"), ROUTES);
  const { basis } = parsed(await place.ctl(["approve", id, "--dry-run", "--json"]));
  assert.equal((await place.ctl(["approve", id, "--basis", String(basis)])).code, 0);
});

Deno.test("approve of what was undone whose reload fails stays undone", async () => {
  await using place = await stand();
  const proposal = await approved(place);
  assert.equal((await place.ctl(["undo", proposal.id])).code, 0);
  await failsOnce(place);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /the reload of pipelock, .* failed: it exited with 7; the old text is back/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal((await told(place, proposal)).resumed_at, undefined);
  assert.equal((await place.ctl(["approve", proposal.id])).code, 0);
  assert.ok((await told(place, proposal)).resumed_at);
});

Deno.test("approve of what was undone is refused where the bottle changed what was decided", async () => {
  await using place = await stand();
  const proposal = await approved(place);
  assert.equal((await place.ctl(["undo", proposal.id])).code, 0);
  const response = `${place.root}/dev/${proposal.id}.response.json`;
  const decision = JSON.parse(await Deno.readTextFile(response));
  const forged = { ...decision, application: crypto.randomUUID() };
  await Deno.writeTextFile(response, json(forged));
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /the queue no longer holds what was decided then; the agent must ask again/);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("approve of what was undone with --notes says that the first notes stand", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  const { code, stderr } = await place.ctl(["approve", id, "--notes", "again"]);
  assert.equal(code, 2);
  assert.match(stderr, /its notes stand; approve it again without --notes/);
});

Deno.test("undo of what was killed right after it was applied again takes it back", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  const state = `${place.root}/.state`;
  const [applied, undone] = [`dev.${id}.apply`, `dev.${id}.undo`];
  await copy(`${state}/done`, `${state}/before`);
  assert.equal((await place.ctl(["approve", id])).code, 0);
  await Deno.rename(`${state}/done/${applied}`, `${state}/open/${applied}`);
  for (const name of [applied, undone]) {
    await Deno.rename(`${state}/before/${name}`, `${state}/done/${name}`);
  }
  const { code, stdout, stderr } = await place.ctl(["undo", id]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Completed .*, which holds again\./);
  assert.match(stdout, /^Took back what /);
  assert.equal(await place.read("routes"), ROUTES);
});

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}

Deno.test("undo whose reload puts the old file back does not say that it stays taken back", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const applied = await place.read("routes");
  await Deno.writeTextFile(`${place.path}/old`, applied);
  const back = await place.command("back", `cp ${place.path}/old ${place.file("routes")}`);
  await place.configure({ routes: { reload: [back] } });
  const { code, stderr } = await place.ctl(["undo", id]);
  assert.equal(code, 1);
  assert.match(stderr, /was taken out of \S+ again, .*may still hold, and undo again takes it out/);
});

Deno.test("undo that was killed has its notes in the log when it is completed", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  await failsOnce(place);
  assert.equal((await place.ctl(["undo", id, "--notes", "wrong one"])).code, 1);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  const last = (await place.entries()).at(-1);
  assert.deepEqual([last?.["step"], last?.["notes"]], ["undone", "wrong one"]);
});

Deno.test("undo --dry-run shows the diff and changes nothing at all", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const before = await snapshot(place.path);
  const { code, stdout } = await place.ctl(["undo", id, "--dry-run"]);
  assert.equal(code, 0);
  assert.match(stdout, /-\| {3}- host: api\.github\.com(.|\n)*\nNothing was done\.\n$/);
  const json = parsed(await place.ctl(["undo", id, "--dry-run", "--json"]));
  assert.equal(json["dry_run"], true);
  assert.deepEqual(await snapshot(place.path), before);
});

for (const [answers, code] of [[["y"], 0], [["n"], 1], [[], 1]] as const) {
  Deno.test(`undo on a terminal asks, and on ${JSON.stringify(answers)} exits ${code}`, async () => {
    await using place = await stand();
    const { id } = await approved(place);
    const before = await snapshot(place.path);
    const result = await place.ctl(["undo", id], { answers: [...answers] });
    assert.equal(result.code, code);
    assert.match(result.stdout, /-\| {3}- host: api(.|\n)*Take this back\? \[y\/N\] /);
    if (code === 0) return assert.equal(await place.read("routes"), ROUTES);
    assert.equal(result.stderr, "supervisectl: nothing was changed\n");
    assert.deepEqual(await snapshot(place.path), before);
  });
}

Deno.test("undo takes back only what was shown when the question was asked", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const answers = {
    shift() {
      Deno.writeTextFileSync(place.file("routes"), "# by hand\n", { append: true });
      return "y";
    },
  } as unknown as string[];
  const { code, stderr } = await place.ctl(["undo", id], { answers });
  assert.equal(code, 1);
  assert.match(stderr, /the live files were changed since they were read: nothing was written/);
  assert.match(await place.read("routes"), /api\.github\.com(.|\n)*# by hand/);
});

Deno.test("undo keeps what was edited by hand since", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const edited = (await place.read("routes")).replace("# packages", "# all packages");
  await Deno.writeTextFile(place.file("routes"), edited);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  assert.equal(await place.read("routes"), ROUTES.replace("# packages", "# all packages"));
});

Deno.test("undo keeps the paths of other approvals, and pipelock's host while a route has it", async () => {
  await using place = await stand();
  const first = await approved(place);
  const file = json({ host: "api.github.com", path_allowlist: ["/user"] });
  const second = await approved(place, { file });
  const { stdout } = await place.ctl(["undo", first.id]);
  const path = place.file("pipelock");
  const remark = `${path} stays as it is: the route table still has api.github.com.`;
  assert.ok(stdout.includes(remark), stdout);
  assert.match(
    await place.read("routes"),
    /api\.github\.com\n {4}path_allowlist:\n {6}- \/user\n$/,
  );
  assert.match(await place.read("pipelock"), /api\.github\.com/);
  assert.equal((await place.ctl(["undo", second.id])).code, 0);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("undo leaves a host in pipelock's list that was there before", async () => {
  await using place = await stand();
  const had = PIPELOCK.replace("mode:", "  - api.github.com\nmode:");
  await Deno.writeTextFile(place.file("pipelock"), had);
  const { id } = await approved(place);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), had);
});

Deno.test("undo when it is gone already: nothing is left to undo", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  await Deno.writeTextFile(place.file("routes"), ROUTES);
  await Deno.writeTextFile(place.file("pipelock"), PIPELOCK);
  await refused(
    place,
    id,
    /nothing of \S+ can be taken back: \S+\/routes stays as it is: the file has no/,
  );
});

Deno.test("undo of a Dockerfile that was changed since leaves it", async () => {
  await using place = await stand();
  const { id } = await approved(place, { tool: "capability-block", file: "FROM debian:14\n" });
  await Deno.writeTextFile(place.file("dockerfile"), "FROM debian:14\nUSER agent\n");
  await refused(place, id, /the Dockerfile was changed since/);
});

Deno.test("undo of what changed nothing has nothing to undo", async () => {
  await using place = await stand();
  const file = json({ host: "pypi.example", path_allowlist: ["/simple/"] });
  const { id } = await approved(place, { file });
  await refused(place, id, /added nothing: the live files said it already when it was approved/);
});

Deno.test("undo of an unknown ID, of several, and of none says so", async () => {
  await using place = await stand();
  await refused(place, "f00d", /nothing that this program applied .* starts with "f00d"/);
  const first = await approved(place, { id: idWith("1a2b3c") });
  const file = json({ host: "b.example" });
  const second = await approved(place, { id: idWith("1a2b4d"), file });
  await refused(place, "1a2b", /2 approvals have an id that starts with "1a2b"/);
  assert.equal((await place.ctl(["undo", ""])).code, 2);
  assert.equal((await place.ctl(["undo"])).code, 2);
  assert.equal((await place.ctl(["undo", "1A2B3C"])).code, 0);
  const routes = await place.read("routes");
  assert.ok(routes.includes("b.example") && !routes.includes("api.github.com"));
  await refused(place, first.id, /was taken back by alice at /);
  assert.equal((await place.ctl(["undo", second.id])).code, 0);
});

Deno.test("undo of a proposal that was only rejected has nothing to undo", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  await place.ctl(["reject", id, "--notes", "no"]);
  await refused(place, id, /nothing that this program applied/);
});

/** A reload of pipelock's file that fails the first time that it is run. */
async function failsOnce(place: Stand): Promise<void> {
  const once = `${place.path}/once`;
  const body = `[ -e ${once} ] && { echo again >> ${place.path}/reloads; exit 0; }
    touch ${once}; exit 7`;
  await place.configure({ pipelock: { reload: [await place.command("fails", body)] } });
}

Deno.test("undo whose reload fails stays taken back, and undo again tells the readers", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  await failsOnce(place);
  const { code, stderr } = await place.ctl(["undo", id]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /the reload of pipelock, \S+\/fails, failed: it exited with 7; what was taken back stays so, and undo again tells those who read the files/,
  );
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  const [failed, ...others] = (await place.entries()).reverse();
  assert.equal(failed?.["step"], "failed");
  assert.ok(!others.some(({ step }) => step === "undone"));
  const again = await place.ctl(["undo", id]);
  assert.equal(again.code, 0, again.stderr);
  assert.match(
    again.stderr,
    /^Completed the undo of \S+ \(bottle dev\), begun by alice, which had/,
  );
  assert.deepEqual((await place.reloads()).slice(-2), ["routes", "again"]);
  assert.equal((await place.entries()).at(-1)?.["step"], "undone");
  await refused(place, id, /was taken back by alice at /);
});

Deno.test("undo whose reload failed is completed by the next approval of the same file", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  await failsOnce(place);
  assert.equal((await place.ctl(["undo", id])).code, 1);
  const other = await propose(place.root, { file: json({ host: "b.example" }) });
  const { code, stderr } = await place.ctl(["approve", other.id]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Completed the undo of /);
  assert.match(await place.read("routes"), /b\.example/);
  assert.doesNotMatch(await place.read("routes"), /api\.github\.com/);
  await refused(place, id, /was taken back by alice at /);
});

Deno.test("undo whose check fails is not completed before the change shows", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const shows = `${place.path}/shows`;
  await place.configure({ routes: { check: ["test", "-e", shows] } });
  assert.equal((await place.ctl(["undo", id])).code, 1);
  const again = await place.ctl(["undo", id]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /the change of routes does not show/);
  assert.ok(!(await place.entries()).some(({ step }) => step === "undone"));
  await Deno.writeTextFile(shows, "");
  assert.equal((await place.ctl(["undo", id])).code, 0);
  assert.equal((await place.entries()).at(-1)?.["step"], "undone");
});

Deno.test("undo --json that completes an earlier one says so, and nothing on stderr", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  await failsOnce(place);
  assert.equal((await place.ctl(["undo", id])).code, 1);
  const result = await place.ctl(["undo", id, "--json"]);
  assert.deepEqual([result.code, result.stderr], [0, ""]);
  const { dry_run, remarks } = parsed(result);
  assert.equal(dry_run, false);
  assert.match(String(remarks), /^Completed the undo of /);
});

Deno.test("undo of a pipelock-block keeps the host while the route table has it", async () => {
  await using place = await stand();
  const asked = { tool: "pipelock-block", file: "https://api.github.com/" };
  const { id } = await approved(place, asked);
  const route = await approved(place);
  const why =
    /nothing of \S+ can be taken back: \S+\/pipelock stays as it is: the route table still has api\.github\.com\./;
  await refused(place, id, why);
  assert.equal((await place.ctl(["undo", route.id])).code, 0);
  assert.equal(await place.read("routes"), ROUTES);
  assert.match(await place.read("pipelock"), /api\.github\.com/);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  assert.equal(await place.read("pipelock"), PIPELOCK);
});

Deno.test("undo of a pipelock-block where no route table is configured takes the host out", async () => {
  await using place = await stand();
  const asked = { tool: "pipelock-block", file: "https://api.github.com/" };
  const { id } = await approved(place, asked);
  await approved(place);
  await place.configure({ routes: null });
  assert.equal((await place.ctl(["undo", id])).code, 0);
  assert.equal(await place.read("pipelock"), PIPELOCK);
});

Deno.test("undo when the configuration names another file, or none, is refused", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const other = place.file("routes") + "2";
  await Deno.writeTextFile(other, ROUTES);
  await place.configure({ routes: { file: other } });
  await refused(place, id, /was applied to \S+\/routes, and the routes file of bottle dev is now/);
  await place.configure({ pipelock: null });
  await refused(place, id, /the pipelock file of bottle dev is now not configured/);
});

for (const kind of ["routes", "pipelock"] as const) {
  Deno.test(`undo when the ${kind} file is a symbolic link is refused`, async () => {
    await using place = await stand();
    const { id } = await approved(place);
    await Deno.rename(place.file(kind), `${place.path}/moved`);
    await Deno.symlink(`${place.path}/moved`, place.file(kind));
    await refused(place, id, /is a symbolic link to \S+; configure the file itself/);
  });
}

Deno.test("undo --json tells what was taken back from which files", async () => {
  await using place = await stand();
  const { id } = await approved(place);
  const { dry_run, files } = parsed(await place.ctl(["undo", id, "--json"]));
  assert.equal(dry_run, false);
  const told = files as { kind: TargetKind; path: string; diff: string }[];
  assert.deepEqual(told.map(({ kind, path }) => [kind, path]), [
    ["routes", place.file("routes")],
    ["pipelock", place.file("pipelock")],
  ]);
  for (const { kind, diff } of told) {
    assert.ok(diff.startsWith(`--- ${place.file(kind)}\n+++ ${place.file(kind)}\n@@ `), diff);
    assert.match(diff, /^- .*api\.github\.com$/m);
    assert.doesNotMatch(diff, /^\+ /m);
  }
});
