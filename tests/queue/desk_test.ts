/** `Desk`: finds, claims and decides so that one of many wins, and the first decision stands. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Decision, readDecision } from "../../src/queue/decision.ts";
import { Desk } from "../../src/queue/desk.ts";
import type { Item } from "../../src/queue/item.ts";
import { MAX_RECORD_BYTES, type ProposalId, type Slug } from "../../src/queue/layout.ts";
import type { Proposal } from "../../src/queue/proposal.ts";
import { temporary } from "../support/temporary.ts";
import {
  fileAway,
  idWith,
  NOW,
  propose,
  readRecord,
  recordPath,
  setWaiting,
  writeRecord,
} from "../operator/fixture.ts";

const DEV = "dev" as Slug;

async function itemOf(desk: Desk, proposal: Proposal): Promise<Item> {
  const found = await desk.find(proposal.id);
  assert.equal(found.kind, "found");
  return (found as Extract<typeof found, { kind: "found" }>).item;
}

function decision(proposal: Proposal, by: string, more: Partial<Decision> = {}): Decision {
  return {
    proposal_id: proposal.id,
    status: "approved",
    notes: "",
    final_file: null,
    decided_by: by,
    decided_at: NOW.toISOString(),
    ...more,
  };
}

/** A queue with one proposal in it. */
async function open() {
  const root = await temporary();
  const proposal = await propose(root.path);
  const desk = new Desk(root.path, () => NOW, () => Promise.resolve());
  return {
    root: root.path,
    desk,
    proposal,
    item: await itemOf(desk, proposal),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}

Deno.test("find() takes a unique prefix of any length, in any case, of any state", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path, () => NOW);
  const open = await propose(root.path, { id: idWith("abc1") });
  const filed = await propose(root.path, { id: idWith("abc2"), slug: "two" });
  await writeRecord(root.path, filed, "response", { status: "approved" });
  await fileAway(root.path, filed);
  const idOf = async (prefix: string, slug?: Slug) => {
    const found = await desk.find(prefix, slug);
    return found.kind === "found" ? found.item.proposal.id : found.kind;
  };
  assert.equal(await idOf("ABC1"), open.id);
  assert.equal(await idOf(filed.id), filed.id);
  assert.equal(await idOf("a"), "ambiguous");
  assert.equal(await idOf("a", DEV), open.id);
  assert.equal(await idOf("d"), "none");
  assert.equal(await idOf("a", "none" as Slug), "none");
});

Deno.test("find() says how many calls wait", async () => {
  await using at = await open();
  await setWaiting(at.root, at.proposal, 3);
  assert.equal((await itemOf(at.desk, at.proposal)).waiting, 3);
  const later = new Desk(at.root, () => new Date(NOW.getTime() + 60_000));
  assert.equal((await itemOf(later, at.proposal)).waiting, 0, "a stale file");
});

Deno.test("find() takes a proposal that stands in both places as one", async () => {
  await using at = await open();
  const path = recordPath(at.root, at.proposal, "proposal");
  await Deno.copyFile(path, join(at.root, "dev", "processed", `${at.proposal.id}.proposal.json`));
  assert.equal((await at.desk.find(at.proposal.id)).kind, "found");
});

Deno.test("find() and look() take the pending one before a twin of its id in processed/", async () => {
  for (const kind of ["proposal", "response", "withdrawn"] as const) {
    await using at = await open();
    const { root, desk, proposal, item } = at;
    await plantTwin(root, proposal, kind);
    for (const prefix of [proposal.id, proposal.id.slice(0, 4)]) {
      assert.deepEqual(await desk.find(prefix), { kind: "found", item });
    }
    assert.deepEqual(await desk.look(DEV, proposal.id), item);
    assert.deepEqual((await desk.list()).items, [item]);
    await Deno.remove(recordPath(root, proposal, "proposal"));
    assert.equal((await itemOf(desk, proposal)).proposal.tool, "disk-block", "when it is gone");
  }
});

