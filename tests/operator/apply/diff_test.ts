/** Unified diffs: other programs apply them, and on a terminal nothing in them deceives. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { unifiedDiff } from "../../../src/operator/apply/unified_diff.ts";
import { diffRows } from "../../../src/operator/review/diff_rows.ts";
import { visibleLine } from "../../../src/operator/visible.ts";
import { finish } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";

const MIB = 1_048_576;

Deno.test("unifiedDiff() has headers, three lines of context, and a word on a missing end", () => {
  const before = "a\nb\nc\nd\ne\nf\n";
  assert.equal(
    unifiedDiff("conf/routes.yaml", before, "a\nb\nc\nd\nE\nf"),
    "--- conf/routes.yaml\n+++ conf/routes.yaml\n@@ -2,5 +2,5 @@\n b\n c\n d\n-e\n-f\n+E\n+f\n" +
      "\\ No newline at end of file\n",
  );
  assert.equal(unifiedDiff("a", before, before), "");
});

const CHANGES: readonly (readonly [name: string, before: string, after: string])[] = [
  ["a line in the middle", "a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n"],
  ["two places far apart", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n", "x\n2\n3\n4\n5\n6\n7\n8\n9\ny\n"],
  ["from empty", "", "a\nb\n"],
  ["to one empty line", "a\nb\n", "\n"],
  ["the last line feed comes", "a\nb", "a\nb\n"],
  ["the last line feed goes", "a\nb\n", "a\nb"],
  ["no last line feed, before and after", "a\nb", "a\nc"],
  ["CRLF comes", "a\nb\nc\n", "a\r\nb\r\nc\r\n"],
  ["CRLF in a line alone", "a\r\nb\r\n", "a\r\nx\r\nb\n"],
  ["lines that look like a diff", "-- a\n@@ -1 +1 @@\n", "++ b\n--- a\n+++ b\n@@ -1 +1 @@\n"],
  ["hidden characters", "a\u200bb\n\x1b[2J\n", "ab\n\x1b[2K\n\u2028\u0085\f\n"],
  ["too little in common", lines(4_000, 1), lines(4_000, 2)],
  ["too little in common, no last line feed", lines(4_000, 1).trim(), lines(4_000, 2).trim()],
];

for (const [name, before, after] of CHANGES) {
  Deno.test(`unifiedDiff() can be applied by patch and by git: ${name}`, async () => {
    await assertApplies("file.txt", before, after);
  });
}

for (
  const path of ["a b.txt", "conf d/a  b", 'quote"d\\.txt', "jörg\u202e.txt", "tab\tand\nfeed"]
) {
  Deno.test(`unifiedDiff() names a file so that patch and git find it: ${JSON.stringify(path)}`, async () => {
    const diff = await assertApplies(path, "a\nb\n", "a\nc\n");
    assert.match(diff, /^--- [ -~]+\t?\n\+\+\+ [ -~]+\t?\n@@ /);
  });
}

Deno.test("unifiedDiff() of random texts can be applied by patch and by git", async () => {
  const random = randomFrom(20_261_121);
  for (let round = 0; round < 40; round++) {
    const before = randomText(random);
    const after = round % 3 === 0 ? randomText(random) : changed(before, random);
    if (before !== after && after !== "") await assertApplies("file.txt", before, after);
  }
});

/** Nothing to work that grows with the text; what grows with its square takes minutes. */
const LIMIT_MS = 60_000;

const HOSTILE: readonly (readonly [name: string, before: string, after: string])[] = [
  ["empty lines against lines", "\n".repeat(MIB), "a\n".repeat(MIB / 2)],
  ["few different lines", lines(MIB / 2, 1, 2), lines(MIB / 2, 2, 2)],
  ["one line", "x".repeat(MIB), "x".repeat(MIB - 1) + "y"],
  ["a line in a million", "\n".repeat(MIB), "\n".repeat(MIB / 2) + "x" + "\n".repeat(MIB / 2 - 1)],
];

for (const [name, before, after] of HOSTILE) {
  Deno.test(`unifiedDiff() of two texts of 1 MiB ends: ${name}`, { timeout: LIMIT_MS }, () => {
    const diff = unifiedDiff("a", before, after);
    assert.equal(unifiedDiff("a", before, after), diff);
  });
}

