/** What the README says, done: its commands run word for word, its tables are complete. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { Running } from "./support/process.ts";
import { startSidecar } from "./support/programs.ts";
import { temporary } from "./support/temporary.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const README = await Deno.readTextFile(join(ROOT, "README.md"));

/** The shell commands of a section, in order. */
function commands(heading: string): string[] {
  const section = README.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
}

/** Starts bash with the README's `npx -y deno@…` standing for the Deno that runs the tests. */
function bash(script: string, cwd: string, env: Record<string, string> = {}): Running {
  const npx = `npx() { shift 2; "${Deno.execPath()}" "$@"; }\n`;
  return new Running("bash", { args: ["-euc", npx + script], cwd, env: { NO_COLOR: "1", ...env } });
}

Deno.test("README: the sidecar starts and the walk-through works, pasted word for word", async () => {
  await using directory = await temporary();
  for (const name of ["deno.json", "deno.lock", "main.ts", "src"]) {
    await Deno.symlink(join(ROOT, name), join(directory.path, name));
  }
  const [dev = ""] = commands("Two commands");
  await using sidecar = bash(`exec_dev() { ${dev.trim()}; }; exec_dev`, directory.path, {
    SUPERVISE_PORT: "0",
  });
  const [, port] = await sidecar.output("stderr", /listening on 127\.0\.0\.1:(\d+);/);
  try {
    const script = commands("A walk-through").join("\n").replaceAll(":9100", `:${port}`)
      // The reader is slower than a script: the call has arrived when the list is looked at.
      .replace(
        "> .supervise/answer.json &",
        "> .supervise/answer.json & until ls .supervise/queue/dev/*.proposal.json; do :; done",
      );
    await using walk = bash(script, directory.path);
    assert.equal((await walk.status).code, 0, walk.stdout + walk.stderr);
    assert.match(walk.stdout, /api\.github\.com, 1 path/);
    const [, expected = ""] = /^```text\n(\{.*?)\n```$/ms.exec(README) ?? [];
    assert.equal(walk.stdout.trim().split("\n").at(-1), expected);
  } finally {
    await new Deno.Command("pkill", { args: ["-P", String(sidecar.pid)] }).output();
  }
});

Deno.test("README: the tasks it names exist", () => {
  const named = [...README.matchAll(/deno@[\d.]+ task (?:-q )?([a-z:]+)/g)].map(([, task]) => task);
  assert.ok(named.length >= 5);
  for (const task of named) assert.ok(Object.hasOwn(config.tasks, task ?? ""), `no task ${task}`);
});

Deno.test("README: the settings table names every variable the sidecar reads, and no other", async () => {
  const source = await Deno.readTextFile(join(ROOT, "src/sidecar/settings.ts"));
  const read = new Set(source.match(/SUPERVISE_[A-Z_]+/g));
  const told = new Set(
    [...README.matchAll(/^\| `(SUPERVISE_[A-Z_]+)` +\|/gm)].map(([, name]) => name),
  );
  assert.deepEqual([...told].sort(), [...read].sort());
});

Deno.test("README: the dependency table names every dependency", () => {
  for (const name of Object.keys(config.imports)) {
    assert.match(README, new RegExp(`^\\|.*\`${name}\`.*\\|$`, "m"));
  }
});

Deno.test("README: the tools table names the tools that the sidecar has", async () => {
  await using sidecar = await startSidecar();
  const response = await fetch(sidecar.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
  });
  const { result } = await response.json();
  const names: string[] = result.tools.map((tool: { name: string }) => tool.name);
  const told = [...README.matchAll(/^\| `([a-z]+(?:-[a-z]+)+)` +\|/gm)].map(([, name]) => name);
  assert.deepEqual(told, names);
});
