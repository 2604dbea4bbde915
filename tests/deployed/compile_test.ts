/** The compile task when it fails: nothing is left that could be taken for what it makes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runtimeEnvironment } from "../support/programs.ts";
import { Running } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("task compile leaves no program, old or half made, when the base runtime is missing", async () => {
  await using directory = await temporary();
  for (const name of ["deno.json", "deno.lock", "main.ts", "src"]) {
    await Deno.symlink(join(ROOT, name), join(directory.path, name));
  }
  const dist = join(directory.path, "dist");
  await Deno.mkdir(dist);
  for (const name of ["supervise", "supervisectl"]) await Deno.writeTextFile(join(dist, name), "");
  await using task = new Running(Deno.execPath(), {
    args: ["task", "-q", "compile"],
    cwd: directory.path,
    env: { ...runtimeEnvironment(), DENORT_BIN: join(directory.path, "no-denort") },
    clearEnv: true,
  });
  const { code } = await task.status;
  assert.notEqual(code, 0, task.stderr);
  assert.match(task.stderr, /no-denort/);
  const left = await Array.fromAsync(Deno.readDir(dist));
  assert.deepEqual(left.map(({ name }) => name), []);
});
