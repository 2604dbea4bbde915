/** `audit rotate`: one chain over several files, whatever moment it is interrupted at. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Entry, formatEntry } from "../../../src/operator/audit/chain.ts";
import { type Verdict, verifyLog } from "../../../src/operator/audit/verify.ts";
import { finish, Running } from "../../support/process.ts";
import { Random } from "../../support/random.ts";
import { temporary } from "../../support/temporary.ts";
import { CLAIMED, entriesIn, isFailure, logIn } from "./fixture.ts";
import { ctl, propose } from "../fixture.ts";
import { stand } from "../live/stand.ts";
import { mayRunPython } from "./sealed_log.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../../../docs/verify_audit.py", import.meta.url));
const LOG_MODULE = new URL("../../../src/operator/audit/log.ts", import.meta.url).href;

/** Three files: entries 1 to 4, 5 to 8, and from 9 on. */
async function threeFiles(directory: string): Promise<string[]> {
  const log = logIn(directory);
  for (let file = 0; file < 3; file++) {
    const isFirst = file === 0;
    for (let count = 0; count < (isFirst ? 3 : 2); count++) await log.append(CLAIMED);
    if (file < 2) await log.rotate();
  }
  return (await namesIn(directory)).filter((name) => name.endsWith(".jsonl"));
}

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

async function linesIn(directory: string, name: string): Promise<Entry[]> {
  const text = await Deno.readTextFile(join(directory, name));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What the independent verifier says; undefined when it finds nothing wrong. */
async function scriptOn(directory: string, args: readonly string[] = ["."]): Promise<string> {
  const { code, stdout, stderr } = await finish("python3", [SCRIPT, ...args], { cwd: directory });
  return code === 0 ? stdout : stderr;
}

function whole(verdict: Verdict): Verdict & { kind: "ok" } {
  assert.equal(verdict.kind, "ok", JSON.stringify(verdict));
  return verdict as Verdict & { kind: "ok" };
}

Deno.test("rotate() closes the file with an entry that the next file begins from", async () => {
  await using dir = await temporary();
  assert.deepEqual(await threeFiles(dir.path), [
    "audit.1-4.jsonl",
    "audit.5-8.jsonl",
    "audit.jsonl",
  ]);
  const [first, second] = [
    await linesIn(dir.path, "audit.1-4.jsonl"),
    await linesIn(dir.path, "audit.5-8.jsonl"),
  ];
  assert.deepEqual(first.at(-1)?.step, "rotated");
  assert.deepEqual(first.at(-1)?.detail, "this file is closed as audit.1-4.jsonl");
  assert.deepEqual([second[0]?.step, second[0]?.seq, second[0]?.previous], [
    "continued",
    "5",
    first.at(-1)?.hash,
  ]);
  const { entries, from, files, remarks } = whole(await verifyLog(dir.path));
  assert.deepEqual({ entries, from, files, remarks }, {
    ...{ entries: 11, from: 1, files: 3, remarks: [] },
  });
  for (const name of ["audit.1-4.jsonl", "audit.jsonl"]) {
    assert.equal((await Deno.stat(join(dir.path, name))).mode! & 0o777, 0o600);
  }
  const found = await verifyLog(dir.path, first[1]!.hash);
  assert.equal(whole(found).expected, 2);
});

Deno.test("rotate() of a log that has nothing, or nothing new, does nothing", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  assert.equal(await log.rotate(), undefined);
  await log.append(CLAIMED);
  assert.equal((await log.rotate())?.name, "audit.1-2.jsonl");
  assert.equal(await log.rotate(), undefined);
  assert.equal(whole(await verifyLog(dir.path)).entries, 3);
});

Deno.test("rotate() adds nothing where the name of the closed file is taken", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  await log.append(CLAIMED);
  await Deno.writeTextFile(join(dir.path, "audit.1-2.jsonl"), "");
  await assert.rejects(log.rotate(), isFailure("cannot-write", /is there already; move it away/));
  assert.equal((await entriesIn(dir.path)).length, 1);
});

