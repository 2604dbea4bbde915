/** The OpenCode plugin against the true sidecar: what it puts into a system prompt, and when not. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { finish } from "../../support/process.ts";
import { runtimeEnvironment, startSidecar } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";

const PLUGIN = new URL("../../../examples/agents/opencode/supervise.js", import.meta.url);
const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

/** Runs the plugin as OpenCode does, in a process of its own, and returns the system prompt after it. */
async function systemPrompt(env: Readonly<Record<string, string>>): Promise<string[]> {
  const script = `
    const { SupervisePlugin } = await import(${JSON.stringify(PLUGIN.href)});
    const hooks = await SupervisePlugin({});
    const output = { system: ["You are a coding agent."] };
    await hooks["experimental.chat.system.transform"]({ sessionID: "s" }, output);
    console.log(JSON.stringify(output.system));`;
  const { code, stdout, stderr } = await finish(Deno.execPath(), ["eval", script], {
    cwd: ROOT,
    env: { ...runtimeEnvironment(), ...env },
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

Deno.test("the OpenCode plugin finds the sidecar by its port file and adds the session context", async () => {
  await using directory = await temporary();
  const portFile = join(directory.path, "port");
  await using _sidecar = await startSidecar({
    write: [directory.path],
    env: { SUPERVISE_PORT_FILE: portFile },
  });
  const [own, added = "", ...more] = await systemPrompt({ SUPERVISE_PORT_FILE: portFile });
  assert.deepEqual([own, more], ["You are a coding agent.", []]);
  assert.match(added, /^Sandbox dev, mode live/);
  assert.match(added, /egress-block/);
});

Deno.test("the OpenCode plugin takes an address, and leaves the prompt alone where nothing answers", async () => {
  await using sidecar = await startSidecar();
  assert.equal((await systemPrompt({ SUPERVISE_URL: sidecar.url })).length, 2);
  const silent = [
    { SUPERVISE_URL: "http://127.0.0.1:1" },
    { SUPERVISE_URL: "not an address" },
    { SUPERVISE_PORT_FILE: "/nowhere" },
  ];
  for (const env of silent) {
    assert.deepEqual(await systemPrompt(env), ["You are a coding agent."]);
  }
});
