/** Recording the asks of a trial run: durable, bounded, and never in the way of what waits. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../src/queue/desk.ts";
import {
  MAX_RECORD_BYTES,
  type ProposalId,
  recordName,
  type Slug,
} from "../../src/queue/layout.ts";
import { parseProposal } from "../../src/queue/proposal.ts";
import { sha256Hex } from "../../src/queue/sha256.ts";
import { type Recorded, ShadowLog, type ShadowLogOptions } from "../../src/queue/shadow.ts";
import { temporary } from "../support/temporary.ts";
import { ask, NOW, Queue } from "./inbox_fixture.ts";

const SLUG = "dev" as Slug;

class Run implements AsyncDisposable {
  readonly root: string;
  readonly directory: string;
  readonly shadow: string;
  readonly log: string[] = [];
  now = NOW;
  readonly #end: () => Promise<void>;

  private constructor(root: string, end: () => Promise<void>) {
    this.root = root;
    this.directory = join(root, SLUG);
    this.shadow = join(this.directory, "shadow");
    this.#end = end;
  }

  static async prepare(): Promise<Run> {
    const root = await temporary();
    const run = new Run(root.path, async () => await root[Symbol.asyncDispose]());
    await Deno.mkdir(run.directory);
    return run;
  }

  open(options: Partial<ShadowLogOptions> = {}): Promise<ShadowLog> {
    return ShadowLog.open({
      directory: this.directory,
      slug: SLUG,
      log: (line) => this.log.push(line),
      now: () => this.now,
      ...options,
    });
  }

  async names(): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(this.shadow))).map(({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

function idOf(outcome: Recorded): ProposalId {
  assert.equal(outcome.kind, "recorded");
  return (outcome as { id: ProposalId }).id;
}

Deno.test("a recorded ask is a proposal's file in a directory of its own, for its owner alone", async () => {
  await using run = await Run.prepare();
  const shadow = await run.open();
  const id = idOf(await shadow.record(ask("a")));
  assert.deepEqual(await run.names(), [recordName(id, "proposal")]);
  const path = join(run.shadow, recordName(id, "proposal"));
  const { tool, proposedFile, justification } = ask("a");
  assert.deepEqual(parseProposal(JSON.parse(await Deno.readTextFile(path))), {
    id,
    bottle_slug: SLUG,
    tool,
    proposed_file: proposedFile,
    justification,
    arrival_timestamp: NOW.toISOString(),
    current_file_hash: sha256Hex(proposedFile),
  });
  assert.equal((await Deno.stat(run.shadow)).mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  assert.deepEqual(run.log, []);
});

Deno.test("has() knows what an earlier run recorded, and nothing else", async () => {
  await using run = await Run.prepare();
  const id = idOf(await (await run.open()).record(ask("a")));
  const next = await run.open();
  assert.equal(await next.has(id), true);
  assert.equal(await next.has(crypto.randomUUID() as ProposalId), false);
});

Deno.test("the same ask is recorded each time it is made, by two sidecars at once too", async () => {
  await using run = await Run.prepare();
  const logs = [await run.open(), await run.open()];
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => logs[index % 2]!.record(ask("a"))),
  );
  assert.equal((await run.names()).length, 40);
});

const LIMITS: readonly {
  readonly name: string;
  readonly limits: Partial<ShadowLogOptions>;
  readonly fits: number;
}[] = [
  { name: "as many records", limits: { maxRecords: 3 }, fits: 3 },
  { name: "as many bytes", limits: { maxBytes: 800 }, fits: 2 },
];

for (const { name, limits, fits } of LIMITS) {
  Deno.test(`it is full with ${name} as it may have, however many asks come at once`, async () => {
    await using run = await Run.prepare();
    const shadow = await run.open(limits);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () => shadow.record(ask("a"))),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === "recorded").length, fits);
    assert.equal(outcomes.filter(({ kind }) => kind === "full").length, 20 - fits);
    assert.equal((await run.names()).length, fits);
    // Once, and not for each ask.
    assert.equal(run.log.length, 1);
    assert.match(run.log[0]!, /full: \d asks, \d+ bytes; export it, then remove .*\/shadow$/);
  });
}

Deno.test("what an earlier run recorded counts", async () => {
  await using run = await Run.prepare();
  const limits = { maxRecords: 2 };
  const first = await run.open(limits);
  for (const host of ["a", "b"]) idOf(await first.record(ask(host)));
  assert.equal((await (await run.open(limits)).record(ask("c"))).kind, "full");
});

Deno.test("a full record takes asks again once the operator has removed it, looked at now and then", async () => {
  await using run = await Run.prepare();
  const shadow = await run.open({ maxRecords: 1 });
  idOf(await shadow.record(ask("a")));
  await Deno.remove(run.shadow, { recursive: true });
  run.now = new Date(NOW.getTime() + 9_999);
  assert.equal((await shadow.record(ask("b"))).kind, "full");
  run.now = new Date(NOW.getTime() + 10_000);
  const id = idOf(await shadow.record(ask("b")));
  assert.deepEqual(await run.names(), [recordName(id, "proposal")]);
  assert.equal((await Deno.stat(run.shadow)).mode! & 0o777, 0o700);
});

Deno.test("a full record is told again when it was emptied and is full once more", async () => {
  await using run = await Run.prepare();
  const shadow = await run.open({ maxRecords: 1 });
  for (const round of [1, 2]) {
    idOf(await shadow.record(ask("a")));
    for (const host of ["b", "c"]) {
      assert.deepEqual(await shadow.record(ask(host)), { kind: "full" });
    }
    assert.equal(run.log.length, round);
    await Deno.remove(run.shadow, { recursive: true });
    run.now = new Date(run.now.getTime() + 10_000);
  }
});

Deno.test("an ask that no reader would take in is too large, and takes no room", async () => {
  await using run = await Run.prepare();
  const shadow = await run.open({ maxRecords: 1 });
  const large = { ...ask("a"), proposedFile: "x".repeat(MAX_RECORD_BYTES) };
  assert.deepEqual(await shadow.record(large), {
    kind: "too-large",
    limitBytes: MAX_RECORD_BYTES,
  });
  idOf(await shadow.record(ask("a")));
});

Deno.test("an ask that cannot be written throws, leaves nothing, and takes no room", async () => {
  await using run = await Run.prepare();
  const shadow = await run.open({ maxRecords: 1 });
  await Deno.remove(run.shadow);
  await Deno.writeTextFile(run.shadow, "");
  await assert.rejects(shadow.record(ask("a")), { code: "ENOTDIR" });
  await Deno.remove(run.shadow);
  idOf(await shadow.record(ask("a")));
  assert.equal((await run.names()).length, 1);
});

Deno.test("a link in the directory's place is refused", async () => {
  await using run = await Run.prepare();
  const elsewhere = join(run.root, "elsewhere");
  await Deno.mkdir(elsewhere);
  await Deno.symlink(elsewhere, run.shadow);
  await assert.rejects(run.open(), /shadow is a link; remove it and try again/);
});

Deno.test("what a killed writer left is swept when it is old", async () => {
  await using run = await Run.prepare();
  await Deno.mkdir(run.shadow);
  const name = `.x.proposal.json.${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(join(run.shadow, name), "half");
  run.now = new Date(Date.now() + 11 * 60_000);
  await run.open();
  assert.deepEqual(await run.names(), []);
});

Deno.test("recorded asks are no proposals, for the agent's side and the operator's alike", async () => {
  await using queue = await Queue.open();
  const options = { directory: queue.directory, slug: SLUG, log: () => {}, now: () => NOW };
  const shadow = await ShadowLog.open(options);
  const ids = [];
  for (const host of ["a", "b"]) ids.push(idOf(await shadow.record(ask(host))));
  assert.equal(queue.inbox.pending, 0);
  const desk = new Desk(join(queue.directory, ".."), () => NOW);
  assert.deepEqual(await desk.list({ all: true }), {
    ...{ items: [], skipped: [], lying: new Map(), ended: new Map() },
  });
  for (const id of ids) {
    assert.equal((await queue.inbox.standing(id)).kind, "unknown");
    assert.equal((await desk.find(id)).kind, "none");
    assert.equal(await desk.look(SLUG, id), undefined);
  }
  // Nor does the next run take them for something that waits.
  await queue.restart();
  assert.equal(queue.inbox.pending, 0);
  assert.deepEqual(queue.log, []);
});

Deno.test("recording does not disturb the watch on the queue: a decision is noticed by event", async () => {
  await using queue = await Queue.open();
  const options = { directory: queue.directory, slug: SLUG, log: () => {}, now: () => NOW };
  const id = await queue.queued(ask("waits"));
  const shadow = await ShadowLog.open(options);
  for (const host of ["a", "b", "c"]) idOf(await shadow.record(ask(host)));
  await queue.decide(id);
  assert.deepEqual(queue.changes.map(({ id }) => id), [id, id]);
  assert.deepEqual(queue.log, []);
});
