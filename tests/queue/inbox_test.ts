/**
 * The agent's side of a queue directory: one file an ask, one decision for all who wait, and nothing
 * lost over restarts, crashes and what is done to the files by hand. One file, because every case
 * needs the same queue; the last one walks through all of it at random beside a small model.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Inbox } from "../../src/queue/inbox.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { formatProposal } from "../../src/queue/proposal.ts";
import { Random } from "../support/random.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";
import {
  ask,
  FAST_POLLS_MS,
  idOf,
  NOW,
  place,
  proposalOf,
  Queue,
  replaced,
} from "./inbox_fixture.ts";

const SANITIZED = { sanitizeOps: true, sanitizeResources: true };

Deno.test("submit() writes the ask as one file of the contract's form", SANITIZED, async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  assert.deepEqual((await queue.probe.names()).sort(), [`${id}.proposal.json`, "processed"].sort());
  assert.deepEqual(await queue.probe.proposal(id), {
    ...proposalOf(ask("a")),
    id,
    arrival_timestamp: NOW.toISOString(),
  });
  assert.equal(queue.inbox.pending, 1);
});

Deno.test("submit() joins the same ask, and only that", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const again = { ...ask("a"), justification: "for another reason" };
  assert.equal(idOf(await queue.inbox.submit(again), "joined"), id);
  await queue.queued(ask("b"));
  await queue.queued(ask("a", "pipelock-block"));
  await queue.queued({ ...ask("a"), proposedFile: ask("a").proposedFile + " " });
  assert.equal((await queue.probe.proposals()).length, 4);
  assert.equal(queue.inbox.pending, 4);
});

Deno.test("submit() of 500 asks at once, 100 of them distinct, writes 100 files", async () => {
  await using queue = await Queue.open({ maxPending: 1_000 });
  const asks = Array.from({ length: 500 }, (_, index) => ask(index % 100));
  const submissions = await Promise.all(asks.map((asked) => queue.inbox.submit(asked)));
  assert.equal(submissions.filter(({ kind }) => kind === "queued").length, 100);
  assert.equal(submissions.filter(({ kind }) => kind === "joined").length, 400);
  const ids = submissions.flatMap((submission) => "id" in submission ? [submission.id] : []);
  assert.deepEqual(await queue.probe.proposals(), [...new Set(ids)].sort());
  assert.equal(queue.inbox.pending, 100);
});

Deno.test("submit() refuses the ask over the limit of pending ones, until one is decided", async () => {
  await using queue = await Queue.open({ maxPending: 2 });
  const id = await queue.queued(ask("a"));
  await queue.queued(ask("b"));
  const full = { kind: "queue-full", pending: 2, limit: 2 };
  assert.deepEqual(await queue.inbox.submit(ask("c")), full);
  idOf(await queue.inbox.submit(ask("a")), "joined");
  await queue.decide(id);
  await queue.queued(ask("c"));
  assert.deepEqual(await queue.inbox.submit(ask("d")), full);
});

Deno.test("submit() keeps the limit when many asks come at once", async () => {
  await using queue = await Queue.open({ maxPending: 3 });
  const submissions = await Promise.all([1, 2, 3, 4, 5].map((n) => queue.inbox.submit(ask(n))));
  assert.equal(submissions.filter(({ kind }) => kind === "queued").length, 3);
  assert.equal((await queue.probe.proposals()).length, 3);
});

Deno.test("submit() refuses an ask whose file no reader would take in", async () => {
  await using queue = await Queue.open();
  const large = { ...ask("a"), proposedFile: "é".repeat(524_288) };
  assert.deepEqual(await queue.inbox.submit(large), { kind: "too-large", limitBytes: 1_048_576 });
  assert.deepEqual(await queue.probe.proposals(), []);
  assert.equal(queue.inbox.pending, 0);
});

Deno.test("submit() throws when it cannot write, remembers nothing, and works later", async () => {
  await using queue = await Queue.open();
  const aside = `${queue.directory}.aside`;
  await Deno.rename(queue.directory, aside);
  await Deno.writeTextFile(queue.directory, "a file in the directory's place");
  const failing = [1, 2, 3].map(() => queue.inbox.submit(ask("a")));
  for (const submission of failing) await assert.rejects(submission, { code: "ENOTDIR" });
  assert.equal(queue.inbox.pending, 0);

  await Deno.remove(queue.directory);
  await Deno.rename(aside, queue.directory);
  const submissions = await Promise.all([1, 2, 3].map(() => queue.inbox.submit(ask("a"))));
  assert.deepEqual(submissions.map(({ kind }) => kind), ["queued", "joined", "joined"]);
  assert.equal((await queue.probe.proposals()).length, 1);
});

Deno.test("submit() makes a directory again that was deleted, for its owner alone", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const lost = queue.inbox.wait(await queue.queued(ask("a")));
  await Deno.remove(queue.directory, { recursive: true });
  const id = await queue.queued(ask("b"));
  assert.deepEqual(await queue.probe.proposals(), [id]);
  assert.equal((await Deno.stat(queue.directory)).mode! & 0o777, 0o700);
  assert.deepEqual(await within(60, "outcome", lost.outcome), { kind: "removed" });
  assert.equal(queue.inbox.pending, 1);
  await queue.decide(id);
});

Deno.test("submit() queues once what was removed by hand, also when several ask at once", async () => {
  await using queue = await Queue.open();
  const removed = await queue.queued(ask("a"));
  await Deno.remove(queue.probe.path(removed, "proposal"));
  const submissions = await Promise.all([1, 2, 3].map(() => queue.inbox.submit(ask("a"))));
  assert.equal((await queue.probe.proposals()).length, 1);
  assert.equal(
    new Set(submissions.map((submission) => "id" in submission && submission.id)).size,
    1,
  );
  assert.equal(queue.inbox.pending, 1);
});

Deno.test(
  "wait() gives one decision to all who wait, and to who comes later",
  SANITIZED,
  async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(ask("a"));
    const waits = [queue.inbox.wait(id), queue.inbox.wait(id)];
    await queue.probe.answer(id, { status: "modified", notes: "narrowed", final_file: "{}\n" });
    const expected = {
      kind: "decided",
      decision: {
        proposal_id: id,
        status: "modified",
        notes: "narrowed",
        final_file: "{}\n",
      },
    };
    for (const wait of [...waits, queue.inbox.wait(id)]) {
      assert.deepEqual(await within(60, "outcome", wait.outcome), expected);
    }
    assert.equal(queue.inbox.pending, 0);
  },
);

Deno.test("wait() of an unknown proposal ends at once", async () => {
  await using queue = await Queue.open();
  assert.deepEqual(await queue.outcome(crypto.randomUUID() as ProposalId), { kind: "removed" });
});

for (const kind of ["left", "timed-out"] as const) {
  Deno.test(`end("${kind}") ends one wait; others and the proposal stay`, async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(ask("a"));
    const ended = queue.inbox.wait(id);
    const other = queue.inbox.wait(id);
    ended.end(kind);
    ended.end("left");
    assert.deepEqual(await ended.outcome, { kind });
    assert.equal(queue.inbox.pending, 1);
    await queue.decide(id);
    assert.equal((await other.outcome).kind, "decided");
    other.end("left");
    assert.equal((await other.outcome).kind, "decided");
    assert.deepEqual(await ended.outcome, { kind });
  });
}

Deno.test("a wait that is ended twice counts as one that left", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const [ended, _other] = [queue.inbox.wait(id), queue.inbox.wait(id)];
  for (let times = 0; times < 2; times++) ended!.end("left");
  await queue.probe.waiting(id, 1);
});

Deno.test("stopWaiting() ends waits and later ones; decisions and submitting still work", async () => {
  await using queue = await Queue.open();
  const [decided, pending] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await queue.decide(decided);
  const wait = queue.inbox.wait(pending);
  queue.inbox.stopWaiting();
  assert.deepEqual(await wait.outcome, { kind: "stopping" });
  assert.deepEqual(await queue.outcome(pending), { kind: "stopping" });
  assert.equal((await queue.outcome(decided)).kind, "decided");
  await queue.queued(ask("c"));
});

Deno.test(
  "the end of an inbox ends its waits and leaves no timer, watcher or read",
  SANITIZED,
  async () => {
    const queue = await Queue.open({ pollIntervalMs: 1 });
    const wait = queue.inbox.wait(await queue.queued(ask("a")));
    await queue[Symbol.asyncDispose]();
    assert.deepEqual(await wait.outcome, { kind: "stopping" });
  },
);

Deno.test("a decision is noticed by polls where no events come", async () => {
  await using elsewhere = await temporary();
  const { watchFs } = Deno;
  using _watchFs = replaced(Deno, "watchFs", () => watchFs(elsewhere.path));
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  await queue.decide(await queue.queued(ask("a")));
});

Deno.test("a proposal that is removed by hand ends its waits, and the same ask is a new one", async () => {
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const id = await queue.queued(ask("a"));
  const wait = queue.inbox.wait(id);
  await Deno.remove(queue.probe.path(id, "proposal"));
  assert.deepEqual(await within(60, "outcome", wait.outcome), { kind: "removed" });
  assert.equal(queue.inbox.pending, 0);
  assert.deepEqual(queue.log, [`proposal ${id} was removed from the queue undecided`]);
  assert.notEqual(await queue.queued(ask("a")), id);
});

Deno.test("a proposal that is removed by hand is told of once, also when several look at once", async () => {
  await using queue = await Queue.open();
  const asks = Array.from({ length: 20 }, (_, n) => ask(n));
  const ids = await Promise.all(asks.map((asked) => queue.queued(asked)));
  for (const id of ids) Deno.removeSync(queue.probe.path(id, "proposal"));
  await Promise.all([...asks, ...asks, ...asks].map((asked) => queue.inbox.submit(asked)));
  assert.deepEqual(queue.log.toSorted(), [...new Set(queue.log)].sort());
});

Deno.test("a decided proposal that is removed by hand is asked anew, and counted once", async () => {
  await using queue = await Queue.open();
  const [a, b] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await queue.decide(a);
  await Deno.remove(queue.probe.path(a, "proposal"));
  assert.notEqual(await queue.queued(ask("a")), a);
  assert.equal(queue.inbox.pending, 2);
  await queue.decide(b);
  assert.equal(queue.inbox.pending, 1);
});

Deno.test("a proposal that is put back by hand is pending again", async () => {
  // By poll: a second watch on the directory, as polls() makes, can silence the inbox's events.
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
  const id = await place(queue, proposalOf(ask("a")));
  while (queue.inbox.pending === 0) await queue.polls(1);
  assert.equal(idOf(await queue.inbox.submit(ask("a")), "joined"), id);
  await queue.decide(id);
});

Deno.test("a restart takes in what is pending, and the same ask joins it", async () => {
  await using queue = await Queue.open();
  const [a, b] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await queue.restart();
  assert.equal(queue.inbox.pending, 2);
  assert.equal(idOf(await queue.inbox.submit(ask("b")), "joined"), b);
  await queue.decide(a);
});

Deno.test("a restart takes in a decision that nobody picked up, and the same ask gets it", async () => {
  await using queue = await Queue.open();
  const [a, b] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await queue.decide(a);
  await queue.inbox[Symbol.asyncDispose]();
  await queue.probe.answer(b, { status: "rejected", notes: "while it was down" });
  await queue.start();
  assert.equal(queue.inbox.pending, 0);
  for (const [id, name] of [[a, "a"], [b, "b"]] as const) {
    assert.equal(idOf(await queue.inbox.submit(ask(name)), "joined"), id);
    assert.equal((await queue.outcome(id)).kind, "decided");
  }
});

Deno.test("the same ask gets a decision until that is delivered, and is a new one after", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  await queue.decide(id);
  assert.equal(idOf(await queue.inbox.submit(ask("a")), "joined"), id);
  queue.inbox.answering(id)(true);
  const next = await queue.queued(ask("a"));
  assert.notEqual(next, id);
  await queue.probe.filedAway(id);
  assert.deepEqual(await queue.probe.proposals(), [next]);
  assert.equal((await queue.inbox.standing(id)).kind, "decided");
  await queue.restart();
  assert.equal(queue.inbox.pending, 1);
});

Deno.test("answering() moves all records of a decided proposal once, and of no other", async () => {
  await using queue = await Queue.open();
  const [a, b] = [await queue.queued(ask("a")), await queue.queued(ask("b"))];
  await Deno.writeTextFile(queue.probe.path(a, "claim"), "{}");
  queue.inbox.answering(b)(true);
  queue.inbox.answering(crypto.randomUUID() as ProposalId)(true);
  await queue.decide(a);
  for (let times = 0; times < 3; times++) queue.inbox.answering(a)(true);
  await queue.restart();
  const kinds = ["claim", "proposal", "response"];
  assert.deepEqual(
    (await queue.probe.names("processed")).sort(),
    kinds.map((kind) => `${a}.${kind}.json`),
  );
  assert.deepEqual(await queue.probe.proposals(), [b]);
  assert.deepEqual(queue.log, []);
});

Deno.test("answering() keeps a decision whose answer was lost, for the next one who asks", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  await queue.decide(id);
  queue.inbox.answering(id)(false);
  assert.equal(idOf(await queue.inbox.submit(ask("a")), "joined"), id);
  assert.equal((await queue.outcome(id)).kind, "decided");
  assert.deepEqual(await queue.probe.proposals(), [id]);
  await queue.restart();
  assert.equal((await queue.outcome(id)).kind, "decided");
});

for (const last of [true, false]) {
  Deno.test(`answering() of two callers files away when both are done, the last ${last ? "" : "not "}arrived`, async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(ask("a"));
    await queue.decide(id);
    const [first, second] = [queue.inbox.answering(id), queue.inbox.answering(id)];
    first(true);
    assert.equal(idOf(await queue.inbox.submit(ask("a")), "joined"), id);
    second(last);
    await queue.probe.filedAway(id);
    assert.notEqual(await queue.queued(ask("a")), id);
  });
}

Deno.test("a call that joins while the decision is delivered to another gets it too", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const { rename } = Deno;
  using _rename = replaced(Deno, "rename", async (from: string, to: string) => {
    if (to === queue.probe.path(id, "repeats")) {
      await queue.decide(id);
      queue.inbox.answering(id)(true);
      // By then all its records would have been moved.
      for (let n = 0; n < 10; n++) await queue.queued(ask(n));
    }
    await rename(from, to);
  });
  const again = { ...ask("a"), justification: "for another reason" };
  assert.equal(idOf(await queue.inbox.submit(again), "joined"), id);
  assert.equal((await queue.outcome(id)).kind, "decided");
  await queue.probe.filedAway(id);
});

Deno.test("answering() moves the proposal first, and says so when it cannot go on", async () => {
  let troubles = 0;
  await using queue = await Queue.open({ onTrouble: () => void troubles++ });
  const id = await queue.queued(ask("a"));
  await Deno.writeTextFile(queue.probe.path(id, "claim"), "{}");
  await queue.decide(id);
  // As a crash after the first move: a proposal without its decision would look undecided.
  await Deno.mkdir(join(queue.directory, "processed", `${id}.claim.json`, "x"), {
    recursive: true,
  });
  queue.inbox.answering(id)(true);
  await queue.logged(new RegExp(`^cannot move ${id} to processed/: `));
  assert.equal(troubles, 1);
  const left = (await queue.probe.names()).filter((name) => name.startsWith(id)).sort();
  assert.deepEqual(left, [`${id}.claim.json`, `${id}.response.json`]);
  assert.ok((await queue.probe.names("processed")).includes(`${id}.proposal.json`));

  await Deno.remove(join(queue.directory, "processed", `${id}.claim.json`), { recursive: true });
  await queue.restart();
  assert.deepEqual((await queue.probe.names()).filter((name) => name.startsWith(id)), []);
  assert.equal(queue.inbox.pending, 0);
});

Deno.test("answering() makes processed/ again when it was removed", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  await queue.decide(id);
  await Deno.remove(join(queue.directory, "processed"));
  queue.inbox.answering(id)(true);
  await queue.probe.filedAway(id);
  await queue.queued(ask("a"));
});

Deno.test("open() finishes a move that a crash cut short, after any of its steps", async () => {
  const kinds = ["proposal", "claim", "response"];
  for (let moved = 1; moved < kinds.length; moved++) {
    const proposal = proposalOf(ask("a"));
    const response = { proposal_id: proposal.id, status: "approved" };
    const texts = [formatProposal(proposal)!, "{}", JSON.stringify(response)];
    await using queue = await Queue.open({}, async ({ directory }) => {
      for (const [index, kind] of kinds.entries()) {
        const below = index < moved ? "processed" : "";
        const path = join(directory, below, `${proposal.id}.${kind}.json`);
        await Deno.writeTextFile(path, texts[index]!);
      }
    });
    assert.deepEqual(await queue.probe.names(), ["processed"]);
    assert.equal((await queue.probe.names("processed")).length, 3);
    assert.equal((await queue.inbox.standing(proposal.id)).kind, "decided");
    await queue.queued(ask("a"));
  }
});

Deno.test("open() makes the directories for their owner alone and sweeps old temporary files", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "root", "dev");
  const options = { directory: path, slug: "dev" as Slug, maxPending: 1, log() {} };
  {
    await using _inbox = await Inbox.open(options);
    for (const below of ["", "processed"]) {
      assert.equal((await Deno.stat(join(path, below))).mode! & 0o777, 0o700);
    }
  }
  const temporaryFile = join(path, `.x.proposal.json.${crypto.randomUUID()}.tmp`);
  await Deno.writeTextFile(temporaryFile, "{");
  await Deno.utime(temporaryFile, 0, 0);
  await using _inbox = await Inbox.open(options);
  await assert.rejects(Deno.lstat(temporaryFile), Deno.errors.NotFound);
});

interface BadResponse {
  readonly name: string;
  readonly write: (path: string, id: ProposalId) => Promise<void>;
  readonly why: string;
}

const BAD_RESPONSES: readonly BadResponse[] = [
  {
    name: "a half-written one",
    write: (path, id) => Deno.writeTextFile(path, `{"proposal_id": "${id}", "sta`),
    why: "not JSON (half-written?)",
  },
  {
    name: "one of another proposal",
    write: (path) =>
      Deno.writeTextFile(path, `{"proposal_id": "${crypto.randomUUID()}", "status": "approved"}`),
    why: "proposal_id: is not the one in the file's name",
  },
  {
    name: "a link to a whole one",
    write: async (path, id) => {
      await Deno.writeTextFile(`${path}.x`, `{"proposal_id": "${id}", "status": "approved"}`);
      await Deno.symlink(`${path}.x`, path);
    },
    why: "not a regular file",
  },
  {
    name: "one that is too large",
    write: (path, id) =>
      Deno.writeTextFile(
        path,
        `{"proposal_id": "${id}", "status": "approved"}${" ".repeat(1_048_576)}`,
      ),
    why: "1048653 bytes, over the limit of 1048576",
  },
];

for (const { name, write, why } of BAD_RESPONSES) {
  Deno.test(`a response nobody can use is passed over, said once, and a whole one taken: ${name}`, async () => {
    await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS });
    const id = await queue.queued(ask("a"));
    const { outcome } = queue.inbox.wait(id);
    const path = queue.probe.path(id, "response");
    await write(`${path}.whole`, id);
    await Deno.rename(`${path}.whole`, path);
    await queue.logged(/^skipped /);
    await queue.polls();
    assert.deepEqual(queue.log, [`skipped ${id}.response.json: ${why}`]);
    assert.equal(queue.inbox.pending, 1);
    await queue.probe.answer(id, { status: "rejected", notes: "whole" });
    const decided = await within(60, "decision", outcome);
    assert.ok(decided.kind === "decided" && decided.decision.notes === "whole");
  });
}

Deno.test("a response that is completed while its first half is read is taken at once", async () => {
  const { readable, writable } = new TransformStream<Deno.FsEvent, Deno.FsEvent>();
  const events = writable.getWriter();
  const watcher = { close() {}, [Symbol.asyncIterator]: () => readable.values() };
  using _watchFs = replaced(Deno, "watchFs", () => watcher);
  await using queue = await Queue.open();
  const id = await queue.queued(ask("a"));
  const outcome = queue.outcome(id);

  const path = queue.probe.path(id, "response");
  const text = JSON.stringify({ proposal_id: id, status: "approved" });
  const half = text.slice(0, 20);
  const touched: Deno.FsEvent = { kind: "modify", paths: [path] };
  await Deno.writeTextFile(path, half);
  const { decode } = TextDecoder.prototype;
  using _decode = replaced(
    TextDecoder.prototype,
    "decode",
    function (this: TextDecoder, bytes: Uint8Array) {
      const read = decode.call(this, bytes);
      if (read === half) {
        Deno.writeTextFileSync(path, text);
        void events.write(touched);
      }
      return read;
    },
  );
  void events.write(touched);
  assert.equal((await outcome).kind, "decided");
});

Deno.test("records of unknown proposals and other files are left alone, without a word", async () => {
  const id = crypto.randomUUID();
  const files = [`${id}.response.json`, `${id}.claim.json`, "note.txt", ".hidden"];
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS }, async ({ directory }) => {
    for (const name of files) await Deno.writeTextFile(join(directory, name), "{}");
  });
  await Deno.writeTextFile(join(queue.directory, "later.txt"), "x");
  await queue.polls();
  const names = new Set(await queue.probe.names());
  for (const name of files) assert.ok(names.has(name), name);
  assert.equal(queue.inbox.pending, 0);
  assert.deepEqual(queue.log, []);
});

const BAD_PROPOSALS:
  readonly (readonly [name: string, content: (id: string) => string, why: RegExp])[] = [
    ["half-written", () => '{"id": "', /not JSON/],
    [
      "of another bottle",
      (id) =>
        formatProposal(
          proposalOf(ask("a"), { id: id as ProposalId, bottle_slug: "other" as Slug }),
        )!,
      /says it is of bottle other/,
    ],
    ["of another id", () => formatProposal(proposalOf(ask("a")))!, /holds another proposal's id/],
    [
      "altered",
      (id) =>
        formatProposal(proposalOf(ask("a"), { id: id as ProposalId }))!.replace("a.exa", "b.exa"),
      /current_file_hash: does not match/,
    ],
  ];

for (const [name, content, why] of BAD_PROPOSALS) {
  Deno.test(`a proposal nobody could decide is passed over at the start, and said once: ${name}`, async () => {
    const id = crypto.randomUUID();
    await using queue = await Queue.open(
      { pollIntervalMs: FAST_POLLS_MS },
      ({ probe }) => Deno.writeTextFile(probe.path(id, "proposal"), content(id)),
    );
    await queue.polls();
    assert.equal(queue.log.length, 1);
    assert.match(queue.log[0]!, why);
    assert.ok(queue.log[0]!.startsWith(`skipped ${id}.proposal.json: `));
    assert.equal(queue.inbox.pending, 0);
    await queue.queued(ask("a"));
  });
}

/** What the model knows of one ask. */
interface Known {
  readonly id: ProposalId;
  decided: boolean;
}