Deno.test("audit, --stats and routes read all files, and --expect finds a head in a closed one", async () => {
  await using root = await temporary();
  const state = `${root.path}/.state`;
  const log = logIn(state);
  const rejected = { ...CLAIMED, step: "rejected", status: "rejected", host: "a.example" } as const;
  const hash = await log.append(rejected);
  assert.match((await ctl(root.path, ["audit", "rotate"])).stdout, /^Closed audit\.1-2\.jsonl in /);
  await log.append({ ...rejected, proposal_id: "b" });
  const { stdout } = await ctl(root.path, ["audit", "--host", "a.example", "--json"]);
  assert.deepEqual(stdout.trimEnd().split("\n").map((line) => JSON.parse(line).seq), [1, 4]);
  const stats = JSON.parse((await ctl(root.path, ["audit", "--stats", "1", "--json"])).stdout);
  assert.equal(stats.counts[0].rejected, 2);
  const verified = await ctl(root.path, ["audit", "verify", "--expect", hash]);
  assert.match(verified.stdout, /^The audit log is whole: 4 entries in 2 files\.\nEntry 1 has /);
});

Deno.test("verifyLog() says from where it verified when the oldest files are not there", async () => {
  await using dir = await temporary();
  await threeFiles(dir.path);
  await Deno.remove(join(dir.path, "audit.1-4.jsonl"));
  const { entries, from } = whole(await verifyLog(dir.path));
  assert.deepEqual([entries, from], [7, 5]);
  await Deno.remove(join(dir.path, "audit.5-8.jsonl"));
  assert.equal(whole(await verifyLog(dir.path)).from, 9);
  await logIn(dir.path).append(CLAIMED);
  assert.equal((await logIn(dir.path).rotate())?.name, "audit.9-13.jsonl");
});

Deno.test("audit and routes say that older files are not there, when that matters", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  assert.equal((await place.ctl(["approve", id])).code, 0);
  assert.equal((await place.ctl(["audit", "rotate"])).code, 0);
  const remark = async (args: readonly string[]) => (await place.ctl(args)).stderr;
  assert.equal(await remark(["routes", "dev"]), "");
  assert.equal(await remark(["audit", "--host", "api.github.com"]), "");
  const [closed = ""] = await namesIn(join(place.root, ".state")).then((names) =>
    names.filter((name) => name.startsWith("audit.1-"))
  );
  await Deno.remove(join(place.root, ".state", closed));
  assert.match(
    await remark(["routes", "dev"]),
    /begins at entry \d+ here; .* listed as "by hand"$/m,
  );
  assert.match(await remark(["audit", "--host", "a.example"]), /its older files are missing$/m);
  assert.match(await remark(["audit", "--stats", "1"]), /its older files are missing$/m);
  assert.equal(await remark(["audit", "--steps", "--tail", "1"]), "");
});

const FILES = ["audit.1-4.jsonl", "audit.5-8.jsonl", "audit.jsonl"] as const;
type Break = (read: (file: string) => string, write: (file: string, text: string) => void) => void;

const TAMPERED: readonly (readonly [name: string, entry: number, why: RegExp, make: Break])[] = [
  [
    "a closed file gone in the middle",
    5,
    /the entries 5 to 8 are missing: the file of them, which comes before audit\.jsonl/,
    (_read, write) => write(FILES[1], ""),
  ],
  [
    "the end of a closed file cut off",
    4,
    /missing/,
    (read, write) => write(FILES[0], read(FILES[0]).split("\n").slice(0, 3).join("\n") + "\n"),
  ],
  [
    "half a line at the end of a closed file",
    4,
    /not JSON/,
    (read, write) => write(FILES[0], read(FILES[0]).slice(0, -90)),
  ],
  [
    "the first entries removed",
    1,
    /the first entry is missing/,
    (read, write) => write(FILES[0], read(FILES[0]).split("\n").slice(1).join("\n")),
  ],
  ["a closed file changed", 2, /hash/, (read, write) => {
    const lines = read(FILES[0]).split("\n");
    write(FILES[0], lines.with(1, lines[1]!.replace("alice", "mally")).join("\n"));
  }],
  ["two files exchanged", 1, /the first entry is missing|is not here|missing/, (read, write) => {
    const [one, other] = [read(FILES[0]), read(FILES[1])];
    write(FILES[0], other.split("\n").slice(1).join("\n"));
    write(FILES[1], one);
  }],
  [
    "the current file emptied",
    9,
    /cut off: the log ends at 8 and its head says 11/,
    (_, write) => write(FILES[2], ""),
  ],
];

