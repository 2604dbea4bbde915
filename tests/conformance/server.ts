/**
 * The server that the official suite is run against: the product's protocol core, and the suite's
 * own tools, prompts and resources in place of the product's. Prints its URL and serves until it is
 * killed; a bug of the core is a line on stderr. `deno run -A tests/conformance/server.ts`
 */

import { BodyReader } from "../../src/sidecar/http/body.ts";
import { Endpoint } from "../../src/sidecar/http/endpoint.ts";
import { listen } from "../../src/sidecar/http/listener.ts";
import { McpServer } from "../../src/sidecar/mcp/server.ts";
import { contentTools } from "./content_tools.ts";
import { inputTools } from "./input_tools.ts";
import { legacyMethods } from "./legacy_methods.ts";
import { MemoryTasks } from "./memory_tasks.ts";
import { OwnOriginGate } from "./own_origin.ts";
import { promptMethods } from "./prompts.ts";
import { resources } from "./resources.ts";
import { streamingTools } from "./streaming_tools.ts";
import { taskTools } from "./task_tools.ts";

const BODY_TIMEOUT_MS = 10_000;

/** Short, so that the suite's parsers meet keep-alives too. */
const KEEP_ALIVE_MS = 100;

const tasks = new MemoryTasks((taskId) => server.announce({ kind: "task-changed", taskId }));

const server: McpServer = new McpServer({
  info: { name: "supervise-conformance", version: "0.0.0" },
  instructions: "Fixtures for the official conformance suite.",
  tools: [
    ...contentTools,
    ...streamingTools((announcement) => server.announce(announcement)),
    ...inputTools,
    ...taskTools(tasks),
  ],
  resources,
  tasks,
  changingLists: ["tools", "prompts"],
  methods: [...promptMethods, ...legacyMethods],
  legacyCapabilities: {
    resources: { subscribe: true },
    prompts: {},
    completions: {},
    logging: {},
  },
  modernCapabilities: { prompts: { listChanged: true }, completions: {}, logging: {} },
  onDefect,
});

const gate = new OwnOriginGate();

const { address } = await listen({
  endpoint: new Endpoint({
    server,
    gate,
    bodies: new BodyReader(BODY_TIMEOUT_MS),
    keepAliveMs: KEEP_ALIVE_MS,
    pages: new Map(),
    rpc: false,
    onDefect,
  }),
  listen: { transport: "tcp", hostname: "127.0.0.1", port: 0 },
  onDefect,
});

const origin = `http://127.0.0.1:${(address as Deno.NetAddr).port}`;
gate.allow(origin);
print(Deno.stdout, `${origin}/mcp`);

function onDefect(error: unknown): void {
  print(Deno.stderr, error instanceof Error ? error.stack ?? error.message : String(error));
}

function print(to: { writeSync(bytes: Uint8Array): number }, line: string): void {
  to.writeSync(new TextEncoder().encode(`${line}\n`));
}
