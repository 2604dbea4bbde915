/** What an agent may read: each resource in each state, changes, and addresses that are none. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { ProposalChange } from "../../src/queue/changes.ts";
import type { ProposalId, Slug } from "../../src/queue/layout.ts";
import { type ConfigRead, CurrentConfig } from "../../src/sidecar/current_config.ts";
import type { RoutesRead } from "../../src/sidecar/egress/route_table.ts";
import { changedBy, SidecarResources } from "../../src/sidecar/resources.ts";
import type { ResourceRead } from "../../src/sidecar/mcp/resources.ts";
import { ask, FAST_POLLS_MS, NOW, place, proposalOf, Queue } from "../queue/inbox_fixture.ts";
import { eventually } from "../support/within.ts";

const ROUTES = "supervise://routes";
const PROPOSALS = "supervise://proposals";
const DOCKERFILE = "supervise://dockerfile";
const TABLE = { kind: "table", text: '{"routes": []} \n', table: { routes: [] } } as const;

/** The resources of a real queue, with a route table and a mounted directory to choose. */
class Fixture implements AsyncDisposable {
  readonly queue: Queue;
  readonly resources: SidecarResources;
  routes: RoutesRead = TABLE;
  asked = 0;
  /** Where the host would mount what the bottle is built from; not made. */
  readonly mount: string;

  private constructor(queue: Queue) {
    this.queue = queue;
    this.mount = join(queue.directory, "..", "config");
    this.resources = new SidecarResources({
      inbox: queue.inbox,
      routes: {
        read: () => {
          this.asked++;
          return Promise.resolve(this.routes);
        },
      },
      config: new CurrentConfig(this.mount),
    });
  }

