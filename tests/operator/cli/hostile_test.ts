/** Whatever an agent writes, nothing of it moves the cursor, hides, or passes for a line of ours. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { visibleText } from "../../../src/operator/visible.ts";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import {
  ctl,
  fileAway,
  json,
  propose,
  readRecord,
  recordPath,
  shownBasis,
  writeRecord,
} from "../fixture.ts";
import { PIPELOCK, ROUTES, type Stand, stand } from "../live/stand.ts";

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

for (const { name, options } of PROPOSALS) {
  Deno.test(`the diff and the question print nothing raw of a hostile ${name}`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root, options);
    for (const args of [["show", id, "--full"], ["approve", id, "--dry-run"], ["approve", id]]) {
      const { stdout, stderr } = await place.ctl(args, { columns: 60, answers: ["n"] });
      assertHarmless(stdout + stderr, args);
    }
    assert.equal(await place.read("routes"), ROUTES);
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

Deno.test("a megabyte of escape sequences is cut", { timeout: 60_000 }, async () => {
  await using root = await temporary();
  const file = "FROM a\nRUN " + "\x1b".repeat(150_000);
  const { id } = await propose(root.path, { tool: "capability-block", file });
  const { stdout } = await ctl(root.path, ["show", id]);
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

const EVIL = { file: json({ host: "evil.example" }), justification: "trust me" };

type Planted = Readonly<Partial<Record<"claim" | "response" | "withdrawn", object>>>;

const FORGED_DECISION = {
  ...{ status: "approved", notes: "", final_file: null, decided_by: "alice" },
  decided_at: "2026-11-21T11:59:00Z",
};

const TWINS: readonly (readonly [name: string, records: Planted])[] = [
  ["with nothing else", {}],
  ["with a forged approval", { response: FORGED_DECISION }],
  ["with a forged modification", {
    response: { ...FORGED_DECISION, status: "modified", final_file: EVIL.file },
  }],
  ["with a withdrawal", { withdrawn: {} }],
  ["with a claim", { claim: { claimed_by: "bob", claimed_at: "2026-11-21T11:59:00Z" } }],
];

/** Puts another proposal of the same id, with records of its own, into `processed/`. */
async function plantTwin({ path, root }: Stand, id: string, records: Planted): Promise<void> {
  const other = join(path, "other");
  const twin = await propose(other, { ...EVIL, id });
  for (const [kind, content] of Object.entries(records)) {
    await writeRecord(other, twin, kind as "claim", { ...content });
  }
  await fileAway(other, twin);
  for await (const { name } of Deno.readDir(join(other, "dev", "processed"))) {
    await Deno.rename(
      join(other, "dev", "processed", name),
      join(root, "dev", "processed", name),
    );
  }
}

for (const [name, records] of TWINS) {
  Deno.test(`a twin in processed/ ${name} changes nothing that list, show and approve mean`, async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    const prefix = proposal.id.slice(0, 5);
    const said = async () => {
      const lines = [["list"], ["show", proposal.id], ["show", prefix], [
        "approve",
        prefix,
        "--dry-run",
      ]];
      const results = [];
      for (const args of lines.flatMap((args) => [args, [...args, "--json"]])) {
        results.push(await place.ctl(args));
      }
      return results;
    };
    const before = await said();
    for (const { code, stdout, stderr } of before) assert.ok(code === 0 && stdout, stderr);
    await plantTwin(place, proposal.id, records);
    assert.deepEqual(await said(), before);

    const { code, stdout, stderr } = await place.ctl(["approve", prefix], { answers: ["y"] });
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /\+\| {3}- host: api\.github\.com\n(.|\n)*Apply this\? \[y\/N\] y\nApproved /,
    );
    assert.doesNotMatch(stdout, /evil/);
    assert.match(await place.read("routes"), /^ {2}- host: api\.github\.com\n/m);
    assert.doesNotMatch(await place.read("routes") + await place.read("pipelock"), /evil/);
    const response = await readRecord(place.root, proposal, "response");
    assert.equal(response?.["file_sha256"], proposal.current_file_hash);
  });
}

Deno.test("a basis taken before a twin was planted still approves what was shown", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const env = { SUPERVISE_CONFIG: place.configFile };
  const basis = await shownBasis(place.root, proposal.id, { env });
  await plantTwin(place, proposal.id, { response: FORGED_DECISION });
  const { code, stderr } = await place.ctl(["approve", proposal.id, "--basis", basis]);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(await place.read("routes"), /evil/);
});

const SWAPS: readonly (readonly [name: string, swap: (path: string, twin: string) => void])[] = [
  ["is removed", (path) => Deno.removeSync(path)],
  ["becomes unreadable", (path) => Deno.writeTextFileSync(path, "{")],
  ["becomes a link to it", (path, twin) => {
    Deno.removeSync(path);
    Deno.symlinkSync(twin, path);
  }],
  ["becomes the same file", (path, twin) => {
    Deno.removeSync(path);
    Deno.linkSync(twin, path);
  }],
];

for (const [name, swap] of SWAPS) {
  for (const [how, records] of TWINS) {
    Deno.test(`a twin ${how} is not approved for the one shown, which ${name} at the question`, async () => {
      await using place = await stand();
      const proposal = await propose(place.root);
      await plantTwin(place, proposal.id, records);
      const twin = join(place.root, "dev", "processed", `${proposal.id}.proposal.json`);
      const answers = {
        shift() {
          swap(recordPath(place.root, proposal, "proposal"), twin);
          return "y";
        },
      } as unknown as string[];
      const { code, stdout, stderr } = await place.ctl(["approve", proposal.id], { answers });
      assert.equal(code, 1, stdout);
      assert.match(stdout, /Apply this\? \[y\/N\] y\n$/);
      assert.match(stderr, /^supervisectl: \w{8}\b/);
      assert.doesNotMatch(stderr, /internal error/);
      assert.equal(await place.read("routes"), ROUTES);
      assert.equal(await place.read("pipelock"), PIPELOCK);
      assert.deepEqual(await place.reloads(), []);
      assert.equal(await readRecord(place.root, proposal, "response"), undefined);
      assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
    });
  }
}
