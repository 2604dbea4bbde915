/** `standing()` and `list()`: where each proposal stands, with times that can always be parsed. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { isoTime, recordTime } from "../../src/queue/iso_time.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { formatProposal, type Proposal } from "../../src/queue/proposal.ts";
import { temporary } from "../support/temporary.ts";
import { eventually } from "../support/within.ts";
import { ask, FAST_POLLS_MS, NOW, place, proposalOf, Queue } from "./inbox_fixture.ts";

const TOOL = "egress-block";

/** When the files of the tests were written. */
const WRITTEN = new Date("2026-11-19T08:00:00Z");

const PROCESSED = "processed";

/** Puts a finished proposal into `processed/` as an earlier run left it. */
async function placeFinished(
  { directory }: Queue,
  proposal: Proposal,
  kind: "response" | "withdrawn",
  content: object,
  written = WRITTEN,
): Promise<void> {
  const texts = { proposal: formatProposal(proposal)!, [kind]: JSON.stringify(content) };
  for (const [kind, text] of Object.entries(texts)) {
    const path = join(directory, PROCESSED, `${proposal.id}.${kind}.json`);
    await Deno.writeTextFile(path, text);
    await Deno.utime(path, written, written);
  }
}

Deno.test("standing() tells pending, decided, delivered and unknown apart, and how many are ahead", async () => {
  const times = [NOW, new Date(NOW.getTime() + 1_000), new Date(NOW.getTime() + 2_000)];
  let submitted = 0;
  await using queue = await Queue.open({ now: () => times[submitted++] ?? times.at(-1)! });
  submitted = 0;
  const ids = [await queue.queued(ask(0)), await queue.queued(ask(1)), await queue.queued(ask(2))];
  for (const [ahead, id] of ids.entries()) {
    const since = times[ahead]!.toISOString();
    const pending = {
      kind: "pending",
      tool: TOOL,
      since,
      ahead,
      claimed: false,
      claimedAt: undefined,
    };
    assert.deepEqual(await queue.inbox.standing(id), pending);
  }
  await queue.decide(ids[0]!, { status: "rejected", notes: "no" });
  const standing = await queue.inbox.standing(ids[0]!);
  assert.ok(standing.kind === "decided" && standing.decision.notes === "no");
  assert.equal(standing.since, NOW.toISOString());
  const last = await queue.inbox.standing(ids[2]!);
  assert.ok(last.kind === "pending" && last.ahead === 1);
  queue.inbox.answering(ids[0]!)(true);
  await queue.probe.filedAway(ids[0]!);
  assert.deepEqual(await queue.inbox.standing(ids[0]!), { ...standing, isUndelivered: false });
  assert.deepEqual(await queue.inbox.standing(crypto.randomUUID() as ProposalId), {
    kind: "unknown",
  });
});

const TIMES: readonly (readonly [said: string, expected: string | undefined])[] = [
  ["2026-11-21T12:00:00.000Z", "2026-11-21T12:00:00.000Z"],
  ["2026-11-21T14:00:00.123456+02:00", "2026-11-21T12:00:00.123Z"],
  ["2026-11-21 12:00:00", "2026-11-21T12:00:00.000Z"],
  ["2026-11-21T12:00Z", "2026-11-21T12:00:00.000Z"],
  ["9999-12-31T23:59:59-01:00", undefined],
  ["+012026-11-21T12:00:00Z", undefined],
  ["2026-13-41T12:00:00Z", undefined],
  ["2026-11-21", undefined],
  ["1", undefined],
  ["Sat, 21 Nov 2026 12:00:00 GMT", undefined],
  ["2026-11-21T12:00:00Z\u001b[2J", undefined],
  ["", undefined],
];

for (const [said, expected] of TIMES) {
  Deno.test(`isoTime() of ${JSON.stringify(said)}`, () => assert.equal(isoTime(said), expected));

  Deno.test(`standing() of a filed one that was decided at ${JSON.stringify(said)}`, async () => {
    const proposal = proposalOf(ask("a"), { arrival_timestamp: "Fri, 20 Nov 2026 09:00:00 GMT" });
    const { id } = proposal;
    const response = { proposal_id: id, status: "rejected", notes: "no", decided_at: said };
    await using queue = await Queue.open(
      {},
      (queue) => placeFinished(queue, proposal, "response", response),
    );
    const standing = await queue.inbox.standing(id);
    assert.ok(standing.kind === "decided" && standing.decision.notes === "no");
    assert.equal(standing.endedAt, expected ?? WRITTEN.toISOString());
    // Nor is that an ISO time, although Date.parse() takes it.
    assert.equal(standing.since, WRITTEN.toISOString());
    assert.equal(standing.tool, TOOL);
  });
}

