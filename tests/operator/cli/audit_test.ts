/** `supervisectl audit`: what it prints of the log, what it counts, and what it refuses. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { formatEntry, NO_ENTRY } from "../../../src/operator/audit/chain.ts";
import type { AuditEvent } from "../../../src/operator/audit/entry.ts";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import { audit } from "../../../src/operator/cli/audit.ts";
import type { CommandContext } from "../../../src/operator/cli/command.ts";
import { width } from "../../../src/operator/columns.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { Output } from "../../../src/operator/output.ts";
import { parseSlug } from "../../../src/queue/layout.ts";
import { temporary } from "../../support/temporary.ts";
import { chainOf, CLAIMED, logIn, NO_FILES, writeLog } from "../audit/fixture.ts";
import { appOn, NOW } from "../fixture.ts";

Deno.test("audit --steps shows a row an entry, oldest first, and what was said below", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  await log.append(CLAIMED);
  await log.append({ ...CLAIMED, step: "applied", file: "/etc/egress/dev/routes.yaml" });
  await log.append({ ...CLAIMED, step: "answered", status: "approved", notes: "for a week" });
  const { out, err } = await auditCommand(dir.path, ["--steps"]);
  assert.equal(err, "");
  assert.equal(
    out,
    "2026-11-21T12:00:00Z  alice       claimed    dev         1a2b3c4d  egress-block\n" +
      "2026-11-21T12:00:00Z  alice       applied    dev         1a2b3c4d  …/routes.yaml\n" +
      "    file               /etc/egress/dev/routes.yaml\n" +
      "2026-11-21T12:00:00Z  alice       answered   dev         1a2b3c4d  approved\n" +
      "    notes              for a week\n",
  );
});

Deno.test("audit shows nothing raw of what an agent wrote, within 80 columns, also with --full", async () => {
  await using dir = await temporary();
  const text = "\x1b[2J\u202e日本 <b>\n2026-11-21T12:00:00Z  alice  answered\n\t\0".repeat(30);
  const event = {
    ...CLAIMED,
    tool: text,
    bottle_slug: text,
    proposal_id: text,
    file: text,
    notes: text,
  };
  const log = new AuditLog(dir.path, text, () => NOW);
  await log.append({ ...event, detail: text, diff: text, justification: text, status: text });
  for (const args of [["--steps"], ["--steps", "--full"], [], ["--full"], ["--stats", "1"]]) {
    const { out } = await auditCommand(dir.path, args);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(out, /[\x00-\x08\x0b-\x1f\x7f\u202e]/);
    for (const line of out.split("\n")) assert.ok(width(line) <= 80, `${width(line)}: ${line}`);
    const rows = out.split("\n").filter((line) => line.startsWith("2026"));
    assert.equal(rows.length, args[0] === "--stats" ? 0 : 1);
  }
});

Deno.test("audit --full quotes the diff behind a gutter", async () => {
  await using dir = await temporary();
  await logIn(dir.path).append({
    ...CLAIMED,
    step: "applied",
    diff: "-a\n+b\n",
    after: "f".repeat(64),
  });
  const { out } = await auditCommand(dir.path, ["--steps", "--full"]);
  assert.ok(out.includes("    diff\n  | -a\n  | +b\n"), out);
  assert.ok(out.includes(`    after              ${"f".repeat(57)}`), out);
});

Deno.test("audit --steps takes --tail, --slug, --since and --json", async (t) => {
  await using dir = await temporary();
  let minute = 0;
  const log = logIn(dir.path, () => new Date(NOW.getTime() - (60 - minute++) * 60_000));
  for (let count = 0; count < 60; count++) {
    await log.append({
      ...CLAIMED,
      bottle_slug: count % 2 ? "odd" : "even",
      detail: String(count),
    });
  }
  const cases: readonly (readonly [args: string[], first: number, count: number])[] = [
    [[], 40, 20],
    [["--tail", "3"], 57, 3],
    [["--tail", "1000"], 0, 60],
    [["--slug", "odd"], 1, 30],
    [["--slug", "odd", "--tail", "20"], 21, 20],
    [["--slug", "odd", "--tail", "2"], 57, 2],
    [["--since", "10m"], 50, 10],
    [["--since", "30m", "--tail", "5"], 55, 5],
    [["--since", "30m", "--slug", "even"], 30, 15],
    [["--since", "1h"], 0, 60],
    [["--since", "2026-11-21"], 0, 60],
    [["--since", "2026-11-21T11:58"], 58, 2],
    [["--since", "2026-11-21T12:58:00+01:00"], 58, 2],
    [["--since", "2026-11-22"], 0, 0],
    [["--slug", "none"], 0, 0],
  ];
  for (const [args, first, count] of cases) {
    await t.step(args.join(" ") || "no option", async () => {
      const { out, err } = await auditCommand(dir.path, [...args, "--steps", "--json"]);
      const entries = out.split("\n").slice(0, -1).map((line) => JSON.parse(line));
      assert.equal(entries.length, count);
      if (count > 0) assert.equal(entries[0].detail, String(first));
      assert.equal(err, "");
    });
  }
});

Deno.test("audit refuses what it does not understand with a usage failure", async (t) => {
  await using dir = await temporary();
  const wrong = [
    ["--tail", "0"],
    ["--tail", "-1"],
    ["--tail", "1e3"],
    ["--since", "last week"],
    ["--since", "2026-02-30"],
    ["--since", "2026-11-21 (12:00)"],
    ["--since", "5w"],
    ["--stats", "x"],
    ["--stats", "3", "--since", "1d"],
    ["--expect", NO_ENTRY],
    ["--stats", "3", "--host", "a.example"],
    ["--until", "5w"],
    ["--since", "today", "--until", "yesterday"],
    ["--host", "https://a.example/"],
    ["--host", "*.a.example"],
    ["--host", "."],
    ["verfy"],
    ["rotate", "--tail", "3"],
    ["rotate", "--expect", NO_ENTRY],
    ["verify", "--host", "a.example"],
    ["verify", "--tail", "3"],
    ["verify", "--full"],
    ["verify", "--slug", "dev"],
    ["verify", "--expect", "abc"],
  ];
  for (const args of wrong) {
    await t.step(args.join(" "), async () => {
      const { failure } = await auditCommand(dir.path, args);
      assert.equal(failure?.code, "usage");
    });
  }
});

Deno.test("audit prints what can be read of a broken log, and says that verify is to be run", async () => {
  await using dir = await temporary();
  const lines = (await chainOf(5)).map(formatEntry);
  lines[2] = lines[2]!.replace("alice", "mally");
  await writeLog(dir.path, lines.join("") + '{"seq"', undefined);
  const { out, err } = await auditCommand(dir.path, ["--steps", "--json"]);
  assert.deepEqual(
    out.trimEnd().split("\n").map((line) => JSON.parse(line).seq),
    ["1", "2", "4", "5"],
  );
  assert.equal(
    err,
    "supervisectl: the audit log has 1 line that cannot be read and an unfinished last " +
      "line\nTry: supervisectl audit verify\n",
  );
});

Deno.test("audit without a log says so, and verify finds nothing wrong", async () => {
  await using dir = await temporary();
  const none = `No audit log yet at ${dir.path}/audit.jsonl.\n`;
  assert.equal((await auditCommand(dir.path, [])).out, none);
  assert.equal((await auditCommand(dir.path, ["--stats", "7"])).out, none);
  assert.equal(
    (await auditCommand(dir.path, ["verify"])).out,
    "The audit log is whole: 0 entries.\n",
  );
});

Deno.test("audit verify prints the head, finds it with --expect, and exits 1 without it", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  const first = await log.append(CLAIMED);
  const hash = await log.append(CLAIMED);
  const { out } = await auditCommand(dir.path, ["verify"]);
  assert.equal(out, `The audit log is whole: 2 entries.\nHead: ${hash}\n`);
  const found = await auditCommand(dir.path, ["verify", "--expect", first.toUpperCase(), "--json"]);
  assert.deepEqual(JSON.parse(found.out), {
    ok: true,
    entries: 2,
    first_seq: 1,
    files: 1,
    head: hash,
    expected_seq: 1,
    remarks: [],
  });
  const { failure } = await auditCommand(dir.path, ["verify", "--expect", "a".repeat(64)]);
  assert.equal(failure?.code, "audit-broken");
  assert.match(failure?.message ?? "", /was rewritten since that was noted/);
});

Deno.test("audit --stats counts by bottle and tool, with the median from ask to answer", async () => {
  await using dir = await temporary();
  let at = NOW.getTime() - 10 * 86_400_000;
  const log = logIn(dir.path, () => new Date(at));
  const decide = async (
    slug: string,
    id: string,
    seconds: number,
    events: Partial<AuditEvent>[],
  ) => {
    const arrival_timestamp = new Date(at).toISOString();
    const about = { bottle_slug: slug, proposal_id: id, tool: "egress-block", arrival_timestamp };
    at += seconds * 500;
    await log.append({ step: "claimed", ...about });
    at += seconds * 500;
    for (const event of events) await log.append({ step: "failed", ...event, ...about });
  };
  await decide("old", "a", 1, [{ step: "answered", status: "approved" }]);
  at = NOW.getTime() - 3_600_000;
  await decide("dev", "b", 10, [{ step: "answered", status: "approved" }]);
  await decide("dev", "c", 30, [{ step: "failed" }, { step: "answered", status: "modified" }]);
  await decide("dev", "d", 90, [{ step: "rejected", status: "rejected" }, { step: "undone" }]);
  await decide("ci", "b", 60, [{ step: "failed" }]);
  assert.equal(
    (await auditCommand(dir.path, ["--stats", "7"])).out,
    "BOTTLE        TOOL          APPROVED  MODIFIED  REJECTED  FAILED  UNDONE  MEDIAN\n" +
      "ci            egress-block  0         0         0         1       0       -\n" +
      "dev           egress-block  1         1         1         1       1       30s\n",
  );
  const { out } = await auditCommand(dir.path, ["--stats", "30", "--slug", "old", "--json"]);
  assert.deepEqual(JSON.parse(out), {
    days: 30,
    counts: [{
      bottle_slug: "old",
      tool: "egress-block",
      approved: 1,
      modified: 0,
      rejected: 0,
      failed: 0,
      undone: 0,
      median_ms: 1_000,
    }],
  });
});

for (const [name, make] of NO_FILES) {
  Deno.test(`audit refuses a log that is ${name}`, async () => {
    await using dir = await temporary();
    await make(join(dir.path, "audit.jsonl"));
    assert.equal((await auditCommand(dir.path, [])).failure?.code, "cannot-read");
  });
}

/** Runs the command alone, on a terminal's 80 columns and at {@linkcode NOW}. */
async function auditCommand(
  stateDirectory: string,
  args: readonly string[],
): Promise<{ out: string; err: string; failure: Failure | undefined }> {
  const streams = ["", ""];
  const [out, err] = [0, 1].map((index) =>
    new Output({
      columns: index === 0 ? 80 : undefined,
      isTerminal: index === 0,
      styled: false,
      write(bytes) {
        streams[index] += new TextDecoder().decode(bytes);
        return Promise.resolve(bytes.length);
      },
    })
  ) as [Output, Output];
  const texts = new Map<string, string>();
  const flags = new Set<string>();
  let operand: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (!word.startsWith("--")) operand = word;
    else if (["--json", "--full", "--steps"].includes(word)) flags.add(word.slice(2));
    else texts.set(word.slice(2), args[++at]!);
  }
  const context: Partial<CommandContext> = {
    app: appOn(stateDirectory, { stateDirectory: () => stateDirectory }),
    operand,
    slug: parseSlug(texts.get("slug") ?? ""),
    out,
    err,
    operator: "alice",
    json: flags.has("json"),
    text: (option) => texts.get(option),
    flag: (option) => flags.has(option),
    has: (option) => flags.has(option) || texts.has(option),
    next: (...words) => ["supervisectl", ...words].join(" "),
  };
  let failure: Failure | undefined;
  try {
    await audit.run(context as CommandContext);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  await out.flush();
  await err.flush();
  return { out: streams[0]!, err: streams[1]!, failure };
}
