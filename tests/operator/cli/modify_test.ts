/** `modify`: with a file, in an editor, and everything that must not decide or lose a text. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { MAX_RECORD_BYTES, type RecordKind } from "../../../src/queue/layout.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { makeFifo, Running } from "../../support/process.ts";
import { startSupervisectl, supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import {
  ctl,
  json,
  NOW,
  parsed,
  propose,
  readRecord,
  recordPath,
  ROUTE,
  script,
  setWaiting,
  shownBasis,
  writeRecord,
} from "../fixture.ts";

const NARROWED = json({ host: "api.github.com", path_allowlist: ["/repos/acme/one"] });

/** A directory with a queue below it and room for scripts and files beside it. */
async function desk(options: Parameters<typeof propose>[1] = {}) {
  const directory = await temporary();
  const root = join(directory.path, "queue");
  const proposal = await propose(root, options);
  return {
    root,
    proposal,
    path: directory.path,
    async file(name: string, text: string | Uint8Array): Promise<string> {
      const path = join(directory.path, name);
      await (typeof text === "string"
        ? Deno.writeTextFile(path, text)
        : Deno.writeFile(path, text));
      return path;
    },
    editor: (body: string) => script(directory.path, "editor", body),
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

async function assertUndecided(root: string, proposal: Proposal): Promise<void> {
  assert.equal(await readRecord(root, proposal, "response"), undefined);
  assert.equal(await readRecord(root, proposal, "claim"), undefined);
}

/** The path that a message says the text is kept in; removed when disposed. */
function kept(stderr: string) {
  const path = /your text is kept in (\S+)/.exec(stderr)?.[1];
  assert.ok(path, stderr);
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(dirname(path), { recursive: true }),
  };
}

Deno.test("modify --file approves the file in its one form", async () => {
  await using at = await desk();
  await setWaiting(at.root, at.proposal, 1);
  const file = await at.file("route", JSON.stringify(JSON.parse(NARROWED)));
  const args = ["modify", at.proposal.id, "--file", file, "--notes", "only one"];
  const result = await ctl(at.root, args);
  assert.equal(result.code, 0);
  assert.equal(
    result.stdout,
    `Modified and approved ${at.proposal.id.slice(0, 8)} (egress-block, bottle dev): ` +
      `api.github.com, 1 path.
1 call of the agent is waiting and gets the answer now.
Nothing was applied, no routes file is configured for this bottle: add the route to the egress proxy's table yourself.
`,
  );
  const response = await readRecord(at.root, at.proposal, "response");
  assert.equal(response?.["status"], "modified");
  assert.equal(response?.["final_file"], NARROWED);
  assert.equal(response?.["notes"], "only one");
});

for (const file of ["-", "/dev/stdin", "/dev/fd/0"]) {
  Deno.test(`modify --file ${file} takes the changed file from standard input`, async () => {
    await using at = await desk();
    const args = ["modify", at.proposal.id, "--file", file];
    const wrong = await supervisectl(at.root, args, { stdin: "{" });
    assert.equal(wrong.code, 1, wrong.stderr);
    assert.match(wrong.stderr, /the changed file is wrong/);
    const { code, stderr } = await supervisectl(at.root, args, { stdin: NARROWED });
    assert.equal(code, 0, stderr);
    assert.equal((await readRecord(at.root, at.proposal, "response"))?.["final_file"], NARROWED);
  });
}

Deno.test("modify --json holds the final file", async () => {
  await using at = await desk({ tool: "pipelock-block", file: "https://a.example/x" });
  const file = await at.file("url", "https://B.example\n");
  const result = parsed(await ctl(at.root, ["modify", "--file", file, at.proposal.id, "--json"]));
  assert.equal(result["status"], "modified");
  assert.equal(result["final_file"], "https://b.example/");
  assert.equal(result["applied"], false);
});

interface BadFile {
  readonly name: string;
  readonly tool?: string;
  readonly proposed?: string;
  readonly text: string | Uint8Array;
  readonly code: string;
  readonly message: RegExp;
}

const BAD_FILES: readonly BadFile[] = [
  {
    name: "the same text",
    text: ROUTE,
    code: "unchanged",
    message: /says what the proposal says/,
  },
  {
    name: "the same route in other words",
    text: JSON.stringify(JSON.parse(ROUTE)),
    code: "unchanged",
    message: /says what the proposal says/,
  },
  {
    name: "the same Dockerfile and the line feed that an editor adds",
    tool: "capability-block",
    proposed: "FROM a",
    text: "FROM a\n",
    code: "unchanged",
    message: /says what the proposal says/,
  },
  { name: "no JSON", text: "{", code: "bad-edit", message: /is wrong: it is not JSON/ },
  {
    name: "a wrong route",
    text: json({ host: "h.example", path_allowlist: ["repos"] }),
    code: "bad-edit",
    message: /is wrong: path_allowlist\[0\] must start with '\/'/,
  },
  {
    name: "no URL",
    tool: "pipelock-block",
    proposed: "https://h.example/",
    text: "h.example",
    code: "bad-edit",
    message: /is wrong: it must start with http/,
  },
  {
    name: "a blank Dockerfile",
    tool: "capability-block",
    proposed: "FROM a",
    text: "\n",
    code: "bad-edit",
    message: /must be a whole Dockerfile, got nothing/,
  },
  {
    name: "bytes that are not UTF-8",
    text: new Uint8Array([0xff, 0xfe]),
    code: "bad-edit",
    message: /must be UTF-8 text/,
  },
  {
    name: "more than 1 MiB",
    tool: "capability-block",
    proposed: "FROM a",
    text: "a".repeat(MAX_RECORD_BYTES + 1),
    code: "too-large",
    message: /must have at most 1048576 bytes/,
  },
  {
    name: "a text that makes a record of more than 1 MiB",
    tool: "capability-block",
    proposed: "FROM a",
    text: '"'.repeat(MAX_RECORD_BYTES - 1),
    code: "too-large",
    message: /the decision on \w{8} must have at most 1048576 bytes/,
  },
];

for (const { name, tool, proposed, text, code, message } of BAD_FILES) {
  Deno.test(`modify --file is refused with exit 1 and decides nothing: ${name}`, async () => {
    await using at = await desk({ ...tool && { tool }, ...proposed && { file: proposed } });
    const file = await at.file("file", text);
    const result = await ctl(at.root, ["modify", at.proposal.id, "--file", file, "--json"]);
    assert.equal(result.code, 1);
    const { error } = JSON.parse(result.stderr);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    if (code === "unchanged") {
      assert.equal(error.try, `supervisectl approve ${at.proposal.id.slice(0, 8)}`);
    }
    await assertUndecided(at.root, at.proposal);
  });
}

Deno.test("modify --file takes the basis of what show shows, and that of its own dry run", async () => {
  for (const isOwn of [false, true]) {
    await using at = await desk();
    const args = ["modify", at.proposal.id, "--file", await at.file("route", NARROWED)];
    const dry = parsed(await ctl(at.root, [...args, "--dry-run", "--json"]));
    const shown = await shownBasis(at.root, at.proposal.id);
    assert.notEqual(dry["basis"], shown);
    const basis = isOwn ? String(dry["basis"]) : shown;
    const { code, stderr } = await ctl(at.root, [...args, "--basis", basis]);
    assert.equal(code, 0, stderr);
    assert.equal((await readRecord(at.root, at.proposal, "response"))?.["final_file"], NARROWED);
  }
});

Deno.test("modify --file refuses the basis of another file's dry run, exit 1", async () => {
  await using at = await desk();
  const on = (file: string) => ["modify", at.proposal.id, "--file", file];
  const dry = await ctl(at.root, [...on(await at.file("route", NARROWED)), "--dry-run", "--json"]);
  const wider = await at.file("wider", json({ host: "api.github.com" }));
  const basis = String(parsed(dry)["basis"]);
  const { code, stderr } = await ctl(at.root, [...on(wider), "--basis", basis]);
  assert.equal(code, 1);
  assert.match(stderr, /is not what was shown any more/);
  await assertUndecided(at.root, at.proposal);
});

Deno.test("modify --file --dry-run suggests a command line that does what it showed", async () => {
  await using at = await desk();
  const args = ["modify", at.proposal.id, "--file", await at.file("route", NARROWED)];
  const { stdout } = await ctl(at.root, [...args, "--dry-run"]);
  assert.match(
    stdout,
    /\nNothing would be applied: no routes file is configured for this bottle\.\n/,
  );
  const [, words = ""] = /\nNothing was done\.\nTry: supervisectl (modify .*)\n$/.exec(stdout) ??
    [];
  assert.match(words, / --basis [0-9a-f]{32}$/);
  await assertUndecided(at.root, at.proposal);
  assert.equal((await ctl(at.root, words.split(" "))).code, 0);
});

Deno.test("modify --basis of what is not shown any more starts no editor, exit 1", async () => {
  await using at = await desk();
  const seen = join(at.path, "seen");
  const editor = await at.editor(`echo yes >${seen}; printf '%s' '${NARROWED}' >"$1"`);
  const basis = await shownBasis(at.root, at.proposal.id);
  await propose(at.root, { id: at.proposal.id, justification: "trust me" });
  const args = ["modify", at.proposal.id, "--basis"];
  const env = { EDITOR: editor };
  const refused = await ctl(at.root, [...args, basis], { env });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /is not what was shown any more/);
  await assert.rejects(Deno.stat(seen), Deno.errors.NotFound);
  await assertUndecided(at.root, at.proposal);
  const now = await shownBasis(at.root, at.proposal.id);
  assert.equal((await ctl(at.root, [...args, now], { env })).code, 0);
});

