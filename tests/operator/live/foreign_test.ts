/** Somebody else's edit of a live file while a change is under way: it is never overwritten. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { propose, readRecord } from "../fixture.ts";
import { PIPELOCK, ROUTES, type Stand, stand } from "./stand.ts";

/** A reload of the routes file that edits it like somebody else, and then fails. */
async function editing(place: Stand): Promise<void> {
  const edits = `echo "# by hand" >> ${place.file("routes")}; exit 1`;
  await place.configure({ routes: { reload: [await place.command("edits", edits)] } });
}

Deno.test("a file that was edited during the reload is left alone, and the old text is named", async () => {
  await using place = await stand();
  await editing(place);
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(await place.read("routes"), /api\.github\.com(.|\n)*# by hand\n/);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.match(stderr, /routes was changed meanwhile by something else and was left as it is/);
  const [, kept] = /the old text is in (\/\S+?\.before)/.exec(stderr) ?? [];
  assert.equal(await Deno.readTextFile(kept ?? ""), ROUTES);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
  const entries = await place.entries();
  assert.equal(entries.at(-1)?.["step"], "failed");
  const json = await place.ctl(["approve", proposal.id, "--json"]);
  assert.equal(JSON.parse(json.stderr).error.code, "not-restored");
});

Deno.test("a file that could not be put back: the way on is said, and it works", async () => {
  await using place = await stand();
  await editing(place);
  const proposal = await propose(place.root);
  await place.ctl(["approve", proposal.id]);
  await place.configure();
  // As somebody would put it right.
  await Deno.writeTextFile(place.file("routes"), ROUTES + "# by hand\n");
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  if (code !== 0) {
    const [, way] = /\nTry: supervisectl (doctor --abandon \S+)\n/.exec(stderr) ?? [];
    assert.ok(way, `says how to end it: ${stderr}`);
    assert.equal((await place.ctl(way.split(" "))).code, 0);
    assert.equal((await place.ctl(["approve", proposal.id])).code, 0);
  }
  assert.match(await place.read("routes"), /api\.github\.com(.|\n)*# by hand\n/);
});

Deno.test("a file that was put back by hand meanwhile counts as put back", async () => {
  await using place = await stand();
  const back = await place.command(
    "back",
    `printf '%s\\n' "$(cat ${place.path}/old)" > ${place.file("routes")}; exit 1`,
  );
  await Deno.writeTextFile(join(place.path, "old"), ROUTES);
  await place.configure({ routes: { reload: [back] } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.doesNotMatch(stderr, /meanwhile/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(place.root, ".state", "open"))), []);
});

Deno.test("a file that was replaced during the reload is not taken for the one that was written", async () => {
  await using place = await stand();
  const replaces = `echo "routes: [] # by hand" > ${place.path}/new
    mv ${place.path}/new ${place.file("routes")}; exit 1`;
  await place.configure({ routes: { reload: [await place.command("replaces", replaces)] } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.equal(await place.read("routes"), "routes: [] # by hand\n");
  // What is under the name is not what was put back: that must not be said to be so.
  assert.doesNotMatch(stderr, /the old text is back in \S+\/routes(?![\w.])/);
});

Deno.test("a file edited between two approvals keeps the edit", async () => {
  await using place = await stand();
  const [first, second] = [
    await propose(place.root),
    await propose(place.root, { file: '{\n  "host": "b.example"\n}\n' }),
  ];
  await place.ctl(["approve", first.id]);
  await Deno.writeTextFile(place.file("routes"), (await place.read("routes")) + "# by hand\n");
  assert.equal((await place.ctl(["approve", second.id])).code, 0);
  assert.match(await place.read("routes"), /api\.github\.com(.|\n)*b\.example/);
  assert.match(await place.read("routes"), /# by hand/);
});