  static async open(prepare: (queue: Queue) => Promise<unknown> = () => Promise.resolve()) {
    return new Fixture(
      await Queue.open({ pollIntervalMs: FAST_POLLS_MS, maxPending: 200 }, prepare),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue[Symbol.asyncDispose]();
  }

  async dockerfile(text: string): Promise<void> {
    await Deno.mkdir(this.mount, { recursive: true });
    await Deno.writeTextFile(join(this.mount, "Dockerfile"), text);
  }

  /** A resource of JSON that must be there. */
  // deno-lint-ignore no-explicit-any
  async json(uri: string): Promise<any> {
    const { text = "", ...rest } = only(await this.resources.read(uri));
    assert.deepEqual(rest, { uri, mimeType: "application/json" });
    assert.match(text, /\n$/);
    return JSON.parse(text);
  }
}

function only(read: ResourceRead) {
  assert.ok(read.kind === "contents", JSON.stringify(read));
  assert.equal(read.contents.length, 1);
  return read.contents[0]!;
}

Deno.test("the Dockerfile is read twice at once, and further reads wait in order", async () => {
  const reads: PromiseWithResolvers<ConfigRead>[] = [];
  class SlowConfig extends CurrentConfig {
    override readDockerfile(): Promise<ConfigRead> {
      const read = Promise.withResolvers<ConfigRead>();
      reads.push(read);
      return read.promise;
    }
  }
  await using queue = await Queue.open({ pollIntervalMs: FAST_POLLS_MS }, () => Promise.resolve());
  const resources = new SidecarResources({
    inbox: queue.inbox,
    routes: { read: () => Promise.resolve(TABLE) },
    config: new SlowConfig(queue.directory),
  });
  const answers = Array.from({ length: 5 }, () => resources.read(DOCKERFILE));
  assert.equal(reads.length, 2);
  assert.equal(only(await resources.read(ROUTES)).uri, ROUTES, "what is small does not wait");
  for (const [at, answer] of answers.entries()) {
    const before: number = reads.length;
    reads[at]!.resolve({ kind: "text", text: `${at}` });
    assert.equal(only(await answer).text, `${at}`);
    assert.equal(reads.length, before, "its answer is not sent yet");
    await eventually(60, "next read", () => reads.length === Math.min(at + 3, 5));
  }
});

Deno.test("the list names the routes, the proposals, and the Dockerfile while there is one", async () => {
  await using fixture = await Fixture.open();
  const uris = async () => (await fixture.resources.list()).map(({ uri }) => uri);
  assert.deepEqual(await uris(), [ROUTES, PROPOSALS]);
  await fixture.dockerfile("FROM debian\n");
  assert.deepEqual(await uris(), [ROUTES, PROPOSALS, DOCKERFILE]);
  for (const resource of await fixture.resources.list()) {
    assert.match(resource.name, /^[a-z]+$/);
    for (const text of [resource.title, resource.description]) assert.match(text, /^\S.{4,}\S$/);
    assert.equal(only(await fixture.resources.read(resource.uri)).mimeType, resource.mimeType);
  }
  assert.deepEqual(fixture.resources.templates.map(({ uriTemplate }) => uriTemplate), [
    `${PROPOSALS}/{proposal_id}`,
  ]);
});

Deno.test("the routes are the proxy's own text, asked for anew each time", async () => {
  await using fixture = await Fixture.open();
  for (const times of [1, 2]) {
    assert.deepEqual(await fixture.resources.read(ROUTES), {
      kind: "contents",
      contents: [{ uri: ROUTES, mimeType: "application/json", text: TABLE.text }],
    });
    assert.equal(fixture.asked, times);
  }
  fixture.routes = { kind: "failed", message: "could not reach it" };
  assert.deepEqual(await fixture.resources.read(ROUTES), {
    kind: "failed",
    message: "could not reach it. Your routes are unknown for now; try again later, or ask for " +
      "the host with egress-block.",
  });
});

Deno.test("the Dockerfile is there when it is mounted, and says why it cannot be shown", async () => {
  await using fixture = await Fixture.open();
  assert.deepEqual(await fixture.resources.read(DOCKERFILE), { kind: "unknown" });
  await fixture.dockerfile("FROM debian\n");
  assert.deepEqual(only(await fixture.resources.read(DOCKERFILE)), {
    uri: DOCKERFILE,
    mimeType: "text/x-dockerfile",
    text: "FROM debian\n",
  });
  await fixture.dockerfile("x".repeat(1_048_577));
  const read = await fixture.resources.read(DOCKERFILE);
  assert.ok(read.kind === "failed");
  assert.match(read.message, /^the current Dockerfile cannot be shown: it has 1048577 bytes/);
});

Deno.test("the proposals are listed with where they stand, the open ones first", async () => {
  await using fixture = await Fixture.open();
  const { queue } = fixture;
  assert.deepEqual(await fixture.json(PROPOSALS), { proposals: [] });
  const open = await queue.queued(ask("open"));
  const answered = await queue.queued(ask("answered", "pipelock-block"));
  const taken = await queue.queued(ask("taken", "capability-block"));
  await queue.decide(answered, { status: "rejected", notes: "no" });
  await queue.inbox.withdraw(taken);
  const { proposals } = await fixture.json(PROPOSALS);
  const head = (id: string, tool: string, asked_for?: string) => ({
    proposal_id: id,
    uri: `${PROPOSALS}/${id}`,
    tool,
    ...asked_for === undefined ? {} : { asked_for },
    since: NOW.toISOString(),
  });
  const [first, second, third] = proposals;
  assert.equal(proposals.length, 3);
  assert.deepEqual(first, {
    ...head(open, "egress-block", "open.example, every path"),
    status: "pending",
    claimed: false,
  });
  const { ended_at: endedAt, ...rest } = second;
  assert.deepEqual(rest, { ...head(answered, "pipelock-block"), status: "rejected", notes: "no" });
  assert.match(endedAt, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.deepEqual(third, {
    ...head(taken, "capability-block", "a changed Dockerfile, 1 line"),
    status: "withdrawn",
    ended_at: NOW.toISOString(),
  });
  for (const { uri } of proposals) assert.equal((await fixture.json(uri)).proposal_id.length, 36);
});

const ASKED_FOR: readonly (readonly [tool: string, file: string, askedFor: string | undefined])[] =
  [
    ["egress-block", '{"host": "a.example", "path_allowlist": ["/a/"]}', "a.example, 1 path"],
    [
      "egress-block",
      JSON.stringify({
        host: "a.example",
        path_allowlist: Array.from({ length: 100 }, (_, n) => `/${n}`),
        auth: { scheme: "Bearer", token_ref: "T" },
      }),
      "a.example, 100 paths, with a credential",
    ],
    ["egress-block", '{"host": "a\\n\\u001b[2J"}', "a<U+000A><U+001B>[2J, every path"],
    ["egress-block", "{", undefined],
    ["pipelock-block", "https://b.example:8443/x?token=1", "b.example:8443"],
    ["capability-block", "FROM a\nRUN b\n", "a changed Dockerfile, 2 lines"],
  ];

for (const [tool, proposedFile, askedFor] of ASKED_FOR) {
  Deno.test(`the list says what was asked for: ${askedFor}`, async () => {
    await using fixture = await Fixture.open();
    const id = await fixture.queue.queued({ tool, proposedFile, justification: "x" });
    const { proposals: [listed] } = await fixture.json(PROPOSALS);
    assert.deepEqual([listed.proposal_id, listed.asked_for], [id, askedFor]);
  });
}

Deno.test("the list is short whatever was asked, and says of the latest 150 what it was", async () => {
  await using fixture = await Fixture.open();
  const hosts = Array.from({ length: 152 }, (_, n) => `${n}.${"a".repeat(5_000)}`);
  for (const host of hosts) {
    const proposedFile = JSON.stringify({ host });
    await fixture.queue.queued({ tool: "egress-block", proposedFile, justification: "x" });
  }
  const { proposals } = await fixture.json(PROPOSALS);
  const told = proposals.filter((one: object) => "asked_for" in one);
  assert.deepEqual([proposals.length, told.length], [152, 150]);
  for (const { asked_for } of told) assert.ok(asked_for.length < 300);
});

Deno.test("a proposal that nobody answered in time is expired, by itself and in the list", async () => {
  await using fixture = await Fixture.open();
  const { queue } = fixture;
  const proposal = proposalOf(ask("a"), { expires_at: NOW.toISOString() });
  const id = await place(queue, proposal);
  await queue.untilTold(id, "queued");
  const { status, ended_at: endedAt } = await fixture.json(`${PROPOSALS}/${id}`);
  assert.deepEqual({ status, endedAt }, { status: "expired", endedAt: NOW.toISOString() });
  const { proposals: [listed] } = await fixture.json(PROPOSALS);
  assert.deepEqual([listed.proposal_id, listed.status], [id, "expired"]);
});

Deno.test("one proposal shows what was asked, where it stands and the answer", async (t) => {
  await using fixture = await Fixture.open();
  const { queue } = fixture;
  const first = await queue.queued(ask("first"));
  const head = { proposal_id: first, tool: "egress-block" };
  const tail = {
    since: NOW.toISOString(),
    proposed_file: '{"host": "first.example"}\n',
    justification: "to read",
  };
  const uri = `${PROPOSALS}/${first}`;

  await t.step("pending", async () => {
    assert.deepEqual(await fixture.json(uri), {
      ...head,
      status: "pending",
      claimed: false,
      ...tail,
    });
  });
  await t.step("claimed", async () => {
    const claim = { proposal_id: first, claimed_by: "alice", claimed_at: NOW.toISOString() };
    const path = queue.probe.path(first, "claim");
    await Deno.writeTextFile(`${path}.aside`, JSON.stringify(claim));
    await Deno.rename(`${path}.aside`, path);
    await queue.untilTold(first, "queued", "claimed");
    assert.equal((await fixture.json(uri)).claimed, true);
  });
  await t.step("modified, filed away and after a restart", async () => {
    await queue.decide(first, { status: "modified", notes: "less", final_file: "{}\n" });
    const { ended_at: _endedAt, ...rest } = await fixture.json(uri);
    const expected = { ...head, status: "modified", notes: "less", final_file: "{}\n", ...tail };
    assert.deepEqual(rest, expected);
    queue.inbox.answering(first)(true);
    await queue.probe.filedAway(first);
    const { ended_at: _filed, ...filed } = await fixture.json(uri);
    assert.deepEqual(filed, expected);
  });
  await t.step("approved: no final file", async () => {
    const id = await queue.queued(ask("second"));
    await queue.decide(id, { status: "approved", final_file: "ignored" });
    const { status, notes, final_file, ended_at } = await fixture.json(`${PROPOSALS}/${id}`);
    assert.deepEqual([status, notes, final_file], ["approved", "", undefined]);
    assert.match(ended_at, /Z$/);
  });
  await t.step("withdrawn", async () => {
    const id = await queue.queued(ask("third"));
    await queue.inbox.withdraw(id);
    assert.deepEqual(await fixture.json(`${PROPOSALS}/${id}`), {
      proposal_id: id,
      tool: "egress-block",
      status: "withdrawn",
      ended_at: NOW.toISOString(),
      ...tail,
      proposed_file: '{"host": "third.example"}\n',
    });
  });
});

Deno.test("reading a decided proposal is no answer to the call that waits for it", async () => {
  await using fixture = await Fixture.open();
  const { queue } = fixture;
  const id = await queue.queued(ask("a"));
  await queue.decide(id);
  await fixture.json(`${PROPOSALS}/${id}`);
  await fixture.json(PROPOSALS);
  assert.deepEqual(await queue.records(id), ["proposal", "response"]);
});

// Addresses that are none.

const ID = "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11";

const HOSTILE = [
  "",
  "supervise:",
  "supervise://",
  "SUPERVISE://ROUTES",
  "supervise://Routes",
  "supervise://routes/",
  "supervise://routes?x=1",
  "supervise://routes#x",
  " supervise://routes",
  "supervise://routes\n",
  "supervise://routes\0",
  "supervise://dockerfile/../routes",
  "supervise://dockerfile/../../../etc/passwd",
  "supervise://proposals/",
  "supervise://proposals/..",
  "supervise://proposals/../../../../etc/passwd",
  "supervise://proposals/%2e%2e%2fetc%2fpasswd",
  `supervise://proposals/${ID.toUpperCase()}`,
  `supervise://proposals/${ID}/`,
  `supervise://proposals/${ID}/../${ID}`,
  `supervise://proposals/../proposals/${ID}`,
  `supervise://proposals/${ID}.proposal.json`,
  `supervise://proposals/${ID}\n`,
  `supervise://proposals/ ${ID}`,
  `supervise://proposals//${ID}`,
  `supervise://proposals/{proposal_id}`,
  `supervise://proposals/\ud800`,
  "supervise://proposals/3f0c9a52-6f0e-1a53-9d0f-0f2f3c1b7a11",
  "file:///etc/passwd",
  "/etc/passwd",
  "http://_egress.local/allowlist",
  "constructor",
  "__proto__",
  `supervise://proposals/${"x".repeat(1_000_000)}`,
  `supervise://proposals/${"../".repeat(300_000)}`,
];

for (const uri of HOSTILE) {
  const shown = JSON.stringify(uri.slice(0, 70));
  Deno.test(`${shown} is unknown, read and announced, and nothing is looked for`, async () => {
    const never = new Proxy({}, { get: (_, name) => assert.fail(`asked for ${String(name)}`) });
    const resources = new SidecarResources({
      inbox: never as never,
      routes: never as never,
      config: never as never,
    });
    assert.deepEqual(await resources.read(uri), { kind: "unknown" });
    assert.equal(await resources.announces(uri), false);
  });
}

Deno.test("a proposal that never was, or of another bottle, or forged, is unknown", async () => {
  const foreign = proposalOf(ask("foreign"), { bottle_slug: "other" as Slug });
  const forged = proposalOf(ask("forged"), { id: ID as ProposalId });
  await using fixture = await Fixture.open(async (queue) => {
    await place(queue, foreign);
    await place(queue, foreign, "processed");
    const path = join(queue.directory, "processed", `${crypto.randomUUID()}.proposal.json`);
    await Deno.writeTextFile(path, JSON.stringify(forged));
  });
  for (const id of [crypto.randomUUID(), foreign.id, ID]) {
    const uri = `${PROPOSALS}/${id}`;
    assert.deepEqual(await fixture.resources.read(uri), { kind: "unknown" });
    assert.equal(await fixture.resources.announces(uri), false);
  }
  assert.deepEqual(await fixture.json(PROPOSALS), { proposals: [] });
});

Deno.test("changes are announced of routes, proposals and one's own proposal, not of the Dockerfile", async () => {
  await using fixture = await Fixture.open();
  await fixture.dockerfile("FROM debian\n");
  const id = await fixture.queue.queued(ask("a"));
  const announced = async (uri: string) => await fixture.resources.announces(uri);
  for (const uri of [ROUTES, PROPOSALS, `${PROPOSALS}/${id}`]) {
    assert.equal(await announced(uri), true);
  }
  assert.equal(await announced(DOCKERFILE), false);
  assert.equal(fixture.asked, 0, "the proxy is not asked for that");
});

const CHANGES: readonly (readonly [kind: ProposalChange["kind"], tool: string, routes: boolean])[] =
  [
    ["queued", "egress-block", false],
    ["claimed", "egress-block", false],
    ["released", "egress-block", false],
    ["withdrawn", "egress-block", false],
    ["removed", "egress-block", false],
    ["decided", "egress-block", true],
    ["decided", "pipelock-block", false],
    ["decided", "capability-block", false],
  ];

for (const [kind, tool, routes] of CHANGES) {
  Deno.test(`changedBy() of ${tool} ${kind}: the proposals${routes ? " and the routes" : ""}`, () => {
    const changed = changedBy({ kind, id: ID as ProposalId, tool, since: NOW.toISOString() });
    assert.deepEqual(changed, [PROPOSALS, `${PROPOSALS}/${ID}`, ...routes ? [ROUTES] : []]);
  });
}
