/** An edit between the reading of a live file and its writing: it is seen right before the write. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { HeldFile } from "../../../src/operator/live/held_file.ts";
import { eventually } from "../../support/within.ts";
import { temporary } from "../../support/temporary.ts";
import { propose, readRecord } from "../fixture.ts";
import { openRecords, PIPELOCK, ROUTES, stand, target } from "./stand.ts";

const WRITES = ["in-place", "rename"] as const;

const EDITED = ROUTES + "  - host: mirror.example\n";

/** So that an editor saves which writes in place, and one that puts a new file under the name. */
const EDITORS: readonly (readonly [name: string, save: (path: string, text: string) => void])[] = [
  ["in place", (path, text) => Deno.writeTextFileSync(path, text)],
  ["under the name", (path, text) => {
    Deno.writeTextFileSync(`${path}~`, text);
    Deno.renameSync(`${path}~`, path);
  }],
];

/** Runs `edit` once, as soon as the texts of the change are in the state directory. */
async function whenBegun<T>(edit: () => void, run: () => Promise<T>): Promise<T> {
  const { rename } = Deno;
  let isDone = false;
  try {
    Deno.rename = async (from, to) => {
      await rename(from, to);
      if (isDone || !String(to).endsWith("/routes.after")) return;
      isDone = true;
      edit();
    };
    return await run();
  } finally {
    Deno.rename = rename;
    assert.ok(isDone, "nothing was edited");
  }
}

for (const write of WRITES) {
  for (const [how, save] of EDITORS) {
    Deno.test(`approve ${write} overwrites no edit ${how} that comes after its plan`, async () => {
      await using place = await stand();
      await place.configure({ routes: { write }, pipelock: { write } });
      const proposal = await propose(place.root);
      const { code, stderr } = await whenBegun(
        () => save(place.file("routes"), EDITED),
        () => place.ctl(["approve", proposal.id]),
      );
      assert.equal(code, 1);
      assert.match(stderr, /^supervisectl: \S+routes was changed by something else right before/);
      assert.ok(stderr.endsWith(`\nTry: supervisectl show ${proposal.id.slice(0, 8)}\n`), stderr);
      assert.deepEqual([await place.read("routes"), await place.read("pipelock")], [
        EDITED,
        PIPELOCK,
      ]);
      assert.deepEqual(await place.reloads(), []);
      assert.equal(await readRecord(place.root, proposal, "response"), undefined);
      assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
      assert.deepEqual(await openRecords(place), []);
      assert.equal((await place.ctl(["approve", proposal.id])).code, 0);
      assert.match(await place.read("routes"), /mirror\.example(.|\n)*api\.github\.com/);
    });

    Deno.test(`undo ${write} overwrites no edit ${how} that comes after its plan`, async () => {
      await using place = await stand();
      await place.configure({ routes: { write } });
      const { id } = await propose(place.root);
      await place.ctl(["approve", id]);
      const edited = (await place.read("routes")) + "  - host: mirror.example\n";
      const { code, stderr } = await whenBegun(
        () => save(place.file("routes"), edited),
        () => place.ctl(["undo", id]),
      );
      assert.equal(code, 1);
      assert.match(stderr, /routes was changed by something else right before/);
      assert.equal(await place.read("routes"), edited);
      assert.deepEqual(await openRecords(place), []);
      assert.equal((await place.ctl(["undo", id])).code, 0);
      assert.equal(await place.read("routes"), EDITED);
    });
  }

  Deno.test(`write() ${write} of a file that is not as expected writes nothing`, async () => {
    await using dir = await temporary();
    const path = join(dir.path, "routes.yaml");
    await Deno.writeTextFile(path, ROUTES);
    using file = await HeldFile.hold(target(path, { write }));
    const { ino } = await Deno.lstat(path);
    assert.equal(await file.write("routes: []\n", () => false), "stale");
    assert.deepEqual([await Deno.readTextFile(path), (await Deno.lstat(path)).ino], [ROUTES, ino]);
    assert.equal((await Array.fromAsync(Deno.readDir(dir.path))).length, 1);
  });
}

Deno.test("write() by rename looks at the file after the new one is whole on the disk", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "routes.yaml");
  await Deno.writeTextFile(path, ROUTES);
  using file = await HeldFile.hold(target(path, { write: "rename" }));
  const names: string[] = [];
  const isExpected = () => {
    for (const { name, isFile } of Deno.readDirSync(dir.path)) {
      if (!isFile || name === "routes.yaml") continue;
      names.push(Deno.readTextFileSync(join(dir.path, name)));
    }
    return true;
  };
  assert.equal(await file.write("routes: []\n", isExpected), "written");
  assert.deepEqual(names, ["routes: []\n"]);
});

Deno.test("approve puts the first file back when the second is edited before it is written", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  // The log's lock holds it between the two files; it is there once there is a log.
  const other = await propose(place.root, { tool: "capability-block", file: "FROM a\n" });
  await place.ctl(["reject", other.id, "--notes", "no"]);
  await using process = place.start(["approve", proposal.id], { SUPERVISE_OPERATOR: "alice" });
  const log = await Deno.open(join(place.root, ".state", "audit.jsonl"), { write: true });
  await eventually(20, "claim", async () => {
    await log.lock(true);
    if ((await place.entries()).at(-1)?.["proposal_id"] === proposal.id) return true;
    await log.unlock();
    return false;
  });
  await eventually(20, "routes", async () => /api\.github/.test(await place.read("routes")));
  await Deno.writeTextFile(place.file("pipelock"), PIPELOCK + "# by hand\n");
  log.close();
  assert.equal((await process.status).code, 1);
  assert.match(process.stderr, /pipelock was changed by .*; the old text is back in \S+\/routes/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(await place.read("pipelock"), PIPELOCK + "# by hand\n");
  assert.deepEqual(await openRecords(place), []);
  assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
});
