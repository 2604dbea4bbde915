/** `supervise`, the sidecar: reads the settings, puts the parts together, runs until told to stop. */

import program from "./deno.json" with { type: "json" };
import { onUnsynced } from "./src/queue/durable.ts";
import { Inbox } from "./src/queue/inbox.ts";
import { ShadowLog } from "./src/queue/shadow.ts";
import { askHealth } from "./src/sidecar/health.ts";
import { accessLogLine } from "./src/sidecar/http/access_log.ts";
import { BodyReader } from "./src/sidecar/http/body.ts";
import { Endpoint } from "./src/sidecar/http/endpoint.ts";
import { Gate } from "./src/sidecar/http/gate.ts";
import { listen, ListenError } from "./src/sidecar/http/listener.ts";
import { publishPortFile } from "./src/sidecar/http/port_file.ts";
import { RefusalLog } from "./src/sidecar/http/refusal_log.ts";
import { LogWriter } from "./src/sidecar/log_writer.ts";
import { createParts, type Parts } from "./src/sidecar/parts.ts";
import {
  readListenAddress,
  readPortFile,
  readSettings,
  SettingsError,
} from "./src/sidecar/settings.ts";
import type { Settings } from "./src/sidecar/settings.ts";
import {
  checkConfigPermission,
  checkEgressPermission,
  checkListenPlace,
  checkPortFile,
  checkQueuePermission,
  checkResponseTimeout,
  explainQueueFailure,
  explainShadowFailure,
} from "./src/sidecar/start_checks.ts";
import { StdioSession } from "./src/sidecar/stdio/session.ts";

const HELP = `supervise ${program.version}: lets the agent in a bottle ask its operator for more

Usage: supervise [--health | --version | --help]

Without an option it serves MCP until it gets SIGTERM or SIGINT: over HTTP, or, with
SUPERVISE_TRANSPORT=stdio, to the program that started it. It is set up by environment variables
alone; SUPERVISE_BOTTLE_SLUG is required. README.md lists them all.

  --health   ask the running sidecar on this machine; exit 0 when it is well, 1 when not
  --version  print the version
  -h, --help print this text
`;

/** How long calls may take to be answered once the program was told to stop, in milliseconds. */
const STOP_TIMEOUT_MS = 4_000;

/** How long the log may take to be written at the end, in milliseconds. */
const LAST_WORDS_TIMEOUT_MS = 500;

const logWriter = new LogWriter(Deno.stderr);

/** Starting failed for a reason the starter can mend: one line, exit 2. */
class StartError extends Error {}

/** One of the two ways by which hosts reach the server. */
interface Face {
  /** What the log says of it at the start. */
  readonly name: string;
  /** Settles when its client has gone for good; never where others may come. */
  readonly ended: Promise<void>;
  /** Takes nothing new, and settles when all that was asked is answered. */
  stop(): Promise<void>;
}

async function run(settings: Settings): Promise<void> {
  for (const check of [checkQueuePermission, checkListenPlace]) {
    const refused = check(settings);
    if (refused) throw new StartError(refused);
  }
  const checks = [
    checkEgressPermission,
    checkConfigPermission,
    checkPortFile,
    checkResponseTimeout,
  ];
  for (const check of checks) {
    const warning = check(settings);
    if (warning) log(warning);
  }

  const stopped = stopSignal();
  let onQueueTrouble = () => {};
  const logQueue = (line: string) => {
    log(line);
    onQueueTrouble();
  };
  onUnsynced(logQueue);
  const onTrouble = () => onQueueTrouble();
  await using inbox = await openInbox(settings, onTrouble).catch((error) => {
    throw new StartError(explainQueueFailure(error, settings));
  });
  const shadow = settings.mode === "shadow"
    ? await openShadowLog(settings, logQueue).catch((error) => {
      throw new StartError(explainShadowFailure(error, settings));
    })
    : undefined;
  const { version } = program;
  const parts = await createParts({ settings, inbox, shadow, version, log, onDefect: logDefect });
  onQueueTrouble = () => parts.countQueueError();
  const face = settings.transport === "stdio"
    ? serveOverStdio(parts)
    : await serveOverHttp(parts, settings);
  const { slug, mode, queueDirectory } = settings;
  const names = parts.server.toolNames.join(", ");
  const inMode = mode === "live" ? "" : ` mode=${mode};`;
  say(`supervise ${face.name}; slug=${slug};${inMode} queue=${queueDirectory}; tools: ${names}\n`);

  await Promise.race([stopped, face.ended]);
  const answered = face.stop();
  parts.server.close();
  inbox.stopWaiting();
  await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, STOP_TIMEOUT_MS))]);
}

