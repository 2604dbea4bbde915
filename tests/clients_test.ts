/**
 * The main job as its users meet it: an official MCP client asks, a `supervisectl` process answers,
 * and the client reads the answer. Every case runs with each client library, over one adapter.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import * as current from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { decided } from "./support/agent.ts";
import { EgressProxy } from "./support/egress_proxy.ts";
import {
  type Sidecar,
  type SidecarOptions,
  startSidecar,
  supervisectl,
} from "./support/programs.ts";
import { QueueProbe } from "./support/queue_probe.ts";
import { temporary } from "./support/temporary.ts";
import { within } from "./support/within.ts";

/** What the cases need of a client library. */
interface Agent extends AsyncDisposable {
  readonly serverName: string | undefined;
  tools(): Promise<readonly { name: string; description?: string; inputSchema: unknown }[]>;
  call(tool: string, args: Record<string, unknown>, signal?: AbortSignal): Promise<Told>;
}

interface Told {
  readonly isError: boolean;
  readonly text: string;
}

const IDENTITY = { name: "agent", version: "1.0.0" };

async function withSdk(url: string): Promise<Agent> {
  const client = new Client(IDENTITY);
  const transport = new StreamableHTTPClientTransport(new URL(url));
  // Its optional members are not declared for exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  return {
    serverName: client.getServerVersion()?.name,
    tools: async () => (await client.listTools()).tools.map(named),
    call: async (name, args, signal) =>
      told(
        await client.callTool({ name, arguments: args }, undefined, signal ? { signal } : {}),
      ),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function withClient(mode: "legacy" | "auto") {
  return async (url: string): Promise<Agent> => {
    const client = new current.Client(IDENTITY, { versionNegotiation: { mode } });
    await client.connect(new current.StreamableHTTPClientTransport(new URL(url)));
    return {
      serverName: client.getServerVersion()?.name,
      tools: async () => (await client.listTools()).tools.map(named),
      call: async (name, args, signal) =>
        told(await client.callTool({ name, arguments: args }, signal ? { signal } : {})),
      [Symbol.asyncDispose]: () => client.close(),
    };
  };
}

const CLIENTS: Readonly<Record<string, (url: string) => Promise<Agent>>> = {
  "@modelcontextprotocol/sdk": withSdk,
  "@modelcontextprotocol/client": withClient("legacy"),
  "@modelcontextprotocol/client that looks for newer revisions": withClient("auto"),
};

function named(tool: { name: string; description?: string | undefined; inputSchema: unknown }) {
  const { name, description = "", inputSchema } = tool;
  return { name, description, inputSchema };
}

function told(result: unknown): Told {
  const { content, isError = false } = result as {
    content: { type: string; text: string }[];
    isError?: boolean;
  };
  assert.deepEqual(content.map(({ type }) => type), ["text"]);
  return { isError, text: content[0]!.text };
}

/** How the operator answers: the arguments of `supervisectl`, with files in `directory`. */
type Operator = (id: string, directory: string) => Promise<string[]>;

const approve: Operator = (id) => Promise.resolve(["approve", id, "--notes", "go ahead"]);
const reject: Operator = (id) => Promise.resolve(["reject", id, "--notes", "not this one"]);

function modifyTo(text: string): Operator {
  return async (id, directory) => {
    const file = join(directory, "final");
    await Deno.writeTextFile(file, text);
    return ["modify", id, "--file", file, "--notes", "narrowed"];
  };
}

const APPROVED: Told = { isError: false, text: "status: approved\nnotes: go ahead" };
const REJECTED: Told = { isError: true, text: "status: rejected\nnotes: not this one" };
const MODIFIED: Told = {
  isError: false,
  text:
    "status: modified\nnotes: narrowed\nthe operator modified your proposal before approving; " +
    "the final config is now what's been applied",
};

const ASKS = [
  {
    tool: "egress-block",
    args: { host: "api.github.com", path_allowlist: ["/repos/"], justification: "read issues" },
    final: '{"host": "api.github.com", "path_allowlist": ["/repos/acme/"]}',
  },
  {
    tool: "pipelock-block",
    args: { failed_url: "https://pypi.org/simple/", justification: "install a package" },
    final: "https://pypi.org/simple/requests/",
  },
  {
    tool: "capability-block",
    args: { dockerfile: "FROM debian:12\nRUN apt-get install -y jq\n", justification: "jq" },
    final: "FROM debian:12-slim\n",
  },
];

interface Scene extends AsyncDisposable {
  readonly sidecar: Sidecar;
  readonly agent: Agent;
  readonly probe: QueueProbe;
}

async function scene(
  connect: (url: string) => Promise<Agent>,
  options: SidecarOptions = {},
): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const sidecar = stack.use(await startSidecar(options));
  const agent = stack.use(await within(20, "connection", connect(sidecar.url)));
  const probe = new QueueProbe(sidecar.queueDirectory);
  const owned = stack.move();
  return { sidecar, agent, probe, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function operate(sidecar: Sidecar, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await supervisectl(sidecar.queueRoot, args);
  assert.equal(code, 0, stdout + stderr);
}

for (const [library, connect] of Object.entries(CLIENTS)) {
  Deno.test(`${library} lists the five tools`, async () => {
    await using stage = await scene(connect);
    assert.equal(stage.agent.serverName, "bot-bottle-supervise");
    const tools = await stage.agent.tools();
    assert.deepEqual(tools.map(({ name }) => name), [
      "egress-block",
      "pipelock-block",
      "capability-block",
      "list-egress-routes",
      "proposal-status",
    ]);
    for (const { name, description, inputSchema } of tools) {
      assert.ok(description, `${name} is described`);
      assert.equal((inputSchema as { type: string }).type, "object");
    }
  });

  Deno.test(`${library} gets the operator's answer to every ask`, async (t) => {
    await using files = await temporary();
    await using stage = await scene(connect);
    for (const { tool, args, final } of ASKS) {
      const answers: readonly (readonly [string, Operator, Told])[] = [
        ["approved", approve, APPROVED],
        ["modified", modifyTo(final), MODIFIED],
        ["rejected", reject, REJECTED],
      ];
      for (const [status, operator, expected] of answers) {
        await t.step(`${tool}: ${status}`, async () => {
          const call = stage.agent.call(tool, args);
          const id = await stage.probe.nextProposal();
          await operate(stage.sidecar, await operator(id, files.path));
          assert.deepEqual(await within(10, "answer", call), expected);
          await stage.probe.filedAway(id);
        });
      }
    }
  });

  Deno.test(`${library} gets pending when nobody answers, and the decision later`, async () => {
    const env = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.3" };
    await using stage = await scene(connect, { env });
    const { tool, args } = ASKS[0]!;
    const { isError, text } = await stage.agent.call(tool, args);
    assert.equal(isError, false);
    assert.match(text, /^status: pending\nnotes: operator response timed out after 0\.3s; /);
    const [, id] = /^proposal_id: (\S+)$/m.exec(text)!;
    const look = () => stage.agent.call("proposal-status", { proposal_id: id });
    assert.match((await look()).text, /^status: pending\n/);
    await operate(stage.sidecar, await approve(id!, ""));
    assert.deepEqual(await decided(look, ({ text }) => text), APPROVED);
    await stage.probe.filedAway(id!);
  });

  Deno.test(`${library} reads the live routes`, async () => {
    await using proxy = new EgressProxy();
    const table = '{"routes": [{"host": "pypi.org"}]}';
    proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${table.length}\r\n\r\n${table}`;
    await using stage = await scene(connect, { env: { SUPERVISE_EGRESS_PROXY: proxy.url } });
    const { isError, text } = await stage.agent.call("list-egress-routes", {});
    assert.equal(isError, false);
    assert.deepEqual(JSON.parse(text), JSON.parse(table));
  });

  Deno.test(`${library} is told what is wrong with a call`, async () => {
    await using stage = await scene(connect);
    await assert.rejects(stage.agent.call("nope", {}), /unknown tool.*nope/i);
    const { isError, text } = await stage.agent.call("egress-block", { justification: "x" });
    assert.equal(isError, true);
    assert.match(text, /egress-block.*host/s);
  });

  Deno.test(`${library} may give up waiting: the proposal stays, and asking again joins it`, async () => {
    await using stage = await scene(connect);
    const { tool, args } = ASKS[0]!;
    const impatient = new AbortController();
    const abandoned = assert.rejects(stage.agent.call(tool, args, impatient.signal));
    const id = await stage.probe.nextProposal();
    await stage.probe.waiting(id, 1);
    impatient.abort();
    await abandoned;
    await stage.probe.waiting(id, 0);
    const call = stage.agent.call(tool, args);
    await stage.probe.waiting(id, 1);
    await operate(stage.sidecar, await approve(id, ""));
    assert.deepEqual(await within(10, "answer", call), APPROVED);
    await stage.probe.filedAway(id);
  });
}