Deno.test("2,500 random steps beside a model: pending counts, joins and outcomes stay right", async () => {
  const limit = 6;
  const random = new Random(20_261_121);
  await using queue = await Queue.open({ maxPending: limit, pollIntervalMs: 2 });
  const model = new Map<string, Known>();
  const pending = () => [...model.values()].filter(({ decided }) => !decided);
  const decided = () => [...model].filter(([, known]) => known.decided);
  const gone = new Map<ProposalId, "decided" | "withdrawn" | "unknown">();
  const taken = new Map<string, number>();

  const steps: Readonly<Record<string, () => Promise<boolean>>> = {
    async submit() {
      const name = String(random.below(10));
      const known = model.get(name);
      const full = pending().length >= limit;
      const submission = await queue.inbox.submit(ask(name));
      if (known) assert.equal(idOf(submission, "joined"), known.id);
      else if (full) assert.equal(submission.kind, "queue-full");
      else model.set(name, { id: idOf(submission, "queued"), decided: false });
      return true;
    },
    async decide() {
      const known = random.pick(pending());
      if (!known) return false;
      const status = random.pick(["approved", "modified", "rejected"]);
      if (random.below(3) === 0) {
        await Deno.writeTextFile(queue.probe.path(known.id, "response"), '{"proposal_id": ');
      }
      await queue.decide(known.id, { status });
      known.decided = true;
      return true;
    },
    deliver() {
      const chosen = random.pick(decided());
      if (!chosen) return Promise.resolve(false);
      const [name, { id }] = chosen;
      const sent = queue.inbox.answering(id);
      if (random.below(4) === 0) {
        // Lost: the next one who asks gets the decision.
        sent(false);
        return Promise.resolve(true);
      }
      sent(true);
      model.delete(name);
      gone.set(id, "decided");
      return Promise.resolve(true);
    },
    async leave() {
      const known = random.pick(pending());
      if (!known) return false;
      const wait = queue.inbox.wait(known.id);
      wait.end("left");
      assert.deepEqual(await wait.outcome, { kind: "left" });
      return true;
    },
    async remove() {
      const [name, known] = random.pick([...model].filter(([, { decided }]) => !decided)) ?? [];
      if (!name || !known) return false;
      const { outcome } = queue.inbox.wait(known.id);
      await Deno.remove(queue.probe.path(known.id, "proposal"));
      gone.set(known.id, "unknown");
      model.delete(name);
      // Either the next one who asks the same notices, or a poll, which takes longer.
      if (random.below(10) > 0) {
        model.set(name, { id: await queue.queued(ask(name)), decided: false });
      }
      assert.deepEqual(await within(60, "end of a removed proposal", outcome), { kind: "removed" });
      return true;
    },
    async withdraw() {
      const [name, known] = random.pick([...model].filter(([, { decided }]) => !decided)) ?? [];
      if (!name || !known) return false;
      const { outcome } = queue.inbox.wait(known.id);
      await Deno.writeTextFile(queue.probe.path(known.id, "withdrawn"), "{}");
      assert.deepEqual(await within(60, "end of a withdrawn one", outcome), { kind: "withdrawn" });
      gone.set(known.id, "withdrawn");
      model.delete(name);
      return true;
    },
    async look() {
      const known = random.pick([...model.values()]);
      if (!known) return false;
      const { kind } = await queue.inbox.standing(known.id);
      assert.equal(kind, known.decided ? "decided" : "pending");
      return true;
    },
    async lookBack() {
      const ids = [...gone.keys()];
      const id = random.pick(ids.slice(-20));
      if (!id) return false;
      assert.equal((await queue.inbox.standing(id)).kind, gone.get(id));
      return true;
    },
    async restart() {
      if (random.below(10) > 0) return false;
      await queue.restart();
      return true;
    },
  };
  const often = ["submit", "submit", "submit", "decide", "decide", "deliver", "deliver"];
  const kinds = [...often, ...Object.keys(steps)];
  for (let step = 0; step < 2_500; step++) {
    const kind = random.pick(kinds);
    if (await steps[kind]!()) taken.set(kind, (taken.get(kind) ?? 0) + 1);
    assert.equal(queue.inbox.pending, pending().length, `after step ${step}, ${kind}`);
  }
  for (const kind of Object.keys(steps)) assert.ok(taken.get(kind)! > 10, `${kind} was not tried`);

  await queue.restart();
  const left = [...model.values()].map(({ id }) => id).sort();
  assert.deepEqual(await queue.probe.proposals(), left);
});