async function serveOverHttp(parts: Parts, settings: Settings): Promise<Face> {
  const { server, pages, countRequest } = parts;
  const bodies = new BodyReader(settings.bodyTimeoutSeconds * 1000);
  const refusals = new RefusalLog(log);
  const endpoint = new Endpoint({
    server,
    pages,
    rpc: settings.rpc,
    gate: new Gate(settings),
    bodies,
    keepAliveMs: settings.keepAliveSeconds * 1000,
    onRequest: settings.accessLog
      ? (record) => {
        say(accessLogLine(record, new Date()));
        countRequest?.(record);
      }
      : countRequest,
    onRefusal: (refusal) => refusals.say(refusal, performance.now()),
    onDefect: logDefect,
  });
  const listener = await listen({
    endpoint,
    listen: settings.listen,
    logRequest: settings.debug ? log : undefined,
    onDefect: logDefect,
  });
  const { address } = listener;
  const portFile = "port" in address && settings.portFile !== undefined
    ? publishPortFile(settings.portFile, address.port)
    : undefined;
  const where = "port" in address ? `${address.hostname}:${address.port}` : address.path;
  return {
    name: `listening on ${where}`,
    ended: new Promise(() => {}),
    stop() {
      portFile?.remove();
      bodies.stopReading();
      return listener.shutdown();
    },
  };
}

function serveOverStdio({ server }: Parts): Face {
  const session = new StdioSession({
    server,
    input: Deno.stdin.readable,
    output: Deno.stdout.writable,
    onDefect: logDefect,
  });
  return {
    name: "serving on stdin and stdout",
    ended: session.ended.then((ending) => {
      if ("reason" in ending) log(`${ending.kind}: ${ending.reason}`);
    }),
    stop: () => session.finish(),
  };
}

function openInbox(settings: Settings, onTrouble: () => void): Promise<Inbox> {
  return Inbox.open({
    directory: settings.queueDirectory,
    slug: settings.slug,
    maxPending: settings.maxPending,
    proposalTtlSeconds: settings.proposalTtlSeconds,
    maxUndelivered: settings.maxUndelivered,
    undeliveredDays: settings.undeliveredDays,
    log,
    onTrouble,
  });
}

function openShadowLog(settings: Settings, logQueue: (line: string) => void): Promise<ShadowLog> {
  const { queueDirectory: directory, slug } = settings;
  return ShadowLog.open({ directory, slug, log: logQueue });
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
  say(`supervise: ${line}\n`);
}

/** Written soon after and in order, since a write that waits for its reader would stop all answers. */
function say(text: string): void {
  logWriter.say(text);
}

function logDefect(error: unknown): void {
  log(`internal error: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
}

/** Throws what can be mended, such as a full disk, for {@linkcode main} to tell. */
function print(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    throw new StartError(
      `cannot write the output: ${error instanceof Error ? error.message : error}`,
    );
  }
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
        const trouble = await askHealth(
          readListenAddress(environment),
          readPortFile(environment),
        );
        if (trouble) log(`not well: ${trouble}`);
        return trouble ? 1 : 0;
      }
      case "--version":
        print(`supervise ${program.version}\n`);
        return 0;
      case "-h":
      case "--help":
        print(HELP);
        return 0;
      default:
        throw new SettingsError(`unknown option ${JSON.stringify(option)}. Try: supervise --help`);
    }
  } catch (error) {
    const expected = error instanceof SettingsError || error instanceof StartError ||
      error instanceof ListenError;
    if (!expected) {
      // The runtime would print it itself, and wait for a reader for ever.
      logDefect(error);
      return 1;
    }
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
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    logDefect(event.error);
  });
  const code = await main(Deno.args);
  await logWriter.flush(LAST_WORDS_TIMEOUT_MS);
  Deno.exit(code);
}
