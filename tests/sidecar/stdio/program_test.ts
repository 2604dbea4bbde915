/** The sidecar as a child of its host: the true program on true pipes, from its start to its exit. */

import assert from "node:assert/strict";
import * as current from "@modelcontextprotocol/client";
import * as currentStdio from "@modelcontextprotocol/client/stdio";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { type Message, stdioCommand, StdioProcess } from "../../support/stdio.ts";
import { temporary } from "../../support/temporary.ts";
import { eventually } from "../../support/within.ts";
import { call, cancelled, ended, initialize, MODERN, modern, request, textOf } from "./host.ts";

const ASK = { dockerfile: "FROM debian:13\nRUN true\n", justification: "a test of stdio" };

function ask(id: unknown, meta?: object): object {
  return call(id, "capability-block", ASK, meta);
}

Deno.test("stdio: a probe, the handshake and both eras are served; the log is on stderr", async () => {
  await using sidecar = await StdioProcess.start();
  await sidecar.send(modern(1, "server/discover"), initialize("2025-11-25"));
  await sidecar.send({ jsonrpc: "2.0", method: "notifications/initialized" });
  await sidecar.send(request(2, "tools/list"), modern(3, "tools/list"));
  assert.deepEqual((await sidecar.next()).result.supportedVersions, ["2026-07-28"]);
  assert.equal((await sidecar.next()).result.protocolVersion, "2025-11-25");
  const lists = [await sidecar.next(), await sidecar.next()];
  assert.deepEqual(lists.map(({ id }) => id), [2, 3]);
  assert.deepEqual(lists[0].result.tools, lists[1].result.tools);
  await sidecar.closeInput();
  assert.deepEqual(await sidecar.rest(), []);
  const { code, log } = await sidecar.exit();
  assert.equal(code, 0);
  assert.match(log, /^supervise .*slug=dev; .*tools: egress-block,/m);
});

Deno.test("stdio: the operator's decision is the answer, and is filed away when it is written", async () => {
  await using sidecar = await StdioProcess.start();
  const queue = new QueueProbe(sidecar.queueDirectory);
  await sidecar.send(initialize("2025-06-18"), ask("ask"));
  assert.equal((await sidecar.next()).id, "init");
  const id = await queue.nextProposal();
  await queue.answer(id, { status: "approved", notes: "fine" });
  const answer = await sidecar.next();
  assert.equal(answer.id, "ask");
  assert.match(textOf(answer), /^status: approved\nnotes: fine/);
  await queue.filedAway(id);
});

Deno.test("stdio: a last line without a newline is answered before the exit", async () => {
  await using sidecar = await StdioProcess.start();
  await sidecar.write(JSON.stringify(call("last", "proposal-status", {})));
  await sidecar.closeInput();
  assert.deepEqual((await sidecar.rest()).map(({ id }) => id), ["last"]);
  assert.equal((await sidecar.exit()).code, 0);
});

Deno.test("stdio: the program exits when its input ends, and what was asked stays asked", async () => {
  await using sidecar = await StdioProcess.start();
  const queue = new QueueProbe(sidecar.queueDirectory);
  await sidecar.send(ask(1), modern(2, "subscriptions/listen", { notifications: {} }));
  assert.equal((await sidecar.next()).params._meta[SUBSCRIPTION_ID], 2);
  const id = await queue.nextProposal();
  await queue.waiting(id, 1);
  await sidecar.closeInput();
  const { code, log } = await sidecar.exit();
  assert.equal(code, 0);
  assert.doesNotMatch(log, /error/i);
  assert.deepEqual(await queue.proposals(), [id]);
});

Deno.test("stdio: SIGTERM ends waits with an answer, and subscriptions in their way", async () => {
  await using sidecar = await StdioProcess.start();
  const queue = new QueueProbe(sidecar.queueDirectory);
  await sidecar.send(ask(1), modern(2, "subscriptions/listen", { notifications: {} }));
  assert.equal((await sidecar.next()).params._meta[SUBSCRIPTION_ID], 2);
  const id = await queue.nextProposal();
  await queue.waiting(id, 1);
  sidecar.kill("SIGTERM");
  const said = await sidecar.rest();
  const answer = said.find((message) => message.id === 1);
  assert.match(textOf(answer), /^status: pending\n/);
  const rest = said.filter((message) => message !== answer);
  assert.deepEqual(rest.map((message) => message.id ?? message), [ended(2), 2]);
  assert.equal((await sidecar.exit()).code, 0);
  assert.deepEqual(await queue.proposals(), [id]);
});

Deno.test("stdio: a cancelled call is not answered, and its proposal stays", async () => {
  await using sidecar = await StdioProcess.start();
  const queue = new QueueProbe(sidecar.queueDirectory);
  await sidecar.send(ask(1, MODERN));
  const id = await queue.nextProposal();
  await queue.waiting(id, 1);
  await sidecar.send(cancelled(1));
  await queue.waiting(id, 0);
  await sidecar.send(request(2, "ping"));
  assert.equal((await sidecar.next()).id, 2);
  assert.deepEqual(await queue.proposals(), [id]);
});

