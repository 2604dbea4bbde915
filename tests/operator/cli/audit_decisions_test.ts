/** `audit` by decision: one line each, of every ending, found by host, id, name and time. */

import assert from "node:assert/strict";
import type { AuditEvent } from "../../../src/operator/audit/entry.ts";
import { type Filter, matches } from "../../../src/operator/audit/choice.ts";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import { periodOf } from "../../../src/operator/cli/time_option.ts";
import type { CommandContext } from "../../../src/operator/cli/command.ts";
import { temporary } from "../../support/temporary.ts";
import { chainOf, CLAIMED } from "../audit/fixture.ts";
import { appOn, ctl, NOW, propose } from "../fixture.ts";
import { killInReload, stand } from "../live/stand.ts";

/** `[outcome, host, id]` of every line. */
async function decisionsOf(
  events: readonly Partial<AuditEvent>[],
  args: readonly string[] = [],
): Promise<string[][]> {
  await using root = await temporary();
  const log = new AuditLog(`${root.path}/.state`, "alice@ops", () => NOW, { face: "cli" });
  for (const event of events) await log.append({ ...CLAIMED, host: "a.example", ...event });
  const { stdout, stderr } = await ctl(root.path, ["audit", "--json", ...args]);
  assert.equal(stderr, "");
  return stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line))
    .map(({ outcome, host, proposal_id }) => [outcome, host, proposal_id]);
}

const STORIES: readonly (readonly [string, readonly Partial<AuditEvent>[], readonly string[]])[] = [
  ["an approval", [{}, { step: "applied" }, { step: "answered", status: "approved" }], [
    "approved",
  ]],
  ["a modification", [{}, { step: "answered", status: "modified" }], ["modified"]],
  ["a rejection", [{}, { step: "rejected", status: "rejected" }], ["rejected"]],
  ["two failures and an approval", [
    ...[{}, { step: "failed" }, {}, { step: "applied" }, { step: "failed" }, {}] as const,
    { step: "answered", status: "approved" },
  ], ["failed", "failed", "approved"]],
  ["an undo and its failure", [
    { step: "answered", status: "approved" },
    { step: "applied", purpose: "undo" },
    { step: "failed", purpose: "undo" },
    { step: "reloaded", purpose: "undo" },
    { step: "undone", purpose: "undo" },
  ], ["approved", "undo failed", "undone"]],
  ["a claim without an end", [{}], ["unfinished"]],
  ["a killed approval", [{}, { step: "applied", purpose: "apply" }], ["unfinished"]],
  ["a killed undo", [
    { step: "answered", status: "approved" },
    { step: "applied", purpose: "undo" },
  ], ["approved", "undo unfinished"]],
  ["a claim that was given up, and another", [{}, {}, {
    step: "rejected",
    status: "rejected",
  }], ["unfinished", "rejected"]],
  ["an answer that an interruption has logged twice", [
    ...[{}, { step: "answered", status: "approved" }] as const,
    { step: "answered", status: "approved", detail: "found decided after an interruption" },
  ], ["approved"]],
];

for (const [name, events, expected] of STORIES) {
  Deno.test(`audit shows ${name} as: ${expected.join(", ")}`, async () => {
    assert.deepEqual((await decisionsOf(events)).map(([decision]) => decision), expected);
  });
}

Deno.test("audit shows what an earlier version logged by its tool, and --host does not find it", async () => {
  await using root = await temporary();
  const log = new AuditLog(`${root.path}/.state`, "alice", () => NOW);
  await log.append({ ...CLAIMED, step: "rejected", status: "rejected" });
  const { stdout } = await ctl(root.path, ["audit"]);
  assert.match(stdout, /\n2026-11-21 12:00 {2}alice +rejected +dev +1a2b3c4d +- +egress-block\n$/);
  const found = await ctl(root.path, ["audit", "--host", "a.example"]);
  assert.equal(found.stdout, "No such decisions.\n");
});

Deno.test("audit keeps proposals of the same id in two bottles apart", async () => {
  const answered = { step: "answered", status: "approved" } as const;
  assert.equal((await decisionsOf([{}, answered, { bottle_slug: "ci" }])).length, 2);
});

const HOSTS: readonly (readonly [wanted: string, host: string, isFound: boolean])[] = [
  ["api.example", "api.example", true],
  ["API.Example.", "api.example", true],
  ["api.example", "API.example", true],
  ["example", "api.example", false],
  ["api.example", "my-api.example", false],
  [".api.example", "api.example", true],
  [".api.example", "v1.api.example", true],
  [".api.example", "my-api.example", false],
  ["bücher.example", "xn--bcher-kva.example", true],
  ["10.0.0.1", "10.0.0.1", true],
  ["dockerfile", "Dockerfile", true],
];

for (const [wanted, host, isFound] of HOSTS) {
  Deno.test(`audit --host ${wanted} ${isFound ? "finds" : "does not find"} ${host}`, async () => {
    const events = [{ host, step: "rejected", status: "rejected" } as const];
    assert.equal((await decisionsOf(events, ["--host", wanted])).length, isFound ? 1 : 0);
  });
}

