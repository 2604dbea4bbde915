/** `Desk` beside a sidecar that withdraws: it waits for what is not settled, and leaves nothing behind. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Decision } from "../../src/queue/decision.ts";
import { Desk } from "../../src/queue/desk.ts";
import type { Item } from "../../src/queue/item.ts";
import type { RecordKind, Slug } from "../../src/queue/layout.ts";
import type { Proposal } from "../../src/queue/proposal.ts";
import { formatRecord } from "../../src/queue/record.ts";
import { parseWithdrawal } from "../../src/queue/withdrawal.ts";
import {
  fileAway,
  NOW,
  propose,
  readRecord,
  recordPath,
  writeRecord,
} from "../operator/fixture.ts";
import { temporary } from "../support/temporary.ts";
import { atLink, replaced } from "./inbox_fixture.ts";

interface Opened extends AsyncDisposable {
  readonly root: string;
  readonly desk: Desk;
  readonly proposal: Proposal;
  readonly item: Item;
  readonly decision: Decision;
  /** How long the desk has paused, in milliseconds. */
  paused(): number;
  has(kind: RecordKind): Promise<boolean>;
  put(kind: RecordKind, content?: Record<string, unknown>): Promise<void>;
  remove(kind: RecordKind): Promise<void>;
}

/** One proposal, and what happens while the desk pauses. */
async function open(onPause: (at: Opened, pauses: number) => unknown = () => {}) {
  const root = await temporary();
  const proposal = await propose(root.path);
  let pausedMs = 0;
  let pauses = 0;
  const desk = new Desk(root.path, () => NOW, async (ms) => {
    pausedMs += ms;
    await onPause(opened, ++pauses);
  });
  const item = await desk.look("dev" as Slug, proposal.id) as Item;
  const opened: Opened = {
    root: root.path,
    desk,
    proposal,
    item,
    paused: () => pausedMs,
    decision: { proposal_id: proposal.id, status: "approved", notes: "", final_file: null },
    has: async (kind: RecordKind) => await readRecord(root.path, proposal, kind) !== undefined,
    put: (kind: RecordKind, content = {}) => writeRecord(root.path, proposal, kind, content),
    remove: (kind: RecordKind) => Deno.remove(recordPath(root.path, proposal, kind)),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
  return opened;
}

Deno.test("claim() that meets a withdrawal waits until it is taken back, and stands", async () => {
  await using at = await open((at, pauses) => pauses === 3 && at.remove("withdrawn"));
  using _link = atLink("claim", "after", () => at.put("withdrawn"));
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "claimed", resumed: false });
  assert.ok(await at.has("claim"));
});

Deno.test("claim() that meets a withdrawal waits until it is filed away, and leaves no claim", async () => {
  await using at = await open((at, pauses) => pauses === 3 && fileAway(at.root, at.proposal));
  using _link = atLink("claim", "after", () => at.put("withdrawn"));
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "withdrawn" });
  assert.ok(!await at.has("claim"));
});

Deno.test("claim() gives the claim back when a withdrawal is not settled within a second", async () => {
  await using at = await open();
  using _link = atLink("claim", "after", () => at.put("withdrawn"));
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "withdrawn" });
  assert.equal(at.paused(), 1_000);
  assert.ok(!await at.has("claim"));
  assert.ok(await at.has("proposal"));
});

Deno.test("claim() that finds a decision instead gives the claim back", async () => {
  await using at = await open();
  using _link = atLink(
    "claim",
    "after",
    () => at.put("response", { status: "rejected", decided_by: "ben" }),
  );
  const outcome = await at.desk.claim(at.item, "ann");
  assert.equal(outcome.kind === "decided" && outcome.decision?.decided_by, "ben");
  assert.ok(!await at.has("claim"));
  assert.equal(at.paused(), 0);
});

Deno.test("decide() waits for a withdrawal that is taken back", async () => {
  await using at = await open((at) => at.remove("withdrawn"));
  await at.desk.claim(at.item, "ann");
  await at.put("withdrawn");
  assert.deepEqual(await at.desk.decide(at.item, at.decision), { kind: "decided" });
});