for (const [name, entry, why, make] of TAMPERED) {
  Deno.test(`verifyLog() over several files finds: ${name}`, async () => {
    await using dir = await temporary();
    await threeFiles(dir.path);
    make(
      (file) => Deno.readTextFileSync(join(dir.path, file)),
      (file, text) => Deno.writeTextFileSync(join(dir.path, file), text),
    );
    const verdict = await verifyLog(dir.path);
    assert.equal(verdict.kind, "broken", JSON.stringify(verdict));
    assert.equal(verdict.kind === "broken" && verdict.entry, entry);
    assert.match(verdict.kind === "broken" ? verdict.why : "", why);
    if (mayRunPython) assert.match(await scriptOn(dir.path), /^broken/);
  });
}

Deno.test({
  name: "docs/verify_audit.py follows the chain over files, and says from where",
  ignore: !mayRunPython,
  async fn() {
    await using dir = await temporary();
    await threeFiles(dir.path);
    assert.match(await scriptOn(dir.path), /^ok: entries 1 to 11, 0 bytes unfinished/);
    assert.match(await scriptOn(dir.path, ["audit.jsonl", "audit.5-8.jsonl"]), /^ok: entries 5 to/);
    assert.match(await scriptOn(dir.path, ["audit.1-4.jsonl"]), /^ok: entries 1 to 4/);
    await Deno.remove(join(dir.path, "audit.1-4.jsonl"));
    assert.match(await scriptOn(dir.path), /^ok: entries 5 to 11/);
  },
});

/** The files as a crash during the rotation of entries 1 to 4 leaves them. */
const CRASHES: readonly (readonly [name: string, make: (directory: string) => Promise<void>])[] = [
  ["within the closing line", async (dir) => {
    await join3(dir);
    const text = await Deno.readTextFile(join(dir, "audit.jsonl"));
    await Deno.writeTextFile(join(dir, "audit.jsonl"), text.slice(0, -50));
    await headOf(dir, 2);
  }],
  ["before the head names the closing entry", async (dir) => {
    await join3(dir);
    await headOf(dir, 2);
  }],
  ["before the file is renamed", async (dir) => {
    await join3(dir);
    await headOf(dir, 3);
  }],
  ["before the next file is made", async (dir) => {
    await Deno.remove(join(dir, "audit.jsonl"));
    await headOf(dir, 3);
  }],
  ["before the next file has an entry", async (dir) => {
    await Deno.writeTextFile(join(dir, "audit.jsonl"), "");
    await headOf(dir, 3);
  }],
  ["within the first line of the next file", async (dir) => {
    const text = await Deno.readTextFile(join(dir, "audit.jsonl"));
    await Deno.writeTextFile(join(dir, "audit.jsonl"), text.slice(0, 70));
    await headOf(dir, 3);
  }],
  ["before the head names the first entry of the next file", (dir) => headOf(dir, 3)],
];

async function join3(directory: string): Promise<void> {
  await Deno.rename(join(directory, "audit.1-4.jsonl"), join(directory, "audit.jsonl"));
}

async function headOf(directory: string, index: number): Promise<void> {
  const names = await namesIn(directory);
  const file = names.includes("audit.1-4.jsonl") ? "audit.1-4.jsonl" : "audit.jsonl";
  const line = (await Deno.readTextFile(join(directory, file))).split("\n")[index]!;
  const [, seq] = /"seq":"(\d+)"/.exec(line)!;
  const hash = /"hash":"(\w+)"/.exec(line)?.[1];
  const text = JSON.stringify({ seq, hash }) + "\n";
  await Deno.writeTextFile(join(directory, "audit.head"), text);
}

