/** `show`: what an operator reads before deciding, and how the one that is meant is found. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import {
  ctl,
  fileAway,
  idWith,
  json,
  parsed,
  propose,
  setWaiting,
  shownBasis,
  writeRecord,
} from "../fixture.ts";

Deno.test("show tells an egress-block in plain words, then why, then the file", async () => {
  await using root = await temporary();
  const route = json({
    host: "api.github.com",
    path_allowlist: ["/repos/acme/", "/users/"],
    auth: { scheme: "Bearer", token_ref: "GH_TOKEN" },
  });
  const proposal = await propose(root.path, { file: route });
  await setWaiting(root.path, proposal, 2);
  const id = proposal.id.slice(0, 8);
  const basis = (await shownBasis(root.path, id)).slice(0, 32);
  const result = await ctl(root.path, ["show", id]);
  assert.equal(result.code, 0);
  assert.equal(
    result.stdout,
    `Proposal ${proposal.id}
  bottle    dev
  tool      egress-block
  arrived   2026-11-21T11:57:00Z (3m ago)
  state     pending, not claimed
  waiting   2 calls of bottle dev are waiting now
  basis     ${basis}

Asks to let the bottle reach api.github.com through the egress proxy.
  host      api.github.com
  paths     /repos/acme/
            /users/
  ! SECRET  the value of GH_TOKEN would be sent to api.github.com as
    "Authorization: Bearer …"

Nothing would be applied: no routes file is configured for this bottle.

The agent's justification:
  | to read the issues

The proposed file:
  | {
  |   "host": "api.github.com",
  |   "path_allowlist": [
  |     "/repos/acme/",
  |     "/users/"
  |   ],
  |   "auth": {
  |     "scheme": "Bearer",
  |     "token_ref": "GH_TOKEN"
  |   }
  | }

Try: supervisectl approve ${id} --basis ${basis}
     supervisectl modify ${id} --basis ${basis}
     supervisectl reject ${id} --basis ${basis} --notes 'why not'
`,
  );
});

Deno.test("show as a process exits 0 and prints the page", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path);
  const result = await supervisectl(root.path, ["show", id]);
  assert.equal(result.code, 0, result.stderr);
  assert.ok(result.stdout.startsWith(`Proposal ${id}\n`));
});

Deno.test("show says loudly that a whole host is asked for, and that nobody waits", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { file: json({ host: "h.example" }) });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.match(
    stdout,
    /\n {2}! WHOLE HOST {2}there is no path list: every path of h\.example would/,
  );
  assert.match(
    stdout,
    /\n {2}waiting {3}no call now; the answer is delivered when the agent asks again\n/,
  );
});

Deno.test("show sets loud words in bold on a terminal, and only there", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { file: json({ host: "h.example" }) });
  const terminal = await ctl(root.path, ["show", id], { columns: 80, styled: true });
  assert.ok(terminal.stdout.includes("  ! \x1b[1mWHOLE HOST\x1b[0m  there is no path list"));
  assert.ok(!(await ctl(root.path, ["show", id])).stdout.includes("\x1b"));
});

Deno.test("show repeats what must not be overlooked after a text that scrolls it away", async () => {
  await using root = await temporary();
  const justification = "please\n".repeat(40);
  const { id } = await propose(root.path, { file: json({ host: "h.example" }), justification });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.match(stdout, /\nOnce more:\n {2}! WHOLE HOST {2}.*\n(.*\n)?\nTry: /);
});

Deno.test("show keeps a pipelock-block's host apart from its URL", async () => {
  await using root = await temporary();
  const file = "http://api.example:8080/a?b=c";
  const { id } = await propose(root.path, { tool: "pipelock-block", file });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.ok(
    stdout.includes("\n  host      api.example\n  URL       http://api.example:8080/a?b=c\n"),
  );
  assert.ok(stdout.includes("! NOT ENCRYPTED  the URL is http, not https"));
});

Deno.test("show of a file in another form says so and shows it raw, without approve", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { file: '{"host": ' });
  const { stdout, code } = await ctl(root.path, ["show", id]);
  assert.equal(code, 0);
  assert.match(stdout, /\n {2}! NOT IN THE EXPECTED FORM {2}it is not JSON: /);
  assert.ok(stdout.includes('\n  | {"host": \n'));
  assert.ok(!stdout.includes("supervisectl approve"));
  assert.ok(stdout.includes("Try: supervisectl modify"));
});

Deno.test("show of a path that older versions took says what is wrong with it, and reject works", async () => {
  await using root = await temporary();
  const file = json({ host: "h.example", path_allowlist: ["/%61dmin", "/a%0d%0ab"] });
  const { id } = await propose(root.path, { file });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.match(stdout, /! NOT IN THE EXPECTED FORM {2}path_allowlist\[0\] must have letters/);
  const approved = await ctl(root.path, ["approve", id]);
  assert.match(approved.stderr, /path_allowlist\[0\] must have letters/);
  assert.notEqual(approved.code, 0);
  assert.equal((await ctl(root.path, ["reject", id, "--notes", "write it plainly"])).code, 0);
});

Deno.test("show notes in one place what a path without a final slash would open", async () => {
  await using root = await temporary();
  const file = json({ host: "h.example", path_allowlist: ["/repos/acme"] });
  const { id } = await propose(root.path, { file });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.equal(stdout.match(/a plain-text proxy/g)?.length, 1);
  const note = "a plain-text proxy also opens /repos/acme-x; /repos/acme/ avoids it";
  assert.ok(stdout.includes(`\n  note      ${note}\n`));
});

Deno.test("show of a tool it does not know leaves only the rejection", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { tool: "disk-block", file: "10 GB" });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.ok(stdout.includes("this version does not know the tool disk-block"));
  assert.ok(stdout.includes("Try: supervisectl reject"));
});

Deno.test("show names 20 paths and counts the rest", async () => {
  await using root = await temporary();
  const path_allowlist = Array.from({ length: 23 }, (_, number) => `/p${number}`);
  const { id } = await propose(root.path, { file: json({ host: "h.example", path_allowlist }) });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.ok(stdout.includes("\n            /p19\n            and 3 more, see the file\n"));
});

Deno.test("show prints 400 rows of a file and counts the rest; --full prints all", async () => {
  await using root = await temporary();
  const file = "FROM a\n" + "RUN true\n".repeat(100_000);
  const { id } = await propose(root.path, { tool: "capability-block", file });
  const short = await ctl(root.path, ["show", id]);
  assert.equal(short.stdout.match(/^ {2}\| (FROM|RUN)/gm)?.length, 400);
  assert.ok(short.stdout.includes("\n  (99,601 more lines; --full shows all)\n"));
  const full = await ctl(root.path, ["show", id, "--full"]);
  assert.equal(full.stdout.match(/^ {2}\| (FROM|RUN)/gm)?.length, 100_001);
});

const RESPONSE = {
  status: "modified",
  notes: "only reading",
  final_file: "{}\n",
  decided_by: "bob@desk",
  decided_at: "2026-11-21T11:59:00Z",
};

const STANDINGS = [
  {
    name: "claimed",
    prepare: { claim: { claimed_by: "bob@desk", claimed_at: "2026-11-21T11:58:00Z" } },
    state: "claimed by bob@desk since 2026-11-21T11:58:00Z (2m ago), says the\n" +
      "            queue",
    json: "claimed",
  },
  {
    name: "claimed at no time",
    prepare: { claim: { claimed_by: "bob@desk", claimed_at: "\x1b[2J" } },
    state: "claimed by bob@desk since an unknown time, says the queue",
    json: "claimed",
  },
  {
    name: "decided",
    prepare: { response: RESPONSE },
    state: "modified by bob@desk at 2026-11-21T11:59:00Z (1m ago), says the\n" +
      "            queue; the agent has not picked it up",
    json: "decided",
  },
  {
    name: "decided by a tool that says neither who nor when",
    prepare: { response: { status: "approved" } },
    state: "approved, says the queue; the agent has not picked it up",
    json: "decided",
  },
  {
    name: "delivered",
    prepare: { response: { status: "approved" }, filed: true },
    state: "approved, says the queue; the agent has the answer",
    json: "delivered",
  },
  {
    name: "filed away undelivered",
    prepare: { response: { status: "approved" }, undelivered: {}, filed: true },
    state: "approved, says the queue; it was filed away before the agent picked\n" +
      "            it up",
    json: "undelivered",
  },
  {
    name: "withdrawn",
    prepare: { withdrawn: {} },
    state: "withdrawn: the agent took it back",
    json: "withdrawn",
  },
];

for (const { name, prepare, state, json } of STANDINGS) {
  Deno.test(`show tells where a proposal stands: ${name}`, async () => {
    await using root = await temporary();
    const proposal = await propose(root.path);
    for (const kind of ["claim", "response", "withdrawn", "undelivered"] as const) {
      const content = prepare[kind];
      if (content) await writeRecord(root.path, proposal, kind, content);
    }
    if (prepare.filed) await fileAway(root.path, proposal);
    const { stdout } = await ctl(root.path, ["show", proposal.id]);
    assert.ok(stdout.includes(`\n  state     ${state}\n`), stdout);
    assert.equal(stdout.includes("Try:"), json === "claimed");
    const record = parsed(await ctl(root.path, ["show", proposal.id, "--json"]));
    assert.equal(record["state"], json);
  });
}

Deno.test("show of a decided proposal has the operator's notes and file", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await writeRecord(root.path, proposal, "response", RESPONSE);
  const { stdout } = await ctl(root.path, ["show", proposal.id]);
  assert.ok(stdout.endsWith(
    "\nThe operator's notes:\n  | only reading\n\nThe decided file:\n  | {}\n",
  ));
  const record = parsed(await ctl(root.path, ["show", proposal.id, "--json"]));
  assert.deepEqual(record["decision"], { ...RESPONSE, basis: null, file_sha256: null });
});

Deno.test("show has a basis while it can be answered, and none afterwards", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const record = async () => parsed(await ctl(root.path, ["show", proposal.id, "--json"]));
  const open = await record();
  assert.match(String(open["basis"]), /^[0-9a-f]{64}$/);
  assert.equal(open["file_sha256"], proposal.current_file_hash);
  await writeRecord(root.path, proposal, "response", RESPONSE);
  const decided = await record();
  assert.equal(decided["basis"], null);
  assert.equal(decided["file_sha256"], proposal.current_file_hash);
  const { stdout } = await ctl(root.path, ["show", proposal.id]);
  assert.doesNotMatch(stdout, /\n {2}basis |--basis/);
});

Deno.test("show suggests --take-over when another operator has the claim", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const claim = (claimed_by: string) =>
    writeRecord(root.path, proposal, "claim", { claimed_by, claimed_at: "2026-11-21T11:58:00Z" });
  await claim("bob");
  assert.match(
    (await ctl(root.path, ["show", proposal.id])).stdout,
    /\nTry: supervisectl approve \w+ --basis \w{32} --take-over\n/,
  );
  await claim("alice");
  assert.match(
    (await ctl(root.path, ["show", proposal.id])).stdout,
    /\nTry: supervisectl approve \w+ --basis \w{32}\n/,
  );
});

Deno.test("show repeats the queue root and the bottle in the commands it suggests", async () => {
  await using root = await temporary();
  const queue = join(root.path, "the queue's root");
  const { id } = await propose(queue);
  const basis = (await shownBasis(queue, id)).slice(0, 32);
  const args = ["show", id, "--slug", "dev", "--queue-root", queue];
  const { stdout } = await ctl("/nowhere", args);
  const quoted = `'${queue.replace("'", `'\\''`)}'`;
  assert.ok(stdout.includes(
    `Try: supervisectl approve ${id.slice(0, 8)} --basis ${basis} ` +
      `--queue-root ${quoted} --slug dev\n`,
  ));
});

Deno.test("show takes any unique prefix, in upper case too, also one character", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { id: idWith("abcdef01-") });
  await propose(root.path, { id: idWith("1bcdef01-") });
  for (const prefix of ["a", "ABCD", "abcdef01", id]) {
    const { stdout, code } = await ctl(root.path, ["show", prefix]);
    assert.equal(code, 0);
    assert.ok(stdout.startsWith(`Proposal ${id}\n`));
  }
});

Deno.test("show of a prefix that several ids have counts them and names them, exit 1", async () => {
  await using root = await temporary();
  for (let number = 10; number < 22; number++) {
    const slug = number % 2 === 0 ? "one" : "two";
    await propose(root.path, { id: idWith(`ab${number}0000-0000-4`), slug });
  }
  const result = await ctl(root.path, ["show", "ab"]);
  assert.equal(result.code, 1);
  assert.match(
    result.stderr,
    /^supervisectl: 12 proposals have an id that starts with "ab": ab100000, .*, ab190000 and 2 more; give more characters\nTry: supervisectl list --all\n$/,
  );
  assert.equal((await ctl(root.path, ["show", "ab10"])).code, 0);
});

Deno.test("show of an id that two bottles have asks for --slug, exit 1", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { slug: "one" });
  await propose(root.path, { slug: "two", id });
  const result = await ctl(root.path, ["show", id]);
  assert.equal(result.code, 1);
  assert.match(
    result.stderr,
    /bottles one and two both have proposal \w{8}; name the bottle\nTry: .* --slug SLUG\n$/,
  );
  assert.equal((await ctl(root.path, ["show", id, "--slug", "two"])).code, 0);
});

Deno.test("show of an id that nothing has says so, exit 1", async () => {
  await using root = await temporary();
  await propose(root.path, { id: idWith("a") });
  for (const prefix of ["b", "../a", "a*", "."]) {
    const result = await ctl(root.path, ["show", prefix, "--json"]);
    assert.equal(result.code, 1);
    assert.equal(result.stdout, "");
    assert.deepEqual(JSON.parse(result.stderr), {
      error: {
        code: "not-found",
        message: `no proposal under ${root.path} has an id that starts with "${prefix}"`,
        try: "supervisectl list --all",
      },
    });
  }
});

Deno.test("show of a proposal that cannot be read says why, exit 1", async () => {
  await using root = await temporary();
  await propose(root.path, { id: idWith("a") });
  const broken = idWith("b");
  await Deno.writeTextFile(join(root.path, "dev", `${broken}.proposal.json`), '{"id": ');
  const result = await ctl(root.path, ["show", "b"]);
  assert.equal(result.code, 1);
  assert.match(
    result.stderr,
    /^supervisectl: proposal \w{8} of bottle dev cannot be read: not JSON \(half-written\?\)\n/,
  );
});

Deno.test("show tells what an agent said when it asked again, made visible, and the basis stays", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const before = await shownBasis(root.path, proposal.id);
  const repeats = [
    { justification: "the build waits\x1b[2J for it", asked_at: "2026-11-21T11:59:00Z" },
    { justification: "please", asked_at: "x" },
  ];
  await writeRecord(root.path, proposal, "repeats", { repeats });
  const { stdout } = await ctl(root.path, ["show", proposal.id]);
  const said = `The agent's justification:
  | to read the issues

Asked again, 2026-11-21T11:59:00Z (1m ago):
  | the build waits<U+001B>[2J for it

Asked again, an unknown time:
  | please
`;
  assert.ok(stdout.includes(said), stdout);
  const asked = await ctl(root.path, ["approve", proposal.id], { answers: ["n"], columns: 80 });
  assert.ok(asked.stdout.includes(said), asked.stdout);
  assert.equal(await shownBasis(root.path, proposal.id), before);
  const shown = parsed(await ctl(root.path, ["show", proposal.id, "--json"]));
  assert.deepEqual(shown["repeats"], repeats);
});