Deno.test("modify --file of a file that is not there, or a directory, is refused, exit 1", async () => {
  await using at = await desk();
  for (const file of [join(at.path, "missing"), at.path]) {
    const result = await ctl(at.root, ["modify", at.proposal.id, "--file", file]);
    assert.equal(result.code, 1);
    assert.ok(result.stderr.startsWith(`supervisectl: cannot read ${file}: `), result.stderr);
    assert.ok(!result.stderr.includes("os error"), result.stderr);
  }
  await assertUndecided(at.root, at.proposal);
});

Deno.test("modify mends a proposed file that could not be approved", async () => {
  await using at = await desk({ file: "{" });
  const file = await at.file("route", NARROWED);
  assert.equal((await ctl(at.root, ["modify", at.proposal.id, "--file", file])).code, 0);
});

Deno.test("modify of a tool it does not know is refused, exit 1", async () => {
  await using at = await desk({ tool: "disk-block" });
  const result = await ctl(at.root, ["modify", at.proposal.id, "--file", "/dev/null"]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /cannot be modified: this version does not know the tool disk-block/);
});

Deno.test("modify starts the editor on a private file with the proposed text", async () => {
  await using at = await desk();
  const seen = join(at.path, "seen");
  const editor = await at.editor(
    `stat -c '%a' "$2" "$(dirname "$2")" >${seen}; echo "$1 $2" >>${seen}; cat "$2" >>${seen}
    printf '%s' '${NARROWED}' >"$2"`,
  );
  const result = await supervisectl(at.root, ["modify", at.proposal.id], {
    env: { VISUAL: ` ${editor}  --wait `, EDITOR: "false" },
  });
  assert.equal(result.code, 0, result.stderr);
  const [fileMode, directoryMode, args = "", ...text] = (await Deno.readTextFile(seen)).split("\n");
  assert.equal(fileMode, "600");
  assert.equal(directoryMode, "700");
  assert.match(args, /^--wait \/.*\/supervisectl-[^/]+\/route\.json$/);
  assert.equal(text.join("\n"), ROUTE);
  const response = await readRecord(at.root, at.proposal, "response");
  assert.equal(response?.["final_file"], NARROWED);
  await assert.rejects(Deno.stat(dirname(args.slice("--wait ".length))), Deno.errors.NotFound);
});

