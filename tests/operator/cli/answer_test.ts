/** `approve` and `reject`: what is written and said, and every reason why not. */

import assert from "node:assert/strict";
import { parseDecision } from "../../../src/queue/decision.ts";
import type { Plan } from "../../../src/operator/apply/plan.ts";
import { basisOf } from "../../../src/operator/app/basis.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import {
  ctl,
  fileAway,
  json,
  parsed,
  type ProposalOptions,
  propose,
  readRecord,
  recordPath,
  setPolled,
  setWaiting,
  shownBasis,
  writeRecord,
} from "../fixture.ts";
import { stand } from "../live/stand.ts";

Deno.test("approve claims, decides and says that nothing was applied", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await setWaiting(root.path, proposal, 1);
  const basis = await shownBasis(root.path, proposal.id);
  const result = await ctl(root.path, ["approve", proposal.id, "--notes", "this week"]);
  assert.equal(result.code, 0);
  assert.equal(result.stderr, "");
  assert.equal(
    result.stdout,
    `Approved ${proposal.id.slice(0, 8)} (egress-block, bottle dev): api.github.com, 1 path.
1 call of the agent is waiting and gets the answer now.
Nothing was applied, no routes file is configured for this bottle: add the route to the egress proxy's table yourself.
`,
  );
  const response = await readRecord(root.path, proposal, "response");
  const { application, ...decision } = parseDecision(response, proposal.id);
  assert.match(application ?? "", /^[0-9a-f-]{36}$/);
  assert.deepEqual(decision, {
    basis,
    file_sha256: proposal.current_file_hash,
    proposal_id: proposal.id,
    status: "approved",
    notes: "this week",
    final_file: null,
    decided_by: "alice",
    decided_at: "2026-11-21T12:00:00.000Z",
  });
  const { request, ...claim } = await readRecord(root.path, proposal, "claim") ?? {};
  assert.match(String(request), /^[0-9a-f-]{36}$/);
  assert.deepEqual(claim, {
    proposal_id: proposal.id,
    claimed_by: "alice",
    claimed_at: "2026-11-21T12:00:00.000Z",
  });
});

const BY_HAND = [
  [
    "egress-block",
    json({ host: "h.example" }),
    "routes",
    "add the route to the egress proxy's table",
  ],
  ["pipelock-block", "https://h.example/", "pipelock", "add the host to pipelock's allowlist"],
  ["capability-block", "FROM a\n", "dockerfile", "build the bottle from the Dockerfile"],
] as const;

for (const [tool, file, kind, byHand] of BY_HAND) {
  Deno.test(`approve says what is left to do by hand: ${tool}`, async () => {
    await using root = await temporary();
    const { id } = await propose(root.path, { tool, file });
    const { stdout } = await ctl(root.path, ["approve", id]);
    assert.ok(stdout.endsWith(
      `Nothing was applied, no ${kind} file is configured for this bottle: ${byHand} yourself.\n`,
    ));
    assert.ok(stdout.includes("No call is waiting now: the answer is delivered when the agent"));
  });
}

Deno.test("approve says that an agent that polls gets the answer", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await setPolled(root.path, proposal, 12_000);
  const { stdout } = await ctl(root.path, ["approve", proposal.id]);
  assert.ok(stdout.includes("The agent polls for the answer and gets it the next time."));
});

Deno.test("approve --json holds the decision, and that nothing was applied", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await setWaiting(root.path, proposal, 3);
  const basis = await shownBasis(root.path, proposal.id);
  assert.deepEqual(parsed(await ctl(root.path, ["approve", proposal.id, "--json"])), {
    proposal_id: proposal.id,
    bottle_slug: "dev",
    tool: "egress-block",
    status: "approved",
    notes: "",
    final_file: null,
    waiting: 3,
    decided_by: "alice",
    decided_at: "2026-11-21T12:00:00.000Z",
    basis,
    file_sha256: proposal.current_file_hash,
    applied: false,
    covered: [],
    files: [],
    missing: ["routes", "pipelock"],
  });
});