Deno.test("audit finds by --id, --who, --slug and --host together, more than the last 20", async () => {
  const events = Array.from({ length: 60 }, (_, at): Partial<AuditEvent> => ({
    ...{ step: "rejected", status: "rejected", proposal_id: `${at % 2 ? "a" : "b"}${at}` },
    ...{ bottle_slug: at < 30 ? "dev" : "ci", host: `h${at % 3}.example` },
  }));
  const counts: readonly (readonly [string[], number])[] = [
    [[], 20],
    [["--id", "A"], 30],
    [["--id", "a59"], 1],
    [["--who", "alice"], 60],
    [["--who", "alice@ops"], 60],
    [["--who", "alic"], 0],
    [["--slug", "ci"], 30],
    [["--host", "h0.example"], 20],
    [["--host", "h0.example", "--slug", "ci", "--id", "a"], 5],
    [["--host", "h0.example", "--tail", "3"], 3],
  ];
  for (const [args, count] of counts) {
    assert.equal((await decisionsOf(events, args)).length, count, args.join(" "));
  }
});

// NOW is 2026-11-21T12:00Z.
const PERIODS: readonly (readonly [string | undefined, string | undefined, string, string])[] = [
  ["today", undefined, "2026-11-21T00:00Z", ""],
  ["yesterday", "yesterday", "2026-11-20T00:00Z", "2026-11-21T00:00Z"],
  ["Yesterday", "today", "2026-11-20T00:00Z", "2026-11-22T00:00Z"],
  ["3d", "2h", "2026-11-18T12:00Z", "2026-11-21T10:00Z"],
  ["2026-11-01", "2026-11-02", "2026-11-01T00:00Z", "2026-11-03T00:00Z"],
  ["2026-11-01T08:30", "2026-11-01 09:00", "2026-11-01T08:30Z", "2026-11-01T09:00Z"],
  ["2026-11-01T08:30+02:00", undefined, "2026-11-01T06:30Z", ""],
];

for (const [since, until, from, before] of PERIODS) {
  Deno.test(`--since ${since} --until ${until} is from ${from} on, before ${before}`, () => {
    const texts: Record<string, string | undefined> = { since, until };
    const text = (name: string) => texts[name];
    const context: Partial<CommandContext> = { app: appOn("/nowhere"), text };
    assert.deepEqual(periodOf(context as CommandContext), {
      since: Date.parse(from),
      before: before === "" ? undefined : Date.parse(before),
    });
  });
}

Deno.test("matches() takes the beginning of a period and not its end", async () => {
  const entry = { ...(await chainOf(1))[0]!, at: "2026-11-21T00:00:00.000Z" };
  const at = Date.parse(entry.at);
  const found = (filter: Filter) => matches(entry, filter);
  assert.ok(found({ since: at }) && found({ before: at + 1 }));
  assert.ok(!found({ since: at + 1 }) && !found({ before: at }));
});

const PATHS = { host: "api.example", path_allowlist: ["/v1/"] };
const FILE = JSON.stringify(PATHS, null, 2) + "\n";

Deno.test("every entry of a decision says what was asked, of which host, why, when and from where", async () => {
  await using place = await stand();
  const env = { SUPERVISE_OPERATOR: "bob" };
  const { id, arrival_timestamp } = await propose(place.root, { file: FILE });
  assert.equal((await place.ctl(["approve", id, "--notes", "fine"], { env })).code, 0);
  assert.equal((await place.ctl(["undo", id], { env })).code, 0);
  const other = await propose(place.root, { file: FILE });
  assert.equal((await place.ctl(["reject", other.id, "--notes", "use v2"], { env })).code, 0);
  const entries = await place.entries();
  for (const entry of entries) {
    assert.deepEqual(
      [entry["host"], entry["ask"], entry["justification"], entry["who"], entry["face"]],
      ["api.example", "api.example: /v1/", "to read the issues", "bob", "cli"],
      entry["step"],
    );
    assert.equal(entry["arrival_timestamp"], arrival_timestamp);
    assert.equal(entry["file_sha256"], other.current_file_hash);
  }
  const undo = entries.filter(({ purpose }) => purpose === "undo").map(({ step }) => step);
  assert.deepEqual([...new Set(undo)], ["applied", "reloaded", "undone"]);
  assert.ok(
    entries.filter(({ step }) => step === "claimed").every((one) => one["proposed_file"] === FILE),
  );
});

Deno.test("what a killed approval logs when it is put back says the same of its ask", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { file: FILE });
  await killInReload(place, ["approve", id]);
  const before = (await place.ctl(["audit"])).stdout;
  assert.match(before, / unfinished +dev +\w{8} +cli +api\.example: \/v1\/$/m);
  assert.equal((await place.ctl(["reject", id, "--notes", "not now"])).code, 0);
  const { stdout } = await place.ctl(["audit"]);
  assert.match(stdout, / failed .*api\.example: it was interrupted before it was decided/);
  assert.match(stdout, / rejected +dev +\w{8} +cli +api\.example: \/v1\/\n$/);
  const failed = (await place.entries()).find(({ step }) => step === "failed");
  assert.equal(failed?.["purpose"], "put-back");
  assert.equal(failed?.["host"], "api.example");
});