const FILE_NAMES = [
  ["egress-block", ROUTE, /\.json$/],
  ["pipelock-block", "https://h.example/", /\.url\.txt$/],
  ["capability-block", "FROM a\n", /\/Dockerfile$/],
] as const;

for (const [tool, file, pattern] of FILE_NAMES) {
  Deno.test(`modify names the file for the editor: ${tool}`, async () => {
    await using at = await desk({ tool, file });
    const seen = join(at.path, "seen");
    const editor = await at.editor(`printf '%s' "$1" >${seen}`);
    await ctl(at.root, ["modify", at.proposal.id], { env: { EDITOR: editor } });
    assert.match(await Deno.readTextFile(seen), pattern);
  });
}

Deno.test("modify without a change decides nothing and leaves no file, exit 1", async () => {
  await using at = await desk();
  const seen = join(at.path, "seen");
  const editor = await at.editor(`printf '%s' "$1" >${seen}`);
  const options = { env: { EDITOR: editor }, now: aMinuteLater() };
  const result = await ctl(at.root, ["modify", at.proposal.id], options);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /says what the proposal says, nothing was decided/);
  await assertUndecided(at.root, at.proposal);
  await assert.rejects(Deno.stat(await Deno.readTextFile(seen)), Deno.errors.NotFound);
});

