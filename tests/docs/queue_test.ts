/** docs/queue.md: its examples are read by the readers that the programs use, and lose nothing. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseClaim, parseDecision } from "../../src/queue/decision.ts";
import { fileManyAway } from "../../src/queue/archive.ts";
import { readGrantEnd } from "../../src/queue/grant_end.ts";
import { type ProposalId, RECORD_KINDS, recordName } from "../../src/queue/layout.ts";
import { parseProposal } from "../../src/queue/proposal.ts";
import { parseRepeats } from "../../src/queue/repeats.ts";
import { readWaiting, waitingIn } from "../../src/queue/waiting.ts";
import { parseWithdrawal } from "../../src/queue/withdrawal.ts";
import { temporary } from "../support/temporary.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEXT = await Deno.readTextFile(join(ROOT, "docs/queue.md"));

type Example = Readonly<Record<string, unknown>>;

/** The example of each section, by the name of its file. */
const EXAMPLES = new Map(
  [...TEXT.matchAll(/^## `([^`]+)`\n\n```json\n(.*?)^```$/gms)].map(([, name = "", json = ""]) =>
    [name, JSON.parse(json) as Example] as const
  ),
);

function example(name: string): Example {
  return EXAMPLES.get(name) ?? assert.fail(`docs/queue.md has no example of ${name}`);
}

const PROPOSAL = parseProposal(example("<id>.proposal.json"));
const DECISION = parseDecision(example("<id>.response.json"), PROPOSAL.id);

/** What a reader makes of each record, in the names of the file. */
const READ: Readonly<Record<string, (file: Example, id: ProposalId) => object>> = {
  "<id>.proposal.json": parseProposal,
  "<id>.repeats.json": parseRepeats,
  "<id>.claim.json": parseClaim,
  "<id>.response.json": parseDecision,
  "<id>.withdrawn.json": parseWithdrawal,
};

for (const [name, read] of Object.entries(READ)) {
  Deno.test(`docs/queue.md: ${name} is read, and no key of it is unknown`, () => {
    assert.deepEqual({ ...read(example(name), PROPOSAL.id) }, example(name));
  });
}

Deno.test("docs/queue.md: <id>.ended.json ends the grant of the decision shown", async () => {
  await using directory = await temporary();
  const { proposal_id, ended_at, reason, notes, ...rest } = example("<id>.ended.json");
  assert.deepEqual([proposal_id, rest], [PROPOSAL.id, {}]);
  const path = join(directory.path, recordName(PROPOSAL.id, "ended"));
  await Deno.writeTextFile(path, JSON.stringify(example("<id>.ended.json")));
  const end = await readGrantEnd(DECISION, [directory.path], new Date());
  assert.deepEqual(end, { reason, notes, endedAt: ended_at });
});

Deno.test("docs/queue.md: waiting.json tells who waits for the proposal shown", async () => {
  await using directory = await temporary();
  const { updated, calls, polls, ...rest } = example("waiting.json");
  assert.deepEqual(rest, {});
  await Deno.writeTextFile(
    join(directory.path, "waiting.json"),
    JSON.stringify({ updated, calls, polls }),
  );
  const waiting = waitingIn(readWaiting(directory.path), new Date(String(updated)));
  const polledAt = (polls as Readonly<Record<string, string>>)[PROPOSAL.id];
  assert.deepEqual([...waiting], [[PROPOSAL.id, { calls: 1, polledAt }]]);
});

Deno.test("docs/queue.md: <id>.undelivered.json is what is written when records are filed away", async () => {
  await using directory = await temporary();
  const shown = example("processed/<id>.undelivered.json");
  await fileManyAway(directory.path, [PROPOSAL.id], new Date(String(shown["filed_at"])));
  const name = join(directory.path, "processed", recordName(PROPOSAL.id, "undelivered"));
  assert.deepEqual(JSON.parse(await Deno.readTextFile(name)), shown);
});

Deno.test("docs/queue.md: every kind of record has an example", () => {
  const shown = [...EXAMPLES.keys()].join(" ");
  assert.deepEqual(RECORD_KINDS.filter((kind) => !shown.includes(`<id>.${kind}.json`)), []);
});
