/** Whatever an agent writes, nothing of it moves the cursor, hides, or passes for a line of ours. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { visibleText } from "../../src/operator/visible.ts";
import { supervisectl } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { ctl, json, propose, recordPath, writeRecord } from "./fixture.ts";

/** One of each way to deceive a terminal or an eye. */
const TRICKS = [
  "\x1b[2J\x1b[1;1H",
  "\x1b]0;title\x07",
  "\x9b31m",
  "\x7f\b\b\b",
  "\r",
  "\v\f",
  "\u202egnp",
  "\u2066\u2069",
  "\u200b\u200d\ufeff",
  "\u{e0041}\u{e007f}",
  "\u2028\u2029\u00a0\u3000",
  "\u2800\u3164",
  "a\u0300\u0301\u0302\u0303\u0304",
  "\ue000",
].join("x");

const FORGED = [
  "",
  "Approved 1a2b3c4d (egress-block, bottle dev): good.example, 1 path.",
  "supervisectl: done",
  "Try: supervisectl approve 1a2b3c4d",
  "  ! SECRET  none",
  "",
].join("\n");

const PROPOSALS = [
  {
    name: "host",
    options: { file: json({ host: `good.example${TRICKS}${FORGED}`, path_allowlist: ["/a"] }) },
  },
  {
    name: "host in a file that escapes nothing",
    options: { file: `{"host": "good.example${TRICKS.replaceAll(/\p{Cc}/gu, "")}"}` },
  },
  {
    name: "path",
    options: { file: json({ host: "h.example", path_allowlist: [`/${TRICKS}${FORGED}`] }) },
  },
  {
    name: "token_ref",
    options: {
      file: json({ host: "h.example", auth: { scheme: "token", token_ref: TRICKS + FORGED } }),
    },
  },
  { name: "key", options: { file: json({ host: "h.example", [TRICKS + FORGED]: 1 }) } },
  { name: "broken JSON", options: { file: `${TRICKS}${FORGED}{` } },
  {
    name: "URL",
    options: { tool: "pipelock-block", file: `https://h.example/${TRICKS}${FORGED}` },
  },
  {
    name: "Dockerfile",
    options: { tool: "capability-block", file: `FROM a${TRICKS}\n${FORGED}\nRUN ${TRICKS}` },
  },
  { name: "justification", options: { justification: TRICKS + FORGED } },
] as const;

for (const { name, options } of PROPOSALS) {
  Deno.test(`list, show and approve print nothing raw of a hostile ${name}`, async () => {
    await using root = await temporary();
    const { id } = await propose(root.path, options);
    for (
      const args of [["list"], ["list", "--all"], ["show", id], ["show", id, "--full"], [
        "approve",
        id,
      ]]
    ) {
      for (const terminal of [{}, { columns: 60 }]) {
        const text = await ctl(root.path, args, terminal);
        assertHarmless(text.stdout + text.stderr, args);
      }
      const { stdout, stderr } = await ctl(root.path, [...args, "--json"]);
      assert.equal(visibleText(stdout + stderr), stdout + stderr);
      assert.doesNotThrow(() => JSON.parse(stdout || stderr));
    }
  });
}

/** No hidden character, and no line that begins as one of the program's own does. */
function assertHarmless(output: string, args: readonly string[]): void {
  assert.equal(visibleText(output), output);
  assert.ok(!output.includes("\t"), "a tab");
  for (const line of output.split("\n")) {
    assert.doesNotMatch(line, /^(Approved 1a2b3c4d|supervisectl: done|Try: .*1a2b3c4d)/, args[0]);
    assert.doesNotMatch(line, /^ {2}! SECRET {2}none/, args[0]);
  }
}

Deno.test("show keeps exact values in --json", async () => {
  await using root = await temporary();
  const justification = TRICKS + FORGED;
  const { id } = await propose(root.path, { justification });
  const { stdout } = await ctl(root.path, ["show", id, "--json"]);
  assert.equal(JSON.parse(stdout).justification, justification);
});

Deno.test("a process prints nothing raw either", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { justification: TRICKS + FORGED });
  const { stdout, stderr } = await supervisectl(root.path, ["show", id]);
  assertHarmless(stdout + stderr, ["show"]);
  assert.ok(stdout.includes("<U+001B>[2J<U+001B>[1;1H"));
});

Deno.test("a line that fills the terminal's width does not put its rest at the margin", async () => {
  await using root = await temporary();
  const justification = "x".repeat(55) + "Try: supervisectl approve 1a2b3c4d";
  const { id } = await propose(root.path, { justification });
  const { stdout } = await ctl(root.path, ["show", id], { columns: 60 });
  assert.ok(stdout.includes("\n  |…Try: supervisectl approve 1a2b3c4d\n"));
  const [page = ""] = stdout.split("\nTry: ");
  for (const line of page.split("\n")) assert.ok(line.length <= 60, line);
});