/** A clock by which every look comes a minute later. */
function aMinuteLater(): () => Date {
  let atMs = NOW.getTime();
  return () => new Date(atMs += 60_000);
}

Deno.test("modify keeps the file of an editor that returns at once, and names it, exit 1", async () => {
  await using at = await desk();
  const editor = await at.editor("exit 0");
  const env = { EDITOR: `${editor} --new-window` };
  const result = await ctl(at.root, ["modify", at.proposal.id], { env });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /editor --new-window returned at once without a change, nothing was/);
  await using text = kept(result.stderr);
  const [, words = ""] = /\nTry: supervisectl (modify .*)\n$/.exec(result.stderr) ?? [];
  await assertUndecided(at.root, at.proposal);
  // What is saved in its window later.
  await Deno.writeTextFile(text.path, NARROWED);
  assert.equal((await ctl(at.root, words.split(" "))).code, 0);
  assert.equal((await readRecord(at.root, at.proposal, "response"))?.["final_file"], NARROWED);
});

const QUOTED:
  readonly (readonly [name: string, command: (path: string) => string, args: string])[] = [
    ["quotes around a path with a space", (path) => `"${path}/My Apps/ed" --wait`, "--wait"],
    ["single quotes", (path) => `'${path}/My Apps/ed' -a ""`, "-a "],
    ["a backslash", (path) => `${path}/My\\ Apps/ed -nw`, "-nw"],
    ["a variable", (path) => `MODE=x "${path}/My Apps/ed"`, ""],
  ];

for (const [name, command, args] of QUOTED) {
  Deno.test(`modify starts an editor whose command has ${name}, as git does`, async () => {
    await using at = await desk();
    await Deno.mkdir(join(at.path, "My Apps"));
    const seen = join(at.path, "seen");
    // Its last argument is the file.
    const body = `echo "$*" >"${seen}"; for file; do :; done; printf '%s' '${NARROWED}' >"$file"`;
    await script(join(at.path, "My Apps"), "ed", body);
    const env = { EDITOR: command(at.path) };
    const { code, stderr } = await ctl(at.root, ["modify", at.proposal.id], { env });
    assert.equal(code, 0, stderr);
    assert.match(await Deno.readTextFile(seen), new RegExp(`^${args} ?/[^ ]*/route\\.json\n$`));
  });
}

const MEANWHILE: readonly (readonly [
  name: string,
  kind: RecordKind,
  record: Record<string, unknown>,
  told: RegExp,
])[] = [
  [
    "decided",
    "response",
    { status: "rejected", decided_by: "bob" },
    /; meanwhile \w{8} was rejected by bob; that decision stands$/m,
  ],
  ["withdrew", "withdrawn", {}, /; meanwhile \w{8} was withdrawn by the agent$/m],
  [
    "took over",
    "claim",
    { claimed_by: "bob", claimed_at: "2026-11-21T11:59:00Z" },
    /; meanwhile \w{8} was taken over: it is claimed by bob since 2026\S+ \(\d+m ago\)$/m,
  ],
];

for (const [name, kind, record, told] of MEANWHILE) {
  Deno.test(`modify without a change tells that another ${name} during the edit`, async () => {
    await using at = await desk();
    const path = recordPath(at.root, at.proposal, kind);
    const text = JSON.stringify({ proposal_id: at.proposal.id, ...record });
    const editor = await at.editor(`printf '%s' '${text}' >${path}`);
    const options = { env: { EDITOR: editor }, now: aMinuteLater() };
    const { code, stderr } = await ctl(at.root, ["modify", at.proposal.id], options);
    assert.equal(code, 1);
    assert.match(stderr, told);
    assert.match(stderr, /\nTry: supervisectl show \w{8}\n$/);
  });
}

