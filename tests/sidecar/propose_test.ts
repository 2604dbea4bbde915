/** An ask on its way: progress while it waits, a task instead of a wait, and every way it ends. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { ShadowLog } from "../../src/queue/shadow.ts";
import type { Caller } from "../../src/sidecar/mcp/tool.ts";
import { RateLimit } from "../../src/sidecar/rate_limit.ts";
import {
  type AlreadyAllowedCheck,
  type Answer,
  Proposer,
  type ProposerOptions,
} from "../../src/sidecar/propose.ts";
import { ask, FAST_POLLS_MS, Queue, replaced } from "../queue/inbox_fixture.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

interface Report {
  readonly progress: number;
  readonly total: number | undefined;
  readonly message: string;
}

/** The one at the other end, who notes what it is told. */
class Client implements Caller {
  readonly client: string;
  readonly takesTask: boolean;
  readonly wantsProgress: boolean;
  readonly reports: Report[] = [];
  sent: ((whole: boolean) => void) | undefined;
  #reported = () => {};
  #onLeave: (() => void) | undefined;
  #left = false;

  constructor(
    wants: { readonly progress?: boolean; readonly task?: boolean; readonly client?: string } = {},
  ) {
    this.client = wants.client ?? "10.0.0.1";
    this.wantsProgress = wants.progress ?? false;
    this.takesTask = wants.task ?? false;
  }

  report(progress: number, total: number | undefined, message: string): void {
    this.reports.push({ progress, total, message });
    this.#reported();
  }

