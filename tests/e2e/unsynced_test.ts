/** Both programs where directories cannot be fsynced: what is written counts, and the log tells. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { json } from "../operator/fixture.ts";
import { ToolCall } from "../support/agent.ts";
import { CAN_BE_ODD, type Odd, oddEnvironment } from "../support/odd_file_system.ts";
import { startSidecar, supervisectl } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";

const CANNOT = /cannot be fsynced \(.*\): what is written there may not survive a power cut/g;
const FAILED = /was changed, but that may not survive a power cut: .*os error 5/g;

/** The name, what the file system says, what both programs say to it, and how often at most. */
const FILE_SYSTEMS: readonly (readonly [string, Odd, RegExp, number])[] = [
  ["that says EINVAL (CIFS, vboxsf)", { fsync: "EINVAL" }, CANNOT, 1],
  ["that says EOPNOTSUPP, without hard links", { fsync: "EOPNOTSUPP", link: "EPERM" }, CANNOT, 1],
  ["that says EINVAL, at its most links", { fsync: "EINVAL", link: "EMLINK" }, CANNOT, 1],
  ["that fails (EIO)", { fsync: "EIO" }, FAILED, Infinity],
];

for (const [name, odd, says, times] of FILE_SYSTEMS) {
  const title = `an ask and its answer arrive over a file system ${name}, and the log tells`;
  Deno.test({
    name: title,
    ignore: !CAN_BE_ODD,
    async fn() {
      await using tools = await temporary();
      await using root = await temporary();
      const env = await oddEnvironment(tools.path, { ...odd, below: root.path });
      const short = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.5" };
      await using sidecar = await startSidecar({
        queueRoot: root.path,
        env: { ...env, ...short },
      });
      using call = await ToolCall.ask(sidecar.port, "a.example");
      const { meaning, isError } = await call.answer();
      assert.equal(isError, false, meaning);
      assert.match(meaning, /^status: pending\n/);
      const [, id = ""] = /proposal_id: (\S+)/.exec(meaning) ?? [];
      const told = (text: string) => [...text.matchAll(says)].length;
      assert.ok(told(sidecar.process.stderr) >= 1, sidecar.process.stderr);
      const approved = await supervisectl(sidecar.queueRoot, ["approve", id], {
        env: { ...env, SUPERVISE_STATE_DIR: join(tools.path, "state") },
      });
      assert.equal(approved.code, 0, approved.stderr);
      assert.ok(told(approved.stderr) >= 1, approved.stderr);
      assert.ok(told(approved.stderr) <= times, approved.stderr);
      using again = await ToolCall.start(sidecar.port, "proposal-status", { proposal_id: id });
      assert.equal((await again.answer()).meaning, "status: approved");
      using second = await ToolCall.ask(sidecar.port, "b.example");
      await second.answer();
      assert.ok(told(sidecar.process.stderr) <= times, sidecar.process.stderr);
    },
  });
}

for (const errno of ["EINVAL", "EIO"] as const) {
  Deno.test({
    name: `a claim over a file system that says ${errno} is not left behind by a refused approval`,
    ignore: !CAN_BE_ODD,
    async fn() {
      await using tools = await temporary();
      const env = await oddEnvironment(tools.path, { fsync: errno });
      await using sidecar = await startSidecar({
        env: { ...env, SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.5" },
      });
      using call = await ToolCall.ask(sidecar.port, "a.example");
      const [, id = ""] = /proposal_id: (\S+)/.exec((await call.answer()).meaning) ?? [];
      const routes = join(tools.path, "routes.yaml");
      await Deno.writeTextFile(routes, "routes: []\n");
      const config = join(tools.path, "config.yaml");
      const target = { file: routes, reload: ["false"] };
      await Deno.writeTextFile(config, json({ bottles: [{ match: "*", routes: target }] }), {
        mode: 0o600,
      });
      const args = ["approve", id, "--config", config];
      const { code, stderr } = await supervisectl(sidecar.queueRoot, args, { env });
      assert.equal(code, 1, stderr);
      const names = Array.from(Deno.readDirSync(sidecar.queueDirectory), (entry) => entry.name);
      assert.ok(!names.some((name) => name.endsWith(".claim.json")), names.join());
      assert.equal(await Deno.readTextFile(routes), "routes: []\n");
    },
  });
}