const FAILING_EDITORS = [
  ["ends with a code", "exit 3", /the editor \S+ ended with code 3$/m],
  ["is ended by a signal", "kill -TERM $$", /the editor \S+ was ended by SIGTERM$/m],
  ["removes the file", 'rm "$1"', /cannot read \S+: no such file or directory$/m],
] as const;

for (const [name, body, message] of FAILING_EDITORS) {
  Deno.test(`modify decides nothing when the editor ${name}, exit 1`, async () => {
    await using at = await desk();
    const editor = await at.editor(body);
    const result = await ctl(at.root, ["modify", at.proposal.id], { env: { EDITOR: editor } });
    assert.equal(result.code, 1);
    assert.match(result.stderr, message);
    await assertUndecided(at.root, at.proposal);
  });
}

Deno.test("modify with an editor that is not there says so, exit 1", async () => {
  await using at = await desk();
  const env = { EDITOR: "/nowhere/editor" };
  const result = await ctl(at.root, ["modify", at.proposal.id], { env });
  assert.equal(result.code, 1);
  assert.match(
    result.stderr,
    /cannot start the editor \/nowhere\/editor: there is no such program/,
  );
  await assertUndecided(at.root, at.proposal);
});

const BAD_EDITS = [
  ["a wrong text", `printf '{"host": 1}' >"$1"`, /is wrong: host must be a string; your text/],
  ["bytes that are not UTF-8", `printf '\\377' >"$1"`, /must be UTF-8 text; your text is kept/],
  ["a change and a failure", `echo x >>"$1"; exit 1`, /ended with code 1; your text is kept/],
] as const;

for (const [name, body, message] of BAD_EDITS) {
  Deno.test(`modify keeps the text of the editor: ${name}`, async () => {
    await using at = await desk();
    const editor = await at.editor(body);
    const args = ["modify", at.proposal.id, "--notes", "n"];
    const result = await ctl(at.root, args, { env: { EDITOR: editor } });
    assert.equal(result.code, 1);
    assert.match(result.stderr, message);
    await using text = kept(result.stderr);
    assert.notEqual((await Deno.readFile(text.path)).length, 0);
    const id = at.proposal.id.slice(0, 8);
    assert.ok(result.stderr.endsWith(
      `\nTry: supervisectl modify ${id} --file ${text.path} --notes n\n`,
    ));
    await assertUndecided(at.root, at.proposal);
  });
}

Deno.test("modify can go on with the text that was kept", async () => {
  await using at = await desk();
  const editor = await at.editor(`printf '%s' '${NARROWED}' >"$1"; exit 1`);
  const { stderr } = await ctl(at.root, ["modify", at.proposal.id], { env: { EDITOR: editor } });
  await using text = kept(stderr);
  const args = ["modify", at.proposal.id, "--file", text.path];
  assert.equal((await ctl(at.root, args)).code, 0);
  const response = await readRecord(at.root, at.proposal, "response");
  assert.equal(response?.["final_file"], NARROWED);
});

Deno.test("modify keeps the text when another decided during the edit", async () => {
  await using at = await desk();
  const response = recordPath(at.root, at.proposal, "response");
  const decision = { proposal_id: at.proposal.id, status: "rejected", decided_by: "bob" };
  const editor = await at.editor(
    `printf '%s' '${JSON.stringify(decision)}' >${response}; printf '%s' '${NARROWED}' >"$1"`,
  );
  const result = await ctl(at.root, ["modify", at.proposal.id], { env: { EDITOR: editor } });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /was rejected by bob; that decision stands; your text is kept in/);
  await using text = kept(result.stderr);
  assert.equal(await Deno.readTextFile(text.path), NARROWED);
});

Deno.test("modify keeps the text when another took the claim over during the edit", async () => {
  await using at = await desk();
  const claim = recordPath(at.root, at.proposal, "claim");
  const record = { proposal_id: at.proposal.id, claimed_by: "bob", claimed_at: "?" };
  const editor = await at.editor(
    `printf '%s' '${JSON.stringify(record)}' >${claim}; printf '%s' '${NARROWED}' >"$1"`,
  );
  const result = await ctl(at.root, ["modify", at.proposal.id], { env: { EDITOR: editor } });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /is claimed by bob since an unknown time/);
  await using _text = kept(result.stderr);
  assert.equal(await readRecord(at.root, at.proposal, "response"), undefined);
  assert.equal((await readRecord(at.root, at.proposal, "claim"))?.["claimed_by"], "bob");
});

