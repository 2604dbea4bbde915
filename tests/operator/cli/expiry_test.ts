/** What an operator sees of asks that were not answered in time, with and without a sidecar running. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { QueueFeed } from "../../../src/operator/app/feed.ts";
import { Desk } from "../../../src/queue/desk.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { startSupervisectl, supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import {
  ctl,
  fileAway,
  parsed,
  type ProposalOptions,
  propose,
  readRecord,
  recordPath,
  setWaiting,
  shownBasis,
  writeRecord,
} from "../fixture.ts";
import { ROUTES, stand } from "../live/stand.ts";

const PAST = "2026-11-21T11:55:00.000Z";
const FUTURE = "2026-11-21T12:05:00.000Z";
const MARK = { reason: "expired", withdrawn_at: "2026-11-21T11:56:00.000Z" };

/** Puts a proposal there as a sidecar with an expiry would. */
async function expiring(
  root: string,
  expires_at: unknown = PAST,
  options: ProposalOptions = {},
): Promise<Proposal> {
  const proposal = await propose(root, options);
  const text = JSON.stringify({ ...proposal, expires_at });
  await Deno.writeTextFile(recordPath(root, proposal, "proposal"), text);
  return proposal;
}

const REFUSED =
  /^supervisectl: \w{8} expired at 2026-11-21T11:5[56]:00Z \([45]m ago\) before anybody answered; nothing is decided or applied, and the agent can ask again\nTry: supervisectl show \w{8}\n$/;

const ANSWERS = [["approve"], ["reject", "--notes", "no"], ["modify", "--file", "FILE"]] as const;

for (const [command, ...options] of ANSWERS) {
  Deno.test(`${command} of an overdue proposal says that nothing was done, and leaves it to the sidecar`, async () => {
    await using place = await stand();
    const proposal = await expiring(place.root);
    await Deno.writeTextFile(`${place.path}/FILE`, '{"host": "api.github.com"}');
    const args = options.map((word) => word === "FILE" ? `${place.path}/FILE` : word);
    const { code, stdout, stderr } = await place.ctl([command, proposal.id, ...args]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, REFUSED);
    for (const kind of ["claim", "response", "withdrawn"] as const) {
      assert.equal(await readRecord(place.root, proposal, kind), undefined);
    }
    assert.equal(await place.read("routes"), ROUTES);
    assert.deepEqual(await place.reloads(), []);
    assert.deepEqual(await readRecord(place.root, proposal, "proposal"), {
      ...proposal,
      expires_at: PAST,
    });
  });
}

for (const [name, filed] of [["marked", false], ["marked and filed away", true]] as const) {
  for (const [kind, at] of [["with its time", PAST], ["of an earlier run", null]] as const) {
    Deno.test(`approve of one that is ${name}, ${kind}, is refused`, async () => {
      await using root = await temporary();
      const proposal = await expiring(root.path, at);
      await writeRecord(root.path, proposal, "withdrawn", MARK);
      if (filed) await fileAway(root.path, proposal);
      const result = await ctl(root.path, ["approve", proposal.id, "--json"]);
      assert.equal(result.code, 1);
      assert.equal(JSON.parse(result.stderr).error.code, "expired");
      assert.match((await ctl(root.path, ["approve", proposal.id])).stderr, REFUSED);
    });
  }
}

Deno.test("approve of one that expires between show and the answer is refused", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path, FUTURE);
  const basis = await shownBasis(root.path, proposal.id);
  await Deno.writeTextFile(
    recordPath(root.path, proposal, "proposal"),
    JSON.stringify({ ...proposal, expires_at: PAST }),
  );
  const { code, stderr } = await ctl(root.path, ["approve", proposal.id, "--basis", basis]);
  assert.equal(code, 1);
  assert.match(stderr, REFUSED);
});

Deno.test("approve --dry-run of an overdue one changes nothing", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  const { code, stderr } = await ctl(root.path, ["approve", proposal.id, "--dry-run"]);
  assert.equal(code, 1);
  assert.match(stderr, /is expired, there is nothing to approve/);
  assert.equal(await readRecord(root.path, proposal, "withdrawn"), undefined);
});

const CLAIM = { claimed_by: "alice", claimed_at: "2026-11-21T11:54:00Z" };

Deno.test("approve goes on with a claim that was made in time", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  await writeRecord(root.path, proposal, "claim", CLAIM);
  assert.equal((await ctl(root.path, ["approve", proposal.id])).code, 0);
  assert.equal((await readRecord(root.path, proposal, "response"))?.["status"], "approved");
});