Deno.test("find() takes no twin in processed/ for a pending one that cannot be read", async () => {
  await using at = await open();
  await plantTwin(at.root, at.proposal, "response");
  await Deno.writeTextFile(recordPath(at.root, at.proposal, "proposal"), "{");
  for (const prefix of [at.proposal.id, at.proposal.id.slice(0, 4)]) {
    const found = await at.desk.find(prefix);
    assert.equal(found.kind, "none");
    assert.match(found.kind === "none" && found.unreadable?.why || "", /^not JSON/);
  }
});

/** Puts another proposal of the same id, and a record of it, into `processed/`. */
async function plantTwin(
  root: string,
  { id }: Proposal,
  kind: "proposal" | "response" | "withdrawn",
) {
  await using other = await temporary();
  const twin = await propose(other.path, { id, tool: "disk-block" });
  if (kind !== "proposal") await writeRecord(other.path, twin, kind, { status: "approved" });
  for (const each of ["proposal", kind] as const) {
    const name = `${id}.${each}.json`;
    await Deno.copyFile(recordPath(other.path, twin, each), join(root, "dev", "processed", name));
  }
}

Deno.test("list() is sorted by arrival and holds what can be decided", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path, () => NOW);
  const ages = [10, 30, 20];
  for (const ageSeconds of ages) {
    await propose(root.path, { ageSeconds, slug: ageSeconds === 20 ? "two" : "one" });
  }
  const over = await propose(root.path);
  await writeRecord(root.path, over, "response", { status: "rejected" });
  const { items } = await desk.list();
  const arrived = items.map(({ proposal }) =>
    (NOW.getTime() - Date.parse(proposal.arrival_timestamp)) / 1_000
  );
  assert.deepEqual(arrived, [30, 20, 10]);
  assert.equal((await desk.list({ all: true })).items.length, 4);
  assert.equal((await desk.list({ slug: "two" as Slug })).items.length, 1);
});

Deno.test("list() and find() agree on every state", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path, () => NOW);
  const expected = new Map<string, string>();
  const make = async (state: string, prepare: (proposal: Proposal) => Promise<unknown>) => {
    const proposal = await propose(root.path);
    await prepare(proposal);
    expected.set(proposal.id, state);
  };
  const claim = { claimed_by: "ann", claimed_at: NOW.toISOString() };
  const put = (...args: Parameters<typeof writeRecord>) => writeRecord(...args);
  await make("pending", () => Promise.resolve());
  await make("pending", (proposal) => put(root.path, proposal, "response", { status: "?" }));
  await make("claimed", (proposal) => put(root.path, proposal, "claim", {}));
  await make("claimed", (proposal) => put(root.path, proposal, "claim", claim));
  await make("decided", (proposal) => put(root.path, proposal, "response", { status: "approved" }));
  await make("withdrawn", (proposal) => put(root.path, proposal, "withdrawn"));
  await make("withdrawn", async (proposal) => {
    await put(root.path, proposal, "withdrawn");
    await fileAway(root.path, proposal);
  });
  await make("delivered", async (proposal) => {
    await put(root.path, proposal, "response", { status: "approved" });
    await fileAway(root.path, proposal);
  });
  const { items } = await desk.list({ all: true });
  assert.deepEqual(new Map(items.map((item) => [item.proposal.id, item.state])), expected);
  for (const item of items) {
    assert.deepEqual(await itemOf(desk, item.proposal), item);
    assert.deepEqual(await desk.look(item.slug, item.proposal.id), item);
  }
  const here = (await desk.list({ undelivered: true })).items.map(({ state }) => state);
  const undelivered = ["claimed", "claimed", "decided", "pending", "pending", "withdrawn"];
  assert.deepEqual(here.sort(), undelivered);
});

