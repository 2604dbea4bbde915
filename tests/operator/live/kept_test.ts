/** A reload command that takes the change out of the file again: it is seen before the decision. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Proposal } from "../../../src/queue/proposal.ts";
import { propose, readRecord } from "../fixture.ts";
import { DOCKERFILE, PIPELOCK, ROUTES, type Stand, stand } from "./stand.ts";

/** So a reload command puts another text in the place of a file: `$1` over `$2`. */
const WAYS: readonly (readonly [name: string, body: string])[] = [
  ["copies the old text over it", 'cat "$1" > "$2"'],
  ["puts the old file under its name", 'cp "$1" "$2.new"; mv "$2.new" "$2"'],
];

async function assertPutBack(place: Stand, proposal: Proposal): Promise<void> {
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK);
  assert.equal(await place.read("dockerfile"), DOCKERFILE);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(place.root, ".state", "open"))), []);
}

for (const write of ["in-place", "rename"] as const) {
  for (const [name, body] of WAYS) {
    Deno.test(`approve ${write} fails when the reload command ${name}`, async () => {
      await using place = await stand();
      const old = join(place.path, "old");
      await Deno.writeTextFile(old, ROUTES);
      const reload = [await place.command("back", body), old, place.file("routes")];
      await place.configure({ routes: { reload, write }, pipelock: { write } });
      const proposal = await propose(place.root);
      const { code, stderr } = await place.ctl(["approve", proposal.id]);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^supervisectl: the change of routes was taken out of \S+\/routes again, by its reload/,
      );
      assert.match(stderr, /the old text is back in \S+\/pipelock;/);
      await assertPutBack(place, proposal);
    });

    Deno.test(`undo ${write} is not done when the reload command ${name}`, async () => {
      await using place = await stand();
      await place.configure({ routes: { write } });
      const { id } = await propose(place.root);
      await place.ctl(["approve", id]);
      const old = join(place.path, "old");
      const granted = await place.read("routes");
      await Deno.writeTextFile(old, granted);
      const reload = [await place.command("back", body), old, place.file("routes")];
      await place.configure({ routes: { reload, write } });
      for (let count = 0; count < 2; count++) {
        const { code, stderr } = await place.ctl(["undo", id]);
        assert.equal(code, 1);
        assert.match(stderr, /the change of routes was taken out of \S+\/routes again/);
        assert.equal(await place.read("routes"), granted);
      }
      assert.ok(!(await place.entries()).some(({ step }) => step === "undone"));
      await place.configure({ routes: { write } });
      assert.equal((await place.ctl(["undo", id])).code, 0);
      assert.equal(await place.read("routes"), ROUTES);
    });
  }
}

Deno.test("approve fails when a reload command puts an old Dockerfile back", async () => {
  await using place = await stand();
  const old = join(place.path, "old");
  await Deno.writeTextFile(old, DOCKERFILE);
  const reload = [await place.command("back", `cp ${old} ${place.file("dockerfile")}`)];
  await place.configure({ dockerfile: { reload } });
  const proposal = await propose(place.root, { tool: "capability-block", file: "FROM a:1\n" });
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /the change of dockerfile was taken out of/);
  await assertPutBack(place, proposal);
});

Deno.test("approve fails when the reload of one file puts another one back", async () => {
  await using place = await stand();
  const old = join(place.path, "old");
  await Deno.writeTextFile(old, ROUTES);
  const reload = [await place.command("back", `cp ${old} ${place.file("routes")}`)];
  await place.configure({ pipelock: { reload } });
  const proposal = await propose(place.root);
  assert.equal((await place.ctl(["approve", proposal.id])).code, 1);
  await assertPutBack(place, proposal);
});

Deno.test("approve stands when somebody edits beside the change during the reload", async () => {
  await using place = await stand();
  const edits = `echo "# by hand" >> ${place.file("routes")}`;
  await place.configure({ routes: { reload: [await place.command("edits", edits)] } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 0, stderr);
  assert.match(await place.read("routes"), /api\.github\.com(.|\n)*# by hand\n/);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
});

Deno.test("approve fails when the live file is gone after the reload", async () => {
  await using place = await stand();
  const reload = [await place.command("removes", `rm ${place.file("routes")}`)];
  await place.configure({ routes: { reload } });
  const proposal = await propose(place.root);
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(stderr, /routes is not there(.|\n)*the old text is in \S+\/routes\.before/);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
});
