/** What cannot be put right: by the commands that are configured now, or ended by hand. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { parsed, propose, readRecord, writeRecord } from "../fixture.ts";
import {
  heldReload,
  killInReload,
  openRecords,
  PIPELOCK,
  ROUTES,
  type Stand,
  stand,
} from "./stand.ts";

const KILLS = "kill -9 $PPID; sleep 5";

/** Runs a command of alice's that its own reload command kills. */
async function killed(place: Stand, args: readonly string[]): Promise<void> {
  await using process = place.start(args, { SUPERVISE_OPERATOR: "alice" });
  assert.equal((await process.status).signal, "SIGKILL", process.stderr);
}

/** An approval that was killed, after which somebody edited a file that it had written. */
async function stuck(place: Stand): Promise<Proposal> {
  const proposal = await propose(place.root);
  await killInReload(place, ["approve", proposal.id]);
  await place.configure();
  await Deno.writeTextFile(place.file("routes"), (await place.read("routes")) + "# by hand\n");
  return proposal;
}

Deno.test("a reload command that kills its parent is run again only while it is configured", async () => {
  await using place = await stand();
  await place.configure({ routes: { reload: [await place.command("kills", KILLS)] } });
  const proposal = await propose(place.root);
  await killed(place, ["approve", proposal.id]);
  await killed(place, ["approve", proposal.id]);
  await place.configure();
  const { code, stderr } = await place.ctl(["reject", proposal.id, "--notes", "no"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Put back /);
  assert.equal(await place.read("routes"), ROUTES);
  assert.deepEqual(await place.reloads(), ["routes", "pipelock"]);
});

Deno.test("an undo whose reload kills its parent is completed with the one configured now", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  await place.ctl(["approve", id]);
  await place.configure({ routes: { reload: [await place.command("kills", KILLS)] } });
  await killed(place, ["undo", id]);
  await killed(place, ["undo", id]);
  await place.configure({ routes: { reload: [await place.command("again", "exit 0")] } });
  const { code, stderr } = await place.ctl(["undo", id]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Completed the undo of /);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("the reader of a file that is configured no more is told by what was recorded", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const { underWay } = await heldReload(place);
  await using process = place.start(["approve", proposal.id], { SUPERVISE_OPERATOR: "alice" });
  await underWay();
  process.kill("SIGKILL");
  await process.status;
  await place.configure({ routes: null, pipelock: null });
  const { code, stderr } = await place.ctl(["reject", proposal.id, "--notes", "no"]);
  assert.equal(code, 0, stderr);
  assert.equal(await place.read("routes"), ROUTES);
  assert.deepEqual(await place.reloads(), ["pipelock"]);
});

Deno.test("nothing interrupted is put back while the configuration is wrong", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await killInReload(place, ["approve", proposal.id]);
  const written = await place.read("routes");
  await Deno.writeTextFile(place.configFile, "bottles: [{ruotes: 1}]\n");
  const { code, stderr } = await place.ctl(["reject", proposal.id, "--notes", "no"]);
  assert.equal(code, 1);
  assert.match(stderr, /config\.yaml:1/);
  assert.equal(await place.read("routes"), written);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
});

Deno.test("doctor --abandon ends what cannot be put back, tells the log, and keeps the texts", async () => {
  await using place = await stand();
  const { id } = await stuck(place);
  const short = id.slice(0, 8);
  const refused = await place.ctl(["approve", id]);
  assert.ok(
    refused.stderr.endsWith(`\nTry: supervisectl doctor --abandon ${short}\n`),
    refused.stderr,
  );
  const [edited, lock] = [await place.read("routes"), await place.read("pipelock")];
  const env = { SUPERVISE_OPERATOR: "bob" };
  const { code, stdout, stderr } = await place.ctl(["doctor", "--abandon", id.slice(0, 4)], {
    env,
  });
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^The approval of \S+ \(bottle dev\), begun by alice at .*was interrupted\.$/m,
  );
  assert.match(stdout, /\/routes holds something else: neither the text from before nor the one/);
  assert.match(stdout, /\/pipelock holds the text that it wrote\.$/m);
  const [, kept = ""] = /after it are kept in (\S+)\.\n/.exec(stdout) ?? [];
  assert.equal(await Deno.readTextFile(join(kept, "routes.before")), ROUTES);
  assert.equal(await Deno.readTextFile(join(kept, "pipelock.before")), PIPELOCK);
  assert.equal(await Deno.readTextFile(join(kept, "pipelock.after")), lock);
  assert.deepEqual([await place.read("routes"), await place.read("pipelock")], [edited, lock]);
  assert.deepEqual(await openRecords(place), []);
  assert.deepEqual(await place.reloads(), []);
  const entry = (await place.entries()).at(-1);
  assert.equal(entry?.["host"], "api.github.com");
  assert.deepEqual([entry?.["step"], entry?.["who"], entry?.["proposal_id"]], [
    "abandoned",
    "bob",
    id,
  ]);
  assert.ok(entry?.["detail"]?.includes("begun by alice at "), entry?.["detail"]);
  assert.ok(entry?.["detail"]?.endsWith(`the texts are kept in ${kept}`), entry?.["detail"]);
  assert.equal((await verifyLog(join(place.root, ".state"))).kind, "ok");
  assert.equal((await place.ctl(["approve", id])).code, 0);
  assert.match(await place.read("routes"), /api\.github\.com(.|\n)*# by hand/);
});

