/** One server behind three faces: whatever is asked, each tells the same, so none has its own logic. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Inbox } from "../../src/queue/inbox.ts";
import type { McpServer } from "../../src/sidecar/mcp/server.ts";
import { createParts } from "../../src/sidecar/parts.ts";
import { readSettings } from "../../src/sidecar/settings.ts";
import { StdioSession } from "../../src/sidecar/stdio/session.ts";
import { exchange } from "../support/agent.ts";
import { EgressProxy } from "../support/egress_proxy.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { MessageReader } from "../support/stdio.ts";
import { temporary } from "../support/temporary.ts";
import { request } from "../support/wire.ts";
import { EndpointFixture, refusalIn } from "./http/endpoint_fixture.ts";

/** The newest revision whose form of an answer /rpc shares. */
const VERSION = "2025-11-25";

/** The revision that has errors for wrong arguments too. */
const STRICT_VERSION = "2025-06-18";

const ROUTES = '{"routes":[{"host":"api.example","path_allowlist":["/v1/"]}]}';

/** What was told, without how. */
type Told = { readonly result: unknown } | { readonly error: string };

type Face = (method: string, params: object) => Promise<Told>;

/** The sidecar's parts on a queue of its own, served over HTTP and stdio at once. */
class Stage implements AsyncDisposable {
  readonly probe: QueueProbe;
  readonly server: McpServer;
  readonly #resources: AsyncDisposableStack;
  readonly #endpoint: EndpointFixture;