interface Leaving {
  readonly name: string;
  readonly leave: (sidecar: StdioProcess) => Promise<void>;
}

const LEAVINGS: readonly Leaving[] = [
  {
    name: "that stops reading",
    leave: async (sidecar) => {
      await sidecar.closeOutput();
      let hasEnded = false;
      sidecar.status.then(() => hasEnded = true);
      // A process that another test is starting may hold the pipe for a moment, and take an answer.
      await eventually(60, "end", async () => {
        await sidecar.send(request(2, "ping")).catch(() => {});
        return hasEnded;
      });
    },
  },
  {
    name: "that goes altogether",
    leave: async (sidecar) => {
      await sidecar.closeOutput();
      await sidecar.closeLog();
      await sidecar.closeInput();
    },
  },
  {
    name: "whose log goes before its pipes",
    leave: async (sidecar) => {
      await sidecar.closeLog();
      await sidecar.send(call(2, "capability-block", { ...ASK, dockerfile: "FROM a\n" }));
      await sidecar.closeInput();
    },
  },
];

for (const { name, leave } of LEAVINGS) {
  Deno.test(`stdio: a host ${name} leaves no error behind`, async () => {
    await using sidecar = await StdioProcess.start();
    const queue = new QueueProbe(sidecar.queueDirectory);
    await sidecar.send(ask(1));
    const id = await queue.nextProposal();
    await queue.waiting(id, 1);
    await leave(sidecar);
    const { code, log } = await sidecar.exit();
    assert.equal(code, 0, log);
    assert.doesNotMatch(log, /internal error|\n {4}at /);
    assert.ok((await queue.proposals()).includes(id));
  });
}

Deno.test("stdio: a host that floods and does not read costs little memory, and loses nothing", async () => {
  await using sidecar = await StdioProcess.start();
  const before = residentMB(sidecar.pid);
  const ids = Array.from({ length: 10_000 }, (_, id) => id);
  // Not awaited: all of it is taken only when the answers are.
  const flooded = sidecar.send(...ids.map((id) => modern(id, "tools/list")));
  await idle(sidecar.pid);
  const grown = residentMB(sidecar.pid) - before;
  for (const id of ids) assert.equal((await sidecar.next()).id, id);
  await flooded;
  assert.ok(grown < 60, `${grown} MB for ${ids.length} answers that nobody read`);
});

function residentMB(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024;
}

/**
 * Waits until a process has used no processor time for 200 ms. That it is stuck cannot be awaited: all
 * that would tell of it (an answer, a line of the log, room in the pipe) is what then does not come.
 */
async function idle(pid: number): Promise<void> {
  const usedTicks = () =>
    Deno.readTextFileSync(`/proc/${pid}/stat`).split(" ").slice(13, 15).join();
  const until = performance.now() + 60_000;
  let before: string;
  do {
    assert.ok(performance.now() < until, "the sidecar is still busy after a minute");
    before = usedTicks();
    await new Promise((resolve) => setTimeout(resolve, 200));
  } while (usedTicks() !== before);
}

const IDENTITY = { name: "host", version: "1.0.0" };

interface Agent {
  listTools(): Promise<{ tools: readonly { name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
}

type Connect = (server: ReturnType<typeof stdioCommand>) => Promise<Agent>;

function withClient(mode: "legacy" | "auto"): Connect {
  return async (server) => {
    const client = new current.Client(IDENTITY, { versionNegotiation: { mode } });
    await client.connect(new currentStdio.StdioClientTransport({ ...server, stderr: "ignore" }));
    return client;
  };
}

const CLIENTS: Readonly<Record<string, Connect>> = {
  "@modelcontextprotocol/sdk": async (server) => {
    const client = new Client(IDENTITY);
    const transport = new StdioClientTransport({ ...server, stderr: "ignore" });
    await client.connect(transport as Parameters<Client["connect"]>[0]);
    return client;
  },
  "@modelcontextprotocol/client": withClient("legacy"),
  "@modelcontextprotocol/client that looks for newer revisions": withClient("auto"),
};

for (const [name, connect] of Object.entries(CLIENTS)) {
  Deno.test(`stdio: ${name} asks and reads the decision`, async () => {
    await using directory = await temporary();
    const queue = new QueueProbe(`${directory.path}/dev`);
    const client = await connect(stdioCommand(queue.directory));
    try {
      const { tools } = await client.listTools();
      assert.ok(tools.some(({ name }) => name === "capability-block"));
      const answer = client.callTool({ name: "capability-block", arguments: ASK });
      await queue.answer(await queue.nextProposal(), { status: "rejected", notes: "no" });
      const { isError, content } = await answer as Message;
      assert.deepEqual([isError, content[0].text], [true, "status: rejected\nnotes: no"]);
    } finally {
      await client.close();
    }
  });
}