Deno.test("claim(): of 50 operators at once one has it, and the others learn who", async () => {
  await using at = await open();
  const names = Array.from({ length: 50 }, (_, number) => `operator ${number}`);
  const outcomes = await Promise.all(names.map((name) => at.desk.claim(at.item, name)));
  const winners = names.filter((_, index) => outcomes[index]?.kind === "claimed");
  assert.equal(winners.length, 1);
  for (const outcome of outcomes) {
    if (outcome.kind === "claimed") continue;
    assert.equal(outcome.kind === "taken" && outcome.claim?.claimed_by, winners[0]);
  }
  assert.equal((await readRecord(at.root, at.proposal, "claim"))?.["claimed_by"], winners[0]);
});

Deno.test("claim() is resumed by the same operator and replaced by takeOver", async () => {
  await using at = await open();
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "claimed", resumed: false });
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "claimed", resumed: true });
  assert.equal((await at.desk.claim(at.item, "ben")).kind, "taken");
  assert.deepEqual(await at.desk.claim(at.item, "ben", true), { kind: "claimed", resumed: false });
  assert.equal((await at.desk.claim(at.item, "ann")).kind, "taken");
});

Deno.test("claim() of an unreadable claim is taken by nobody knows whom", async () => {
  await using at = await open();
  await Deno.writeTextFile(recordPath(at.root, at.proposal, "claim"), "{");
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "taken", claim: undefined });
  assert.equal((await at.desk.claim(at.item, "ann", true)).kind, "claimed");
});

Deno.test("release() gives back the claim that the request made, and no other of its operator", async () => {
  await using at = await open();
  const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
  await at.desk.claim(at.item, "ann", false, first);
  assert.equal((await at.desk.claim(at.item, "ann", false, second)).kind, "claimed");
  await at.desk.release(at.item, second);
  assert.equal((await at.desk.claim(at.item, "ben")).kind, "taken");
  await at.desk.release(at.item, first);
  assert.equal((await at.desk.claim(at.item, "ben")).kind, "claimed");
});

Deno.test("decide() refuses who has lost the claim", async () => {
  await using at = await open();
  await at.desk.claim(at.item, "ann");
  await at.desk.claim(at.item, "ben", true);
  const outcome = await at.desk.decide(at.item, decision(at.proposal, "ann"));
  assert.equal(outcome.kind, "taken");
  assert.deepEqual(await at.desk.decide(at.item, decision(at.proposal, "ben")), {
    kind: "decided",
  });
});

const OVER = [
  ["decided", "response", false, "decided"],
  ["delivered", "response", true, "decided"],
  ["withdrawn", "withdrawn", false, "withdrawn"],
  ["withdrawn and filed away", "withdrawn", true, "withdrawn"],
] as const;

for (const [name, kind, filed, outcome] of OVER) {
  Deno.test(`claim() and decide() leave alone what is ${name}`, async () => {
    await using at = await open();
    await writeRecord(at.root, at.proposal, kind, { status: "rejected", decided_by: "ben" });
    if (filed) await fileAway(at.root, at.proposal);
    const claimed = await at.desk.claim(at.item, "ann", true);
    const decided = await at.desk.decide(at.item, decision(at.proposal, "ann"));
    assert.equal(claimed.kind, outcome);
    assert.equal(decided.kind, outcome === "decided" ? "already" : outcome);
    for (const { decision } of [claimed, decided].filter((outcome) => "decision" in outcome)) {
      assert.equal(decision?.decided_by, "ben");
    }
    assert.equal(await readRecord(at.root, at.proposal, "claim"), undefined);
  });
}

Deno.test("claim() and decide() of a proposal that is gone say so", async () => {
  await using at = await open();
  await Deno.remove(recordPath(at.root, at.proposal, "proposal"));
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "gone" });
  assert.deepEqual(await at.desk.decide(at.item, decision(at.proposal, "ann")), { kind: "gone" });
});

