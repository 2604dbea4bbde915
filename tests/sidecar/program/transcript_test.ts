/**
 * The wire contract: requests recorded from the server that this one replaces, sent to a real
 * process, each with the recorded answer or with the reason why this server's is another.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { type Sidecar, startSidecar } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { runSidecar } from "../../support/sidecar_process.ts";
import { temporary } from "../../support/temporary.ts";
import { request, Wire } from "../../support/wire.ts";
import { within } from "../../support/within.ts";
import { ANSWERED_ROWS, type AnsweredRow } from "./transcript/answered_rows.ts";
import { BAD_INPUT_ROWS } from "./transcript/bad_input_rows.ts";
import { HTTP_ROWS } from "./transcript/http_rows.ts";
import { JSONRPC_ROWS } from "./transcript/jsonrpc_rows.ts";
import { FURTHER_ROUTE_ROWS, ROUTE_ROWS, type RouteRow } from "./transcript/route_rows.ts";
import { check, type Reason, REASONS, replay } from "./transcript/row.ts";
import { STARTUP_ROWS } from "./transcript/startup_rows.ts";
import { TIMEOUT_ROWS } from "./transcript/timeout_rows.ts";

function ask(row: Pick<AnsweredRow, "tool" | "arguments" | "id" | "kind">): Uint8Array {
  const id = row.kind === "notification" ? {} : { id: row.id ?? 1 };
  const params = { name: row.tool, arguments: row.arguments };
  return request(JSON.stringify({ jsonrpc: "2.0", ...id, method: "tools/call", params }));
}

Deno.test("transcript 1: the HTTP layer", async (t) => {
  await using sidecar = await startSidecar({ env: { SUPERVISE_BODY_TIMEOUT_SECONDS: "0.5" } });
  for (const row of HTTP_ROWS) await t.step(row.name, () => replay(sidecar.port, row));
});

Deno.test("transcript 2: JSON-RPC messages", async (t) => {
  await using sidecar = await startSidecar();
  for (const row of JSONRPC_ROWS) await t.step(row.name, () => replay(sidecar.port, row));
});

Deno.test("transcript 3: tools/call with bad input, of which nothing is queued", async (t) => {
  await using sidecar = await startSidecar();
  for (const row of BAD_INPUT_ROWS) await t.step(row.name, () => replay(sidecar.port, row));
  assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).proposals(), []);
});

Deno.test("transcript 4: tools/call answered by a response file", async (t) => {
  await using sidecar = await startSidecar({ slug: "demo-ab12" });
  const probe = new QueueProbe(sidecar.queueDirectory);
  for (const row of ANSWERED_ROWS) {
    await t.step(row.name, () => {
      switch (row.kind) {
        case "answered":
          return answered(sidecar, probe, row);
        case "hang-up":
          return hungUp(sidecar, probe, row);
        case "refused":
        case "notification":
          return nothingQueued(sidecar, probe, row);
      }
    });
  }
});

async function answered(sidecar: Sidecar, probe: QueueProbe, row: AnsweredRow): Promise<void> {
  using wire = await Wire.open(sidecar.port);
  await wire.send(ask(row));
  const id = await probe.nextProposal();
  const proposal = await probe.proposal(id);
  assert.equal(proposal.id, id);
  assert.equal(proposal.bottle_slug, "demo-ab12");
  assert.equal(proposal.tool, row.tool);
  assert.equal(proposal.justification, row.arguments.justification);
  assert.match(proposal.arrival_timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$/);
  assert.equal(proposal.current_file_hash, await sha256(proposal.proposed_file));
  if (row.proposed !== undefined) assert.equal(proposal.proposed_file, row.proposed);
  if (row.torn !== undefined) {
    await Deno.writeTextFile(probe.path(id, "response"), row.torn);
    await within(60, "log line", sidecar.process.output("stderr", new RegExp(`skipped ${id}`)));
  }
  await probe.answer(id, row.response!);
  check(await within(60, "answer", wire.reply()), row.expect);
  await probe.filedAway(id);
}

async function hungUp(sidecar: Sidecar, probe: QueueProbe, row: AnsweredRow): Promise<void> {
  const leaving = await Wire.open(sidecar.port);
  await leaving.send(ask(row));
  const id = await probe.nextProposal();
  await probe.waiting(id, 1);
  leaving[Symbol.dispose]();
  await probe.waiting(id, 0);
  await probe.answer(id, row.response!);
  assert.deepEqual(await probe.proposals(), [id], "kept for the next call");
  using again = await Wire.open(sidecar.port);
  await again.send(ask(row));
  check(await within(60, "answer", again.reply()), row.expect);
  await probe.filedAway(id);
}

async function nothingQueued(
  sidecar: Sidecar,
  probe: QueueProbe,
  row: AnsweredRow,
): Promise<void> {
  await replay(sidecar.port, { ...row, send: ask(row) });
  assert.deepEqual(await probe.proposals(), []);
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

Deno.test("transcript 5: list-egress-routes", async (t) => {
  for (const row of [...ROUTE_ROWS, ...FURTHER_ROUTE_ROWS]) {
    await t.step(row.name, () => listRoutes(row));
  }
});

async function listRoutes(row: RouteRow): Promise<void> {
  const proxy = new EgressProxy();
  if (row.proxy === "no listener") await proxy[Symbol.asyncDispose]();
  else if (row.proxy !== "no answer") proxy.answer = row.proxy;
  await using stack = new AsyncDisposableStack();
  if (row.proxy !== "no listener") stack.use(proxy);
  const sidecar = stack.use(await startSidecar({ env: { SUPERVISE_EGRESS_PROXY: proxy.url } }));
  await replay(sidecar.port, row);
  const reached = row.proxy !== "no listener" && row.differs !== "argumentsObject";
  assert.equal(proxy.requests.length, reached ? 1 : 0);
  for (const head of proxy.requests) {
    assert.match(head, /^GET http:\/\/_egress\.local\/allowlist HTTP\/1\.[01]\r\n/);
    assert.match(head, /\r\nhost: _egress\.local\r\n/i);
  }
}

Deno.test("transcript 7: nobody decides in time", async (t) => {
  for (const row of TIMEOUT_ROWS) {
    await t.step(row.name, async () => {
      const env = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: row.setting };
      await using sidecar = await startSidecar({ env });
      const probe = new QueueProbe(sidecar.queueDirectory);
      using wire = await Wire.open(sidecar.port);
      const slow = ask({
        kind: "answered",
        tool: "egress-block",
        arguments: { host: "slow.example", justification: "x" },
      });
      const started = performance.now();
      await wire.send(slow);
      const pending = { status: 200, id: 1, isError: false, meaning: row.meaning };
      check(await within(60, "answer", wire.reply()), pending);
      const tookMs = performance.now() - started;
      assert.ok(tookMs >= 1_000 * Number(row.setting), `answered after ${tookMs} ms`);
      const [id, ...others] = await probe.proposals();
      assert.ok(id && others.length === 0, "one proposal remains queued");
      if (row.differs !== "lateDecision") return;
      await probe.answer(id, { status: "approved", notes: "late" });
      await wire.send(slow);
      const late = {
        status: 200,
        id: 1,
        isError: false,
        meaning: /^status: approved\nnotes: late$/,
      };
      check(await within(60, "late answer", wire.reply()), late);
      await probe.filedAway(id);
    });
  }
});

Deno.test("transcript 8: settings at the start", async (t) => {
  for (const row of STARTUP_ROWS) {
    await t.step(row.name, async () => {
      await using directory = await temporary();
      const queue = join(directory.path, "s");
      const settings = {
        SUPERVISE_BOTTLE_SLUG: "s",
        SUPERVISE_QUEUE_DIR: queue,
        SUPERVISE_BIND: "127.0.0.1",
        SUPERVISE_PORT: "0",
        ...row.env,
      };
      const env = Object.fromEntries(
        Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== null),
      );
      await using process = runSidecar(queue, env, ["203.0.113.1", "egress:9099"]);
      if (row.expect.exit === "runs") {
        await within(60, "start line", process.output("stderr", row.expect.stderr));
        process.kill("SIGINT");
      }
      const { code } = await within(60, "end", process.status);
      assert.equal(code, row.expect.exit === "runs" ? 0 : row.expect.exit, process.stderr);
      assert.match(process.stderr, row.expect.stderr);
      assert.equal(process.stdout, "");
      if (row.expect.exit !== "runs") assert.equal(process.stderr.split("\n").length, 2);
    });
  }
});

Deno.test("transcript: every row agrees or names its reason", () => {
  const rows: { name: string; differs?: Reason; reference?: unknown }[] = [
    ...HTTP_ROWS,
    ...JSONRPC_ROWS,
    ...BAD_INPUT_ROWS,
    ...ANSWERED_ROWS,
    ...ROUTE_ROWS,
    ...TIMEOUT_ROWS,
    ...STARTUP_ROWS,
  ];
  const differing = rows.filter((row) => row.differs);
  for (const row of rows) {
    assert.equal(
      "differs" in row,
      "reference" in row,
      `${row.name}: a reason and what it replaces`,
    );
  }
  const used = new Set(differing.map((row) => row.differs));
  assert.deepEqual([...used].sort(), Object.keys(REASONS).sort(), "no reason without a row");
  assert.deepEqual({ agree: rows.length - differing.length, differ: differing.length }, {
    agree: 58,
    differ: 68,
  });
});
