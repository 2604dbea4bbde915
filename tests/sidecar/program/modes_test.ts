/** Modes and brakes as an agent meets them at the true program: what is listed, answered, written. */

import assert from "node:assert/strict";
import { post, readReply, type Said } from "../../support/agent.ts";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { type Sidecar, startSidecar } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";

const READING = ["list-egress-routes", "proposal-status"];

const ASKS: readonly (readonly [tool: string, args: Readonly<Record<string, unknown>>])[] = [
  ["egress-block", { host: "a.example", justification: "x" }],
  ["pipelock-block", { failed_url: "https://a.example/", justification: "x" }],
  ["capability-block", { dockerfile: "FROM debian:12\n", justification: "x" }],
];

function start(env: Record<string, string>, proxy?: EgressProxy): Promise<Sidecar> {
  const egress = proxy?.url ?? "http://127.0.0.1:9";
  return startSidecar({
    env: { SUPERVISE_EGRESS_PROXY: egress, SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "60", ...env },
  });
}

async function ask(
  { port }: Sidecar,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Promise<Said> {
  return readReply(await post(port, { jsonrpc: "2.0", id: 1, method, params }));
}

function call(sidecar: Sidecar, name: string, args: object): Promise<Said> {
  return ask(sidecar, "tools/call", { name, arguments: args });
}

async function listed(sidecar: Sidecar): Promise<string[]> {
  const { tools } = JSON.parse((await ask(sidecar, "tools/list")).meaning);
  return tools.map(({ name }: { name: string }) => name);
}

Deno.test("readonly: only the tools that show are listed, and the others refuse and write nothing", async () => {
  await using sidecar = await start({ SUPERVISE_MODE: "readonly" });
  assert.match(
    sidecar.process.stderr,
    /; mode=readonly; .*tools: list-egress-routes, proposal-status\n/,
  );
  assert.deepEqual(await listed(sidecar), READING);
  for (const [tool, args] of ASKS) {
    const said = await call(sidecar, tool, args);
    assert.equal(said.isError, true);
    assert.match(
      said.meaning,
      new RegExp(`^${tool}: not queued, because this bottle is read-only`),
    );
  }
  const unknown = await call(sidecar, "no-such", {});
  assert.match(unknown.meaning, /the tools are list-egress-routes, proposal-status$/);
  const id = crypto.randomUUID();
  for (
    const said of [
      await call(sidecar, "list-egress-routes", {}),
      await call(sidecar, "proposal-status", { proposal_id: id }),
    ]
  ) {
    assert.doesNotMatch(said.meaning, /-block|again if|original call/);
  }
  const list = (await ask(sidecar, "tools/list")).meaning;
  const words = list.replace("that ended in 'status: pending'", "").replace(
    "an earlier egress-block, pipelock-block or capability-block call",
    "",
  );
  assert.doesNotMatch(words, /-block|again/, "nothing that cannot be done is advised");
  const { instructions } = JSON.parse((await ask(sidecar, "initialize", {})).meaning);
  assert.match(instructions, /you cannot ask for more/);
  assert.doesNotMatch(instructions, /egress-block/);
  assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).names(), ["processed"]);
});

Deno.test("shadow: each ask is recorded and answered at once, and nothing waits for the operator", async () => {
  const env = { SUPERVISE_MODE: "shadow", SUPERVISE_RATE_LIMIT_PER_MINUTE: "1" };
  await using sidecar = await start(env);
  const probe = new QueueProbe(sidecar.queueDirectory);
  assert.equal((await listed(sidecar)).length, 5);
  const told = (await ask(sidecar, "tools/list")).meaning;
  assert.equal(told.match(/This is a trial run: the ask is recorded/g)?.length, ASKS.length);
  assert.doesNotMatch(told, /waits for a person|status: rejected' \(read/);
  const ids: string[] = [];
  for (const [tool, args] of [...ASKS, ...ASKS]) {
    const said = await call(sidecar, tool, args);
    assert.equal(said.isError, false);
    const [, id = ""] = /^status: shadow\nnotes: .*\nproposal_id: (\S+)$/.exec(said.meaning) ?? [];
    assert.ok(id, said.meaning);
    ids.push(`${id}.proposal.json`);
  }
  assert.deepEqual(
    (await probe.names("shadow")).sort(),
    ids.sort(),
    "each is on record, unlimited",
  );
  assert.deepEqual((await probe.names()).sort(), ["processed", "shadow"]);
  const [first = ""] = ids;
  const status = await call(sidecar, "proposal-status", { proposal_id: first.slice(0, 36) });
  assert.match(status.meaning, /^status: shadow\n/);
  const resource = await ask(sidecar, "resources/read", { uri: "supervise://proposals" });
  assert.deepEqual(JSON.parse(JSON.parse(resource.meaning).contents[0].text), { proposals: [] });
});

Deno.test("an unknown mode stops the start", async () => {
  await assert.rejects(start({ SUPERVISE_MODE: "Live" }), /must be one of live, readonly, shadow/);
});

const TABLE = JSON.stringify({
  routes: [
    { host: "open.example" },
    { host: "paths.example", path_allowlist: ["/a/"], auth_scheme: "Bearer", token_env: "T" },
  ],
});

const COVERED: readonly (readonly [name: string, args: object, what: string])[] = [
  ["a host with every path", { host: "OPEN.example" }, "you may reach every path of open.example"],
  [
    "a path below one that is allowed",
    { host: "paths.example", path_allowlist: ["/a/b"] },
    "you may reach /a/b of paths.example, to which the proxy adds a credential",
  ],
];

Deno.test("what the live table covers is answered at once; what it does not goes to the operator", async (t) => {
  await using proxy = new EgressProxy();
  proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${TABLE.length}\r\n\r\n${TABLE}`;
  await using sidecar = await start({ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.01" }, proxy);
  const probe = new QueueProbe(sidecar.queueDirectory);
  for (const [name, args, what] of COVERED) {
    await t.step(name, async () => {
      const said = await call(sidecar, "egress-block", { ...args, justification: "x" });
      assert.ok(said.meaning.startsWith(`already allowed: ${what}, by the live`), said.meaning);
      assert.deepEqual(await probe.proposals(), []);
    });
  }
  await t.step("a path that is not", async () => {
    const args = { host: "paths.example", path_allowlist: ["/b/"], justification: "x" };
    assert.match((await call(sidecar, "egress-block", args)).meaning, /^status: pending/);
    assert.equal((await probe.proposals()).length, 1);
  });
  await t.step("a host at pipelock, whatever the egress table says", async () => {
    const args = { failed_url: "https://open.example/", justification: "x" };
    assert.match((await call(sidecar, "pipelock-block", args)).meaning, /^status: pending/);
  });
});

Deno.test("a proxy that says nothing keeps no ask from the operator", async () => {
  await using proxy = new EgressProxy();
  await using sidecar = await start({ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.01" }, proxy);
  const said = await call(sidecar, "egress-block", { host: "a.example", justification: "x" });
  assert.match(said.meaning, /^status: pending/);
});