Deno.test("decide(): of 50 decisions at once one stands, and the others learn which", async () => {
  await using at = await open();
  const names = Array.from({ length: 50 }, (_, number) => `operator ${number}`);
  const outcomes = await Promise.all(
    names.map((name) => at.desk.decide(at.item, decision(at.proposal, name))),
  );
  const winners = names.filter((_, index) => outcomes[index]?.kind === "decided");
  assert.equal(winners.length, 1);
  for (const outcome of outcomes) {
    if (outcome.kind === "decided") continue;
    assert.equal(outcome.kind === "already" && outcome.decision?.decided_by, winners[0]);
  }
  const stands = await readRecord(at.root, at.proposal, "response");
  assert.equal(stands?.["decided_by"], winners[0]);
});

Deno.test("decide() writes the record whole, for its owner alone, and leaves no other file", async () => {
  await using at = await open();
  const final = decision(at.proposal, "ann", {
    status: "modified",
    final_file: "{}\n",
    notes: "n",
  });
  assert.deepEqual(await at.desk.decide(at.item, final), { kind: "decided" });
  const read = await readDecision(join(at.root, "dev"), at.proposal.id);
  assert.deepEqual(read, { kind: "read", value: final });
  const info = await Deno.stat(recordPath(at.root, at.proposal, "response"));
  assert.equal((info.mode ?? 0) & 0o777, 0o600);
  const names = await Array.fromAsync(Deno.readDir(join(at.root, "dev")), ({ name }) => name);
  assert.deepEqual(names.sort(), [
    `${at.proposal.id}.proposal.json`,
    `${at.proposal.id}.response.json`,
    "processed",
  ]);
});

Deno.test("decide() replaces a response that no reader takes in", async () => {
  await using at = await open();
  for (const text of ["", "{", '{"proposal_id": "x", "status": "approved"}']) {
    await Deno.writeTextFile(recordPath(at.root, at.proposal, "response"), text);
    assert.deepEqual(await at.desk.decide(at.item, decision(at.proposal, "ann")), {
      kind: "decided",
    });
  }
  assert.equal((await readRecord(at.root, at.proposal, "response"))?.["decided_by"], "ann");
});

Deno.test("decide() refuses a record that no reader would take in", async () => {
  await using at = await open();
  const large = decision(at.proposal, "ann", { final_file: "é".repeat(MAX_RECORD_BYTES / 2) });
  assert.deepEqual(await at.desk.decide(at.item, large), {
    kind: "too-large",
    limitBytes: MAX_RECORD_BYTES,
  });
  assert.equal(await readRecord(at.root, at.proposal, "response"), undefined);
});

Deno.test("decide() yields to a decision that was delivered before its own was written", async () => {
  await using at = await open();
  const link = Deno.link;
  using _restored = { [Symbol.dispose]: () => void (Deno.link = link) };
  // Between the last look and the write, another decides and the sidecar files the proposal away.
  const deliver = async () => {
    await writeRecord(at.root, at.proposal, "response", { status: "rejected", decided_by: "ben" });
    await fileAway(at.root, at.proposal);
  };
  Deno.link = async (from, to) => {
    await deliver();
    await link(from, to);
  };
  const outcome = await at.desk.decide(at.item, decision(at.proposal, "ann"));
  assert.equal(outcome.kind === "already" && outcome.decision?.decided_by, "ben");
  assert.equal(await readRecord(at.root, at.proposal, "response"), undefined);
});

Deno.test("decide() is done when its own decision was delivered at once", async () => {
  await using at = await open();
  const link = Deno.link;
  using _restored = { [Symbol.dispose]: () => void (Deno.link = link) };
  Deno.link = async (from, to) => {
    await link(from, to);
    await fileAway(at.root, at.proposal);
  };
  const outcome = await at.desk.decide(at.item, decision(at.proposal, "ann"));
  assert.deepEqual(outcome, { kind: "decided" });
  assert.equal((await itemOf(at.desk, at.proposal)).state, "delivered");
});

