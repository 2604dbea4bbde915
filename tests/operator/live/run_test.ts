/** Running a configured command: how it ended is told, and nothing it does keeps the operator. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ran, run } from "../../../src/operator/live/run.ts";
import type { Argv } from "../../../src/operator/config/config.ts";
import { Running } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually, within } from "../../support/within.ts";

const MODULE = new URL("../../../src/operator/live/run.ts", import.meta.url).href;
const NEVER = new AbortController().signal;

function shell(body: string): Argv {
  return ["/bin/sh", "-c", body];
}

/** Writes its number down and stays. */
const HANGING = (file: string) => `echo $$ > ${file}; exec sleep 60`;

function why(ran: Ran): string {
  return ran.kind === "failed" ? ran.why : assert.fail("it did not fail");
}

const FAILING: readonly (readonly [name: string, argv: Argv, said: string | RegExp])[] = [
  ["exit 3 without a word", shell("exit 3"), "it exited with 3"],
  [
    "exit 1, stdout",
    shell("echo no such container; exit 1"),
    /with 1, and said: no such container$/,
  ],
  ["exit 1, stderr", shell("echo denied >&2; exit 1"), /with 1, and said: denied$/],
  ["both streams", shell("echo one; echo two >&2; exit 1"), /said: one\ntwo$/],
  ["a signal", shell("kill -9 $$"), "it was ended by SIGKILL"],
  ["not there", ["/no/such/program", "x"], /^\/no\/such\/program cannot be started: /],
  ["not executable", ["/etc/passwd"], /^\/etc\/passwd cannot be started: /],
  ["a directory", ["/tmp"], /^\/tmp cannot be started: /],
  ["no shell reads it", ["/bin/cat", "$(echo hi)"], /\$\(echo hi\)'?: No such file/],
  ["output that is not UTF-8", shell("printf '\\377'; exit 1"), /said: \ufffd$/],
];

for (const [name, argv, said] of FAILING) {
  Deno.test(`run() of a command that fails: ${name}`, async () => {
    const ran = await run(argv, 10_000, NEVER);
    const told = why(ran);
    assert.equal(ran.kind === "failed" && ran.interrupted, false);
    if (typeof said === "string") assert.equal(told, said);
    else assert.match(told, said);
  });
}

Deno.test("run() of a command that works is done, whatever it prints", async () => {
  assert.deepEqual(await run(shell("echo fine; echo oh >&2"), 10_000, NEVER), { kind: "done" });
});

Deno.test("run() gives no input: a command that reads it goes on", async () => {
  assert.deepEqual(await run(["/bin/cat"], 10_000, NEVER), { kind: "done" });
});

Deno.test("run() keeps the end of 10 MB of output, and little of it", async () => {
  const body = "head -c 10000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1";
  const told = why(await within(60, "end of 10 MB", run(shell(body), 10_000, NEVER)));
  assert.ok(told.endsWith("\nthe end"));
  assert.ok(told.length < 5_000, `${told.length}`);
});

Deno.test("run() ends a command that takes too long, and says what it printed", async () => {
  await using dir = await temporary();
  const file = join(dir.path, "ended");
  const body =
    `trap 'echo ended > ${file}; exit 0' TERM; echo building; while :; do sleep 0.05; done`;
  const ran = await within(60, "end", run(shell(body), 300, NEVER));
  const why = "it took longer than 0.3 s, and said: building";
  assert.deepEqual(ran, { kind: "failed", why, interrupted: false });
  assert.equal(await Deno.readTextFile(file), "ended\n");
});

Deno.test("run() kills a command that does not heed SIGTERM", async () => {
  await using dir = await temporary();
  const file = join(dir.path, "pid");
  const body = `trap '' TERM; echo $$ > ${file}; while :; do sleep 0.05; done`;
  const told = why(await within(60, "kill", run(shell(body), 300, NEVER)));
  assert.equal(told, "it took longer than 0.3 s");
  const pid = (await Deno.readTextFile(file)).trim();
  await eventually(60, "end of the command", () => !isThere(`/proc/${pid}`));
});

for (const how of ["done", "failed"] as const) {
  Deno.test(`run() does not wait for a grandchild that keeps the output open: ${how}`, async () => {
    await using dir = await temporary();
    const file = join(dir.path, "pid");
    const body = `sleep 600 & echo $! > ${file}; exit ${how === "done" ? 0 : 1}`;
    const ran = await within(60, "end of the command", run(shell(body), 600_000, NEVER));
    assert.equal(ran.kind, how);
    Deno.kill(Number(await Deno.readTextFile(file)), "SIGKILL");
  });
}

Deno.test("run() is interrupted by its signal", async () => {
  await using dir = await temporary();
  const file = join(dir.path, "began");
  const stop = new AbortController();
  const ran = run(shell(`echo > ${file}; echo half; exec sleep 600`), 600_000, stop.signal);
  await eventually(60, "start of the command", () => isThere(file));
  stop.abort();
  const ended = await within(60, "end", ran);
  assert.match(why(ended), /^it was interrupted(, and said: half)?$/);
  assert.equal(ended.kind === "failed" && ended.interrupted, true);
});

Deno.test({
  name: "run() says of a command that it may not end that it is still running",
  // A process of another user, which root without CAP_KILL may not signal, as nobody may sudo's.
  ignore: Deno.uid() !== 0,
  async fn() {
    await using dir = await temporary();
    await Deno.chmod(dir.path, 0o755);
    const file = join(dir.path, "pid");
    await Deno.writeTextFile(file, "");
    await Deno.chmod(file, 0o666);
    const argv = ["setpriv", "--reuid=1234", "--clear-groups", ...shell(HANGING(file))];
    const program = `const { run } = await import(${JSON.stringify(MODULE)});
      const stop = new AbortController();
      const ran = run(${JSON.stringify(argv)}, 60_000, stop.signal);
      while (await Deno.readTextFile(${JSON.stringify(file)}) === "") {
        await new Promise((resolve) => setTimeout(resolve));
      }
      stop.abort();
      console.log(JSON.stringify(await ran));`;
    const deno = [Deno.execPath(), "eval", "--quiet", "--cached-only", program];
    await using process = new Running("setpriv", { args: ["--bounding-set=-kill", ...deno] });
    try {
      // It ends by itself: a command that runs on does not keep the program.
      await within(60, "end", process.status);
      assert.deepEqual(JSON.parse(process.stdout || "null"), {
        kind: "failed",
        why: "it was interrupted; it may not be ended and is still running",
        interrupted: true,
      }, process.stderr);
      assert.ok(isThere(`/proc/${(await Deno.readTextFile(file)).trim()}`), "it still runs");
    } finally {
      const pid = Number(await Deno.readTextFile(file));
      if (pid > 0) Deno.kill(pid, "SIGKILL");
    }
  },
});

Deno.test("run() does not begin after an interruption", async () => {
  await using dir = await temporary();
  const file = join(dir.path, "began");
  const ran = await run(shell(`echo > ${file}`), 10_000, AbortSignal.abort());
  const why = "it was interrupted before it began";
  assert.deepEqual(ran, { kind: "failed", why, interrupted: true });
  assert.equal(isThere(file), false);
});

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
