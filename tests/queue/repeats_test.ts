/** The same ask made again with another justification: the operator can read both. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Desk } from "../../src/queue/desk.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { ask, idOf, NOW, Queue } from "./inbox_fixture.ts";

function because(justification: string) {
  return { ...ask("a"), justification };
}

async function again(queue: Queue, justification: string): Promise<ProposalId> {
  return idOf(await queue.inbox.submit(because(justification)), "joined");
}

/** What the operator's side reads of it. */
async function read(queue: Queue, id: ProposalId): Promise<readonly string[] | undefined> {
  const desk = new Desk(join(queue.directory, ".."), () => NOW);
  const item = await desk.look("dev" as Slug, id);
  return item?.repeats.map(({ justification }) => justification);
}

Deno.test("a new justification is kept beside the first, each once, also after a restart", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(because("one"));
  assert.deepEqual(await read(queue, id), []);
  for (const why of ["one", "two", "two", "three", "one"]) await again(queue, why);
  assert.deepEqual(await read(queue, id), ["two", "three"]);
  await queue.restart();
  for (const why of ["one", "two", "four"]) await again(queue, why);
  assert.deepEqual(await read(queue, id), ["two", "three", "four"]);
});

Deno.test("of repeats that come at once none is lost", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(because("first"));
  const words = Array.from({ length: 9 }, (_, index) => `why ${index}`);
  await Promise.all(words.map((why) => again(queue, why)));
  assert.deepEqual((await read(queue, id))?.toSorted(), words);
});

Deno.test("the latest ten repeats are kept", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(because("first"));
  const words = Array.from({ length: 12 }, (_, index) => `why ${index}`);
  for (const why of words) await again(queue, why);
  assert.deepEqual(await read(queue, id), words.slice(2));
});

Deno.test("repeats are filed away with the proposal, and none is kept of one that is decided", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(because("one"));
  await again(queue, "two");
  await queue.decide(id);
  await again(queue, "three");
  queue.inbox.answering(id)(true);
  await queue.probe.until("filed away", async () => {
    const names = await queue.probe.names("processed");
    return names.includes(`${id}.response.json`) ? true : undefined;
  });
  assert.deepEqual(await read(queue, id), ["two"]);
  assert.ok((await queue.probe.names("processed")).includes(`${id}.repeats.json`));
});

Deno.test("repeats that cannot be kept are told in the log, and the ask joins all the same", async () => {
  await using queue = await Queue.open();
  const id = await queue.queued(because("one"));
  await Deno.mkdir(join(queue.directory, `${id}.repeats.json`));
  for (const why of ["two", "three"]) assert.equal(await again(queue, why), id);
  const told = queue.log.filter((line) => line.includes("repeats.json"));
  assert.deepEqual(told, [`cannot write ${id}.repeats.json: EISDIR`]);
});

for (
  const [name, content] of [
    ["not JSON", "{"],
    ["another proposal's", JSON.stringify({ proposal_id: crypto.randomUUID(), repeats: [] })],
    ["of another form", JSON.stringify({ repeats: 7 })],
  ]
) {
  Deno.test(`a file of repeats that is ${name} hides no proposal`, async () => {
    await using queue = await Queue.open();
    const id = await queue.queued(because("one"));
    await Deno.writeTextFile(join(queue.directory, `${id}.repeats.json`), content!);
    assert.deepEqual(await read(queue, id), []);
    await again(queue, "two");
    assert.deepEqual(await read(queue, id), ["two"]);
  });
}
