/** The hint who waits: counted right, written soon, and worthless once it is old or broken. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type ProposalId, WAITING_FILE } from "../../src/queue/layout.ts";
import { readWaiting, WAITING_STALE_MS, WaitingHint, waitingIn } from "../../src/queue/waiting.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { temporary } from "../support/temporary.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

const NOW = new Date("2026-11-21T12:00:00Z");
const now = () => NOW;

const A = "aaaaaaaa-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId;
const B = "bbbbbbbb-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId;

function countsIn(directory: string): [ProposalId, number][] {
  return [...waitingIn(readWaiting(directory), NOW)].map(([id, { calls }]) => [id, calls]);
}

/** Waits until the file says so. */
function untilCounted(directory: string, expected: ReadonlyMap<ProposalId, number>) {
  const text = JSON.stringify([...expected].sort());
  return new QueueProbe(directory).until(`count ${text}`, async () => {
    const written = await Deno.lstat(join(directory, WAITING_FILE)).then(() => true, () => false);
    const counted = JSON.stringify((await countsIn(directory)).sort());
    return written && counted === text ? true : undefined;
  });
}

Deno.test("WaitingHint writes how many calls wait for each proposal", SANITIZED, async () => {
  await using directory = await temporary();
  await using hint = new WaitingHint(directory.path, now);
  for (const id of [A, A, B]) hint.arrived(id);
  await untilCounted(directory.path, new Map([[A, 2], [B, 1]]));
  hint.left(A);
  hint.left(B);
  await untilCounted(directory.path, new Map([[A, 1]]));
  hint.left(A);
  await untilCounted(directory.path, new Map());
});

Deno.test("WaitingHint counts no call below none", SANITIZED, async () => {
  await using directory = await temporary();
  await using hint = new WaitingHint(directory.path, now);
  hint.left(A);
  hint.arrived(A);
  await untilCounted(directory.path, new Map([[A, 1]]));
});

Deno.test(
  "WaitingHint leaves one file of mode 0600 that says nobody waits, and no other",
  SANITIZED,
  async () => {
    await using directory = await temporary();
    {
      await using hint = new WaitingHint(directory.path, now);
      hint.arrived(A);
      await untilCounted(directory.path, new Map([[A, 1]]));
    }
    const names = (await Array.fromAsync(Deno.readDir(directory.path))).map(({ name }) => name);
    assert.deepEqual(names, [WAITING_FILE]);
    const path = join(directory.path, WAITING_FILE);
    assert.equal((await Deno.lstat(path)).mode! & 0o777, 0o600);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(path)), {
      updated: NOW.toISOString(),
      calls: {},
      polls: {},
    });
  },
);

Deno.test("WaitingHint writes nothing more after its end", SANITIZED, async () => {
  await using directory = await temporary();
  const hint = new WaitingHint(directory.path, now);
  await hint[Symbol.asyncDispose]();
  await Deno.remove(join(directory.path, WAITING_FILE));
  hint.arrived(A);
  hint.left(A);
  // A write still to come would be a timer, which the sanitizer finds.
  assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.path)), []);
});

Deno.test("WaitingHint names at most 1,000 proposals", SANITIZED, async () => {
  await using directory = await temporary();
  await using hint = new WaitingHint(directory.path, now);
  const ids = Array.from({ length: 1_200 }, () => crypto.randomUUID() as ProposalId);
  for (const id of ids) hint.arrived(id);
  await untilCounted(directory.path, new Map(ids.slice(0, 1_000).map((id) => [id, 1])));
});

Deno.test("WaitingHint goes on where its file cannot be written", SANITIZED, async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "queue");
  await using hint = new WaitingHint(queue, now);
  hint.arrived(A);
});

interface ReadCase {
  readonly name: string;
  readonly content: string;
  readonly expected: readonly (readonly [ProposalId, number])[];
}

function hint(calls: unknown, ageMs = 0): string {
  return JSON.stringify({ updated: new Date(NOW.getTime() - ageMs).toISOString(), calls });
}

