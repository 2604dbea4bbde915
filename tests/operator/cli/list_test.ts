/** `list`: the table, its JSON, and what stands in its way. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { width } from "../../../src/operator/columns.ts";
import { finish } from "../../support/process.ts";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import {
  ctl,
  fileAway,
  idWith,
  json,
  parsed,
  propose,
  setPolled,
  setWaiting,
  writeRecord,
} from "../fixture.ts";

Deno.test("list shows one line a proposal, oldest first, of all bottles", async () => {
  await using root = await temporary();
  const old = await propose(root.path, { slug: "build", ageSeconds: 7_200 });
  const young = await propose(root.path, { ageSeconds: 5 });
  await setWaiting(root.path, young, 2);
  const result = await ctl(root.path, ["list"]);
  assert.equal(result.code, 0);
  assert.equal(result.stderr, "");
  assert.equal(
    result.stdout,
    "ID        AGE  BOTTLE  TOOL          ASKS                    WAIT\n" +
      `${old.id.slice(0, 8)}  2h   build   egress-block  api.github.com, 1 path  -\n` +
      `${young.id.slice(0, 8)}  5s   dev     egress-block  api.github.com, 1 path  2\n`,
  );
});

Deno.test("list and show tell an agent that polls from one that does not wait", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const seen = async (ageMs: number) => {
    await setPolled(root.path, proposal, ageMs);
    const { stdout } = await ctl(root.path, ["list"]);
    const [, waiting] = /\n {2}waiting +(.+)\n/
      .exec((await ctl(root.path, ["show", proposal.id])).stdout)!;
    const listed = await ctl(root.path, ["list", "--json"]);
    const [{ polled_at }] = JSON.parse(listed.stdout).proposals;
    return [stdout.trimEnd().split(" ").at(-1), waiting, polled_at];
  };
  assert.deepEqual(await seen(12_000), [
    "polls",
    "the agent of bottle dev polls for it, last 12s ago",
    "2026-11-21T11:59:48.000Z",
  ]);
  assert.deepEqual(await seen(61_000), [
    "-",
    "no call now; the answer is delivered when the agent asks again",
    null,
  ]);
});

Deno.test("list as a process exits 0 and prints the table", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path);
  const result = await supervisectl(root.path, ["list"]);
  assert.equal(result.code, 0, result.stderr);
  assert.ok(result.stdout.includes(id.slice(0, 8)));
});

Deno.test("list fits 80 columns whatever the names", async () => {
  await using root = await temporary();
  const host = `${"a".repeat(60)}.${"b".repeat(60)}.evil.example`;
  const slug = "bottle-" + "x".repeat(50);
  const route = json({ host, auth: { scheme: "token", token_ref: "T" } });
  const proposal = await propose(root.path, { slug, file: route });
  await propose(root.path, { slug, tool: "capability-block", file: "FROM a\n".repeat(9_999) });
  await propose(root.path, { tool: "a".repeat(64), file: "?" });
  const claim = { claimed_by: "日本".repeat(30), claimed_at: "2026-11-21T11:59:00Z" };
  await writeRecord(root.path, proposal, "claim", claim);
  for (const args of [["list"], ["list", "--all"]]) {
    const { stdout } = await ctl(root.path, args, { columns: 80 });
    for (const line of stdout.split("\n")) assert.ok(width(line) <= 80, `${width(line)}: ${line}`);
  }
});

Deno.test("list cuts nothing in a pipe, nor with --full", async () => {
  await using root = await temporary();
  const host = `${"a".repeat(60)}.${"b".repeat(60)}.evil.example`;
  const slug = "bottle-" + "x".repeat(50);
  const proposal = await propose(root.path, { slug, file: json({ host }) });
  const tool = "c".repeat(64);
  await propose(root.path, { tool, file: "?" });
  const operator = "d".repeat(64);
  const claim = { claimed_by: operator, claimed_at: "2026-11-21T11:59:00Z" };
  await writeRecord(root.path, proposal, "claim", claim);
  for (const [args, options] of [[["list"], {}], [["list", "--full"], { columns: 80 }]] as const) {
    const { stdout } = await ctl(root.path, args, options);
    for (const whole of [host, slug, tool, operator]) assert.ok(stdout.includes(whole), stdout);
    assert.doesNotMatch(stdout, /…/);
  }
});

Deno.test("list lays a pipe out for COLUMNS, and for no limit where that is none", async () => {
  await using root = await temporary();
  const host = `${"a".repeat(60)}.${"b".repeat(60)}.evil.example`;
  await propose(root.path, { file: json({ host }) });
  for (
    const [columns, isCut] of [["60", true], ["300", false], ["0", false], ["x", false]] as const
  ) {
    const { stdout } = await supervisectl(root.path, ["list"], { env: { COLUMNS: columns } });
    assert.equal(!stdout.includes(host), isCut, `COLUMNS=${columns}: ${stdout}`);
    if (isCut) { for (const line of stdout.split("\n")) assert.ok(width(line) <= Number(columns)); }
  }
});

Deno.test("list shows more on a wider terminal", async () => {
  await using root = await temporary();
  const host = `${"a".repeat(60)}.evil.example`;
  await propose(root.path, { file: json({ host }) });
  const { stdout } = await ctl(root.path, ["list"], { columns: 160 });
  assert.ok(stdout.includes(`${host}, whole host`));
});

Deno.test("list shows who has claimed a proposal", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await writeRecord(root.path, proposal, "claim", { claimed_by: "bob@desk", claimed_at: "?" });
  const { stdout } = await ctl(root.path, ["list"]);
  assert.match(stdout, /CLAIMED BY\n.*bob@desk\n$/);
});

Deno.test("list leaves out what is over, --all shows it with its state", async () => {
  await using root = await temporary();
  const states = ["rejected", "approved, unread", "withdrawn", "pending"];
  const [delivered, unread, withdrawn] = [
    await propose(root.path, { ageSeconds: 40 }),
    await propose(root.path, { ageSeconds: 30 }),
    await propose(root.path, { ageSeconds: 20 }),
    await propose(root.path, { ageSeconds: 10 }),
  ];
  await writeRecord(root.path, unread, "response", { status: "approved" });
  await writeRecord(root.path, withdrawn, "withdrawn");
  await writeRecord(root.path, delivered, "response", { status: "rejected" });
  await fileAway(root.path, delivered);
  const open = await ctl(root.path, ["list"]);
  assert.equal(open.stdout.trimEnd().split("\n").length, 2);
  const [, ...rows] = (await ctl(root.path, ["list", "--all"])).stdout.trimEnd().split("\n");
  assert.equal(rows.length, 4);
  for (const [index, state] of states.entries()) assert.ok(rows[index]?.endsWith(state), state);
});

Deno.test("list --slug shows one bottle", async () => {
  await using root = await temporary();
  await propose(root.path, { slug: "one" });
  await propose(root.path, { slug: "two" });
  const { stdout } = await ctl(root.path, ["list", "--slug", "two"]);
  assert.ok(stdout.includes("two") && !stdout.includes("one"));
});

Deno.test("list lengthens ids that eight characters do not tell apart", async () => {
  await using root = await temporary();
  await propose(root.path, { id: idWith("aaaaaaaa-1111-4") });
  await propose(root.path, { id: idWith("aaaaaaaa-1222-4") });
  const [, first = "", second = ""] = (await ctl(root.path, ["list"])).stdout.split("\n");
  assert.deepEqual([first, second].map((row) => row.split(" ")[0]).sort(), [
    "aaaaaaaa-11",
    "aaaaaaaa-12",
  ]);
});

Deno.test("list --json holds what is known of each proposal and what was skipped", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await setWaiting(root.path, proposal, 1);
  await writeRecord(root.path, proposal, "claim", { claimed_by: "bob", claimed_at: "now" });
  const broken = crypto.randomUUID();
  await Deno.writeTextFile(join(root.path, "dev", `${broken}.proposal.json`), "{");
  const result = await ctl(root.path, ["list", "--json"]);
  assert.equal(result.stderr, "");
  assert.deepEqual(parsed(result), {
    proposals: [{
      id: proposal.id,
      bottle_slug: "dev",
      tool: "egress-block",
      state: "claimed",
      ask: "api.github.com: /repos/acme/",
      notices: [],
      problem: null,
      file_sha256: proposal.current_file_hash,
      justification: "to read the issues",
      arrival_timestamp: proposal.arrival_timestamp,
      expires_at: null,
      waiting: 1,
      polled_at: null,
      claimed_by: "bob",
      claimed_at: "now",
      decision: null,
      undone: null,
    }],
    skipped: [{
      bottle_slug: "dev",
      name: `${broken}.proposal.json`,
      why: "not JSON (half-written?)",
    }],
    undelivered: [],
  });
});

Deno.test("list of an empty root and of idle bottles is one line, exit 0", async () => {
  await using root = await temporary();
  const none = await ctl(root.path, ["list"]);
  assert.equal(none.code, 0);
  assert.equal(none.stdout, `No proposals: no bottle has a queue under ${root.path} yet.\n`);
  await Deno.mkdir(join(root.path, "dev"));
  assert.equal((await ctl(root.path, ["list"])).stdout, "Nothing to decide in 1 bottle.\n");
  assert.deepEqual(parsed(await ctl(root.path, ["list", "--json"])), {
    proposals: [],
    skipped: [],
    undelivered: [],
  });
});

Deno.test("list tells how many decisions each agent has left lying, the most first", async () => {
  await using root = await temporary();
  for (const [slug, count] of [["dev", 1], ["web", 2]] as const) {
    for (let n = 0; n < count; n++) {
      const proposal = await propose(root.path, { slug });
      await writeRecord(root.path, proposal, "response", { status: "approved" });
    }
  }
  // Neither is a decision that waits for its agent.
  const filed = await propose(root.path);
  await writeRecord(root.path, filed, "response", { status: "approved" });
  await fileAway(root.path, filed);
  await Deno.writeTextFile(join(root.path, "dev", `${crypto.randomUUID()}.response.json`), "{}");
  const { stdout, stderr } = await ctl(root.path, ["list"]);
  assert.equal(stdout, "Nothing to decide in 2 bottles.\n");
  assert.equal(
    stderr,
    "supervisectl: bottle web: 2 decisions that its agent has not picked up\n" +
      "supervisectl: bottle dev: 1 decision that its agent has not picked up\n",
  );
  assert.deepEqual(parsed(await ctl(root.path, ["list", "--json"]))["undelivered"], [
    { bottle_slug: "dev", count: 1 },
    { bottle_slug: "web", count: 2 },
  ]);
});

for (const command of [["list"], ["show", "1a"], ["approve", "1a"], ["watch"]]) {
  Deno.test(`${command[0]} without a queue root says where it looked, exit 1`, async () => {
    await using root = await temporary();
    const missing = join(root.path, "missing");
    const result = await ctl(missing, command);
    assert.equal(result.code, 1);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, new RegExp(`^supervisectl: no queue directory at ${missing};`));
    assert.match(result.stderr, /\nTry: supervisectl list --queue-root DIR\n$/);
  });
}

Deno.test("list with a file for a queue root says so, exit 1", async () => {
  await using root = await temporary();
  const file = join(root.path, "file");
  await Deno.writeTextFile(file, "");
  const result = await ctl(file, ["list", "--json"]);
  assert.equal(result.code, 1);
  assert.equal(JSON.parse(result.stderr).error.code, "no-queue");
});

Deno.test("list --slug of a bottle without a queue names those that have one, exit 1", async () => {
  await using root = await temporary();
  await propose(root.path);
  const result = await ctl(root.path, ["list", "--slug", "prod"]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /no queue for bottle prod under .*, only for dev\n$/);
});

Deno.test("list of 5,000 proposals prints them all", async () => {
  await using root = await temporary();
  for (let number = 0; number < 5_000; number++) {
    await propose(root.path, { slug: number % 2 === 0 ? "one" : "two" });
  }
  const result = await supervisectl(root.path, ["list"]);
  assert.equal(result.code, 0);
  assert.equal(result.stdout.trimEnd().split("\n").length, 5_001);
});

Deno.test("list ends quietly when its reader is gone", async () => {
  await using root = await temporary();
  for (let number = 0; number < 200; number++) await propose(root.path);
  const command =
    'set -o pipefail; "$0" run -q --cached-only -P=supervisectl src/operator/main.ts ' +
    'list --json --queue-root "$1" | head -c 1';
  const { code, stderr } = await finish("bash", ["-c", command, Deno.execPath(), root.path], {
    cwd: fileURLToPath(new URL("../../../", import.meta.url)),
    env: { NO_COLOR: "1" },
  });
  assert.equal(stderr, "");
  assert.equal(code, 0);
});

Deno.test("list --json leaves files out and cuts long strings", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path, { justification: "x".repeat(100_000) });
  const final_file = "y".repeat(100_000);
  await writeRecord(root.path, proposal, "response", { status: "modified", final_file });
  const { stdout } = await ctl(root.path, ["list", "--all", "--json"]);
  assert.ok(stdout.length < 6_000);
  const [record] = JSON.parse(stdout).proposals;
  assert.equal(record.justification, "x".repeat(3_999) + "…");
  assert.ok(!("proposed_file" in record) && !("final_file" in record.decision));
});
