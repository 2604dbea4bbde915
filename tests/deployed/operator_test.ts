/**
 * The compiled `supervisectl`, under the permissions baked into it: what is approved is applied, what
 * is taken back is gone, the log of it verifies. Ignored without SUPERVISE_DIST, see deployed_test.ts.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { propose, readRecord } from "../operator/fixture.ts";
import { Running } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";

const dist = Deno.env.get("SUPERVISE_DIST") ?? "";

const ROUTES = "# the bottle's routes\nroutes:\n  - host: pypi.org # mirror\n";

async function stage(directory: string, check: string): Promise<void> {
  await Deno.mkdir(join(directory, "queue"));
  await Deno.writeTextFile(join(directory, "routes.yaml"), ROUTES);
  const config = `bottles:
  - routes:
      file: ${directory}/routes.yaml
      reload: [cp, ${directory}/routes.yaml, ${directory}/loaded.yaml]
      check: [grep, -q, ${check}, ${directory}/loaded.yaml]
`;
  await Deno.writeTextFile(join(directory, "config.yaml"), config, { mode: 0o600 });
}

async function ctl(directory: string, ...args: readonly string[]) {
  await using process = new Running(join(dist, "supervisectl"), {
    args: [...args],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      USER: "alice",
      NO_COLOR: "1",
      SUPERVISE_QUEUE_ROOT: join(directory, "queue"),
      SUPERVISE_STATE_DIR: join(directory, "state"),
      SUPERVISE_CONFIG: join(directory, "config.yaml"),
    },
  });
  const { code } = await process.status;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

Deno.test({
  name: "the compiled supervisectl applies, takes back, and its log verifies",
  ignore: dist === "",
  async fn() {
    await using directory = await temporary();
    const d = directory.path;
    await stage(d, "pypi.org");
    const proposal = await propose(join(d, "queue"));
    const doctor = await ctl(d, "doctor");
    assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
    const shown = JSON.parse((await ctl(d, "show", proposal.id, "--json")).stdout);
    const approved = await ctl(d, "approve", proposal.id, "--basis", shown.basis);
    assert.equal(approved.code, 0, approved.stderr);
    const applied = await Deno.readTextFile(join(d, "routes.yaml"));
    assert.ok(applied.startsWith(ROUTES) && applied.includes("host: api.github.com"), applied);
    assert.equal(await Deno.readTextFile(join(d, "loaded.yaml")), applied);
    const undone = await ctl(d, "undo", proposal.id);
    assert.equal(undone.code, 0, undone.stderr);
    assert.equal(await Deno.readTextFile(join(d, "routes.yaml")), ROUTES);
    const verified = await ctl(d, "audit", "verify");
    assert.equal(verified.code, 0, verified.stderr);
    assert.match(verified.stdout, /^The audit log is whole: 9 entries\.$/m);
  },
});

Deno.test({
  name: "the compiled supervisectl puts back what does not take effect, and decides nothing",
  ignore: dist === "",
  async fn() {
    await using directory = await temporary();
    const d = directory.path;
    await stage(d, "never.example");
    const proposal = await propose(join(d, "queue"));
    const { code, stderr } = await ctl(d, "approve", proposal.id);
    assert.equal(code, 1);
    assert.match(stderr, /the change of routes does not show/);
    assert.equal(await Deno.readTextFile(join(d, "routes.yaml")), ROUTES);
    assert.equal(await readRecord(join(d, "queue"), proposal, "response"), undefined);
  },
});