Deno.test("modify does not start the editor when another has the claim", async () => {
  await using at = await desk();
  await writeRecord(at.root, at.proposal, "claim", { claimed_by: "bob", claimed_at: "?" });
  const seen = join(at.path, "seen");
  const editor = await at.editor(`echo yes >${seen}; printf '%s' '${NARROWED}' >"$1"`);
  const env = { EDITOR: editor };
  const refused = await ctl(at.root, ["modify", at.proposal.id], { env });
  assert.equal(refused.code, 1);
  assert.ok(refused.stderr.endsWith(
    `\nTry: supervisectl modify ${at.proposal.id.slice(0, 8)} --take-over\n`,
  ));
  await assert.rejects(Deno.stat(seen), Deno.errors.NotFound);
  assert.equal((await ctl(at.root, ["modify", at.proposal.id, "--take-over"], { env })).code, 0);
});

/** Starts `modify` with an editor that tells its process id and then blocks until it is ended. */
async function startBlocked(at: Awaited<ReturnType<typeof desk>>, change = "true") {
  const fifo = await makeFifo(join(at.path, "fifo"));
  const editor = await at.editor(
    `${change}; echo "editor $$ $1"; exec cat ${fifo} >/dev/null 2>&1`,
  );
  const process = startSupervisectl(at.root, ["modify", at.proposal.id], {
    env: { EDITOR: editor, SUPERVISE_OPERATOR: "alice" },
  });
  const [, pid, draft = ""] = await process.output("stdout", /editor (\d+) (\S+)\n/);
  return { process, editorPid: Number(pid), draft };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`modify gives the claim back on ${signal} during the edit, exit 1`, async () => {
    await using at = await desk();
    await using process = (await startBlocked(at)).process;
    assert.equal((await readRecord(at.root, at.proposal, "claim"))?.["claimed_by"], "alice");
    process.kill(signal);
    assert.equal((await process.status).code, 1);
    assert.match(process.stderr, /interrupted before the edit was done, nothing was decided/);
    await assertUndecided(at.root, at.proposal);
  });
}

/** Starts `modify` as alice on a terminal of its own; what is written to `keys` is typed there. */
function atTerminal(at: Awaited<ReturnType<typeof desk>>, editor: string, options = "") {
  const command = `exec "${Deno.execPath()}" run -q --no-prompt --cached-only -P=supervisectl ` +
    `src/operator/main.ts modify ${at.proposal.id} ${options}`;
  const terminal = new Running("script", {
    args: ["-qec", command, "/dev/null"],
    cwd: fromFileUrl(new URL("../../../", import.meta.url)),
    env: {
      SUPERVISE_QUEUE_ROOT: at.root,
      SUPERVISE_STATE_DIR: `${at.root}/.state`,
      SUPERVISE_OPERATOR: "alice",
      EDITOR: editor,
    },
    stdin: "piped",
  });
  const keys = terminal.stdin.getWriter();
  return {
    type: (text: string) => keys.write(new TextEncoder().encode(text)),
    says: (pattern: RegExp) => within(60, String(pattern), terminal.output("stdout", pattern)),
    async code(): Promise<number> {
      const { code } = await within(60, "end", terminal.status);
      await keys.close().catch(() => {});
      return code;
    },
    [Symbol.asyncDispose]: () => terminal[Symbol.asyncDispose](),
  };
}

Deno.test("modify leaves Ctrl-C on a terminal to the editor, which may go on", async () => {
  await using at = await desk();
  const fifo = await makeFifo(join(at.path, "fifo"));
  const editor = await at.editor(
    `trap 'echo interrupted' INT; echo editing
    until read -r line <${fifo}; do :; done 2>/dev/null
    printf '%s' '${NARROWED}' >"$1"`,
  );
  await using terminal = atTerminal(at, editor);
  await terminal.says(/editing/);
  await terminal.type("\x03");
  await terminal.says(/interrupted/);
  await Deno.writeTextFile(fifo, "go on\n");
  await terminal.says(/Nothing would be applied: .*\s+Approve this\? \[y\/N\] /);
  assert.equal(await readRecord(at.root, at.proposal, "response"), undefined);
  await terminal.type("y\n");
  await terminal.says(/Modified and approved/);
  assert.equal(await terminal.code(), 0);
});

