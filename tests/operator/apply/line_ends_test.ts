/** Line ends that change are said once, and what changes else is not lost among them. */

import assert from "node:assert/strict";
import { withSameEnds } from "../../../src/operator/apply/line_ends.ts";
import { unifiedDiff } from "../../../src/operator/apply/unified_diff.ts";
import { parsed, propose } from "../fixture.ts";
import { DOCKERFILE, stand } from "../live/stand.ts";

const CASES: readonly (readonly [
  name: string,
  before: string,
  after: string,
  change: string | undefined,
  changed: string[],
])[] = [
  ["CRLF to LF", "a\r\nb\r\n", "a\nB\n", "from CRLF to LF", ["-b", "+B"]],
  ["LF to CRLF", "a\nb\n", "a\r\nB\r\n", "from LF to CRLF", ["-b", "+B"]],
  ["CRLF to LF and nothing else", "a\r\nb\r\n", "a\nb\n", "from CRLF to LF", []],
  ["lone CR to LF", "a\rb\r", "a\nB\n", "from CR to LF", ["-b", "+B"]],
  ["LF to lone CR", "a\nb\n", "a\rB\r", "from LF to CR", ["-b", "+B"]],
  ["a mixture to LF", "a\r\nb\nc\n", "a\nb\nC\n", "from LF and CRLF to LF", ["-c", "+C"]],
  ["a mixture to CRLF", "a\r\nb\nc\n", "a\r\nb\r\nC\r\n", "from LF and CRLF to CRLF", ["-c", "+C"]],
  [
    "CRLF to a mixture: the odd line is seen",
    "a\r\nb\r\nc\r\n",
    "a\nb\r\nc\n",
    "from CRLF to LF and CRLF",
    ["-b", "+b\r"],
  ],
  ["LF, and one line with CRLF", "a\nb\nc\n", "a\nb\r\nc\n", undefined, ["-b", "+b\r"]],
  ["the same mixture", "a\r\nb\nc\n", "a\r\nb\nC\n", undefined, ["-c", "+C"]],
  ["CRLF on both sides", "a\r\nb\r\n", "a\r\nB\r\n", undefined, ["-b\r", "+B\r"]],
  ["a lone CR within a line is none", "a\rb\n", "a\nb\n", undefined, ["-a\rb", "+a", "+b"]],
  ["no line end at all", "a", "a\r\n", undefined, [
    "-a",
    "\\ No newline at end of file",
    "+a\r",
  ]],
];

for (const [name, before, after, change, changed] of CASES) {
  Deno.test(`withSameEnds() leaves what changes else: ${name}`, () => {
    const same = withSameEnds(before, after);
    assert.equal(same.change, change && `line ends change ${change}`);
    const rows = unifiedDiff("f", same.before, same.after).split("\n").slice(3);
    assert.deepEqual(rows.filter((row) => /^[-+\\]/.test(row)), changed);
  });
}

const CRLF = DOCKERFILE.replaceAll("\n", "\r\n");

Deno.test("show says once that line ends change, and has the diff of the text", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("dockerfile"), CRLF);
  const file = `${DOCKERFILE}RUN true\n`;
  const { id } = await propose(place.root, { tool: "capability-block", file });
  const rows = [" | FROM debian:13", " | RUN apt-get install -y git", "+| RUN true"];
  for (const args of [["show", id], ["approve", id, "--dry-run"]]) {
    const { stdout } = await place.ctl(args);
    assert.equal(stdout.match(/! Line ends change from CRLF to LF\.\n/g)?.length, 1, stdout);
    assert.ok(stdout.includes(rows.map((row) => `  ${row}\n`).join("")), stdout);
  }
  const { live, basis } = parsed(await place.ctl(["show", id, "--json"]));
  const [{ diff, line_ends, text_diff }] = (live as { files: [Record<string, string>] }).files;
  assert.equal(line_ends, "line ends change from CRLF to LF");
  assert.match(diff ?? "", /^-FROM debian:13\r$/m);
  assert.doesNotMatch(text_diff ?? "", /^[-+]FROM/m);
  assert.equal((await place.ctl(["approve", id, "--basis", String(basis)])).code, 0);
  assert.equal(await place.read("dockerfile"), file);
  // The log has the bytes.
  const entry = (await place.entries()).find(({ step }) => step === "applied");
  assert.match(entry?.["diff"] ?? "", /^-FROM debian:13\r$/m);
});

Deno.test("a basis holds for the line ends that were there", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("dockerfile"), CRLF);
  const file = `${DOCKERFILE}RUN true\n`;
  const { id } = await propose(place.root, { tool: "capability-block", file });
  const { basis } = parsed(await place.ctl(["show", id, "--json"]));
  await Deno.writeTextFile(place.file("dockerfile"), DOCKERFILE);
  assert.equal((await place.ctl(["approve", id, "--basis", String(basis)])).code, 1);
});

Deno.test("undo says that line ends change back", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("dockerfile"), CRLF);
  const { id } = await propose(place.root, { tool: "capability-block", file: DOCKERFILE });
  assert.equal((await place.ctl(["approve", id])).code, 0);
  const { stdout } = await place.ctl(["undo", id, "--dry-run"]);
  assert.match(stdout, /! Line ends change from LF to CRLF\.\n/);
  assert.doesNotMatch(stdout, /FROM debian/);
});
