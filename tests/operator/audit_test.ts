/** The audit log as it is written and read: its form, its limits, its command, and its document. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { AuditLog } from "../../src/operator/audit/log.ts";
import { type Entry, FIELDS, formatEntry, NO_ENTRY, seal } from "../../src/operator/audit/chain.ts";
import { type Event, STEPS } from "../../src/operator/audit/entry.ts";
import { countOutcomes } from "../../src/operator/audit/stats.ts";
import { verifyLog } from "../../src/operator/audit/verify.ts";
import { audit } from "../../src/operator/cli/audit.ts";
import type { Call } from "../../src/operator/cli/command.ts";
import { width } from "../../src/operator/columns.ts";
import { Failure } from "../../src/operator/failure.ts";
import { Output } from "../../src/operator/output.ts";
import { temporary } from "../support/temporary.ts";
import { NOW } from "./fixture.ts";

const ID = "1a2b3c4d-0000-4000-8000-000000000001";
const CLAIMED: Event = { step: "claimed", slug: "dev", proposal_id: ID, tool: "egress-block" };

function logIn(directory: string, now = () => NOW): AuditLog {
  return new AuditLog(directory, "alice", now);
}

async function entriesIn(directory: string): Promise<Entry[]> {
  const text = await Deno.readTextFile(join(directory, "audit.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test("append() makes directory, log and head for their owner alone, and returns the hash", async () => {
  await using dir = await temporary();
  const directory = join(dir.path, "a/state");
  const hash = await logIn(directory).append({ ...CLAIMED, notes: "", shown: undefined });
  const [entry] = await entriesIn(directory);
  assert.deepEqual(entry, {
    seq: "1",
    at: "2026-11-21T12:00:00.000Z",
    who: "alice",
    ...CLAIMED,
    notes: "",
    previous: NO_ENTRY,
    hash,
  });
  assert.equal((await Deno.stat(directory)).mode! & 0o777, 0o700);
  for (const name of ["audit.jsonl", "audit.head"]) {
    assert.equal((await Deno.stat(join(directory, name))).mode! & 0o777, 0o600, name);
  }
});

Deno.test("append() keeps hostile text in one line, well-formed, and changes nothing else of it", async () => {
  await using dir = await temporary();
  const justification = '\n{"seq":"9"}\n\u2028\x1b[2J\u202e\0"';
  await logIn(dir.path).append({ ...CLAIMED, justification, notes: "a\ud800b" });
  const text = await Deno.readTextFile(join(dir.path, "audit.jsonl"));
  assert.equal(text.split("\n").length, 2);
  const [entry] = await entriesIn(dir.path);
  assert.equal(entry?.justification, justification);
  assert.equal(entry?.notes, "a\ufffdb");
  assert.equal((await verifyLog(dir.path)).kind, "ok");
});

const HUGE = [
  { name: "plain", text: "x".repeat(300_000) },
  { name: "what JSON writes six times as long", text: "\0".repeat(300_000) },
  { name: "two bytes a character", text: "é".repeat(300_000) },
  { name: "surrogate pairs", text: "🙂".repeat(300_000) },
];

for (const { name, text } of HUGE) {
  Deno.test(`append() cuts values over 256 KiB, of ${name}, and names all of them`, async () => {
    await using dir = await temporary();
    await logIn(dir.path).append({ ...CLAIMED, diff: text, detail: text });
    const { size } = await Deno.stat(join(dir.path, "audit.jsonl"));
    assert.ok(size > 2 * 255 * 1_024 && size < 2 * 257 * 1_024, String(size));
    const [entry] = await entriesIn(dir.path);
    assert.ok(entry?.diff?.endsWith("…") && text.startsWith(entry.diff.slice(0, -1)));
    const hash = createHash("sha256").update(text).digest("hex");
    const whole = `${new TextEncoder().encode(text).length} bytes, SHA-256 ${hash}`;
    assert.equal(entry?.cut, `diff: ${whole}; detail: ${whole}`);
    assert.equal((await verifyLog(dir.path)).kind, "ok");
  });
}

Deno.test("append() with every value at its longest writes a line that verifies", async () => {
  await using dir = await temporary();
  const text = "\x01".repeat(100_000);
  const event = Object.fromEntries(FIELDS.map((name) => [name, text]));
  for (const name of ["seq", "at", "who", "cut", "previous", "hash"]) delete event[name];
  const log = new AuditLog(dir.path, text, () => NOW);
  await log.append(event as unknown as Event);
  await log.append(CLAIMED);
  assert.equal((await verifyLog(dir.path)).kind, "ok");
});

Deno.test("append() many times at once in one process keeps the order of the calls", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  const numbers = Array.from({ length: 60 }, (_, index) => String(index));
  await Promise.all(numbers.map((detail) => log.append({ ...CLAIMED, detail })));
  assert.deepEqual((await entriesIn(dir.path)).map(({ detail }) => detail), numbers);
});

Deno.test("append() to a log of 100 MB takes less than 50 ms and reads its end alone", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "audit.jsonl");
  const log = logIn(dir.path);
  await log.append(CLAIMED);
  const [first] = await entriesIn(dir.path);
  // The beginning is not looked at: a hole stands for it.
  const last = seal({ ...first!, seq: "2", previous: first!.hash });
  const line = formatEntry(last);
  using file = await Deno.open(path, { write: true });
  await file.truncate(100_000_000);
  await file.seek(-1, Deno.SeekMode.End);
  await file.write(new TextEncoder().encode("\n" + line));
  const times: number[] = [];
  for (let count = 0; count < 20; count++) {
    const started = performance.now();
    await log.append(CLAIMED);
    times.push(performance.now() - started);
  }
  const median = times.sort((a, b) => a - b)[10]!;
  assert.ok(median < 50, `${median} ms`);
});

const NO_FILES: readonly (readonly [name: string, make: (path: string) => Promise<unknown>])[] = [
  ["a symbolic link", async (path) => {
    await Deno.writeTextFile(`${path}.other`, "");
    await Deno.symlink(`${path}.other`, path);
  }],
  ["a symbolic link to nothing", (path) => Deno.symlink(`${path}.other`, path)],
  ["a directory", (path) => Deno.mkdir(path)],
  ["a FIFO", (path) => new Deno.Command("mkfifo", { args: [path] }).output()],
];

for (const [name, make] of NO_FILES) {
  Deno.test(`append(), verify and audit refuse a log that is ${name}`, async () => {
    await using dir = await temporary();
    await make(join(dir.path, "audit.jsonl"));
    await assert.rejects(
      logIn(dir.path).append(CLAIMED),
      isFailure("cannot-write", /a regular file is wanted/),
    );
    await assert.rejects(verifyLog(dir.path), isFailure("cannot-read", /a regular file is wanted/));
    const result = await auditCommand(dir.path, []);
    assert.equal(result.failure?.code, "cannot-read");
    assert.equal(await Deno.readTextFile(join(dir.path, "audit.jsonl.other")).catch(() => ""), "");
  });
}

Deno.test("append() gives up on a log that is held, and gives a late lock back", async () => {
  await using dir = await temporary();
  await logIn(dir.path).append(CLAIMED);
  using holder = await Deno.open(join(dir.path, "audit.jsonl"), { read: true });
  await holder.lock(true);
  const impatient = new AuditLog(dir.path, "alice", () => NOW, 20);
  await assert.rejects(
    impatient.append(CLAIMED),
    isFailure("cannot-write", /another supervisectl holds the audit log/),
  );
  await holder.unlock();
  await logIn(dir.path).append(CLAIMED);
  assert.equal((await entriesIn(dir.path)).length, 2);
});

Deno.test({
  name: "append() that waited while the log was moved away begins the new one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using dir = await temporary();
    const path = join(dir.path, "audit.jsonl");
    await logIn(dir.path).append(CLAIMED);
    using holder = await Deno.open(path, { read: true });
    await holder.lock(true);
    const appended = logIn(dir.path).append(CLAIMED);
    const { ino } = await holder.stat();
    await until(async () =>
      new RegExp(`-> FLOCK .*:${ino} `).test(await Deno.readTextFile("/proc/locks"))
    );
    await Deno.rename(path, `${path}.broken`);
    await Deno.rename(join(dir.path, "audit.head"), join(dir.path, "audit.head.broken"));
    await holder.unlock();
    await appended;
    assert.deepEqual((await entriesIn(dir.path)).map(({ seq }) => seq), ["1"]);
    assert.equal((await Deno.readTextFile(`${path}.broken`)).split("\n").length, 2);
  },
});

Deno.test("append() to a directory that is a file fails with what stands in the way", async () => {
  await using dir = await temporary();
  await Deno.writeTextFile(join(dir.path, "state"), "");
  await assert.rejects(
    logIn(join(dir.path, "state")).append(CLAIMED),
    isFailure("cannot-write", /cannot write the audit log .*: not a directory/),
  );
});

Deno.test("append() builds on no forged end, whatever way it is forged", async (t) => {
  const intact = await chainOf(3);
  const [one, two, three] = intact.map(formatEntry) as [string, string, string];
  const head = (entry: Entry) => JSON.stringify({ seq: entry.seq, hash: entry.hash });
  const other = seal({ ...intact[2]!, notes: "other" });
  const cases: readonly (readonly [name: string, log: string, head: string | undefined])[] = [
    ["the last entry changed", one + two + three.replace("alice", "bob"), head(intact[2]!)],
    ["the last entry replaced", one + two + formatEntry(other), head(intact[2]!)],
    ["the end cut off", one + two, head(intact[2]!)],
    ["everything cut off", "", head(intact[2]!)],
    ["the end cut off in its middle", one + two + three.slice(0, -9), head(intact[2]!)],
    ["the head gone", one + two + three, undefined],
    ["the head put back", one + two + three, head(intact[0]!)],
    ["the head of another log", one + two + three, head({ ...intact[2]!, hash: NO_ENTRY })],
    ["the head no JSON", one + two + three, "{"],
    ["an empty line at the end", one + two + three + "\n", head(intact[2]!)],
    ["a last line over 4 MiB", one + two + three + "x".repeat(5_000_000), head(intact[2]!)],
  ];
  for (const [name, log, headText] of cases) {
    await t.step(name, async () => {
      await using dir = await temporary();
      await writeLog(dir.path, log, headText);
      await assert.rejects(logIn(dir.path).append(CLAIMED), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, "audit-broken");
        assert.equal(error.next, "supervisectl audit verify");
        return true;
      });
      assert.equal(await Deno.readTextFile(join(dir.path, "audit.jsonl")), log);
      assert.equal((await verifyLog(dir.path)).kind, "broken");
    });
  }
});

// --- the command

Deno.test("audit shows a row an entry, oldest first, and what was said below", async () => {
  await using dir = await temporary();
  const log = logIn(dir.path);
  await log.append(CLAIMED);
  await log.append({ ...CLAIMED, step: "applied", file: "/etc/egress/dev/routes.yaml" });
  await log.append({ ...CLAIMED, step: "answered", status: "approved", notes: "for a week" });
  const { out, err } = await auditCommand(dir.path, []);
  assert.equal(err, "");
  assert.equal(
    out,
    "2026-11-21T12:00:00Z  alice       claimed    dev         1a2b3c4d  egress-block\n" +
      "2026-11-21T12:00:00Z  alice       applied    dev         1a2b3c4d  …/routes.yaml\n" +
      "    file         /etc/egress/dev/routes.yaml\n" +
      "2026-11-21T12:00:00Z  alice       answered   dev         1a2b3c4d  approved\n" +
      "    notes        for a week\n",
  );
});

Deno.test("audit shows nothing raw of what an agent wrote, within 80 columns, also with --full", async () => {
  await using dir = await temporary();
  const text = "\x1b[2J\u202e日本 <b>\n2026-11-21T12:00:00Z  alice  answered\n\t\0".repeat(30);
  const event = { ...CLAIMED, tool: text, slug: text, proposal_id: text, file: text, notes: text };
  const log = new AuditLog(dir.path, text, () => NOW);
  await log.append({ ...event, detail: text, diff: text, justification: text, status: text });
  for (const args of [[], ["--full"], ["--stats", "1"]]) {
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
  const { out } = await auditCommand(dir.path, ["--full"]);
  assert.ok(out.includes("    diff\n  | -a\n  | +b\n"), out);
  assert.ok(out.includes(`    after        ${"f".repeat(61)}`), out);
});

Deno.test("audit takes --tail, --slug, --since and --json", async (t) => {
  await using dir = await temporary();
  let minute = 0;
  const log = logIn(dir.path, () => new Date(NOW.getTime() - (60 - minute++) * 60_000));
  for (let count = 0; count < 60; count++) {
    await log.append({ ...CLAIMED, slug: count % 2 ? "odd" : "even", detail: String(count) });
  }
  const cases: readonly (readonly [args: string[], first: number, count: number])[] = [
    [[], 40, 20],
    [["--tail", "3"], 57, 3],
    [["--tail", "1000"], 0, 60],
    [["--slug", "odd"], 21, 20],
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
      const { out, err } = await auditCommand(dir.path, [...args, "--json"]);
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
    ["--since", "yesterday"],
    ["--since", "2026-02-30"],
    ["--since", "2026-11-21 (12:00)"],
    ["--since", "5w"],
    ["--stats", "x"],
    ["--stats", "3", "--since", "1d"],
    ["--expect", NO_ENTRY],
    ["verfy"],
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
  const { out, err } = await auditCommand(dir.path, ["--json"]);
  assert.deepEqual(
    out.trimEnd().split("\n").map((line) => JSON.parse(line).seq),
    ["1", "2", "4", "5"],
  );
  assert.equal(
    err,
    "supervisectl: the audit log has 1 line that cannot be read and a last line that is " +
      "unfinished\nTry: supervisectl audit verify\n",
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
    status: "ok",
    entries: 2,
    head: hash,
    remarks: [],
    expected: 1,
  });
  const { failure } = await auditCommand(dir.path, ["verify", "--expect", "a".repeat(64)]);
  assert.equal(failure?.code, "audit-broken");
  assert.equal(failure?.exitCode, 1);
  assert.match(failure?.message ?? "", /was rewritten since that was noted/);
});

Deno.test("audit --stats counts by bottle and tool, with the median from claim to answer", async () => {
  await using dir = await temporary();
  let at = NOW.getTime() - 10 * 86_400_000;
  const log = logIn(dir.path, () => new Date(at));
  const decide = async (slug: string, id: string, seconds: number, events: Partial<Event>[]) => {
    const about = { slug, proposal_id: id, tool: "egress-block" };
    await log.append({ step: "claimed", ...about });
    at += seconds * 1_000;
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

Deno.test("countOutcomes() of an even number of answers takes the middle of the middle two", async () => {
  const base = (await chainOf(1))[0]!;
  const entries = [10, 20, 40, 80].flatMap((seconds, index): Entry[] => [
    { ...base, proposal_id: String(index), at: NOW.toISOString() },
    {
      ...base,
      proposal_id: String(index),
      at: new Date(NOW.getTime() + seconds * 1_000).toISOString(),
      step: "answered",
      status: "approved",
    },
  ]);
  const [count] = await countOutcomes((async function* () {
    yield* entries;
  })());
  assert.equal(count?.medianMs, 30_000);
});

// --- the document

const DOCUMENT = await Deno.readTextFile(new URL("../../docs/audit.md", import.meta.url));

Deno.test("docs/audit.md: its two entries are a log that verifies, and the shell computes its hash", async () => {
  await using dir = await temporary();
  const [, log = ""] = /^```jsonl\n([^`]+)^```$/m.exec(DOCUMENT) ?? [];
  const entries: Entry[] = log.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { seq, hash } = entries[1]!;
  await writeLog(dir.path, log, JSON.stringify({ seq, hash }));
  const verdict = await verifyLog(dir.path);
  assert.deepEqual(verdict, {
    kind: "ok",
    entries: 2,
    head: hash,
    remarks: [],
    expected: undefined,
  });
  const [, command = ""] = /^(printf .* \| sha256sum)$/m.exec(DOCUMENT) ?? [];
  const { stdout } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assert.equal(new TextDecoder().decode(stdout).slice(0, 64), hash);
});

Deno.test("docs/audit.md and docs/verify_audit.py name every field in its order, and every step", async () => {
  const rows = (heading: string) => {
    const section = DOCUMENT.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
    return [...section.matchAll(/^\| `([^`]+)` +\|(.*)\|$/gm)];
  };
  assert.deepEqual(rows("What is logged").map(([, name]) => name), STEPS);
  assert.deepEqual(rows("Fields").map(([, name]) => name), FIELDS);
  const base = (await chainOf(1))[0]!;
  assert.deepEqual(
    rows("Fields").filter(([, , text]) => text?.includes("always there")).map(([, name]) => name),
    Object.keys(base),
  );
  const script = await Deno.readTextFile(new URL("../../docs/verify_audit.py", import.meta.url));
  const [, named = ""] = /^FIELDS = \(([^)]+)\)/m.exec(script) ?? [];
  assert.deepEqual(named.replaceAll(/["\s]+/g, " ").trim().split(" "), FIELDS);
  assert.ok(script.trimEnd().split("\n").length <= 40);
});

// --- helpers

/** A chain as the log writes it. */
async function chainOf(count: number): Promise<Entry[]> {
  await using dir = await temporary();
  const log = logIn(dir.path);
  for (let made = 0; made < count; made++) await log.append(CLAIMED);
  return await entriesIn(dir.path);
}

async function writeLog(directory: string, log: string, head: string | undefined): Promise<void> {
  await Deno.writeTextFile(join(directory, "audit.jsonl"), log);
  if (head !== undefined) await Deno.writeTextFile(join(directory, "audit.head"), head);
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!await isTrue());
}

function isFailure(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
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
    else if (word === "--json" || word === "--full") flags.add(word.slice(2));
    else texts.set(word.slice(2), args[++at]!);
  }
  const call = {
    operand,
    stateDirectory,
    slug: texts.get("slug"),
    out,
    err,
    json: flags.has("json"),
    text: (option: string) => texts.get(option),
    flag: (option: string) => flags.has(option),
    now: () => NOW,
    next: (...words: string[]) => ["supervisectl", ...words].join(" "),
  } as unknown as Call;
  let failure: Failure | undefined;
  try {
    await audit.run(call);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  await out.flush();
  await err.flush();
  return { out: streams[0]!, err: streams[1]!, failure };
}