Deno.test("audit --host finds what was abandoned, and says so", async () => {
  await using place = await stand();
  const { id } = await stuck(place);
  assert.equal((await place.ctl(["doctor", "--abandon", id])).code, 0);
  const { stdout } = await place.ctl(["audit", "--host", "api.github.com"]);
  const row = new RegExp(
    ` abandoned +dev +${id.slice(0, 8)} +cli +api\\.github\\.com: /repos/acme/$`,
    "m",
  );
  assert.match(stdout, row);
  const { justification, face, ask } = (await place.entries()).at(-1) ?? {};
  assert.deepEqual([typeof justification, face, typeof ask], ["string", "cli", "string"]);
});

Deno.test("doctor --abandon --json says what each live file holds", async () => {
  await using place = await stand();
  const { id } = await stuck(place);
  const abandoned = parsed(await place.ctl(["doctor", "--abandon", id, "--json"])) as {
    files: { holds: string }[];
    kept: string;
  };
  assert.deepEqual(abandoned.files.map(({ holds }) => holds), ["other", "new"]);
  assert.ok((await Deno.stat(abandoned.kept)).isDirectory);
});

Deno.test("doctor --abandon on a terminal asks, and does nothing on no", async () => {
  await using place = await stand();
  const { id } = await stuck(place);
  const { code, stdout, stderr } = await place.ctl(["doctor", "--abandon", id], { answers: ["n"] });
  assert.equal(code, 1);
  assert.match(stdout, /\nAbandon it\? \[y\/N\] n\n$/);
  assert.equal(stderr, "supervisectl: nothing was changed\n");
  assert.equal((await openRecords(place)).length, 1);
  assert.ok(!(await place.entries()).some(({ step }) => step === "abandoned"));
});

Deno.test("doctor --abandon leaves what another process is at", async () => {
  await using place = await stand();
  const { underWay, letGo } = await heldReload(place);
  const { id } = await propose(place.root);
  await using process = place.start(["approve", id], { SUPERVISE_OPERATOR: "alice" });
  await underWay();
  const { code, stderr } = await place.ctl(["doctor", "--abandon", id]);
  assert.equal(code, 1);
  assert.match(stderr, /is under way in another process; wait for it, or end it/);
  await letGo();
  assert.equal((await process.status).code, 0, process.stderr);
});

Deno.test("doctor --abandon of an undo: what was approved can be taken back again", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  await place.ctl(["approve", id]);
  await killInReload(place, ["undo", id]);
  await place.configure();
  await Deno.writeTextFile(place.file("routes"), (await place.read("routes")) + "# by hand\n");
  assert.equal((await place.ctl(["undo", id])).code, 1);
  const { code, stdout, stderr } = await place.ctl(["doctor", "--abandon", id]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^The undo of /);
  const again = PIPELOCK.replace("mode:", "  - api.github.com\nmode:");
  await Deno.writeTextFile(place.file("pipelock"), again);
  assert.equal((await place.ctl(["undo", id])).code, 0);
  assert.equal(await place.read("pipelock"), PIPELOCK);
});

Deno.test("doctor --abandon of what was being applied again: it stays undone", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  await place.ctl(["approve", id]);
  await place.ctl(["undo", id]);
  await killInReload(place, ["approve", id]);
  await place.configure();
  await Deno.writeTextFile(place.file("routes"), (await place.read("routes")) + "# by hand\n");
  assert.equal((await place.ctl(["approve", id])).code, 1);
  const { code, stdout, stderr } = await place.ctl(["doctor", "--abandon", id]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^The approval of /);
  assert.deepEqual(await openRecords(place), []);
  assert.match((await place.ctl(["list", "--all"])).stdout, / undone\n/);
});

Deno.test("doctor --abandon of what was decided writes that down, and abandons nothing", async () => {
  await using place = await stand();
  const proposal = await stuck(place);
  const [directory = ""] = await openRecords(place);
  const { token } = JSON.parse(await Deno.readTextFile(join(directory, "record.json")));
  await writeRecord(place.root, proposal, "response", {
    ...{ status: "approved", notes: "", final_file: null, application: token },
  });
  const { code, stderr } = await place.ctl(["doctor", "--abandon", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /was decided before it was interrupted: that is written down now/);
  assert.deepEqual(await openRecords(place), []);
  assert.equal((await place.entries()).at(-1)?.["step"], "answered");
});

for (
  const [name, args, says] of [
    [
      "an id of no interrupted change",
      ["ffff"],
      /no interrupted change has an id that starts with/,
    ],
    ["an empty id", [" "], /no interrupted change has an id/],
  ] as const
) {
  Deno.test(`doctor --abandon of ${name} is refused`, async () => {
    await using place = await stand();
    await stuck(place);
    const { code, stderr } = await place.ctl(["doctor", "--abandon", ...args]);
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.equal((await openRecords(place)).length, 1);
  });
}