Deno.test("recordTime() takes the time it was seen for a file that is not there", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "none");
  assert.equal(await recordTime(undefined, path, NOW), NOW.toISOString());
});

Deno.test("standing() of an open one has an ISO time where the decision has none", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const id = await queue.queued(ask("a"));
  const path = queue.probe.path(id, "response");
  const file = { proposal_id: id, status: "approved", decided_at: "yesterday, or so" };
  await Deno.writeTextFile(`${path}.tmp`, JSON.stringify(file));
  await Deno.utime(`${path}.tmp`, WRITTEN, WRITTEN);
  await Deno.rename(`${path}.tmp`, path);
  await queue.untilTold(id, "queued", "decided");
  const standing = await queue.inbox.standing(id);
  assert.ok(standing.kind === "decided");
  assert.equal(standing.endedAt, WRITTEN.toISOString());
});

for (
  const [name, content, endedAt] of [
    ["its time", { withdrawn_at: "2026-11-20T10:00:00+01:00" }, "2026-11-20T09:00:00.000Z"],
    ["no time", { withdrawn_at: "\u202e" }, WRITTEN.toISOString()],
    ["anything", [], WRITTEN.toISOString()],
  ] as const
) {
  Deno.test(`standing() of a filed withdrawal with ${name}`, async () => {
    const proposal = proposalOf(ask("a"));
    const { id, arrival_timestamp: since } = proposal;
    await using queue = await Queue.open(
      {},
      (queue) => placeFinished(queue, proposal, "withdrawn", { proposal_id: id, ...content }),
    );
    const expected = { kind: "withdrawn", tool: TOOL, since, endedAt };
    assert.deepEqual(await queue.inbox.standing(id), expected);
  });
}

Deno.test("standing() of a filed proposal that says it is of another bottle is unknown", async () => {
  const proposal = proposalOf(ask("a"), { bottle_slug: "other" as Slug });
  const { id } = proposal;
  await using queue = await Queue.open(
    {},
    (queue) => placeFinished(queue, proposal, "response", { proposal_id: id, status: "approved" }),
  );
  assert.deepEqual(await queue.inbox.standing(id), { kind: "unknown" });
});

Deno.test("list() has the open ones, oldest first, then the finished ones, newest first", async () => {
  let seconds = 0;
  // By poll: a second watch on the directory, as filedAway() makes, can silence the inbox's events.
  await using queue = await Queue.open({
    now: () => new Date(NOW.getTime() + 1_000 * seconds++),
    pollIntervalMs: FAST_POLLS_MS,
  });
  const ids: ProposalId[] = [];
  for (let number = 0; number < 6; number++) ids.push(await queue.queued(ask(number)));
  const [claimed, decided, pending, first, second, taken] = ids as [
    ...[ProposalId, ProposalId, ProposalId],
    ...[ProposalId, ProposalId, ProposalId],
  ];
  await Deno.writeTextFile(queue.probe.path(claimed, "claim"), "{}");
  await queue.untilTold(claimed, "queued", "claimed");
  await queue.decide(decided, { status: "modified", notes: "narrowed" });
  for (const id of [first, second]) {
    await queue.decide(id, { status: "rejected", notes: `no ${id}` });
    queue.inbox.answering(id)(true);
    // Among the open ones it is before the youngest, among the finished ones after it.
    const place = (of: ProposalId) => queue.inbox.list().findIndex((one) => one.id === of);
    await eventually(60, "listing as finished", () => place(id) > place(taken));
  }
  await queue.inbox.withdraw(taken);
  const listed = queue.inbox.list();
  assert.deepEqual(listed.map(({ id, status }) => [id, status]), [
    [claimed, "pending"],
    [decided, "modified"],
    [pending, "pending"],
    [taken, "withdrawn"],
    [second, "rejected"],
    [first, "rejected"],
  ]);
  assert.deepEqual(listed.map((summary) => summary.claimed), [true, ...Array(5).fill(false)]);
  assert.deepEqual(listed.map(({ notes }) => notes), [
    ...["", "narrowed", "", ""],
    ...[`no ${second}`, `no ${first}`],
  ]);
  for (const { tool, since, status, endedAt } of listed) {
    assert.equal(tool, TOOL);
    assert.equal(isoTime(since), since);
    assert.equal(endedAt === undefined, status === "pending");
  }

  await queue.restart();
  const finished = await untilListed(queue, 6);
  assert.deepEqual(new Set(finished.map(({ id }) => id)), new Set(ids));
  assert.deepEqual(finished.slice(0, 3).map(({ id }) => id), [claimed, decided, pending]);
});

