/** Output that cannot be written: the exit code says what was done, and one line that it is lost. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Running } from "../support/process.ts";
import { runtimeEnvironment } from "../support/programs.ts";
import { json, propose, readRecord } from "./fixture.ts";
import { killInReload, type Stand, stand } from "./live/stand.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a line of bash in which `ctl` is the program. */
async function bash(place: Stand, line: string): Promise<{ code: number; stderr: string }> {
  const program = `${Deno.execPath()} run -q --no-prompt --cached-only -P=supervisectl ` +
    "src/operator/main.ts";
  await using process = new Running("bash", {
    args: ["-c", `ctl() { ${program} "$@"; }; ${line}`],
    cwd: ROOT,
    env: {
      ...runtimeEnvironment(),
      SUPERVISE_QUEUE_ROOT: place.root,
      SUPERVISE_STATE_DIR: `${place.root}/.state`,
      SUPERVISE_CONFIG: place.configFile,
      SUPERVISE_OPERATOR: "alice",
    },
    clearEnv: true,
  });
  const { code } = await process.status;
  return { code, stderr: process.stderr };
}

const SINKS = [
  ["a full disk", (command: string) => `${command} >/dev/full`, /no space left on device/],
  [
    "a closed pipe",
    (command: string) => `${command} | true; exit \${PIPESTATUS[0]}`,
    /broken pipe/,
  ],
] as const;

for (const [where, into, why] of SINKS) {
  Deno.test(`what decides does so with its output into ${where}, exit 0 and one line`, async () => {
    await using place = await stand();
    const approved = await propose(place.root);
    const rejected = await propose(place.root, { file: json({ host: "a.example" }) });
    const modified = await propose(place.root, { file: json({ host: "b.example" }) });
    const file = `${place.path}/route.json`;
    await Deno.writeTextFile(file, json({ host: "c.example" }));
    const commands = [
      `ctl approve ${approved.id}`,
      `ctl reject ${rejected.id} --notes 'not ours'`,
      `ctl modify ${modified.id} --file ${file}`,
      `ctl undo ${approved.id}`,
    ];
    for (const command of commands) {
      const { code, stderr } = await bash(place, into(command));
      assert.equal(code, 0, `${command}: ${stderr}`);
      assert.match(
        stderr,
        /^supervisectl: cannot write the output, which is lost: .*; what was asked for is done\n$/,
      );
      assert.match(stderr, why);
    }
    for (const [proposal, status] of [[rejected, "rejected"], [modified, "modified"]] as const) {
      assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], status);
    }
    assert.doesNotMatch(await place.read("routes"), /github/);
    assert.match(await place.read("routes"), /c\.example/);
  });
}

for (
  const [command, done] of [["audit rotate", /^audit\.1-/], [
    "doctor --abandon",
    /^abandoned$/,
  ]] as const
) {
  Deno.test(`${command} with its output into a full disk is done, exit 0`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root);
    if (command === "audit rotate") await place.ctl(["approve", id]);
    else await killInReload(place, ["approve", id]);
    const words = command === "audit rotate" ? command : `${command} ${id}`;
    const { code, stderr } = await bash(place, `ctl ${words} >/dev/full`);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /which is lost: .*; what was asked for is done\n$/);
    const names = await Array.fromAsync(Deno.readDir(`${place.root}/.state`));
    assert.ok(names.some(({ name }) => done.test(name)));
  });
}

Deno.test("a decision that fails with its output into a full disk fails, and tells both", async () => {
  await using place = await stand();
  await propose(place.root);
  const { code, stderr } = await bash(place, "ctl approve ffff >/dev/full");
  assert.equal(code, 1);
  assert.match(stderr, /^supervisectl: no proposal [^]*Try: [^\n]*\n$/);
});

const PRINTING = ["list", "show", "watch", "audit", "routes dev", "doctor", "help", "--version"];
for (const words of PRINTING) {
  Deno.test(`${words} into a full disk: exit 1, and one line`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root);
    const command = words === "show" ? `show ${id}` : words;
    const { code, stderr } = await bash(place, `ctl ${command} >/dev/full`);
    assert.equal(code, 1);
    const lines = stderr.split("\n").filter((line) => !line.startsWith("Watching "));
    assert.deepEqual(lines, [
      "supervisectl: cannot write the output, which is lost: no space left on device",
      "",
    ]);
  });
}

Deno.test("list into a reader that has enough says nothing, exit 0", async () => {
  await using place = await stand();
  await propose(place.root);
  const { code, stderr } = await bash(place, "ctl list | true; exit ${PIPESTATUS[0]}");
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
});

Deno.test("approve --json into a full disk tells it in JSON; the decision stands", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const { code, stderr } = await bash(place, `ctl approve ${proposal.id} --json >/dev/full`);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stderr).error.code, "cannot-write");
  assert.equal((await readRecord(place.root, proposal, "response"))?.["status"], "approved");
});

Deno.test("a command whose errors cannot be written ends with its own exit code", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const approve = `ctl approve ${proposal.id} >/dev/full 2>/dev/full`;
  assert.equal((await bash(place, approve)).code, 0);
  assert.equal((await bash(place, "ctl approve ffff 2>/dev/full")).code, 1);
  assert.equal((await bash(place, "ctl nonsense 2>/dev/full")).code, 2);
});
