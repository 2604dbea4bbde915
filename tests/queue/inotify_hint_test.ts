/** Hints from `inotifywait`, from true processes: with it, without it, and when it goes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { propose } from "../operator/fixture.ts";
import { startSupervisectl } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { eventually } from "../support/within.ts";

/** With more than a hundred, hints are asked for. */
async function withBottles(): Promise<AsyncDisposable & { readonly path: string }> {
  const root = await temporary();
  for (let number = 0; number < 101; number++) await Deno.mkdir(join(root.path, `b${number}`));
  return root;
}

/** The processes whose command line ends with `root`. */
function runningOn(program: string, root: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
      return words[0] === program && words.at(-1) === root;
    } catch {
      return false;
    }
  });
}

const HAS_INOTIFYWAIT = await new Deno.Command("sh", { args: ["-c", "command -v inotifywait"] })
  .output().then(({ success }) => success);

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  Deno.test({
    name: `inotifywait ends with a watch that ends by ${signal} (needs inotify-tools)`,
    ignore: !HAS_INOTIFYWAIT,
    async fn() {
      await using root = await withBottles();
      await using watch = startSupervisectl(root.path, ["watch"]);
      const count = () => runningOn("inotifywait", root.path).length;
      await eventually(60, "inotifywait", () => count() === 1);
      watch.kill(signal);
      await watch.status;
      await eventually(60, "end of inotifywait", () => count() === 0);
    },
  });
}

/** What stands in the place of `inotifywait`, in shell. */
const STAND_INS: Readonly<Record<string, string>> = {
  "is killed": "kill -9 $$",
  "says nothing": "exec sleep 600",
  "names nothing but other bottles": "while echo /other/b1/; do sleep 0.01; done",
  "makes noise without end": "exec yes",
};

for (const [what, script] of Object.entries(STAND_INS)) {
  Deno.test(`watch prints each ask where inotifywait ${what}`, async () => {
    await using root = await withBottles();
    await using bin = await temporary();
    const file = join(bin.path, "inotifywait");
    await Deno.writeTextFile(file, `#!/bin/sh\necho >>"${bin.path}/begun"\n${script}\n`);
    await Deno.chmod(file, 0o700);
    const env = { PATH: `${bin.path}:${Deno.env.get("PATH")}` };
    await using watch = startSupervisectl(root.path, ["watch"], { env });
    const begun = () => Deno.stat(`${bin.path}/begun`).then(() => true, () => false);
    await eventually(60, "inotifywait", begun);
    for (const slug of ["b1", "b100", "new"]) {
      const { id } = await propose(root.path, { slug });
      await watch.output("stdout", new RegExp(`${id.slice(0, 8)} +${slug} `));
    }
    watch.kill("SIGTERM");
    assert.equal((await watch.status).code, 0);
  });
}