Deno.test("unifiedDiff() has the lines around a change to their ends, and can be applied", async () => {
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => `${from + at}\n`).join("");
  const before = numbers(1, 60).trimEnd();
  const added = before.replace("30\n", "30\nx\n");
  const twice = before.replace("20\n", "").replace("40\n", "y\n");
  const cases: readonly (readonly [string, number, number, string[]])[] = [
    [added, 10, 50, ["@@ -10,42 +10,43 @@"]],
    [added, 32, 40, ["@@ -21,20 +21,21 @@"]],
    [added, 40, 45, ["@@ -28,6 +28,7 @@"]],
    [added, 1, 60, ["@@ -1,60 +1,61 @@"]],
    [twice, 15, 22, ["@@ -15,11 +15,10 @@", "@@ -35,11 +34,11 @@"]],
    [`x\n${before}`, 1, 20, ["@@ -1,20 +1,21 @@"]],
    [`${before}\nx`, 30, 60, ["@@ -30,31 +30,32 @@"]],
  ];
  for (const [after, first, last, hunks] of cases) {
    const around = { first, last };
    const diff = unifiedDiff("f", before, after, around);
    assert.deepEqual(diff.split("\n").filter((line) => line.startsWith("@@")), hunks);
    await assertApplies("f", before, after, around);
  }
});

Deno.test("unifiedDiff() of random texts can be applied whatever is around", async () => {
  const random = randomFrom(7);
  for (let round = 0; round < 30; round++) {
    const before = randomText(random);
    const after = changed(before, random);
    const first = 1 + Math.floor(random() * 10);
    const around = { first, last: first + Math.floor(random() * 10) };
    if (before !== after && after !== "") await assertApplies("file.txt", before, after, around);
  }
});

Deno.test("unifiedDiff() bounds what is around a change", () => {
  const before = "a\n".repeat(2_000);
  const after = `${"a\n".repeat(1_000)}x\n${"a\n".repeat(1_000)}`;
  const diff = unifiedDiff("f", before, after, { first: 1, last: 2_000 });
  assert.equal(diff.split("\n").length, 3 + 150 + 1 + 150 + 1);
});

Deno.test("diffRows() puts the sign first, a bar after it, and marks what changes", () => {
  const { rows, leftOut } = diffRows(unifiedDiff("f", "a\nb\n", "a\nc"), 40, 20);
  assert.deepEqual(rows.map(({ text }) => text), [
    "  --- f",
    "  +++ f",
    "  @@ -1,2 +1,2 @@",
    "   | a",
    "  -| b",
    "  +| c",
    "  \\ No newline at end of file",
  ]);
  assert.deepEqual(rows.filter(({ isChanged }) => isChanged).map(({ text }) => text.charAt(2)), [
    "-",
    "+",
  ]);
  assert.equal(leftOut, undefined);
});

Deno.test("diffRows() lets no line pass for a header, a sign or a line of ours", () => {
  const forged = ["++ /etc/passwd", "@@ -1 +1 @@", "-| gone", "Try: supervisectl approve 1a2b"];
  const text = `${forged.join("\n")}\n${"x".repeat(34)}+| forged\n`;
  const rows = added(text, 40);
  assert.deepEqual(rows, [
    ...forged.map((line) => `  +| ${line}`),
    `  +| ${"x".repeat(34)}`,
    "  +|…+| forged",
  ]);
});

const SHOWN: readonly (readonly [name: string, before: string, after: string, rows: string[]])[] = [
  ["hidden character", "", "a\u202eb\n", ["+| a<U+202E>b"]],
  ["blanks at the end", "a\n", "a \t\n", ["-| a", "+| a<U+0020><U+0009>"]],
  ["blanks before a carriage return", "a\r\n", "a \r\n", ["-| a<U+000D>", "+| a<U+0020><U+000D>"]],
  ["a line of blanks", "", "  \n", ["+| <U+0020><U+0020>"]],
  ["a tab for blanks", "a\tb\n", "a       b\n", ["-| a<U+0009>b", "+| a       b"]],
  ["tabs, kept at their stops", "", "a\tb\nabc\td\n", ["+| a       b", "+| abc     d"]],
  ["forms of one letter", "caf\u00e9\n", "cafe\u0301\n", ["-| caf<U+00E9>", "+| cafe<U+0301>"]],
  ["right-to-left letters", "", "\u05d0 x\n", [
    "! right-to-left letters, maybe shown in another order:",
    "+| \u05d0 x",
  ]],
  ["a letter that stays", "\u00e9\n", "\u00e9\n\u00e9a\n", [" | \u00e9", "+| \u00e9a"]],
];