/** The finished ones of an earlier run come in after the start. */
async function untilListed(queue: Queue, count: number) {
  await eventually(60, `${count} listed`, () => queue.inbox.list().length >= count);
  return queue.inbox.list();
}

Deno.test("list() has what 60 earlier ones left: 50, the newest first", async () => {
  const proposals = Array.from({ length: 60 }, (_, number) => proposalOf(ask(number)));
  await using queue = await Queue.open({}, async (queue) => {
    for (const [number, proposal] of proposals.entries()) {
      const written = new Date(WRITTEN.getTime() + 1_000 * number);
      const content = { proposal_id: proposal.id, status: "approved" };
      await placeFinished(queue, proposal, "response", content, written);
    }
  });
  const listed = await untilListed(queue, 50);
  const newest = proposals.slice(10).reverse().map(({ id }) => id);
  assert.deepEqual(listed.map(({ id }) => id), newest);
});

Deno.test("list() looks at the first 5,000 names of processed/, and at no more after the end", async () => {
  const { readDir } = Deno;
  let given = 0;
  const directories = new Set<string>();
  Deno.readDir = async function* (path) {
    directories.add(String(path));
    yield* readDir(path);
    if (!String(path).endsWith(PROCESSED)) return;
    for (; given < 50_000; given++) {
      yield { name: `junk ${given}`, isFile: true, isDirectory: false, isSymlink: false };
    }
  };
  using _restored = { [Symbol.dispose]: () => void (Deno.readDir = readDir) };
  {
    await using queue = await Queue.open();
    await eventually(60, "5,000 names", () => given >= 5_000);
    assert.deepEqual(queue.inbox.list(), []);
  }
  assert.ok(given <= 5_000, `${given}`);
});

Deno.test("list() passes over useless files of processed/", async () => {
  const good = proposalOf(ask("a"));
  const ids = Array.from({ length: 4 }, () => crypto.randomUUID());
  await using queue = await Queue.open({}, async (queue) => {
    const processed = join(queue.directory, PROCESSED);
    await Deno.mkdir(join(processed, `${ids[0]}.response.json`));
    await Deno.symlink("/dev/zero", join(processed, `${ids[1]}.response.json`));
    await Deno.writeTextFile(join(processed, `${ids[2]}.response.json`), "x".repeat(2 << 20));
    await Deno.writeTextFile(join(processed, `${ids[3]}.withdrawn.json`), "{}");
    await placeFinished(queue, good, "withdrawn", { proposal_id: good.id });
  });
  assert.deepEqual((await untilListed(queue, 1)).map(({ id }) => id), [good.id]);
  assert.deepEqual(queue.log, []);
});

for (
  const [name, notes, expected, cut] of [
    ["as they are up to 500", "n".repeat(500), "n".repeat(500), false],
    ["cut at 500", "n".repeat(501), "n".repeat(500), true],
    ["cut before a character of two units", "n".repeat(499) + "🙂🙂", "n".repeat(499), true],
    ["cut after a character of two units", "n".repeat(498) + "🙂🙂", "n".repeat(498) + "🙂", true],
  ] as const
) {
  Deno.test(`list() has notes ${name}, also when they were picked up, and says whether`, async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(ask("a"));
    await queue.decide(id, { status: "rejected", notes });
    const listed = () => queue.inbox.list().map(({ notes, notesCut }) => [notes, notesCut]);
    assert.deepEqual(listed(), [[expected, cut]]);
    queue.inbox.answering(id)(true);
    await queue.probe.filedAway(id);
    await queue.restart();
    await eventually(60, "listing", () => queue.inbox.list().length === 1);
    assert.deepEqual(listed(), [[expected, cut]]);
  });
}

Deno.test("list() has an arrival time that can be parsed", async () => {
  const proposal = proposalOf(ask("a"), { arrival_timestamp: "2026-11-20T13:00:00+01:00" });
  const odd = proposalOf(ask("b"), { arrival_timestamp: "Nov 20 2026" });
  await using queue = await Queue.open({}, async (queue) => {
    await place(queue, proposal);
    await place(queue, odd);
    await Deno.utime(queue.probe.path(odd.id, "proposal"), WRITTEN, WRITTEN);
  });
  assert.deepEqual(queue.inbox.list().map(({ id, since }) => [id, since]), [
    [odd.id, WRITTEN.toISOString()],
    [proposal.id, "2026-11-20T12:00:00.000Z"],
  ]);
});