Deno.test("bottles() are directories with a plain name, sorted; a missing root throws", async () => {
  await using root = await temporary();
  for (const name of ["b", "a", ".hidden", "with space"]) await Deno.mkdir(join(root.path, name));
  await Deno.writeTextFile(join(root.path, "file"), "");
  await Deno.symlink(join(root.path, "a"), join(root.path, "link"));
  assert.deepEqual(await new Desk(root.path).bottles(), ["a", "b"]);
  await assert.rejects(new Desk(join(root.path, "none")).bottles(), Deno.errors.NotFound);
});

/** Replaces how directories are read until disposed. */
function readingAs(readDir: typeof Deno.readDir): Disposable {
  const before = Deno.readDir;
  Deno.readDir = readDir;
  return { [Symbol.dispose]: () => void (Deno.readDir = before) };
}

/** Ways in which a bottle can spoil `processed`, before it is read or while it is. */
const SPOILED: readonly {
  readonly name: string;
  readonly during?: boolean;
  spoil(processed: string, other: string): Promise<void>;
}[] = [
  { name: "a file", spoil: (processed) => Deno.writeTextFile(processed, "") },
  {
    name: "a link to another bottle's",
    spoil: (processed, other) => Deno.symlink(other, processed),
  },
  { name: "a link to itself", spoil: (processed) => Deno.symlink(processed, processed) },
  {
    name: "a file meanwhile",
    during: true,
    spoil: (processed) => Deno.writeTextFile(processed, ""),
  },
  {
    name: "a link to itself meanwhile",
    during: true,
    spoil: (processed) => Deno.symlink(processed, processed),
  },
  {
    name: "a link to another bottle's meanwhile",
    during: true,
    spoil: (processed, other) => Deno.symlink(other, processed),
  },
  {
    name: "another directory meanwhile",
    during: true,
    spoil: (processed) => Deno.mkdir(processed),
  },
];

for (const { name, during, spoil } of SPOILED) {
  Deno.test(`a bottle whose processed/ is ${name} stops no other`, async () => {
    await using root = await temporary();
    const desk = new Desk(root.path, () => NOW);
    await propose(root.path, { slug: "bad", id: idWith("b") });
    const good = await propose(root.path, { slug: "good", id: idWith("a") });
    await writeRecord(root.path, good, "response", { status: "approved" });
    await fileAway(root.path, good);
    const processed = join(root.path, "bad", "processed");
    const replace = async () => {
      // The old one is kept: its number could be given to the new one.
      await Deno.rename(processed, `${processed}.${crypto.randomUUID()}`);
      await spoil(processed, join(root.path, "good", "processed"));
    };
    const readDir = Deno.readDir;
    using _reading = readingAs(async function* (path) {
      if (during && path === processed) await replace();
      yield* readDir(path);
    });
    if (!during) await replace();
    const { items, skipped } = await desk.list({ all: true });
    assert.deepEqual(items.map(({ slug }) => slug).sort(), ["bad", "good"]);
    assert.deepEqual(skipped.map(({ slug, name }) => `${slug}/${name}`), ["bad/processed"]);
    const found = await desk.find("a");
    assert.equal(found.kind === "found" && found.item.slug, "good");
  });
}

Deno.test("claim() and decide() take nothing from a processed/ that is a link", async () => {
  await using at = await open();
  await writeRecord(at.root, at.proposal, "response", { status: "rejected" });
  await fileAway(at.root, at.proposal);
  const processed = join(at.root, "dev", "processed");
  await Deno.rename(processed, join(at.root, "elsewhere"));
  await Deno.symlink(join(at.root, "elsewhere"), processed);
  assert.deepEqual(await at.desk.claim(at.item, "ann"), { kind: "gone" });
  assert.deepEqual(await at.desk.decide(at.item, decision(at.proposal, "ann")), { kind: "gone" });
  assert.equal(await at.desk.look(DEV, at.proposal.id), undefined);
});