  static async open(): Promise<Stage> {
    await using resources = new AsyncDisposableStack();
    const { path } = resources.use(await temporary());
    const proxy = resources.use(new EgressProxy());
    proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${ROUTES.length}\r\n\r\n${ROUTES}`;
    await Deno.writeTextFile(join(path, "Dockerfile"), "FROM scratch\n");
    const environment: Readonly<Record<string, string>> = {
      SUPERVISE_BOTTLE_SLUG: "dev",
      SUPERVISE_QUEUE_DIR: join(path, "dev"),
      SUPERVISE_CURRENT_CONFIG_DIR: path,
      SUPERVISE_EGRESS_PROXY: proxy.url,
    };
    const settings = readSettings((name) => environment[name]);
    const log = () => {};
    const { slug, queueDirectory: directory, maxPending } = settings;
    const inbox = resources.use(await Inbox.open({ directory, slug, maxPending, log }));
    const { server } = await createParts({
      settings,
      inbox,
      shadow: undefined,
      version: "1",
      log,
      onDefect: fail,
    });
    const endpoint = resources.use(await EndpointFixture.start({ over: server }));
    return new Stage(new QueueProbe(directory), server, endpoint, resources.move());
  }

  private constructor(
    probe: QueueProbe,
    server: McpServer,
    endpoint: EndpointFixture,
    resources: AsyncDisposableStack,
  ) {
    this.probe = probe;
    this.server = server;
    this.#endpoint = endpoint;
    this.#resources = resources;
  }

  /** One client a face, each of which speaks `version` where that says anything. */
  faces(version: string): readonly (readonly [string, Face])[] {
    return [
      ["MCP over HTTP", (method, params) => this.#askMcp(version, method, params)],
      ["MCP over stdio", (method, params) => this.#askStdio(version, method, params)],
      ["plain JSON", (method, params) => this.#askRpc(method, params)],
    ];
  }

  async #askMcp(version: string, method: string, params: object): Promise<Told> {
    const message = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "MCP-Protocol-Version": version };
    const { body } = await exchange(this.#endpoint.port, request(message, { headers }));
    return told(JSON.parse(body));
  }

  async #askStdio(version: string, method: string, params: object): Promise<Told> {
    const { server } = this;
    const { readable: input, writable } = new TransformStream<Uint8Array>();
    const { readable, writable: output } = new TransformStream<Uint8Array>();
    const session = new StdioSession({ server, input, output, onDefect: fail });
    const reader = new MessageReader(readable);
    const writer = writable.getWriter();
    const ask = async (id: number, method: string, params: object) => {
      const line = `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
      writer.write(new TextEncoder().encode(line)).catch(() => {});
      return await reader.next();
    };
    const clientInfo = { name: "test", version: "1" };
    await ask(1, "initialize", { protocolVersion: version, capabilities: {}, clientInfo });
    const answer = await ask(2, method, params);
    writer.close().catch(() => {});
    await session.ended;
    await reader.close();
    return told(answer);
  }

  async #askRpc(method: string, params: object): Promise<Told> {
    const bytes = request(JSON.stringify({ method, params }), { path: "/rpc" });
    const { status, body } = await exchange(this.#endpoint.port, bytes);
    return status === 200 ? { result: JSON.parse(body) } : { error: refusalIn(body) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

function fail(error: unknown): never {
  assert.fail(String(error));
}

function told(message: { result?: unknown; error?: { message: string } }): Told {
  return message.error ? { error: message.error.message } : { result: message.result };
}

/** All faces tell the same, which is returned. */
async function same(answers: readonly (readonly [string, Promise<Told>])[]): Promise<Told> {
  let first: Told | undefined;
  for (const [name, answer] of answers) {
    const said = await answer;
    first ??= said;
    assert.deepEqual(said, first, name);
  }
  return first!;
}

/** How each tool is called; the operator has to answer those that ask. */
const CALLS: Readonly<Record<string, { readonly args: object; readonly asks: boolean }>> = {
  "egress-block": { args: { host: "new.example", justification: "x" }, asks: true },
  "pipelock-block": {
    args: { failed_url: "https://new.example/a", justification: "x" },
    asks: true,
  },
  "capability-block": { args: { dockerfile: "FROM scratch\n", justification: "x" }, asks: true },
  "list-egress-routes": { args: {}, asks: false },
  "proposal-status": { args: { proposal_id: crypto.randomUUID() }, asks: false },
};

Deno.test("every tool tells the same by MCP over HTTP, over stdio, and by plain JSON", async (t) => {
  await using stage = await Stage.open();
  assert.deepEqual([...stage.server.toolNames].sort(), Object.keys(CALLS).sort());
  for (const [tool, { args, asks }] of Object.entries(CALLS)) {
    await t.step(tool, async () => {
      const params = { name: tool, arguments: args };
      const faces = stage.faces(VERSION);
      const answers = faces.map(([name, ask]) => [name, ask("tools/call", params)] as const);
      if (asks) {
        const id = await stage.probe.nextProposal();
        await stage.probe.waiting(id, faces.length);
        await stage.probe.answer(id, { status: "approved", notes: "for all of you" });
        const answer = await same(answers);
        assert.match(JSON.stringify(answer), /approved\\nnotes: for all of you/);
        await stage.probe.filedAway(id);
      } else {
        assert.ok("result" in await same(answers));
      }
    });
  }
});

Deno.test("everything that can be read is the same by each face", async (t) => {
  await using stage = await Stage.open();
  const uris = ["routes", "proposals", "dockerfile"].map((name) => `supervise://${name}`);
  const [, [, ask]] = stage.faces(VERSION) as readonly [unknown, readonly [string, Face]];
  const listed = await ask("resources/list", {}) as { result: { resources: { uri: string }[] } };
  assert.deepEqual(listed.result.resources.map(({ uri }) => uri), uris);
  const reads: readonly (readonly [string, object])[] = [
    ["ping", {}],
    ["tools/list", {}],
    ["resources/list", {}],
    ["resources/templates/list", {}],
    ...uris.map((uri) => ["resources/read", { uri }] as const),
  ];
  for (const [method, params] of reads) {
    await t.step(`${method} ${JSON.stringify(params)}`, async () => {
      const faces = stage.faces(VERSION);
      const answer = await same(faces.map(([name, ask]) => [name, ask(method, params)] as const));
      assert.ok("result" in answer);
    });
  }
});

const REFUSALS: readonly (readonly [string, object])[] = [
  ["no/such/method", {}],
  ["tools/call", {}],
  ["tools/call", { name: "nope" }],
  ["tools/call", { name: "egress-block", arguments: [1] }],
  ["tools/call", { name: "egress-block", arguments: { host: "https://x", justification: "" } }],
  ["tools/call", {
    name: "egress-block",
    arguments: { host: "a.example", justification: "x" },
    path_allowlist: ["/a/"],
  }],
  ["tools/call", { name: "proposal-status", arguments: { proposal_id: ".." } }],
  ["tools/list", { cursor: "x" }],
  ["resources/read", {}],
  ["resources/read", { uri: "supervise://nothing" }],
];

Deno.test("what is refused is refused in the same words by each face", async (t) => {
  await using stage = await Stage.open();
  for (const [method, params] of REFUSALS) {
    await t.step(`${method} ${JSON.stringify(params)}`, async () => {
      const faces = stage.faces(STRICT_VERSION);
      const answer = await same(faces.map(([name, ask]) => [name, ask(method, params)] as const));
      assert.ok("error" in answer);
    });
  }
  assert.deepEqual(await stage.probe.proposals(), []);
});