const READ_CASES: readonly ReadCase[] = [
  { name: "counts", content: hint({ [A]: 3, [B]: 1 }), expected: [[A, 3], [B, 1]] },
  {
    name: "a file just not stale",
    content: hint({ [A]: 1 }, WAITING_STALE_MS),
    expected: [[A, 1]],
  },
  { name: "a stale file", content: hint({ [A]: 1 }, WAITING_STALE_MS + 1), expected: [] },
  { name: "a file of a clock ahead", content: hint({ [A]: 1 }, -60_000), expected: [[A, 1]] },
  { name: "a file dated further ahead", content: hint({ [A]: 1 }, -60_001), expected: [] },
  {
    name: "a count too wide",
    content: hint({ [A]: 1e15, [B]: 99_999 }),
    expected: [[A, 99_999], [B, 99_999]],
  },
  {
    name: "names that are no ids",
    content: hint({ "../x": 1, [A]: 1, "": 2 }),
    expected: [[A, 1]],
  },
  {
    name: "unknown keys",
    content: hint({ [A]: 1 }).replace("{", '{"pid": 1, '),
    expected: [[A, 1]],
  },
  { name: "a count of none", content: hint({ [A]: 0 }), expected: [] },
  { name: "a count below none", content: hint({ [A]: -1 }), expected: [] },
  { name: "half a call", content: hint({ [A]: 1.5 }), expected: [] },
  {
    name: "a count beyond numbers",
    content: hint({ [A]: 1 }).replace(":1}", ":1e999}"),
    expected: [],
  },
  { name: "a list of calls", content: hint([1]), expected: [] },
  { name: "no calls", content: hint(undefined), expected: [] },
  { name: "no time", content: JSON.stringify({ updated: "now", calls: { [A]: 1 } }), expected: [] },
  { name: "a list", content: "[]", expected: [] },
  { name: "half a file", content: hint({ [A]: 1 }).slice(0, 30), expected: [] },
  { name: "an empty file", content: "", expected: [] },
];

for (const { name, content, expected } of READ_CASES) {
  Deno.test(`readWaiting() of ${name}`, async () => {
    await using directory = await temporary();
    await Deno.writeTextFile(join(directory.path, WAITING_FILE), content);
    assert.deepEqual(await countsIn(directory.path), expected);
  });
}

interface PollCase {
  readonly name: string;
  readonly polls: unknown;
  readonly calls?: Readonly<Record<string, number>>;
  readonly expected: readonly (readonly [ProposalId, object])[];
}

const at = (ageMs: number) => new Date(NOW.getTime() - ageMs).toISOString();

const POLL_CASES: readonly PollCase[] = [
  {
    name: "just now and a minute ago",
    polls: { [A]: at(0), [B]: at(60_000) },
    expected: [[A, { calls: 0, polledAt: at(0) }], [B, { calls: 0, polledAt: at(60_000) }]],
  },
  {
    name: "beside a call",
    polls: { [A]: at(5) },
    calls: { [A]: 2 },
    expected: [[A, { calls: 2, polledAt: at(5) }]],
  },
  { name: "more than a minute ago", polls: { [A]: at(60_001) }, expected: [] },
  { name: "further ahead than a clock may be", polls: { [A]: at(-60_001) }, expected: [] },
  { name: "at no time", polls: { [A]: "now" }, expected: [] },
  { name: "of no proposal", polls: { "../x": at(0) }, expected: [] },
  { name: "of another form", polls: [at(0)], calls: { [A]: 1 }, expected: [[A, { calls: 1 }]] },
  { name: "that a date with a comment tells", polls: { [A]: "(\x1b) 2026" }, expected: [] },
];

for (const { name, polls, calls = {}, expected } of POLL_CASES) {
  Deno.test(`readWaiting() of polls ${name}`, async () => {
    await using directory = await temporary();
    const text = JSON.stringify({ updated: NOW.toISOString(), calls, polls });
    await Deno.writeTextFile(join(directory.path, WAITING_FILE), text);
    assert.deepEqual([...waitingIn(readWaiting(directory.path), NOW)], expected);
  });
}

Deno.test(
  "WaitingHint tells when a proposal was last polled, for a minute",
  SANITIZED,
  async () => {
    await using directory = await temporary();
    let time = NOW.getTime();
    const clock = () => new Date(time);
    await using hint = new WaitingHint(directory.path, clock);
    hint.polled(A);
    const told = (what: string, isTold: (polls: Record<string, string>) => boolean) =>
      new QueueProbe(directory.path).until(what, async () => {
        const file = join(directory.path, WAITING_FILE);
        const text = await Deno.readTextFile(file).catch(() => '{"polls":{}}');
        return isTold(JSON.parse(text).polls) ? true : undefined;
      });
    await told("first poll", (polls) => polls[A] === NOW.toISOString());
    time += 60_001;
    hint.polled(B);
    await told("B alone", (polls) => !(A in polls) && polls[B] === clock().toISOString());
  },
);

Deno.test("readWaiting() takes a missing file and a link for nobody waiting", async () => {
  await using directory = await temporary();
  assert.equal(waitingIn(readWaiting(directory.path), NOW).size, 0);
  const target = join(directory.path, "target");
  await Deno.writeTextFile(target, hint({ [A]: 1 }));
  await Deno.symlink(target, join(directory.path, WAITING_FILE));
  assert.equal(waitingIn(readWaiting(directory.path), NOW).size, 0);
});
