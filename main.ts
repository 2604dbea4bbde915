/** `supervise`, the sidecar: reads the settings, puts the parts together, runs until told to stop. */

import config from "./deno.json" with { type: "json" };
import { Inbox } from "./src/queue/inbox.ts";
import { ProxiedRouteTable } from "./src/sidecar/egress/route_table.ts";
import { askHealth } from "./src/sidecar/health.ts";
import { BodyReader } from "./src/sidecar/http/body.ts";
import { Endpoint } from "./src/sidecar/http/endpoint.ts";
import { Gate } from "./src/sidecar/http/gate.ts";
import { listen, ListenError } from "./src/sidecar/http/listener.ts";
import { McpServer } from "./src/sidecar/mcp/server.ts";
import { Proposer } from "./src/sidecar/propose.ts";
import { readListenAddress, readSettings, SettingsError } from "./src/sidecar/settings.ts";
import type { Settings } from "./src/sidecar/settings.ts";
import {
  checkEgressPermission,
  checkQueuePermission,
  explainQueueFailure,
} from "./src/sidecar/start_checks.ts";
import { createTools } from "./src/sidecar/tools/mod.ts";

const HELP = `supervise ${config.version}: lets the agent in a bottle ask its operator for more

Usage: supervise [--health | --version | --help]

Without an option it serves MCP over HTTP until it gets SIGTERM or SIGINT. It is set up by
environment variables alone; SUPERVISE_BOTTLE_SLUG is required. README.md lists them all.

  --health   ask the running sidecar on this machine; exit 0 when it is well, 1 when not
  --version  print the version
  --help     print this text
`;

/** How long calls may take to be answered once the program was told to stop, in milliseconds. */
const STOP_TIMEOUT_MS = 4_000;

const SERVER_NAME = "bot-bottle-supervise";

/** Starting failed for a reason the starter can mend: one line, exit 2. */
class StartError extends Error {}

async function run(settings: Settings): Promise<void> {
  const refused = checkQueuePermission(settings);
  if (refused) throw new StartError(refused);
  const warning = checkEgressPermission(settings);
  if (warning) log(warning);

  const inbox = await openInbox(settings);
  const proposer = new Proposer({
    inbox,
    timeoutSeconds: settings.responseTimeoutSeconds,
    maxWaiting: settings.maxWaiting,
    log,
  });
  const routes = new ProxiedRouteTable({
    proxy: settings.egressProxy,
    url: settings.egressIntrospectUrl,
  });
  const tools = createTools({ proposer, inbox, routes });
  const server = new McpServer({
    info: { name: SERVER_NAME, version: config.version },
    tools,
    onDefect: logDefect,
  });
  const bodies = new BodyReader(settings.bodyTimeoutSeconds * 1000);
  const endpoint = new Endpoint({
    server,
    gate: new Gate(settings),
    bodies,
  });
  const stopped = stopSignal();
  const listener = listen({
    endpoint,
    bind: settings.bind,
    port: settings.port,
    logRequest: settings.debug ? log : undefined,
    onDefect: logDefect,
  });

  const { hostname, port } = listener.address;
  const names = tools.map(({ name }) => name).join(", ");
  Deno.stderr.writeSync(encode(
    `supervise listening on ${hostname}:${port}; slug=${settings.slug}; ` +
      `queue=${settings.queueDirectory}; tools: ${names}\n`,
  ));

  await stopped;
  const closed = listener.shutdown();
  inbox.stopWaiting();
  bodies.stopReading();
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS))]);
  await inbox[Symbol.asyncDispose]();
}

async function openInbox(settings: Settings): Promise<Inbox> {
  try {
    return await Inbox.open({
      directory: settings.queueDirectory,
      slug: settings.slug,
      maxPending: settings.maxPending,
      log,
    });
  } catch (error) {
    throw new StartError(explainQueueFailure(error, settings));
  }
}

/** Resolves on the first SIGTERM or SIGINT. A second one ends the program at once. */
function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let told = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => {
      if (told) Deno.exit(1);
      told = true;
      log(`stopping on ${signal}`);
      resolve();
    });
  }
  return promise;
}

function log(line: string): void {
  Deno.stderr.writeSync(encode(`supervise: ${line}\n`));
}

function logDefect(error: unknown): void {
  log(`internal error: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function main(args: readonly string[]): Promise<number> {
  const [option, ...rest] = args;
  const environment = (name: string) => Deno.env.get(name);
  try {
    if (rest.length > 0) throw new SettingsError(`one option at most. Try: supervise --help`);
    switch (option) {
      case undefined:
        await run(readSettings(environment));
        return 0;
      case "--health": {
        const { bind, port } = readListenAddress(environment);
        const trouble = await askHealth(bind, port);
        if (trouble) log(`not well: ${trouble}`);
        return trouble ? 1 : 0;
      }
      case "--version":
        Deno.stdout.writeSync(encode(`supervise ${config.version}\n`));
        return 0;
      case "--help":
        Deno.stdout.writeSync(encode(HELP));
        return 0;
      default:
        throw new SettingsError(`unknown option ${JSON.stringify(option)}. Try: supervise --help`);
    }
  } catch (error) {
    const expected = error instanceof SettingsError || error instanceof StartError ||
      error instanceof ListenError;
    if (!expected) throw error;
    log(error.message);
    return 2;
  }
}

if (import.meta.main) {
  // The last net: a mistake in one request must not end the waits of all others.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    logDefect(event.reason);
  });
  Deno.exit(await main(Deno.args));
}