Deno.test("reject decides with the reason", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await setWaiting(root.path, proposal, 2);
  const result = await ctl(root.path, ["reject", proposal.id, "--notes", "see\nthe policy"]);
  assert.equal(result.code, 0);
  assert.ok(result.stdout.startsWith(`Rejected ${proposal.id.slice(0, 8)} (egress-block, bottle`));
  assert.ok(result.stdout.endsWith("\n2 calls of the agent are waiting and get the answer now.\n"));
  const response = await readRecord(root.path, proposal, "response");
  assert.equal(response?.["status"], "rejected");
  assert.equal(response?.["notes"], "see\nthe policy");
});

Deno.test("reject --json calls no live file missing that is configured", async () => {
  await using place = await stand();
  const { id } = await propose(place.root);
  const { missing } = parsed(await place.ctl(["reject", id, "--notes", "no", "--json"]));
  assert.deepEqual(missing, []);
});

Deno.test("approve and reject as processes exit 0 and carry user@host", async () => {
  await using root = await temporary();
  for (const args of [["approve"], ["reject", "--notes", "no"]]) {
    const proposal = await propose(root.path);
    const result = await supervisectl(root.path, [...args, proposal.id]);
    assert.equal(result.code, 0, result.stderr);
    const response = await readRecord(root.path, proposal, "response");
    assert.equal(response?.["decided_by"], `alice@${Deno.hostname()}`);
  }
});

const DECIDED = {
  status: "rejected",
  decided_by: "bob@desk",
  decided_at: "2026-11-21T11:58:00Z",
};

const OVER = [
  {
    name: "decided",
    records: { response: DECIDED },
    filed: false,
    code: "already-decided",
    message:
      /^\w{8} was rejected by bob@desk at 2026-11-21T11:58:00Z \(2m ago\); that decision stands$/,
  },
  {
    name: "delivered",
    records: { response: DECIDED },
    filed: true,
    code: "already-decided",
    message: /^\w{8} was rejected by bob@desk at/,
  },
  {
    name: "withdrawn",
    records: { withdrawn: {} },
    filed: false,
    code: "withdrawn",
    message: /^\w{8} was withdrawn by the agent/,
  },
  {
    name: "withdrawn and filed away",
    records: { withdrawn: {} },
    filed: true,
    code: "withdrawn",
    message: /^\w{8} was withdrawn by the agent/,
  },
  {
    name: "claimed by another",
    records: { claim: { claimed_by: "bob@desk", claimed_at: "2026-11-21T11:58:00Z" } },
    filed: false,
    code: "claimed",
    message: /^\w{8} is claimed by bob@desk since 2026-11-21T11:58:00Z \(2m ago\)/,
  },
  {
    name: "claimed by nobody knows whom",
    records: { claim: { claimed_by: "" } },
    filed: false,
    code: "claimed",
    message: /^\w{8} is claimed by somebody: the claim's file cannot be read/,
  },
] as const;

const ANSWERS = [["approve"], ["reject", "--notes", "no"]];

for (const { name, records, filed, code, message } of OVER) {
  for (const [command = "", ...options] of ANSWERS) {
    Deno.test(`${command} is refused with exit 1 and changes nothing: ${name}`, async () => {
      await using root = await temporary();
      const proposal = await propose(root.path);
      for (const [kind, content] of Object.entries(records)) {
        await writeRecord(root.path, proposal, kind as "claim", content);
      }
      if (filed) await fileAway(root.path, proposal);
      const before = await snapshot(root.path);
      const result = await ctl(root.path, [command, proposal.id, ...options, "--json"]);
      assert.equal(result.code, 1);
      assert.equal(result.stdout, "");
      const { error } = JSON.parse(result.stderr);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.deepEqual(await snapshot(root.path), before);
    });
  }
}

async function snapshot(root: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const place of ["dev", "dev/processed"]) {
    for await (const { name, isFile } of Deno.readDir(`${root}/${place}`)) {
      if (isFile) files[`${place}/${name}`] = await Deno.readTextFile(`${root}/${place}/${name}`);
    }
  }
  return files;
}

