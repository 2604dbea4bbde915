/** A step that fails: the old texts are back to the byte, the proposal is pending, and it is said. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { parsed, propose, readRecord } from "../fixture.ts";
import { DOCKERFILE, PIPELOCK, ROUTES, snapshot, type Stand, stand } from "./stand.ts";
import { makeFifo } from "../../support/process.ts";

async function stepsOf(place: Stand): Promise<(string | undefined)[]> {
  return (await place.entries()).map(({ step }) => step);
}

/** Nothing of the approval is left, but its entries in the log. */
async function assertPutBack(place: Stand, proposal: Proposal) {
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.equal(await place.read("dockerfile"), DOCKERFILE);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
  const open = await Array.fromAsync(Deno.readDir(join(place.root, ".state", "open")));
  assert.deepEqual(open, []);
  const { state } = parsed(await place.ctl(["show", proposal.id, "--json"]));
  assert.equal(state, "pending");
}

/** The message ends with what became of the proposal, and says what to try. */
function assertWayOn(stderr: string, { id }: Proposal): void {
  const next = `; ${id.slice(0, 8)} stays pending\nTry: supervisectl doctor --slug dev\n`;
  assert.ok(stderr.endsWith(next), stderr);
}

Deno.test("a reload that fails: both files are back, both readers told again", async () => {
  await using place = await stand();
  const fails = await place.command(
    "fails",
    `echo pipelock >> ${place.path}/reloads; echo "no such \\033[31mcontainer" >&2; exit 4`,
  );
  await place.configure({ pipelock: { reload: [fails] } });
  const proposal = await propose(place.root);
  const { code, stdout, stderr } = await place.ctl(["approve", proposal.id]);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.ok(
    stderr.startsWith(
      `supervisectl: the reload of pipelock, ${fails}, failed: it exited with 4, and said: ` +
        "no such <U+001B>[31mcontainer; ",
    ),
    stderr,
  );
  assert.match(
    stderr,
    /; the old text is back in \S+\/pipelock; the old text is back in \S+\/routes/,
  );
  assert.match(stderr, /; \S+\/reload routes was run again; \S+\/fails failed again, run it yours/);
  assertWayOn(stderr, proposal);
  await assertPutBack(place, proposal);
  assert.deepEqual(await place.reloads(), ["routes", "pipelock", "routes", "pipelock"]);
  const steps = ["claimed", "applied", "applied", "reloaded", "failed"];
  assert.deepEqual(await stepsOf(place), steps);
  const [failed] = (await place.entries()).slice(-1);
  assert.match(failed?.["detail"] ?? "", /^the reload of pipelock, .* exited with 4/s);
});

Deno.test("a reload that fails once: the same approve goes through afterwards", async () => {
  await using place = await stand();
  const once = join(place.path, "once");
  const body = `[ -e ${once} ] && exit 0; grep -q api.github.com ${place.file("routes")} || exit 0
    touch ${once}; exit 1`;
  await place.configure({ routes: { reload: [await place.command("flaky", body)] } });
  const proposal = await propose(place.root);
  assert.equal((await place.ctl(["approve", proposal.id])).code, 1);
  await assertPutBack(place, proposal);
  assert.equal((await place.ctl(["approve", proposal.id])).code, 0);
  assert.match(await place.read("routes"), /api\.github\.com/);
});

Deno.test("a reload that takes too long is ended, and the file put back", async () => {
  await using place = await stand();
  const hangs = await place.command("hangs", "exec sleep 20");
  const target = { reload: [hangs], reload_timeout_seconds: 0.3 };
  await place.configure({ routes: target, pipelock: null });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /the reload of routes, \S+\/hangs, failed: it took longer than 0\.3 s/);
  await assertPutBack(place, proposal);
});

Deno.test("a reload command that is not there is said, and the file put back", async () => {
  await using place = await stand();
  await place.configure({ routes: { reload: ["/no/such/program", "x"] }, pipelock: null });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /\/no\/such\/program cannot be started/);
  assertWayOn(stderr, proposal);
  await assertPutBack(place, proposal);
});