const STOPS = [
  ["Ctrl-C", "\x03"],
  ["end of input", "\x04"],
  ["no", "n\n"],
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGTERM"],
  ["SIGHUP", "SIGHUP"],
] as const;

for (const [name, stop] of STOPS) {
  Deno.test(`modify ends without deciding on ${name} at the question after the edit`, async () => {
    await using at = await desk();
    const editor = await at.editor(`echo "pid $PPID"; printf '%s' '${NARROWED}' >"$1"`);
    await using terminal = atTerminal(at, editor);
    const [, pid] = await terminal.says(/pid (\d+)\s/);
    await terminal.says(/Approve this\? \[y\/N\] /);
    assert.equal((await readRecord(at.root, at.proposal, "claim"))?.["claimed_by"], "alice");
    if (stop.startsWith("SIG")) Deno.kill(Number(pid), stop as Deno.Signal);
    else await terminal.type(stop);
    const [, path = ""] = await terminal.says(
      /nothing was changed, nothing was\s+decided; your\s+text\s+is\s+kept\s+in\s+(\S+)\s+Try: supervisectl modify /,
    );
    await using text = kept(`your text is kept in ${path}`);
    assert.equal(await terminal.code(), 1);
    assert.equal(await Deno.readTextFile(text.path), NARROWED);
    await assertUndecided(at.root, at.proposal);
  });
}

Deno.test("modify --file that is interrupted at the question has claimed and decided nothing", async () => {
  await using at = await desk();
  const file = await at.file("route", NARROWED);
  await using terminal = atTerminal(at, "false", `--file ${file}`);
  await terminal.says(/Approve this\? \[y\/N\] /);
  await assertUndecided(at.root, at.proposal);
  await terminal.type("\x03");
  assert.notEqual(await terminal.code(), 0);
  await assertUndecided(at.root, at.proposal);
});

Deno.test("modify keeps a changed text when it is interrupted", async () => {
  await using at = await desk();
  await using process: Running =
    (await startBlocked(at, `printf '%s' '${NARROWED}' >"$1"`)).process;
  process.kill("SIGINT");
  assert.equal((await process.status).code, 1);
  await using text = kept(process.stderr);
  assert.equal(await Deno.readTextFile(text.path), NARROWED);
});

Deno.test("modify killed during the edit leaves a claim its operator can go on with", async () => {
  await using at = await desk();
  const { process, editorPid, draft } = await startBlocked(at);
  process.kill("SIGKILL");
  await process.status;
  Deno.kill(editorPid, "SIGKILL");
  await Deno.remove(dirname(draft), { recursive: true });
  assert.equal((await readRecord(at.root, at.proposal, "claim"))?.["claimed_by"], "alice");
  const other = await ctl(at.root, ["approve", at.proposal.id], {
    env: { SUPERVISE_OPERATOR: "bob" },
  });
  assert.equal(other.code, 1);
  assert.match(other.stderr, /is claimed by alice since/);
  assert.equal((await ctl(at.root, ["approve", at.proposal.id])).code, 0);
});

Deno.test("two modify processes let go at once: one wins, the other is told who", async () => {
  for (let round = 0; round < 4; round++) {
    await using at = await desk();
    const names = ["ann", "ben"] as const;
    const runs = await Promise.all(names.map(async (name) => {
      const fifo = await makeFifo(join(at.path, name));
      const args = ["modify", at.proposal.id, "--file", fifo];
      const process = startSupervisectl(at.root, args, { env: { SUPERVISE_OPERATOR: name } });
      // Opening a FIFO to write waits for its reader: then both stand before their claim.
      return { process, barrier: await within(60, "start", Deno.open(fifo, { write: true })) };
    }));
    for (const { barrier } of runs) await barrier.write(new TextEncoder().encode(NARROWED));
    for (const { barrier } of runs) barrier.close();
    const codes = await Promise.all(runs.map(async ({ process }) => (await process.status).code));
    assert.deepEqual([...codes].sort(), [0, 1]);
    const winner = codes.indexOf(0);
    assert.match(
      runs[1 - winner]?.process.stderr ?? "",
      new RegExp(`(claimed|modified) by ${names[winner]} (since|at) 20`),
    );
    const response = await readRecord(at.root, at.proposal, "response");
    assert.equal(response?.["decided_by"], names[winner]);
  }
});
