/** `show` with live files: what would change, what stands in the way, and what was done. */

import assert from "node:assert/strict";
import { width } from "../../../src/operator/columns.ts";
import { json, parsed, propose } from "../fixture.ts";
import { DOCKERFILE, PIPELOCK, ROUTES, snapshot, stand } from "../live/stand.ts";

Deno.test("show has the diff of every file that would change, and what would be run", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  const before = await snapshot(place.path);
  const { code, stdout } = await place.ctl(["show", id]);
  assert.equal(code, 0);
  for (const kind of ["routes", "pipelock"] as const) {
    const file = place.file(kind);
    assert.ok(stdout.includes(`Would change ${file}, then run ${place.path}/reload ${kind}:\n`));
    assert.ok(stdout.includes(`--- ${file}\n`));
  }
  assert.match(stdout, /\+\| {3}- host: api\.github\.com\n/);
  assert.match(stdout, /\+\| {3}- api\.github\.com\n/);
  assert.match(stdout, /! NEW HOST {2}api\.github\.com has no route yet\n/);
  assert.deepEqual(await snapshot(place.path), before);
});

Deno.test("show has the diffs before the justification, which may be long", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { justification: "a reason\n".repeat(200) });
  const { stdout } = await place.ctl(["show", id]);
  const places = ["api.github.com has no route", "Would change", "The agent's justification:"]
    .map((text) => stdout.indexOf(text));
  assert.ok(places.every((at) => at > 0), stdout);
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  assert.ok(stdout.lastIndexOf("Would change") < places[2]!);
});

for (
  const [tool, file, kind] of [
    ["egress-block", undefined, "routes"],
    ["pipelock-block", "https://api.github.com/", "pipelock"],
    ["capability-block", "FROM debian:14\n", "dockerfile"],
  ] as const
) {
  Deno.test(`show of an open ${tool} says that nothing would be applied where nothing is configured`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root, { tool, ...file !== undefined && { file } });
    const says = `\nNothing would be applied: no ${kind} file is configured for this bottle.\n`;
    assert.ok(!(await place.ctl(["show", id])).stdout.includes("Nothing would be applied"));
    await place.configure({ [kind]: null });
    assert.ok((await place.ctl(["show", id])).stdout.includes(says));
    const { live } = parsed(await place.ctl(["show", id, "--json"]));
    assert.ok((live as { missing: string[] }).missing.includes(kind));
    await place.ctl(["reject", id, "--notes", "no"]);
    assert.ok(!(await place.ctl(["show", id])).stdout.includes("Nothing would be applied"));
  });
}

Deno.test("show of a decided proposal has no basis, and no way to answer it", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  await place.ctl(["reject", id, "--notes", "no"]);
  const { stdout } = await place.ctl(["show", id]);
  assert.doesNotMatch(stdout, /^ {2}basis |--basis/m);
  assert.equal(parsed(await place.ctl(["show", id, "--json"]))["basis"], null);
});

Deno.test("show says which file stays as it is, and which is not configured", async () => {
  await using place = await stand();
  await place.configure({ pipelock: null });
  const file = json({ host: "pypi.example", path_allowlist: ["/simple/"] });
  const { id } = await propose(place.root, { file });
  const { stdout } = await place.ctl(["show", id]);
  assert.ok(stdout.includes(`\n${place.file("routes")} says it already and stays as it is.\n`));
  assert.ok(stdout.includes("\nNo pipelock file is configured for this bottle: change it your"));
  assert.doesNotMatch(stdout, /Would change/);
});

type Ask = Readonly<Record<string, unknown>>;

const NOTICES: readonly (readonly [name: string, ask: Ask, says: RegExp])[] = [
  [
    "a secret sent to a host that never had it",
    { host: "new.example", auth: { scheme: "Bearer", token_ref: "GH_TOKEN" } },
    /! NEW SECRET {2}the value of GH_TOKEN would be sent to new\.example/,
  ],
  ["a whole host instead of paths", { host: "pypi.example" }, /! \S.* {2}.*pypi\.example/],
  [
    "an auth that is not used",
    {
      host: "pypi.example",
      path_allowlist: ["/x/"],
      auth: { scheme: "Bearer", token_ref: "GH_TOKEN" },
    },
    /! AUTH IGNORED {2}pypi\.example has no auth and gets none/,
  ],
];

for (const [name, ask, says] of NOTICES) {
  Deno.test(`show tells what the live file makes of a proposal: ${name}`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root, { file: json(ask) });
    assert.match((await place.ctl(["show", id])).stdout, says);
  });
}

Deno.test("show of a Dockerfile has the diff and not the whole file again; --full has both", async () => {
  await using place = await stand();
  const file = DOCKERFILE + "RUN curl https://x.example/i.sh | sh\n";
  const { id } = await propose(place.root, { tool: "capability-block", file });
  const { stdout } = await place.ctl(["show", id]);
  assert.match(stdout, /\+\| RUN curl https:\/\/x\.example\/i\.sh \| sh\n/);
  assert.match(stdout, /\nThe whole proposed file: --full shows it\.\n/);
  const full = await place.ctl(["show", id, "--full"]);
  assert.match(full.stdout, /\nThe proposed file:\n(.*\n)*.*FROM debian:13\n/);
});

