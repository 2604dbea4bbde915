/** A queue directory that a group shares: both programs' files can be read by the group, whatever the umask. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../src/queue/desk.ts";
import { publishFirst } from "../../src/queue/durable.ts";
import type { Slug } from "../../src/queue/layout.ts";
import { temporary } from "../support/temporary.ts";
import { ask, NOW, Queue } from "./inbox_fixture.ts";

async function modeOf(...path: string[]): Promise<string> {
  return ((await Deno.lstat(join(...path))).mode! & 0o7777).toString(8);
}

/** A queue in a directory of that mode, which is not there but for it. */
function queueIn(mode: number, umask: number): Promise<Queue> {
  return Queue.open({}, async (queue) => {
    await Deno.remove(queue.directory, { recursive: true });
    await Deno.mkdir(queue.directory);
    await Deno.chmod(queue.directory, mode);
    Deno.umask(umask);
  });
}

for (
  const [mode, umask, directory, file] of [
    [0o2770, 0o022, "2770", "640"],
    [0o2770, 0o077, "2770", "640"],
    [0o2775, 0o022, "2770", "640"],
    [0o700, 0o022, "700", "600"],
    [0o770, 0o022, "700", "600"],
    [0o2750, 0o022, "2700", "600"],
  ] as const
) {
  const name = `${mode.toString(8)}, umask ${umask.toString(8)}`;
  Deno.test(`in a queue directory of mode ${name} records have mode ${file}`, async () => {
    const before = Deno.umask();
    try {
      await using queue = await queueIn(mode, umask);
      const id = await queue.queued(ask("a"));
      assert.equal(await modeOf(queue.directory, "processed"), directory);
      assert.equal(await modeOf(queue.directory, `${id}.proposal.json`), file);
      const desk = new Desk(join(queue.directory, ".."), () => NOW);
      const item = await desk.look("dev" as Slug, id);
      assert.ok(item);
      await desk.claim(item, "ann");
      assert.equal(await modeOf(queue.directory, `${id}.claim.json`), file);
    } finally {
      Deno.umask(before);
    }
  });
}

Deno.test("a directory in a shared one is shared, and one that is there stays as it is", async () => {
  await using directory = await temporary();
  await Deno.chmod(directory.path, 0o2770);
  await Deno.mkdir(join(directory.path, "own"), { mode: 0o750 });
  await Deno.chmod(join(directory.path, "own"), 0o750);
  await publishFirst(join(directory.path, "own"), "x.json", "{}");
  assert.equal(await modeOf(directory.path, "own", "x.json"), "600");
});
