/** The audit log under processes that write at once, are killed, or find no room. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Entry } from "../../../src/operator/audit/chain.ts";
import type { AuditEvent } from "../../../src/operator/audit/entry.ts";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import { verifyLog } from "../../../src/operator/audit/verify.ts";
import { Running } from "../../support/process.ts";
import { Random } from "../../support/random.ts";
import { temporary } from "../../support/temporary.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const LOG_MODULE = new URL("../../../src/operator/audit/log.ts", import.meta.url).href;
const EVENT: AuditEvent = {
  step: "claimed",
  bottle_slug: "dev",
  proposal_id: "a",
  tool: "egress-block",
};

function logIn(directory: string): AuditLog {
  return new AuditLog(directory, "alice", () => new Date());
}

async function entriesIn(directory: string): Promise<Entry[]> {
  const text = await Deno.readTextFile(join(directory, "audit.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** A process that appends `count` entries and prints a line after each. */
function appender(directory: string, who: string, count: number): Running {
  const program = `const { AuditLog } = await import(${JSON.stringify(LOG_MODULE)});
    const log = new AuditLog(${JSON.stringify(directory)}, ${
    JSON.stringify(who)
  }, () => new Date());
    for (let done = 0; done < ${count}; done++) {
      await log.append({ ...${JSON.stringify(EVENT)}, detail: "x".repeat(20_000) });
      Deno.stdout.writeSync(new TextEncoder().encode("."));
    }`;
  return new Running(Deno.execPath(), {
    args: ["eval", "--quiet", "--cached-only", program],
    cwd: ROOT,
  });
}

Deno.test("append() by 4 processes, 50 times each: one chain of 200, none lost", async () => {
  await using dir = await temporary();
  const names = ["alice", "bob", "carol", "dave"];
  const processes = names.map((name) => appender(dir.path, name, 50));
  for (const process of processes) {
    await using ending = process;
    assert.ok((await ending.status).success, process.stderr);
  }
  const verdict = await verifyLog(dir.path);
  assert.equal(verdict.kind === "ok" && verdict.entries, 200, JSON.stringify(verdict));
  const entries = await entriesIn(dir.path);
  for (const name of names) assert.equal(entries.filter(({ who }) => who === name).length, 50);
});

Deno.test("append() killed 40 times: nothing that returned is lost, and the next one goes on", async () => {
  await using dir = await temporary();
  const random = new Random(20_261_121);
  let returned = 0;
  for (let kills = 0; kills < 40; kills++) {
    await using process = appender(dir.path, "killed", 10_000);
    await process.output("stdout", new RegExp(`\\.{${1 + random.below(12)}}`));
    process.kill("SIGKILL");
    await process.status;
    returned += process.stdout.length;
    const verdict = await verifyLog(dir.path);
    assert.equal(verdict.kind, "ok", JSON.stringify(verdict));
    await logIn(dir.path).append(EVENT);
    returned++;
    const after = await verifyLog(dir.path);
    assert.deepEqual(after.kind === "ok" && after.remarks, []);
  }
  const entries = (await entriesIn(dir.path)).filter(({ step }) => step !== "repaired");
  // An entry can be whole although its append was killed before it returned.
  assert.ok(entries.length >= returned && entries.length <= returned + 40, `${entries.length}`);
});

/** The files after three entries, as a crash during the fourth leaves them. */
interface Crash {
  readonly name: string;
  /** How much of the fourth line is there; 1 is all of it. */
  readonly share: number;
  /** The entry that the head names. */
  readonly head: number;
  readonly kept?: "nothing" | "half" | "all";
  readonly steps: readonly string[];
}

const CRASHES: readonly Crash[] = [
  { name: "before the line", share: 0, head: 3, steps: ["undone"] },
  { name: "within the line", share: 0.5, head: 3, steps: ["repaired", "undone"] },
  { name: "before the line feed", share: 0.9999, head: 3, steps: ["repaired", "undone"] },
  { name: "before the head", share: 1, head: 3, steps: ["answered", "undone"] },
  { name: "after the head", share: 1, head: 4, steps: ["answered", "undone"] },
  {
    name: "when half of the unfinished line was moved",
    share: 0.5,
    head: 3,
    kept: "half",
    steps: ["repaired", "undone"],
  },
  {
    name: "when the unfinished line was moved and not cut off",
    share: 0.5,
    head: 3,
    kept: "all",
    steps: ["repaired", "undone"],
  },
];