for (const [name, make] of CRASHES) {
  Deno.test(`rotate() after a crash ${name}: verified, and the next entry goes on`, async () => {
    await using dir = await temporary();
    const log = logIn(dir.path);
    for (let count = 0; count < 3; count++) await log.append(CLAIMED);
    await log.rotate();
    await make(dir.path);
    whole(await verifyLog(dir.path));
    if (mayRunPython) assert.match(await scriptOn(dir.path), /^ok/);

    await logIn(dir.path).append({ ...CLAIMED, step: "answered" });

    const { remarks } = whole(await verifyLog(dir.path));
    assert.deepEqual(remarks, []);
    if (mayRunPython) assert.match(await scriptOn(dir.path), /^ok/);
    const current = await linesIn(dir.path, "audit.jsonl");
    assert.equal(current.at(-1)?.step, "answered");
    // Whatever follows the closing entry stands in the next file.
    const isClosing = name !== "within the closing line";
    assert.equal(current[0]?.step, isClosing ? "continued" : "claimed");
    assert.equal((await namesIn(dir.path)).includes("audit.1-4.jsonl"), isClosing);
    await logIn(dir.path).rotate();
    whole(await verifyLog(dir.path));
  });
}

/** A process that appends and rotates without end, and prints a character after each. */
function rotator(directory: string): Running {
  const program = `const { AuditLog } = await import(${JSON.stringify(LOG_MODULE)});
    const log = new AuditLog(${JSON.stringify(directory)}, "rotator", () => new Date());
    while (true) {
      await log.append(${JSON.stringify(CLAIMED)});
      Deno.stdout.writeSync(new TextEncoder().encode("."));
      if (Math.random() < 0.5) await log.rotate();
    }`;
  return new Running(Deno.execPath(), {
    args: ["eval", "--quiet", "--cached-only", program],
    cwd: ROOT,
  });
}

Deno.test("two processes that append and rotate, killed 6 times: one chain, nothing lost", async () => {
  await using dir = await temporary();
  const random = new Random(11);
  let returned = 0;
  for (let kills = 0; kills < 6; kills++) {
    await using one = rotator(dir.path);
    await using other = rotator(dir.path);
    await one.output("stdout", new RegExp(`\\.{${3 + random.below(20)}}`));
    for (const process of [one, other]) process.kill("SIGKILL");
    for (const process of [one, other]) {
      await process.status;
      assert.equal(process.stderr, "");
      returned += process.stdout.length;
    }
    whole(await verifyLog(dir.path));
  }
  await logIn(dir.path).append(CLAIMED);
  assert.deepEqual(whole(await verifyLog(dir.path)).remarks, []);
  let claimed = 0;
  for (const name of await namesIn(dir.path)) {
    if (!name.endsWith(".jsonl")) continue;
    claimed += (await linesIn(dir.path, name)).filter(({ step }) => step === "claimed").length;
  }
  assert.ok(claimed > returned && claimed <= returned + 13, `${claimed} of ${returned}`);
});

Deno.test("an entry with a field that this version does not know is read, verified and kept", async () => {
  await using dir = await temporary();
  await logIn(dir.path).append({ ...CLAIMED, host: "a.example", ...{ later: "x", zone: "y" } });
  whole(await verifyLog(dir.path));
  if (mayRunPython) assert.match(await scriptOn(dir.path), /^ok/);
  await logIn(dir.path).append(CLAIMED);
  const [entry] = await entriesIn(dir.path);
  assert.equal(
    formatEntry(entry!).includes('"host":"a.example","later":"x","zone":"y","prev'),
    true,
  );
  const text = await Deno.readTextFile(join(dir.path, "audit.jsonl"));
  await Deno.writeTextFile(
    join(dir.path, "audit.jsonl"),
    text.replace('"later":"x"', '"later":"z"'),
  );
  assert.equal((await verifyLog(dir.path)).kind, "broken");
  if (mayRunPython) assert.match(await scriptOn(dir.path), /^broken/);
});