Deno.test("decide() takes its response back when the proposal was withdrawn before it was written", async () => {
  await using at = await open();
  using _link = atLink("response", "before", async () => {
    await at.put("withdrawn");
    await fileAway(at.root, at.proposal);
  });
  assert.deepEqual(await at.desk.decide(at.item, at.decision), { kind: "withdrawn" });
  assert.ok(!await at.has("response"));
});

Deno.test("decide() takes its response back when the withdrawal is filed away only then", async () => {
  await using at = await open(async (at) => {
    const response = recordPath(at.root, at.proposal, "response");
    await Deno.rename(response, `${response}.kept`);
    await fileAway(at.root, at.proposal);
    await Deno.rename(`${response}.kept`, response);
  });
  using _link = atLink("response", "before", () => at.put("withdrawn"));
  assert.deepEqual(await at.desk.decide(at.item, at.decision), { kind: "withdrawn" });
  assert.ok(!await at.has("response"));
});

Deno.test("decide() stands beside a withdrawal that nobody settles: a response wins", async () => {
  await using at = await open();
  using _link = atLink("response", "before", () => at.put("withdrawn"));
  assert.deepEqual(await at.desk.decide(at.item, at.decision), { kind: "decided" });
  assert.equal(at.paused(), 1_000);
  assert.ok(await at.has("response"));
});

Deno.test("decide() stands when it is filed away beside a withdrawal", async () => {
  await using at = await open();
  using _link = atLink("response", "after", async () => {
    await at.put("withdrawn");
    await fileAway(at.root, at.proposal);
  });
  assert.deepEqual(await at.desk.decide(at.item, at.decision), { kind: "decided" });
});

Deno.test("a withdrawn file that is a directory keeps nobody from deciding", async () => {
  await using at = await open();
  await Deno.mkdir(recordPath(at.root, at.proposal, "withdrawn"));
  assert.equal((await at.desk.claim(at.item, "ann")).kind, "claimed");
  assert.equal((await at.desk.decide(at.item, at.decision)).kind, "decided");
  assert.equal(at.paused(), 0);
});

const REQUEST = crypto.randomUUID();

Deno.test("release() leaves the claim of who takes it over meanwhile", async () => {
  await using at = await open();
  await at.desk.claim(at.item, "ann", false, REQUEST);
  const { rename } = Deno;
  let isFirst = true;
  using _rename = replaced(Deno, "rename", async (from: string, to: string) => {
    if (isFirst && from.endsWith(".claim.json")) {
      isFirst = false;
      assert.equal((await at.desk.claim(at.item, "ben", true)).kind, "claimed");
    }
    await rename(from, to);
  });
  await at.desk.release(at.item, REQUEST);
  assert.equal((await readRecord(at.root, at.proposal, "claim"))?.["claimed_by"], "ben");
  const names = await Array.fromAsync(Deno.readDir(join(at.root, "dev")), ({ name }) => name);
  assert.deepEqual(names.filter((name) => name.startsWith(".")), []);
});

Deno.test("release() of a claim that is gone meanwhile is done", async () => {
  await using at = await open();
  await at.desk.claim(at.item, "ann", false, REQUEST);
  const { rename } = Deno;
  using _rename = replaced(Deno, "rename", async (from: string, to: string) => {
    await at.remove("claim");
    await rename(from, to);
  });
  await at.desk.release(at.item, REQUEST);
  assert.ok(!await at.has("claim"));
});

Deno.test("parseWithdrawal() returns what formatRecord() was given, and refuses another's", async () => {
  await using at = await open();
  const { id } = at.proposal;
  const withdrawal = { proposal_id: id, withdrawn_at: NOW.toISOString() };
  const text = formatRecord(withdrawal);
  assert.ok(text.endsWith("\n}\n"));
  assert.deepEqual(parseWithdrawal(JSON.parse(text), id), withdrawal);
  const odd = { proposal_id: id, withdrawn_at: "x".repeat(41), why: "unknown keys are dropped" };
  assert.deepEqual(parseWithdrawal(odd, id), { proposal_id: id, withdrawn_at: undefined });
  for (const content of [{}, [], null, { proposal_id: crypto.randomUUID() }]) {
    assert.throws(() => parseWithdrawal(content, id));
  }
});