for (const { name, share, head, kept = "nothing", steps } of CRASHES) {
  Deno.test(`append() after a crash ${name}: ${steps.join(", ")}`, async () => {
    await using dir = await temporary();
    const log = join(dir.path, "audit.jsonl");
    for (let count = 0; count < 3; count++) await logIn(dir.path).append(EVENT);
    const before = await Deno.readFile(log);
    const heads = [await Deno.readTextFile(join(dir.path, "audit.head"))];
    await logIn(dir.path).append({ ...EVENT, step: "answered", notes: "é".repeat(99) });
    heads.push(await Deno.readTextFile(join(dir.path, "audit.head")));
    const line = (await Deno.readFile(log)).subarray(before.length);
    const torn = line.subarray(0, Math.floor(line.length * share));
    await Deno.writeFile(log, new Uint8Array([...before, ...torn]));
    await Deno.writeTextFile(join(dir.path, "audit.head"), heads[head - 3]!);
    const tornPath = join(dir.path, "audit.torn-4.txt");
    if (kept !== "nothing") {
      await Deno.writeFile(tornPath, torn.subarray(0, kept === "half" ? 9 : torn.length));
    }
    assert.equal((await verifyLog(dir.path)).kind, "ok");

    await logIn(dir.path).append({ ...EVENT, step: "undone" });

    const added = (await entriesIn(dir.path)).slice(3);
    assert.deepEqual(added.map(({ step }) => step), steps);
    const verdict = await verifyLog(dir.path);
    assert.deepEqual(verdict.kind === "ok" && verdict.remarks, []);
    if (share === 0 || share === 1) return;
    const file = kept === "half" ? "audit.torn-4.2.txt" : "audit.torn-4.txt";
    assert.deepEqual(await Deno.readFile(join(dir.path, file)), torn.slice());
    const { mode } = await Deno.stat(join(dir.path, file));
    if (kept !== "all") assert.equal(mode! & 0o777, 0o600);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", torn.slice()));
    const told = `${torn.length} bytes, SHA-256 ${digest.toHex()}, now in ${file}`;
    assert.ok(added[0]?.detail?.includes(told), added[0]?.detail);
  });
}

Deno.test("append() brings a head that is behind up to date before it adds, so a second crash adds no more", async () => {
  await using dir = await temporary();
  const head = join(dir.path, "audit.head");
  await logIn(dir.path).append(EVENT);
  const behind = await Deno.readTextFile(head);
  const hash = await logIn(dir.path).append(EVENT);
  await Deno.writeTextFile(head, behind);
  const seen: string[] = [];
  const log = new AuditLog(dir.path, "alice", () => {
    seen.push(JSON.parse(Deno.readTextFileSync(head)).hash);
    return new Date();
  });
  await log.append(EVENT);
  // The clock is last looked at for the entry itself.
  assert.equal(seen.at(-1), hash);
});

Deno.test("append() tells of an unfinished line that was cut off by a process killed before it could", async () => {
  await using dir = await temporary();
  await logIn(dir.path).append(EVENT);
  await Deno.writeTextFile(join(dir.path, "audit.torn-2.txt"), '{"seq":"2"');
  await logIn(dir.path).append(EVENT);
  await logIn(dir.path).append(EVENT);
  assert.deepEqual(
    (await entriesIn(dir.path)).map(({ step }) => step),
    ["claimed", "repaired", "claimed", "claimed"],
  );
});

Deno.test("append() sweeps up what a killed one has left of a head, and no fresh file", async () => {
  await using dir = await temporary();
  await logIn(dir.path).append(EVENT);
  const old = join(dir.path, `.audit.head.${crypto.randomUUID()}.tmp`);
  const fresh = join(dir.path, `.other.json.${crypto.randomUUID()}.tmp`);
  for (const path of [old, fresh]) await Deno.writeTextFile(path, "");
  await Deno.utime(old, new Date(0), new Date(0));
  await Deno.remove(join(dir.path, "audit.head")); // As if killed before the first was there.
  await logIn(dir.path).append(EVENT);
  await assert.rejects(Deno.stat(old), Deno.errors.NotFound);
  await Deno.stat(fresh);
});