Deno.test("a refusal for another's claim suggests the same command with --take-over", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await writeRecord(root.path, proposal, "claim", { claimed_by: "bob", claimed_at: "?" });
  const args = ["reject", proposal.id, "--notes", "it's late"];
  const id = proposal.id.slice(0, 8);
  assert.ok((await ctl(root.path, args)).stderr.endsWith(
    `\nTry: supervisectl reject ${id} --notes 'it'\\''s late' --take-over\n`,
  ));
  const taken = await ctl(root.path, [...args, "--take-over"]);
  assert.equal(taken.code, 0);
  assert.equal((await readRecord(root.path, proposal, "claim"))?.["claimed_by"], "alice");
  assert.equal((await readRecord(root.path, proposal, "response"))?.["decided_by"], "alice");
});

Deno.test("--take-over does not replace a decision", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await writeRecord(root.path, proposal, "response", DECIDED);
  const result = await ctl(root.path, ["approve", proposal.id, "--take-over"]);
  assert.equal(result.code, 1);
  assert.equal((await readRecord(root.path, proposal, "response"))?.["status"], "rejected");
});

Deno.test("approve goes on with the operator's own claim", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const claim = { claimed_by: "alice", claimed_at: "2026-11-20T00:00:00Z" };
  await writeRecord(root.path, proposal, "claim", claim);
  assert.equal((await ctl(root.path, ["approve", proposal.id])).code, 0);
});

Deno.test("approve refuses a file that is not in the expected form, exit 1", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path, { file: json({ host: "h.example\nevil.example" }) });
  const result = await ctl(root.path, ["approve", proposal.id]);
  assert.equal(result.code, 1);
  const id = proposal.id.slice(0, 8);
  assert.match(
    result.stderr,
    /^supervisectl: \w{8} cannot be approved as it stands, the proposed file is wrong: host must be/,
  );
  assert.ok(result.stderr.endsWith(`\nTry: supervisectl modify ${id}\n`));
  assert.equal(await readRecord(root.path, proposal, "claim"), undefined);
  assert.equal((await ctl(root.path, ["reject", id, "--notes", "no"])).code, 0);
});

Deno.test("approve refuses a tool it does not know, exit 1", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { tool: "disk-block" });
  const result = await ctl(root.path, ["approve", id]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /this version does not know the tool disk-block\nTry: .* reject /);
});

Deno.test("approve replaces a response that no reader takes in", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await writeRecord(root.path, proposal, "response", { status: "perhaps" });
  assert.equal((await ctl(root.path, ["approve", proposal.id])).code, 0);
  assert.equal((await readRecord(root.path, proposal, "response"))?.["status"], "approved");
});

Deno.test("two processes that answer at once: one wins, the other is told who", async () => {
  await using root = await temporary();
  for (let round = 0; round < 8; round++) {
    const proposal = await propose(root.path);
    const names = ["ann", "ben"] as const;
    const results = await Promise.all(names.map((name) => {
      const args = name === "ann" ? ["approve"] : ["reject", "--notes", "no"];
      return supervisectl(root.path, [...args, proposal.id, "--json"], {
        env: { SUPERVISE_OPERATOR: name },
      });
    }));
    const winner = results.findIndex(({ code }) => code === 0);
    const loser = results[1 - winner];
    assert.deepEqual(results.map(({ code }) => code).sort(), [0, 1]);
    const response = await readRecord(root.path, proposal, "response");
    assert.equal(response?.["decided_by"], names[winner]);
    const { error } = JSON.parse(loser?.stderr ?? "");
    assert.match(error.code, /^(claimed|already-decided)$/);
    assert.match(error.message, new RegExp(`by ${names[winner]} (since|at) 20`));
    assert.equal((await readRecord(root.path, proposal, "claim"))?.["claimed_by"], names[winner]);
  }
});

const URL_ASK = { tool: "pipelock-block", file: "https://h.example/" };

/** What a bottle can make of its proposal after it was shown. */
const REWRITTEN: readonly (readonly [name: string, options: ProposalOptions])[] = [
  ["with another file", { ...URL_ASK, file: "https://evil.example/" }],
  // Any text is a Dockerfile.
  ["with the same file for another tool", { ...URL_ASK, tool: "capability-block" }],
  ["with the same file and another justification", { ...URL_ASK, justification: "trust me" }],
];

const ON_BASIS = [["approve"], ["reject", "--notes", "no"], ["modify", "--file", "FILE"]];