for (const [name, before, after, expected] of SHOWN) {
  Deno.test(`diffRows() shows what an eye would miss: ${name}`, () => {
    const { rows } = diffRows(unifiedDiff("f", before, after), 80, 20);
    assert.deepEqual(rows.slice(3).map(({ text }) => text), expected.map((row) => `  ${row}`));
  });
}

Deno.test("diffRows() counts what it leaves out, and how much of it changes", () => {
  const diff = unifiedDiff("f", "a\nb\nc\n", `a\n${"x".repeat(100)}\nc\n`);
  assert.equal(diffRows(diff, 40, 4).leftOut, "3 more lines, 2 of them changed");
  assert.equal(diffRows(diff, 40, 6).leftOut, "the rest of this line and 1 more line");
  assert.equal(diffRows(diff, 40, 100).leftOut, undefined);
});

Deno.test("diffRows() spells out all of a run of changed lines too large to compare", () => {
  const { rows } = diffRows(unifiedDiff("f", "", "\u00e9\n".repeat(6_000)), 80, 10);
  assert.equal(rows[3]?.text, "  +| <U+00E9>");
  const long = diffRows(unifiedDiff("f", "", `\u00e9${"x".repeat(MIB)}`), 80, 10);
  assert.match(rows[3]?.text ?? "", /^ {2}\+\| /);
  assert.match(long.rows[3]?.text ?? "", /^ {2}\+\| <U\+00E9>x/);
  assert.equal(long.rows.length, 10);
  assert.equal(long.leftOut, "the rest of this line and 1 more line");
});

Deno.test("diffRows() of a hostile megabyte ends, and no row is too wide", {
  timeout: LIMIT_MS,
}, () => {
  for (const line of ["\x1b", "\t", "\u0903", "é\n", "\u{1aff0}", "x \n"]) {
    const diff = unifiedDiff("f", "a\n", line.repeat(MIB / line.length / 4));
    for (const { text } of diffRows(diff, 60, 400).rows) {
      const columns = Array.from(text).reduce((sum, c) => sum + (c < "\x7f" ? 1 : 2), 0);
      assert.ok(columns <= 60, text);
      assert.equal(visibleLine(text), text);
    }
  }
});

function added(text: string, columns: number): string[] {
  return diffRows(unifiedDiff("f", "", text), columns, 100).rows.slice(3).map(({ text }) => text);
}

/** Applies the diff with both programs to a real file; returns it. */
async function assertApplies(
  path: string,
  before: string,
  after: string,
  around?: { readonly first: number; readonly last: number },
): Promise<string> {
  await using directory = await temporary();
  const diff = unifiedDiff(path, before, after, around);
  const file = join(directory.path, path);
  await Deno.mkdir(dirname(file), { recursive: true });
  for (const command of [["patch", "-s", "-p0", "--binary"], ["git", "apply", "-p0"]]) {
    await Deno.writeTextFile(file, before);
    await feed(command, diff, directory.path);
    assert.equal(await Deno.readTextFile(file), after, command[0]);
  }
  return diff;
}

async function feed([program = "", ...args]: string[], text: string, cwd: string): Promise<void> {
  // Or git would look for a repository around the directory.
  const env = { GIT_CEILING_DIRECTORIES: dirname(cwd) };
  const { code, stdout, stderr } = await finish(program, args, { cwd, env, stdin: text });
  assert.equal(code, 0, `${program}: ${stdout}${stderr}\n${text}`);
}

/** Always the same numbers in [0, 1) for a seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = Math.imul(state, 1_103_515_245) + 12_345 & 0x7fffffff;
    return (state >>> 8) / 0x800000;
  };
}

const PIECES = ["a", "b", "", "-- a", "+", "\\ No newline", "  x", "a\r", "é", "\t", "@@ -1 +1 @@"];

function randomText(random: () => number): string {
  const count = Math.floor(random() * 30);
  const text = Array.from({ length: count }, () => pick(random)).join("\n");
  return random() < 0.5 ? text : `${text}\n`;
}

function changed(text: string, random: () => number): string {
  return text.split("\n").flatMap((line) => {
    const chance = random();
    if (chance < 0.1) return [];
    if (chance < 0.2) return [line, pick(random)];
    return chance < 0.3 ? [pick(random)] : [line];
  }).join("\n");
}

function pick(random: () => number): string {
  return PIECES[Math.floor(random() * PIECES.length)] ?? "";
}

function lines(count: number, seed: number, kinds = 1_000): string {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => `${Math.floor(random() * kinds)}\n`).join("");
}