/** Mounting needs a root who is not confined, as in most CI containers. */
const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("unshare", { args: ["--mount", "true"] }).outputSync().success;

/** Runs in a mount namespace of its own, where the directory is a disk of 64 KiB. */
const FULL_DISK = `
  const { AuditLog } = await import(${JSON.stringify(LOG_MODULE)});
  const [directory] = Deno.args;
  const log = new AuditLog(directory, "alice", () => new Date());
  const event = { ...${JSON.stringify(EVENT)}, detail: "x".repeat(5_000) };
  const read = () => Deno.readTextFileSync(directory + "/audit.jsonl");
  let before = "";
  let failed;
  for (let count = 0; count < 100 && !failed; count++) {
    await log.append(event).then(() => before = read(), (error) => failed = error);
  }
  const unchanged = read() === before;
  const left = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  const small = { ...event, detail: "x".repeat(2_000) };
  for (let count = 0; count < 3; count++) await log.append(small).catch(() => {});
  if (Deno.args[1]) Deno.removeSync(directory + "/" + Deno.args[1]);
  await log.append({ ...event, detail: "room again" });
  Deno.mkdirSync(Deno.args[2]);
  for (const name of ["audit.jsonl", "audit.head"]) {
    Deno.writeFileSync(Deno.args[2] + "/" + name, Deno.readFileSync(directory + "/" + name));
  }
  console.log(JSON.stringify({ code: failed?.code, message: failed?.message, unchanged, left }));
`;

Deno.test({
  name:
    "append() on a full disk adds nothing, says so, and goes on when there is room (needs root)",
  ignore: !mayMount,
  async fn() {
    await using dir = await temporary();
    const disk = join(dir.path, "disk");
    const copy = join(dir.path, "copy");
    await Deno.mkdir(disk);
    const script =
      `mount -t tmpfs -o size=64k none "$1" && head -c 8192 /dev/zero >"$1/ballast" && ` +
      `exec "$2" eval --quiet --cached-only "$3" "$1" ballast "$4"`;
    await using process = new Running("unshare", {
      args: ["--mount", "sh", "-c", script, "sh", disk, Deno.execPath(), FULL_DISK, copy],
      cwd: ROOT,
    });
    assert.ok((await process.status).success, process.stderr);
    const { code, message, unchanged, left } = JSON.parse(process.stdout);
    assert.equal(code, "cannot-write");
    assert.match(message, /cannot write the audit log .*: no space left on device/);
    assert.ok(unchanged);
    assert.deepEqual(left, ["audit.head", "audit.jsonl", "ballast"]);
    const verdict = await verifyLog(copy);
    assert.deepEqual(verdict.kind === "ok" && verdict.remarks, []);
    assert.equal((await entriesIn(copy)).at(-1)?.detail, "room again");
  },
});

Deno.test({
  name: "append() takes an entry back whose head cannot be written (needs root)",
  ignore: !mayMount,
  async fn() {
    await using dir = await temporary();
    await logIn(dir.path).append(EVENT);
    const before = await Deno.readTextFile(join(dir.path, "audit.jsonl"));
    // Nothing can be renamed over a mount point.
    const script = 'mount --bind "$1/audit.head" "$1/audit.head" && ' +
      'exec "$2" eval --quiet --cached-only "$3" "$1"';
    const program = `const { AuditLog } = await import(${JSON.stringify(LOG_MODULE)});
      const log = new AuditLog(Deno.args[0], "alice", () => new Date());
      await log.append(${JSON.stringify(EVENT)}).catch(({ code }) => console.log(code));`;
    await using process = new Running("unshare", {
      args: ["--mount", "sh", "-c", script, "sh", dir.path, Deno.execPath(), program],
      cwd: ROOT,
    });
    assert.ok((await process.status).success, process.stderr);
    assert.equal(process.stdout, "cannot-write\n");
    assert.equal(await Deno.readTextFile(join(dir.path, "audit.jsonl")), before);
    await logIn(dir.path).append(EVENT);
    assert.equal((await verifyLog(dir.path)).kind, "ok");
  },
});