/** A file to approve instead, for whatever tool, in place of `FILE`. */
async function withFile(root: string, words: readonly string[]): Promise<string[]> {
  await Deno.writeTextFile(`${root}/url`, "https://other.example/");
  return words.map((word) => word === "FILE" ? `${root}/url` : word);
}

for (const [name, rewritten] of REWRITTEN) {
  for (const command of ON_BASIS) {
    Deno.test(`${command[0]} --basis refuses a proposal rewritten since show ${name}`, async () => {
      await using root = await temporary();
      const { id } = await propose(root.path, URL_ASK);
      const args = [...await withFile(root.path, command), id, "--basis"];
      const basis = await shownBasis(root.path, id);
      const now = await propose(root.path, { ...rewritten, id });
      for (const shown of [basis, basis.slice(0, 32)]) {
        const { code, stderr } = await ctl(root.path, [...args, shown]);
        assert.equal(code, 1);
        assert.match(stderr, /is not what was shown any more.*\nTry: supervisectl show \w{8}\n$/);
      }
      assert.equal(await readRecord(root.path, now, "response"), undefined);
      assert.equal(await readRecord(root.path, now, "claim"), undefined);
      const again = await ctl(root.path, [...args, await shownBasis(root.path, id)]);
      assert.equal(again.code, 0, again.stderr);
    });
  }

  for (const command of [["approve"], ["modify", "--file", "FILE"]]) {
    Deno.test(`${command[0]} refuses a proposal rewritten while it asks ${name}`, async () => {
      await using root = await temporary();
      const { id } = await propose(root.path, URL_ASK);
      const other = await temporary();
      await using _other = other;
      const now = await propose(other.path, { ...rewritten, id });
      const answers = yesAfter(() =>
        Deno.renameSync(
          recordPath(other.path, now, "proposal"),
          recordPath(root.path, now, "proposal"),
        )
      );
      const args = [...await withFile(root.path, command), id];
      const { code, stdout, stderr } = await ctl(root.path, args, { answers });
      assert.equal(code, 1);
      assert.match(stdout, /\nApprove this\? \[y\/N\] y\n$/);
      assert.match(stderr, /is not what was shown any more: nothing was written, nothing was/);
      assert.equal(await readRecord(root.path, now, "response"), undefined);
      assert.equal(await readRecord(root.path, now, "claim"), undefined);
    });
  }
}

Deno.test("basisOf() differs in whatever differs of what was shown, also where parts run together", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path, { tool: "ab", justification: "cd" });
  const plan = (live: string): Plan => ({ files: [], missing: [], notices: [], live });
  const outlook = { plan: plan("p"), problem: undefined };
  const other = await propose(root.path, { slug: "two", file: "{}" });
  const bases = [
    basisOf(proposal, "x", outlook),
    basisOf({ ...proposal, tool: "abc" }, "x", outlook),
    basisOf({ ...proposal, justification: "cdx" }, "", outlook),
    basisOf({ ...proposal, justification: "c" }, "dx", outlook),
    basisOf({ ...proposal, id: other.id }, "x", outlook),
    basisOf({ ...proposal, bottle_slug: other.bottle_slug }, "x", outlook),
    basisOf({ ...proposal, current_file_hash: other.current_file_hash }, "x", outlook),
    basisOf(proposal, "y", outlook),
    basisOf(proposal, "x", { plan: plan("q") }),
    basisOf(proposal, "x", { plan: undefined }),
    basisOf(proposal, "x", { plan: undefined, problem: new Failure("bad-target", "it is torn") }),
    basisOf(proposal, "x", { ...outlook, undone: { begun_at: "2026-11-21T12:00:00.000Z" } }),
    basisOf(proposal, "x", { ...outlook, undone: { begun_at: "2026-11-21T12:00:01.000Z" } }),
  ];
  assert.equal(new Set(bases).size, bases.length);
  assert.equal(basisOf({ ...proposal }, "x", { plan: plan("p") }), bases[0]);
});

/** A yes at the terminal, before which `happens`. */
function yesAfter(happens: () => void): string[] {
  return {
    shift() {
      happens();
      return "y";
    },
  } as unknown as string[];
}