Deno.test("list() reads 32 MiB of one bottle, claims included, and all of the next", async () => {
  await using root = await temporary();
  const desk = new Desk(root.path, () => NOW);
  const justification = "x".repeat(MAX_RECORD_BYTES - 2_000);
  for (let number = 0; number < 20; number++) {
    const proposal = await propose(root.path, { slug: "bad", justification });
    await writeRecord(root.path, proposal, "claim", {
      claimed_by: justification,
      claimed_at: NOW.toISOString(),
    });
  }
  const good = await propose(root.path, { slug: "good" });
  const { items, skipped } = await desk.list();
  assert.equal(items.length, 16 + 1);
  assert.ok(items.some(({ proposal }) => proposal.id === good.id));
  assert.deepEqual(skipped, [{
    slug: "bad",
    name: "",
    why: "4 proposals, over the limit of 5000 proposals or 32 MiB",
  }]);
});

Deno.test("list() looks at 20,000 names of a directory and says that there are more", async () => {
  await using at = await open();
  const readDir = Deno.readDir;
  const file = { isFile: true, isDirectory: false, isSymlink: false };
  let given = 0;
  using _reading = readingAs(async function* (path) {
    yield* readDir(path);
    if (path === at.root) return;
    for (; given < 50_000; given++) yield { ...file, name: `junk ${given}` };
  });
  const { items, skipped } = await at.desk.list();
  assert.ok(given < 20_001, `${given}`);
  assert.equal(items.length, 1);
  assert.deepEqual(skipped, [{ slug: DEV, name: "", why: "all but the first 20000 files of it" }]);
});

Deno.test("list() takes nothing from a directory that was replaced, however many names it has", async () => {
  await using at = await open();
  const processed = join(at.root, "dev", "processed");
  using _reading = readingAs(async function* (path) {
    if (path !== processed) return;
    await Deno.rename(processed, `${processed}.old`);
    await Deno.symlink("/elsewhere", processed);
    const file = { isFile: true, isDirectory: false, isSymlink: false };
    for (let n = 0; n < 20_001; n++) {
      yield { ...file, name: `${crypto.randomUUID()}.proposal.json` };
    }
  });
  const { skipped } = await at.desk.list({ slug: DEV, all: true });
  assert.deepEqual(skipped, [{ slug: DEV, name: "processed", why: "replaced while it was read" }]);
});

Deno.test("list() ends early when its signal is aborted", async () => {
  await using at = await open();
  const { items } = await at.desk.list({ signal: AbortSignal.abort() });
  assert.deepEqual(items, []);
});

Deno.test("look() and find() of a whole id list no bottle's directory", async () => {
  await using at = await open();
  const readDir = Deno.readDir;
  using _reading = readingAs((path) => {
    assert.equal(path, at.root);
    return readDir(path);
  });
  assert.deepEqual(await at.desk.look(DEV, at.proposal.id), at.item);
  assert.equal(await at.desk.look(DEV, crypto.randomUUID() as ProposalId), undefined);
  assert.equal((await at.desk.find(at.proposal.id)).kind, "found");
});

Deno.test("find() says why the one file that is meant cannot be read", async () => {
  await using at = await open();
  await Deno.writeTextFile(recordPath(at.root, at.proposal, "proposal"), "{");
  const why = "not JSON (half-written?)";
  const name = `${at.proposal.id}.proposal.json`;
  for (const prefix of [at.proposal.id, at.proposal.id.slice(0, 8)]) {
    const unreadable = { slug: DEV, name, why };
    assert.deepEqual(await at.desk.find(prefix), { kind: "none", unreadable });
  }
});

Deno.test("claim() and decide() say that a directory stands in the record's place", async () => {
  await using at = await open();
  await Deno.mkdir(recordPath(at.root, at.proposal, "claim"));
  await Deno.mkdir(recordPath(at.root, at.proposal, "response"));
  const says = /\.json in the bottle's queue is a directory; remove it and try again$/;
  await assert.rejects(at.desk.claim(at.item, "ann", true), says);
  await assert.rejects(at.desk.decide(at.item, decision(at.proposal, "ann")), says);
});