Deno.test("a change that does not show is put back, and both readers are told again", async () => {
  await using place = await stand();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response(null, { status: 302, headers: { location: "/x" } }),
  );
  const url = `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/allowlist`;
  await place.configure({ routes: { check: { url } } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.ok(stderr.startsWith(`supervisectl: the change of routes does not show: ${url} answered`));
  assertWayOn(stderr, proposal);
  await assertPutBack(place, proposal);
  assert.deepEqual(await place.reloads(), ["routes", "pipelock", "routes", "pipelock"]);
  assert.equal((await stepsOf(place)).at(-1), "failed");
});

Deno.test("a second file that cannot be written: the first one is put back", async () => {
  await using place = await stand();
  // A temporary name beside it is longer than a file system takes.
  const file = join(place.path, "live", "p".repeat(230));
  await Deno.writeTextFile(file, PIPELOCK);
  await place.configure({ pipelock: { file, write: "rename" } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^supervisectl: cannot write \S+: file name too long; the old text is back in/,
  );
  assertWayOn(stderr, proposal);
  await assertPutBack(place, proposal);
  assert.equal(await Deno.readTextFile(file), PIPELOCK);
  assert.deepEqual(await stepsOf(place), ["claimed", "applied", "failed"]);
});

Deno.test("readers that were not told of anything are not told again", async () => {
  await using place = await stand();
  const file = join(place.path, "live", "r".repeat(230));
  await Deno.writeTextFile(file, ROUTES);
  await place.configure({ routes: { file, write: "rename" } });
  const proposal = await propose(place.root);
  const { stderr } = await place.ctl(["approve", proposal.id]);
  assert.doesNotMatch(stderr, /was run again/);
  await assertPutBack(place, proposal);
});

const ODD: readonly (readonly [string, (path: string) => Promise<unknown>, RegExp])[] = [
  ["is gone", () => Promise.resolve(), /file \S+ is not there; nothing is done/],
  [
    "is a symbolic link",
    (path) => Deno.symlink("dockerfile", path),
    /is a symbolic link to \S+dock/,
  ],
  ["is a directory", (path) => Deno.mkdir(path), /is not a regular file/],
  ["is a FIFO", makeFifo, /is not a regular file/],
  ["is no YAML", (path) => Deno.writeTextFile(path, "routes: [\n"), /line \d/],
  ["is not UTF-8", (path) => Deno.writeFile(path, new Uint8Array([0xff])), /must be UTF-8 text/],
];

for (const kind of ["routes", "pipelock"] as const) {
  for (const [name, make, says] of ODD) {
    Deno.test(`approve when the ${kind} file ${name}: nothing is changed, and it is said`, async () => {
      await using place = await stand();
      const proposal = await propose(place.root);
      await Deno.remove(place.file(kind));
      await make(place.file(kind));
      const before = await snapshot(join(place.path, "live")).catch(() => ({}));
      const { code, stderr } = await place.ctl(["approve", proposal.id]);
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.ok(stderr.includes(place.file(kind)), stderr);
      assert.deepEqual(await snapshot(join(place.path, "live")).catch(() => ({})), before);
      assert.equal(await readRecord(place.root, proposal, "response"), undefined);
      assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
      assert.deepEqual(await place.reloads(), []);
    });
  }
}

Deno.test("an audit log that cannot be written: nothing is done at all", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await Deno.mkdir(join(place.root, ".state", "audit.jsonl"), { recursive: true });
  const before = await snapshot(join(place.path, "live"));
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /^supervisectl: .*audit/);
  assert.doesNotMatch(stderr, /internal error/);
  assert.deepEqual(await snapshot(join(place.path, "live")), before);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
  assert.deepEqual(await place.reloads(), []);
});

Deno.test("an audit log that breaks after the files were written: all is put back", async () => {
  await using place = await stand();
  const log = join(place.root, ".state", "audit.jsonl");
  const breaks = `grep -q api.github.com ${
    place.file("routes")
  } || exit 0; rm ${log}; mkdir ${log}`;
  await place.configure({ routes: { reload: [await place.command("breaks", breaks)] } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /; the old text is back in \S+\/routes; .*; the audit log does not have this: /,
  );
  await assertPutBack(place, proposal);
});

Deno.test("a record that cannot be written: nothing is changed, nothing decided", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await Deno.mkdir(join(place.root, ".state"), { mode: 0o700 });
  await Deno.writeTextFile(join(place.root, ".state", "open"), "");
  const before = await snapshot(join(place.path, "live"));
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.doesNotMatch(stderr, /internal error/);
  assert.match(stderr, /\/open/);
  assert.deepEqual(await snapshot(join(place.path, "live")), before);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
});

Deno.test("a wrong configuration: nothing is claimed", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await Deno.writeTextFile(place.configFile, "bottles: [{ruotes: 1}]\n");
  const before = await snapshot(place.path);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /config\.yaml:1/);
  assert.deepEqual(await snapshot(place.path), before);
});