  onLeave(action: (() => void) | undefined): void {
    this.#onLeave = action;
    if (this.#left) action?.();
  }

  leave(): void {
    this.#left = true;
    this.#onLeave?.();
  }

  onSent(action: (whole: boolean) => void): void {
    this.sent = action;
  }

  /** Waits until it was told of progress this many times. */
  async until(reports: number): Promise<void> {
    const wait = async () => {
      while (this.reports.length < reports) {
        await new Promise<void>((resolve) => this.#reported = resolve);
      }
    };
    await within(60, `${reports} reports`, wait());
  }
}

type Options = Partial<Omit<ProposerOptions, "inbox" | "log">>;

const notAllowed: AlreadyAllowedCheck = () => Promise.resolve(undefined);

class Fixture implements AsyncDisposable {
  readonly queue: Queue;
  readonly proposer: Proposer;
  readonly log: string[] = [];
  /** What became of each ask, as the proposer told. */
  readonly outcomes: string[] = [];

  private constructor(queue: Queue, options: Options) {
    this.queue = queue;
    this.proposer = new Proposer({
      inbox: queue.inbox,
      timeoutSeconds: 60,
      progressSeconds: 3_600,
      maxWaiting: 10,
      onAsk: (_tool, outcome) => this.outcomes.push(outcome),
      log: (line) => this.log.push(line),
      ...options,
    });
  }

  static async open(options: Options = {}): Promise<Fixture> {
    return new Fixture(await Queue.open({ pollIntervalMs: FAST_POLLS_MS }), options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue[Symbol.asyncDispose]();
  }

  propose(
    client: Caller,
    name = "a",
    alreadyAllowed: AlreadyAllowedCheck = notAllowed,
  ): Promise<Answer> {
    return within(60, "answer", this.proposer.propose(ask(name), client, alreadyAllowed));
  }

  /** The id of the one proposal that is queued. */
  async nextProposal(): Promise<ProposalId> {
    return await this.queue.probe.nextProposal() as ProposalId;
  }
}

function text(answer: Answer): string {
  return answer.kind === "answer" ? answer.text : assert.fail(answer.kind);
}

// Progress.

Deno.test("a caller that wants it is told at once where its ask stands, in seconds of the whole", async () => {
  await using fixture = await Fixture.open();
  await fixture.queue.queued(ask("earlier"));
  const client = new Client({ progress: true });
  const answering = fixture.propose(client);
  await client.until(1);
  const id = fixture.queue.changes.at(-1)!.id;
  const [{ progress, total, message }] = client.reports as [Report];
  assert.equal(total, 60);
  assert.ok(progress >= 0 && progress < 10, String(progress));
  assert.equal(message, `queued as ${id}, 0 ahead of it`);

  const joining = new Client({ progress: true });
  const joined = fixture.propose(joining);
  await joining.until(1);
  assert.equal(joining.reports[0]!.message, `joined ${id}, 0 ahead of it`);
  await fixture.queue.probe.answer(id, { status: "approved" });
  assert.equal(text(await answering), "status: approved");
  assert.equal(text(await joined), "status: approved");
  assert.deepEqual([client.reports.length, joining.reports.length], [1, 1]);
});

Deno.test("then at a steady pace, each time with more, until the answer and not after it", async () => {
  await using fixture = await Fixture.open({ progressSeconds: 0.11 });
  const client = new Client({ progress: true });
  const answering = fixture.propose(client);
  await client.until(4);
  await fixture.queue.probe.answer(await fixture.nextProposal(), { status: "approved" });
  await answering;
  const count = client.reports.length;
  const progress = client.reports.map((report) => report.progress);
  assert.deepEqual(progress, [...new Set(progress)].sort((a, b) => a - b), "each is more");
  for (const { total, message } of client.reports.slice(1)) {
    assert.equal(total, 60);
    assert.match(message, /^waiting for the operator for \d+ s, 0 ahead of it$/);
  }
  // Another caller that is told three times more shows that the first is told no more.
  const other = new Client({ progress: true });
  const next = fixture.propose(other, "b");
  await other.until(3);
  other.leave();
  await next;
  assert.equal(client.reports.length, count);
});

Deno.test("progress says that the operator is looking at it", async () => {
  await using fixture = await Fixture.open({ progressSeconds: 0.11 });
  const client = new Client({ progress: true });
  const answering = fixture.propose(client);
  await client.until(1);
  const { id } = fixture.queue.changes.at(-1)!;
  const path = fixture.queue.probe.path(id, "claim");
  const claim = { proposal_id: id, claimed_by: "alice", claimed_at: "2026-11-21T12:00:00Z" };
  await Deno.writeTextFile(`${path}.aside`, JSON.stringify(claim));
  await Deno.rename(`${path}.aside`, path);
  await fixture.queue.untilTold(id, "queued", "claimed");
  await client.until(client.reports.length + 2);
  assert.match(client.reports.at(-1)!.message, / s, the operator is looking at it now$/);
  client.leave();
  assert.equal((await answering).kind, "left");
});

Deno.test("progress is never more than the whole, and one that wants none is told nothing", async () => {
  await using fixture = await Fixture.open({ timeoutSeconds: 0.35, progressSeconds: 0.1 });
  const [telling, silent] = [new Client({ progress: true }), new Client()];
  const answers = await Promise.all([fixture.propose(telling), fixture.propose(silent)]);
  for (const answer of answers) assert.match(text(answer), /^status: pending\nnotes: .* 0\.35s;/);
  assert.ok(telling.reports.length >= 2);
  for (const { progress, total } of telling.reports) assert.ok(progress <= total!);
  assert.deepEqual(silent.reports, []);
  // The proposal is still pending, but this call is over.
  const count = telling.reports.length;
  const next = new Client({ progress: true });
  const answering = fixture.propose(next);
  await next.until(3);
  assert.equal(telling.reports.length, count);
  next.leave();
  await answering;
});

// Tasks.

Deno.test("who takes a task gets one as soon as the ask is on disk, and nobody waits", async () => {
  await using fixture = await Fixture.open();
  const client = new Client({ task: true, progress: true });
  const answer = await fixture.propose(client);
  assert.ok(answer.kind === "task");
  const { taskId, status, statusMessage } = answer.task;
  assert.deepEqual([status, statusMessage], [
    "working",
    "waiting for the operator: 0 ahead of it",
  ]);
  assert.deepEqual(await fixture.queue.records(taskId as ProposalId), ["proposal"]);
  assert.equal(fixture.proposer.waiting, 0);
  assert.deepEqual([client.reports, client.sent], [[], undefined]);
  const again = await fixture.propose(new Client({ task: true }));
  assert.equal(again.kind === "task" && again.task.taskId, taskId, "the same ask is the same task");
});

Deno.test("who takes a task gets the answer when it was decided before, and it counts as sent", async () => {
  await using fixture = await Fixture.open();
  const id = await fixture.queue.queued(ask("a"));
  await fixture.queue.decide(id, { status: "approved", notes: "ok" });
  const client = new Client({ task: true });
  const answer = await fixture.propose(client);
  assert.equal(text(answer), "status: approved\nnotes: ok");
  client.sent!(true);
  await fixture.queue.probe.filedAway(id);
  const next = await fixture.propose(new Client({ task: true }));
  assert.ok(next.kind === "task" && next.task.taskId !== id, "after that it is a new ask");
});

Deno.test("what cannot be queued is said also to who takes a task", async () => {
  await using queue = await Queue.open({ maxPending: 1 });
  const options = { inbox: queue.inbox, timeoutSeconds: 60, progressSeconds: 60, maxWaiting: 1 };
  const proposer = new Proposer({ ...options, log: () => {} });
  const client = new Client({ task: true });
  assert.equal((await proposer.propose(ask("a"), client)).kind, "task");
  const full = await proposer.propose(ask("b"), client);
  assert.match(
    text(full),
    /^egress-block: not queued, because 1 proposals of this bottle are wait/,
  );
});

// How a wait ends.

const DECISIONS:
  readonly (readonly [status: string, text: string, isError: boolean, more: object])[] = [
    ["approved", "status: approved\nnotes: n", false, {}],
    ["rejected", "status: rejected\nnotes: n", true, {
      next: "read the notes, and do not ask again unchanged",
    }],
    [
      "modified",
      "status: modified\nnotes: n\nthe operator modified your proposal before approving; " +
      "the final config is now what's been applied",
      false,
      { next: "use what was approved, which is in final_file", final_file: "f" },
    ],
  ];

for (const [status, said, isError, more] of DECISIONS) {
  Deno.test(`a wait that is ${status} ends with the words, the same as data, and is filed away when sent`, async () => {
    await using fixture = await Fixture.open();
    const client = new Client();
    const answering = fixture.propose(client);
    const id = await fixture.nextProposal();
    await fixture.queue.probe.answer(id, { status, notes: "n", final_file: "f" });
    assert.deepEqual(await answering, {
      kind: "answer",
      text: said,
      isError,
      structured: { proposal_id: id, status, notes: "n", ...more },
      ...status === "modified" ? { dataInWords: `proposal_id: ${id}\nfinal_file:\nf` } : {},
    });
    assert.deepEqual(await fixture.queue.records(id), ["proposal", "response"]);
    client.sent!(true);
    await fixture.queue.probe.filedAway(id);
    assert.match(fixture.log[0]!, new RegExp(`^queued proposal ${id} \\(egress-block\\); waiting`));
    assert.equal(fixture.proposer.waiting, 0);
  });
}

Deno.test("a wait whose proposal is withdrawn ends and says so", async () => {
  await using fixture = await Fixture.open({ progressSeconds: 0.1 });
  const client = new Client({ progress: true });
  const answering = fixture.propose(client);
  await client.until(1);
  const { id } = fixture.queue.changes.at(-1)!;
  assert.equal(await fixture.queue.inbox.withdraw(id), "withdrawn");
  assert.deepEqual(await answering, {
    kind: "answer",
    text: "status: withdrawn",
    isError: false,
    structured: {
      proposal_id: id,
      status: "withdrawn",
      notes: "",
      next: "make the same call again if you still need it",
    },
  });
  assert.equal(client.sent, undefined, "there is no decision to keep");
});

Deno.test("a wait that times out says what to do next, and the proposal stays", async () => {
  await using fixture = await Fixture.open({ timeoutSeconds: 0.05 });
  const client = new Client();
  const answer = await fixture.propose(client);
  const id = fixture.queue.changes.at(-1)!.id;
  const notes = "operator response timed out after 0.05s; proposal remains queued";
  assert.ok(answer.kind === "answer" && !answer.isError);
  const lines = answer.text.split("\n");
  assert.deepEqual(lines.slice(0, 3), ["status: pending", `notes: ${notes}`, `proposal_id: ${id}`]);
  assert.match(lines[3]!, /^next: .*proposal-status.*same call again/);
  const next = lines[3]!.slice("next: ".length);
  assert.deepEqual(answer.structured, { proposal_id: id, status: "pending", notes, next });
  assert.equal(client.sent, undefined);
  assert.equal(fixture.queue.inbox.pending, 1);
});

Deno.test("a caller that leaves ends its own wait alone", async () => {
  await using fixture = await Fixture.open();
  const [leaving, staying] = [new Client(), new Client()];
  const left = fixture.propose(leaving);
  const id = await fixture.nextProposal();
  const stayed = fixture.propose(staying);
  await fixture.queue.probe.waiting(id, 2);
  leaving.leave();
  assert.deepEqual(await left, { kind: "left" });
  await fixture.queue.probe.answer(id, { status: "approved" });
  assert.equal(text(await stayed), "status: approved");
  assert.equal(leaving.sent, undefined);
});

Deno.test("a wait ends when the sidecar stops, and when the proposal was removed", async () => {
  await using fixture = await Fixture.open();
  const removed = fixture.propose(new Client(), "removed");
  const id = await fixture.nextProposal();
  await fixture.queue.probe.waiting(id, 1);
  await Deno.remove(fixture.queue.probe.path(id, "proposal"));
  assert.equal(await fixture.queue.inbox.withdraw(id), "unknown");
  const said = await removed;
  assert.ok(said.kind === "answer" && said.isError && said.structured === undefined);
  assert.match(said.text, new RegExp(`^egress-block: proposal ${id} was removed from the queue`));

  const stopped = fixture.propose(new Client(), "stopped");
  await fixture.nextProposal();
  fixture.queue.inbox.stopWaiting();
  assert.match(
    text(await stopped),
    /^status: pending\nnotes: the supervisor is stopping; proposal/,
  );
});

Deno.test("what cannot be written is said without a reason to the agent, and with it in the log", async () => {
  await using fixture = await Fixture.open();
  const broken = () => Promise.reject(new Error("no space left"));
  using _submit = replaced(fixture.queue.inbox, "submit", broken);
  for (const client of [new Client(), new Client({ task: true })]) {
    const answer = await fixture.propose(client);
    assert.ok(answer.kind === "answer" && answer.isError);
    assert.match(answer.text, /^egress-block: not queued, because the queue cannot be written\./);
    assert.doesNotMatch(answer.text, /no space/);
  }
  assert.deepEqual(fixture.log, [
    "cannot write a proposal (egress-block): no space left",
    "cannot write a proposal (egress-block): no space left",
  ]);
  assert.equal(fixture.proposer.waiting, 0);
});

Deno.test("beyond the limit of calls one is turned away, and a place that is free is taken", async () => {
  await using fixture = await Fixture.open({ maxWaiting: 1 });
  const first = new Client();
  const answering = fixture.propose(first);
  await fixture.nextProposal();
  assert.equal(fixture.proposer.waiting, 1);
  const refused = await fixture.propose(new Client({ task: true }), "b");
  assert.match(text(refused), /^egress-block: not queued, because 1 calls are waiting/);
  first.leave();
  await answering;
  assert.equal((await fixture.propose(new Client({ task: true }), "b")).kind, "task");
});

// Brakes.

Deno.test("who asks more often than the limit is told when to try again, and others are not touched", async () => {
  await using fixture = await Fixture.open({ rateLimit: new RateLimit(2) });
  const flood = new Client({ task: true });
  for (const name of ["a", "b"]) assert.equal((await fixture.propose(flood, name)).kind, "task");
  const refused = await fixture.propose(flood, "c");
  assert.ok(refused.kind === "answer" && refused.isError && !refused.structured);
  assert.match(
    refused.text,
    /^egress-block: not queued, because you made 2 asks within a minute .* Try again in (60|59) s\./,
  );
  const other = new Client({ task: true, client: "10.0.0.2" });
  assert.equal((await fixture.propose(other, "c")).kind, "task");
  assert.deepEqual(fixture.outcomes, ["queued", "queued", "rate-limited", "queued"]);
  assert.equal(fixture.queue.inbox.pending, 3);
});

Deno.test("asks that are joined count too, since each of them may wait", async () => {
  await using fixture = await Fixture.open({ rateLimit: new RateLimit(2) });
  const client = new Client({ task: true });
  for (let count = 0; count < 3; count++) await fixture.propose(client);
  assert.deepEqual(fixture.outcomes, ["queued", "joined", "rate-limited"]);
});

/** Uses up what a fixture with `BRAKED` lets one client ask for. */
async function braked(fixture: Fixture): Promise<ProposalId> {
  const answer = await fixture.propose(new Client({ task: true }));
  return answer.kind === "task" ? answer.task.taskId as ProposalId : assert.fail(answer.kind);
}

const BRAKED = () => ({ rateLimit: new RateLimit(1) });

for (const wants of [{}, { task: true }, { progress: true }]) {
  const name = Object.keys(wants).join() || "nothing more";
  Deno.test(`an ask that is queued is told as that beyond the rate limit, to who takes ${name}`, async () => {
    await using fixture = await Fixture.open(BRAKED());
    const id = await braked(fixture);
    const answer = await fixture.propose(new Client(wants));
    assert.ok(answer.kind === "answer" && !answer.isError);
    const notes = `it is queued as ${id}, 0 ahead of it; this call did not wait, because you ` +
      "made 1 asks within a minute and that is the limit";
    const [status, told, proposal, next] = answer.text.split("\n");
    assert.deepEqual([status, told, proposal], [
      "status: pending",
      `notes: ${notes}`,
      `proposal_id: ${id}`,
    ]);
    assert.match(next!, /^next: .*proposal-status.*make the same call again/);
    assert.deepEqual(answer.structured, {
      ...{ proposal_id: id, status: "pending", notes },
      next: next!.slice("next: ".length),
    });
    assert.match(text(await fixture.propose(new Client(), "b")), /^egress-block: not queued, /);
    assert.deepEqual(fixture.outcomes, ["queued", "rate-limited", "rate-limited"]);
    assert.deepEqual(await fixture.queue.records(id), ["proposal"], "nothing is written for it");
  });
}

Deno.test("an ask that is queued is told as that beyond the limit of calls, and its wait goes on", async () => {
  await using fixture = await Fixture.open({ maxWaiting: 1 });
  const answering = fixture.propose(new Client());
  const id = await fixture.nextProposal();
  const again = text(await fixture.propose(new Client()));
  assert.match(again, new RegExp(`^status: pending\\nnotes: it is queued as ${id}, `));
  assert.match(again, /this call did not wait, because 1 calls are waiting for the operator/);
  await fixture.queue.probe.answer(id, { status: "approved" });
  assert.equal(text(await answering), "status: approved");
});

Deno.test("a decision that is there is read beyond the limits, once, and the next same ask is a new one", async () => {
  await using fixture = await Fixture.open(BRAKED());
  const id = await braked(fixture);
  await fixture.queue.decide(id, { status: "approved", notes: "ok" });
  const client = new Client();
  assert.equal(text(await fixture.propose(client)), "status: approved\nnotes: ok");
  client.sent!(true);
  await fixture.queue.probe.filedAway(id);
  assert.match(text(await fixture.propose(new Client())), /^egress-block: not queued, /);
});

Deno.test("an ask that could not be written is not told as queued to a call that is turned away", async () => {
  await using fixture = await Fixture.open({ maxWaiting: 1 });
  await Deno.remove(fixture.queue.directory, { recursive: true });
  await Deno.writeTextFile(fixture.queue.directory, "no directory");
  const [first, second] = await Promise.all([
    fixture.propose(new Client()),
    fixture.propose(new Client()),
  ]);
  assert.match(text(first), /^egress-block: not queued, because the queue cannot be written/);
  assert.match(text(second), /^egress-block: not queued, because 1 calls are waiting/);
});

Deno.test("on a trial run a call that is turned away is told of what is queued from before", async () => {
  await using directory = await temporary();
  const shadow = await ShadowLog.open({
    directory: directory.path,
    slug: "dev" as Slug,
    log: () => {},
  });
  await using fixture = await Fixture.open({ shadow, rateLimit: new RateLimit(1) });
  const id = await fixture.queue.queued(ask("a"));
  assert.match(text(await fixture.propose(new Client(), "b")), /^status: shadow\n/);
  const pending = text(await fixture.propose(new Client()));
  assert.match(pending, new RegExp(`^status: pending\\nnotes: it is queued as ${id}, `));
  assert.doesNotMatch(pending, /same call again/);
  await fixture.queue.decide(id, { status: "approved", notes: "ok" });
  assert.equal(text(await fixture.propose(new Client())), "status: approved\nnotes: ok");
});

const allowed: AlreadyAllowedCheck = () => Promise.resolve("you may reach every path of a.example");

Deno.test("what is allowed already is answered at once, without a proposal", async () => {
  await using fixture = await Fixture.open();
  for (const client of [new Client(), new Client({ task: true })]) {
    const answer = await fixture.propose(client, "a", allowed);
    assert.ok(answer.kind === "answer" && !answer.isError);
    assert.match(
      answer.text,
      /^already allowed: you may reach every path of a\.example, by the live/,
    );
    const { status, notes, next } = answer.structured as Record<string, string>;
    const said = `already allowed: ${notes}. ${next}`;
    assert.deepEqual([status, said], ["already-allowed", answer.text]);
  }
  assert.deepEqual(fixture.outcomes, ["already-allowed", "already-allowed"]);
  assert.equal(fixture.queue.inbox.pending, 0);
  assert.equal((await fixture.propose(new Client({ task: true }), "a", notAllowed)).kind, "task");
});

Deno.test("a decision that nobody has picked up comes before what is allowed by it", async () => {
  await using fixture = await Fixture.open();
  const id = await fixture.queue.queued(ask("a"));
  await fixture.queue.decide(id, { status: "approved", notes: "read me" });
  const client = new Client();
  assert.equal(
    text(await fixture.propose(client, "a", allowed)),
    "status: approved\nnotes: read me",
  );
  client.sent!(true);
  await fixture.queue.probe.filedAway(id);
  assert.match(text(await fixture.propose(new Client(), "a", allowed)), /^already allowed/);
});

Deno.test("on a trial run an ask is recorded and answered at once, and nothing is queued", async () => {
  await using directory = await temporary();
  const slug = "dev" as Slug;
  const log = (line: string) => assert.fail(line);
  const shadow = await ShadowLog.open({ directory: directory.path, slug, log });
  await using fixture = await Fixture.open({ shadow });
  for (const client of [new Client(), new Client({ task: true })]) {
    const answer = await fixture.propose(client, "a");
    assert.ok(answer.kind === "answer" && !answer.isError);
    assert.match(answer.text, /^status: shadow\nnotes: this bottle is on a trial run/);
    const { proposal_id, status } = answer.structured as Record<string, string>;
    assert.equal(status, "shadow");
    assert.ok(await shadow.has(proposal_id as ProposalId));
  }
  const recorded = async () =>
    (await Array.fromAsync(Deno.readDir(join(directory.path, "shadow")))).length;
  assert.equal(await recorded(), 2);
  assert.match(text(await fixture.propose(new Client(), "a", allowed)), /^already allowed/);
  assert.equal(await recorded(), 3, "what is allowed is needed too");
  assert.deepEqual(fixture.outcomes, ["shadow", "shadow", "already-allowed"]);
  assert.equal(fixture.queue.inbox.pending, 0);
  assert.deepEqual(await fixture.queue.inbox.list(), []);
});

Deno.test("on a trial run an answer from before it is delivered, and an ask from before it is not joined", async () => {
  const recorded: string[] = [];
  const record = (asked: { proposedFile: string }) => {
    recorded.push(asked.proposedFile);
    return Promise.resolve({ kind: "recorded", id: crypto.randomUUID() as ProposalId } as const);
  };
  await using fixture = await Fixture.open({ shadow: { record } });
  const id = await fixture.queue.queued(ask("a"));
  assert.match(text(await fixture.propose(new Client(), "a")), /^status: shadow/);
  assert.equal(recorded.length, 1);
  await fixture.queue.decide(id, { status: "approved", notes: "read me" });
  const answer = await fixture.propose(new Client(), "a");
  assert.equal(text(answer), "status: approved\nnotes: read me");
  assert.equal(recorded.length, 1);
  // Also when its files have gone: nothing is queued on a trial run.
  for (const name of await fixture.queue.probe.names()) {
    if (name.startsWith(id)) await Deno.remove(join(fixture.queue.directory, name));
  }
  await fixture.propose(new Client(), "a");
  assert.deepEqual(await fixture.queue.probe.proposals(), []);
});

Deno.test("a trial run whose record is full, or cannot be written, says so", async () => {
  await using fixture = await Fixture.open({
    shadow: { record: () => Promise.resolve({ kind: "full" }) },
  });
  assert.match(
    text(await fixture.propose(new Client())),
    /not recorded, because .* is full\. Tell your user/,
  );
  await using broken = await Fixture.open({
    shadow: { record: () => Promise.reject(new Error("no space")) },
  });
  assert.match(text(await broken.propose(new Client())), /because the queue cannot be written/);
  assert.deepEqual(broken.log, ["cannot write a proposal (egress-block): no space"]);
});