Deno.test("--basis takes 32 to 64 digits of what show prints, in any case", async () => {
  await using root = await temporary();
  for (const command of ON_BASIS) {
    const words = await withFile(root.path, command);
    for (const digits of [32, 47, 64]) {
      const { id } = await propose(root.path, URL_ASK);
      const basis = (await shownBasis(root.path, id)).slice(0, digits).toUpperCase();
      const { code, stderr } = await ctl(root.path, [...words, id, "--basis", basis]);
      assert.equal(code, 0, stderr);
    }
  }
});

Deno.test("--basis of less, of more, or of anything else is a wrong command line, exit 2", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path, URL_ASK);
  const basis = await shownBasis(root.path, proposal.id);
  const wrong = [basis.slice(0, 12), basis.slice(0, 31), `${basis}0`, "not hexadecimal"];
  for (const command of ON_BASIS) {
    const words = await withFile(root.path, command);
    for (const text of [...wrong, `${basis.slice(0, 32)}-${basis.slice(32, 44)}`]) {
      const { code, stderr } = await ctl(root.path, [...words, proposal.id, "--basis", text]);
      assert.equal(code, 2, text);
      assert.ok(
        stderr.includes(
          `--basis must be the 32 to 64 hexadecimal digits that show prints, got "${text}"`,
        ),
        stderr,
      );
    }
  }
  assert.equal(await readRecord(root.path, proposal, "response"), undefined);
  assert.equal(await readRecord(root.path, proposal, "claim"), undefined);
});

Deno.test("approve on a terminal shows what is approved where no diff does", async () => {
  await using root = await temporary();
  const file = "FROM a\nRUN echo secretly > /x\n";
  const { id } = await propose(root.path, { tool: "capability-block", file });
  const { stdout } = await ctl(root.path, ["approve", id], { answers: ["n"] });
  assert.match(stdout, /^ {2}\| RUN echo secretly > \/x$/m);
  assert.match(stdout, /^ {2}\| to read the issues$/m);
  assert.match(stdout, /Nothing would be applied: no dockerfile file is configured/);
});

Deno.test("show says of a file in an odd form what is wrong, and not that nothing is configured", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { file: '{"host":"b.example"}' });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.match(stdout, /ODD FORM/);
  assert.doesNotMatch(stdout, /Nothing would be applied/);
});

Deno.test("show says loudly that a decision was on another file", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  assert.equal((await ctl(root.path, ["approve", proposal.id])).code, 0);
  assert.doesNotMatch((await ctl(root.path, ["show", proposal.id])).stdout, /NOT WHAT WAS DECIDED/);
  await propose(root.path, { id: proposal.id, file: json({ host: "evil.example" }) });
  assert.match((await ctl(root.path, ["show", proposal.id])).stdout, /! NOT WHAT WAS DECIDED {2}/);
});

const ODD = '{\n  "host": "good.example",\n  "host": "evil.example"\n}\n';

Deno.test("approve refuses a file that is not in its one form; show leads to modify", async () => {
  await using root = await temporary();
  for (const options of [{ file: ODD }, { tool: "pipelock-block", file: "HTTPS://h.example" }]) {
    const { id } = await propose(root.path, options);
    const result = await ctl(root.path, ["approve", id]);
    assert.equal(result.code, 1);
    assert.match(result.stderr, /not in its one form.*\nTry: supervisectl modify /);
    assert.match((await ctl(root.path, ["show", id])).stdout, /\nTry: supervisectl modify /);
    const { problem } = JSON.parse((await ctl(root.path, ["show", id, "--json"])).stdout);
    assert.match(problem, /it cannot be approved as it stands/);
  }
});

Deno.test("modify takes the one form of an odd file for a change, the odd file itself not", async () => {
  await using root = await temporary();
  const { id } = await propose(root.path, { file: ODD });
  const file = `${root.path}/dev/route`;
  await Deno.writeTextFile(file, ODD);
  assert.equal((await ctl(root.path, ["modify", id, "--file", file])).code, 1);
  await Deno.writeTextFile(file, json({ host: "evil.example" }));
  assert.equal((await ctl(root.path, ["modify", id, "--file", file])).code, 0);
});