const UNAPPLICABLE: readonly (readonly [string, string | undefined, RegExp])[] = [
  ["is gone", undefined, /is not there/],
  ["is no list of routes", "routes: 7\n", /a list of routes/],
  [
    "has the host twice",
    "routes: [{host: api.github.com}, {host: API.github.com.}]\n",
    /than once/,
  ],
];

for (const [name, text, says] of UNAPPLICABLE) {
  Deno.test(`show says that it cannot be applied when the routes file ${name}`, async () => {
    await using place = await stand();
    if (text === undefined) await Deno.remove(place.file("routes"));
    else await Deno.writeTextFile(place.file("routes"), text);
    const { id } = await propose(place.root);
    const { code, stdout } = await place.ctl(["show", id]);
    assert.equal(code, 0);
    const joined = stdout.replace(/\n {4}/g, " ");
    const [, why] = /! CANNOT BE APPLIED {2}(.*)/.exec(joined) ?? [];
    assert.match(why ?? "nothing", says);
    const { live, live_problem, basis } = parsed(await place.ctl(["show", id, "--json"]));
    assert.match(String(live_problem), says);
    assert.match(String(basis), /^[0-9a-f]{64}$/);
    // Nobody can say which files would change, nor that one is missing.
    assert.equal(live, null);
  });
}

Deno.test("show says that it cannot be applied when the configuration is wrong", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.configFile, "bottles: [{ruotes: 1}]\n");
  const { id } = await propose(place.root);
  const { code, stdout } = await place.ctl(["show", id]);
  assert.equal(code, 0);
  assert.match(stdout.replace(/\n {4}/g, " "), /! CANNOT BE APPLIED {2}.*config\.yaml:1/);
});

Deno.test("show --json has the plan, file by file, and a basis that approve takes", async () => {
  await using place = await stand();
  await place.configure({ pipelock: null });
  const { id } = await propose(place.root);
  const shown = parsed(await place.ctl(["show", id, "--json"]));
  const { files, missing } = shown["live"] as { files: Ask[]; missing: string[] };
  assert.deepEqual(missing, ["pipelock"]);
  assert.deepEqual(files.map(({ kind, path, changed }) => [kind, path, changed]), [
    ["routes", place.file("routes"), true],
  ]);
  assert.match(String(files[0]?.["diff"]), /^--- \S+\n\+\+\+ \S+\n@@ /);
  assert.deepEqual([shown["live_problem"], shown["applied_to"]], [null, []]);
  const basis = String(shown["basis"]);
  assert.equal((await place.ctl(["approve", id, "--basis", basis])).code, 0);
});

Deno.test("show of what was applied names the files and the undo, and after it neither", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  await place.ctl(["approve", id]);
  const { stdout } = await place.ctl(["show", id]);
  assert.ok(
    stdout.includes(`\nApplied to ${place.file("routes")} and ${place.file("pipelock")}.\n`),
  );
  assert.ok(stdout.includes(`\nUndo: supervisectl undo ${id.slice(0, 8)}\n`));
  assert.doesNotMatch(stdout, /Would change/);
  const applied = parsed(await place.ctl(["show", id, "--json"]))["applied_to"];
  assert.deepEqual(applied, [place.file("routes"), place.file("pipelock")]);
  await place.ctl(["undo", id]);
  const after = await place.ctl(["show", id]);
  assert.doesNotMatch(after.stdout, /Applied to|Undo:|CANNOT BE APPLIED/);
  assert.deepEqual(parsed(await place.ctl(["show", id, "--json"]))["applied_to"], []);
});

Deno.test("show of what was applied in one of two files still says so", async () => {
  await using place = await stand();
  const had = PIPELOCK.replace("mode:", "  - api.github.com\nmode:");
  await Deno.writeTextFile(place.file("pipelock"), had);
  const { id } = await propose(place.root);
  await place.ctl(["approve", id]);
  const { stdout } = await place.ctl(["show", id]);
  assert.ok(stdout.includes(`\nApplied to ${place.file("routes")}.\n`), stdout);
});

Deno.test("show of an approval that found all in place says so, without an undo", async () => {
  await using place = await stand();
  const file = json({ host: "pypi.example", path_allowlist: ["/simple/"] });
  const { id } = await propose(place.root, { file });
  await place.ctl(["approve", id]);
  const { stdout } = await place.ctl(["show", id]);
  assert.match(stdout, /\nThe live files said it already when it was approved\.\n/);
  assert.doesNotMatch(stdout, /Undo:/);
});

for (const columns of [80, 40]) {
  Deno.test(`show at ${columns} columns: no line is wider but what is to be copied`, async () => {
    await using place = await stand();
    const long = `# ${"a comment that is long ".repeat(8)}\n`;
    await Deno.writeTextFile(place.file("routes"), ROUTES.replace("routes:\n", `${long}routes:\n`));
    const host = `${"very-long-label.".repeat(6)}example`;
    const { id } = await propose(place.root, { file: json({ host, path_allowlist: ["/x/"] }) });
    const open = await place.ctl(["show", id], { columns });
    await place.ctl(["approve", id]);
    const done = await place.ctl(["show", id], { columns });
    for (const line of [...open.stdout.split("\n"), ...done.stdout.split("\n")]) {
      const isCopied = /^(Try:| {4}|Undo:) supervisectl |^Proposal /.test(line);
      assert.ok(isCopied || width(line) <= columns, `${width(line)}: ${line}`);
    }
  });
}