Deno.test("approve --take-over of a claim that was made in time decides", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  await writeRecord(root.path, proposal, "claim", { ...CLAIM, claimed_by: "bob" });
  assert.equal((await ctl(root.path, ["approve", proposal.id])).code, 1);
  assert.equal((await ctl(root.path, ["approve", proposal.id, "--take-over"])).code, 0);
});

Deno.test("approve of one that is still in time works as ever", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path, FUTURE);
  assert.equal((await ctl(root.path, ["approve", proposal.id])).code, 0);
});

Deno.test("an overdue proposal is not to decide: only list --all has it", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  await setWaiting(root.path, proposal, 1);
  assert.equal((await ctl(root.path, ["list"])).stdout, "Nothing to decide in 1 bottle.\n");
  assert.match((await ctl(root.path, ["list", "--all"])).stdout, /STATE\n.* expired\n$/);
  const json = parsed(await ctl(root.path, ["list", "--all", "--json"]));
  const [listed] = json["proposals"] as Record<string, unknown>[];
  assert.equal(listed?.["state"], "expired");
  assert.equal(listed?.["expires_at"], PAST);
});

const STATES = [
  ["overdue", PAST, undefined, "expired at 2026-11-21T11:55:00Z (5m ago) without an answer"],
  ["marked", PAST, MARK, "expired at 2026-11-21T11:55:00Z (5m ago) without an answer"],
  [
    "marked, of an earlier run",
    null,
    MARK,
    "expired at 2026-11-21T11:56:00Z (4m ago) without an answer",
  ],
  [
    "marked by nobody knows when",
    null,
    { reason: "expired", withdrawn_at: "\x1b[2J" },
    "expired at an unknown time without an answer",
  ],
  ["in time", FUTURE, undefined, "pending, not claimed; it expires at"],
  ["forged", "\u202enever\x1b[2J", undefined, "pending, not claimed"],
] as const;

for (const [name, at, mark, state] of STATES) {
  Deno.test(`show says where it stands: ${name}`, async () => {
    await using root = await temporary();
    const proposal = await expiring(root.path, at);
    if (mark) await writeRecord(root.path, proposal, "withdrawn", mark);
    const { stdout } = await ctl(root.path, ["show", proposal.id]);
    assert.ok(stdout.includes(`\n  state     ${state}`), stdout);
    assert.equal(stdout.includes("Try:"), state.startsWith("pending"));
    const record = parsed(await ctl(root.path, ["show", proposal.id, "--json"]));
    assert.equal(record["state"], state.split(/[:, ]/)[0]);
    assert.equal(record["basis"] === null, record["state"] === "expired");
  });
}

Deno.test("a decision beside the mark stands", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  await writeRecord(root.path, proposal, "withdrawn", MARK);
  await writeRecord(root.path, proposal, "response", { status: "rejected" });
  const record = parsed(await ctl(root.path, ["show", proposal.id, "--json"]));
  assert.equal(record["state"], "decided");
});

Deno.test("watch tells when one expires, though no file changes and no sidecar runs", async () => {
  await using root = await temporary();
  await using watch = startSupervisectl(root.path, ["watch"]);
  await watch.output("stderr", /Watching/);
  const soon = new Date(Date.now() + 2_000).toISOString();
  const proposal = await expiring(root.path, soon);
  const short = proposal.id.slice(0, 8);
  for (const line of [`pending {4}${short} `, `expired {4}${short} {2}dev {2}not answered`]) {
    await within(60, line, watch.output("stdout", new RegExp(line)));
  }
  const args = ["approve", proposal.id];
  const { code, stderr } = await supervisectl(root.path, args);
  assert.equal(code, 1);
  assert.match(stderr, /expired at [^]* the agent can ask again/);
  watch.kill("SIGINT");
  assert.equal((await watch.status).code, 0);
  assert.equal(watch.stdout.match(new RegExp(short, "g"))?.length, 2, "told once, marked or not");
});

/** A command line that lets the proposal's time be over. */
async function ending(directory: string, root: string, proposal: Proposal): Promise<string> {
  const over = `${directory}/over.json`;
  await Deno.writeTextFile(over, JSON.stringify({ ...proposal, expires_at: PAST }));
  return `cp ${over} ${recordPath(root, proposal, "proposal")}`;
}

const MEANWHILE = "its time was over meanwhile: \\w{8} has expired; the agent can ask again";