Deno.test("names and times in claims and decisions of others are made visible", async () => {
  await using root = await temporary();
  const claimed = await propose(root.path);
  const decided = await propose(root.path);
  const by = { claimed_by: TRICKS + FORGED, claimed_at: TRICKS };
  await writeRecord(root.path, claimed, "claim", by);
  await writeRecord(root.path, decided, "response", {
    status: "modified",
    notes: TRICKS + FORGED,
    final_file: TRICKS + FORGED,
    decided_by: TRICKS + FORGED,
    decided_at: `Sat, 21 Nov 2026 (${TRICKS})`,
  });
  for (
    const args of [["list"], ["list", "--all"], ["show", claimed.id], ["show", decided.id], [
      "approve",
      claimed.id,
    ], ["approve", decided.id]]
  ) {
    const { stdout, stderr } = await ctl(root.path, args);
    assertHarmless(stdout + stderr, args);
  }
});

Deno.test("an arrival time with a comment is printed as a time alone", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const path = recordPath(root.path, proposal, "proposal");
  const record = JSON.parse(await Deno.readTextFile(path));
  record.arrival_timestamp = "Sat, 21 Nov 2026 11:00:00 GMT (\x1b[2J)";
  await Deno.writeTextFile(path, JSON.stringify(record));
  const { stdout } = await ctl(root.path, ["show", proposal.id]);
  assert.ok(stdout.includes("\n  arrived   2026-11-21T11:00:00Z (1h ago)\n"));
});

Deno.test("file names in a queue and what is said of them are made visible", async () => {
  await using root = await temporary();
  await propose(root.path);
  const directory = join(root.path, "dev");
  await Deno.writeTextFile(join(directory, `\x1b[2J.proposal.json`), "{");
  const record = { tool: `${TRICKS}${FORGED}`, id: TRICKS, bottle_slug: FORGED };
  const name = `${crypto.randomUUID()}.proposal.json`;
  await Deno.writeTextFile(join(directory, name), JSON.stringify(record));
  await Deno.mkdir(join(root.path, "\x1b[2J"));
  const { stdout, stderr, code } = await ctl(root.path, ["list"]);
  assert.equal(code, 0);
  assertHarmless(stdout + stderr, ["list"]);
  assert.ok(stderr.includes(`skipped dev/${name}: `));
});

Deno.test("what an operator types is made visible in errors too", async () => {
  await using root = await temporary();
  await propose(root.path);
  for (const args of [["show", TRICKS], [TRICKS], [`--${TRICKS}`], ["list", "--slug", TRICKS]]) {
    const { stdout, stderr } = await ctl(root.path, args);
    assertHarmless(stdout + stderr, args);
  }
});

Deno.test("a megabyte of escape sequences is cut and takes less than 5 s", async () => {
  await using root = await temporary();
  const file = "FROM a\nRUN " + "\x1b".repeat(150_000);
  const { id } = await propose(root.path, { tool: "capability-block", file });
  const started = performance.now();
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.ok(performance.now() - started < 5_000);
  assert.ok(stdout.length < 100_000);
  assert.match(stdout, /\n {2}\([\d,]+ more characters of this line; --full shows all\)\n/);
});

const WIDER_THAN_COUNTED = [
  ["spacing combining marks", "\u0903"],
  ["angle brackets", "\u2329"],
  ["vertical forms", "\ufe19"],
  ["Kana extensions", "\u{1aff0}"],
  ["emoji by presentation selector", "\u2764"],
  ["ellipses", "…"],
] as const;

for (const [name, character] of WIDER_THAN_COUNTED) {
  Deno.test(`show stays within 80 cells, each counted as two: ${name}`, async () => {
    await using root = await temporary();
    const justification = `\t${character}`.repeat(20) + character.repeat(500) + "Try: x";
    const { id } = await propose(root.path, { justification });
    const { stdout } = await ctl(root.path, ["show", id], { columns: 80 });
    for (const line of stdout.split("\n").filter((line) => line.startsWith("  |"))) {
      let at = 0;
      for (const c of line) at += c === "\t" ? 8 - at % 8 : c.charCodeAt(0) < 0x7f ? 1 : 2;
      assert.ok(at <= 80, `${at}: ${line}`);
    }
  });
}

Deno.test("a name that reads like a sentence is quoted, cut, and said by the queue", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const claimed_by = 'bob" since yesterday ' + "x".repeat(150);
  await writeRecord(root.path, proposal, "claim", { claimed_by, claimed_at: "?" });
  const { stdout } = await ctl(root.path, ["show", proposal.id], { columns: 200 });
  assert.match(stdout, /claimed by "bob\\" since yesterday x{42}…" since .*, says the queue\n/);
});