Deno.test("approve whose reload fails when the time is over says so, not that it is pending", async () => {
  await using place = await stand();
  const proposal = await expiring(place.root, FUTURE);
  const end = await ending(place.path, place.root, proposal);
  const reload = [await place.command("late", `${end}; exit 1`)];
  await place.configure({ routes: { reload } });
  const { code, stderr } = await place.ctl(["approve", proposal.id]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    new RegExp(`exited with 1[^]*; ${MEANWHILE}\nTry: supervisectl doctor --slug dev\\n$`),
  );
  assert.doesNotMatch(stderr, /stays pending/);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal(parsed(await place.ctl(["show", proposal.id, "--json"]))["state"], "expired");
});

Deno.test("modify whose text is wrong when the time is over keeps it, and offers no answer", async () => {
  await using place = await stand();
  const proposal = await expiring(place.root, FUTURE);
  const end = await ending(place.path, place.root, proposal);
  const env = { EDITOR: await place.command("editor", `${end}; echo '{"host": "-"}' > "$1"`) };
  const { code, stderr } = await place.ctl(["modify", proposal.id], { env });
  const kept = /your text is kept in (\S+)\n/.exec(stderr)?.[1];
  assert.ok(kept, stderr);
  assert.match(await Deno.readTextFile(kept), /"-"/);
  await Deno.remove(dirname(kept), { recursive: true });
  assert.equal(code, 1);
  const told = `the changed file is wrong: [^]*; ${MEANWHILE}; your text is kept in \\S+`;
  assert.match(stderr, new RegExp(`${told}\nTry: supervisectl show \\w{8}\\n$`));
});

for (const text of ["", "{"]) {
  Deno.test(`a claim of ${text.length} bytes: all say that it cannot be read, in time and after`, async () => {
    await using root = await temporary();
    const timely = await expiring(root.path, FUTURE);
    const overdue = await expiring(root.path, PAST);
    for (const proposal of [timely, overdue]) {
      await Deno.writeTextFile(recordPath(root.path, proposal, "claim"), text);
    }
    const list = await ctl(root.path, ["list"]);
    assert.match(list.stdout, new RegExp(`${timely.id.slice(0, 8)}.* unreadable\\n`));
    assert.doesNotMatch(list.stdout, new RegExp(overdue.id.slice(0, 8)));
    const claimed = /state {5}claimed by somebody: the claim's file cannot be read/;
    assert.match((await ctl(root.path, ["show", timely.id])).stdout, claimed);
    assert.match((await ctl(root.path, ["show", overdue.id])).stdout, /state {5}expired at/);
    assert.match((await ctl(root.path, ["approve", overdue.id, "--take-over"])).stderr, REFUSED);
    assert.equal((await ctl(root.path, ["approve", timely.id])).code, 1);
    assert.equal((await ctl(root.path, ["approve", timely.id, "--take-over"])).code, 0);
  });
}

Deno.test("show and approve agree on an overdue one whose mark cannot be read", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  await Deno.writeTextFile(recordPath(root.path, proposal, "withdrawn"), "{");
  assert.equal(parsed(await ctl(root.path, ["show", proposal.id, "--json"]))["state"], "withdrawn");
  const refused = await ctl(root.path, ["approve", proposal.id, "--json"]);
  assert.equal(JSON.parse(refused.stderr).error.code, "withdrawn");
});

Deno.test("two operators who answer an overdue one at once are both told", async () => {
  await using root = await temporary();
  const proposal = await expiring(root.path);
  const results = await Promise.all(
    ["alice", "bob", "carol"].map((name) =>
      ctl(root.path, ["approve", proposal.id], { env: { SUPERVISE_OPERATOR: name } })
    ),
  );
  for (const { code, stderr } of results) {
    assert.equal(code, 1);
    assert.match(stderr, REFUSED);
  }
  assert.equal(await readRecord(root.path, proposal, "response"), undefined);
});

Deno.test("a claim that cannot be read is told as one, and when it is given back", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  const feed = new QueueFeed(new Desk(root.path), undefined);
  const told = async () => {
    const { events } = await feed.read(new AbortController().signal);
    return events.map(({ event }) => event);
  };
  assert.deepEqual(await told(), ["pending"]);
  await Deno.writeTextFile(recordPath(root.path, proposal, "claim"), "");
  assert.deepEqual(await told(), ["claimed"]);
  assert.deepEqual(await told(), []);
  await Deno.remove(recordPath(root.path, proposal, "claim"));
  assert.deepEqual(await told(), ["released"]);
});
