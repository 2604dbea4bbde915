/** The listening socket: starts it with a clear word, logs requests when asked, stops in order. */

import { asciiJson } from "./ascii_json.ts";
import type { Endpoint } from "./endpoint.ts";
import { bindClosed, explainSocketFailure, freeSocketPath, SocketFile } from "./unix_socket.ts";

/** `port` 0: the system chooses. `mode`: the permission bits of the socket's file. */
export type ListenPlace =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string; readonly mode: number };

export interface ListenerOptions {
  readonly endpoint: Endpoint;
  readonly listen: ListenPlace;
  /** Gets one line a request, for SUPERVISE_DEBUG. */
  readonly logRequest?: ((line: string) => void) | undefined;
  readonly onDefect: (error: unknown) => void;
}

/**
 * The place cannot be listened on, or its port cannot be published. The message is one line for
 * the person who starts the program.
 */
export class ListenError extends Error {}

/**
 * Bursts of agents connect at once; the default of 511 would make some of them try again. On a Unix
 * socket the system's own limit holds.
 */
const BACKLOG = 4_096;

export interface Listener {
  readonly address: Deno.NetAddr | Deno.UnixAddr;
  /** Stops accepting and waits until running requests are answered. Removes the socket's file. */
  shutdown(): Promise<void>;
}

/** Starts listening. Throws a {@linkcode ListenError}. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { listen: place } = options;
  muteAbortNotice();
  try {
    return place.transport === "unix"
      ? await listenOnSocket(place.path, place.mode, serving(options))
      : listenOnPort(place.hostname, place.port, serving(options));
  } catch (error) {
    if (error instanceof ListenError) throw error;
    throw new ListenError(
      place.transport === "unix"
        ? `cannot listen on ${place.path}: ${explainSocketFailure(error, place.path)}`
        : explainPortFailure(error, place.hostname, place.port),
    );
  }
}

/** What both kinds of socket have in common. */
function serving({ endpoint, logRequest, onDefect }: ListenerOptions) {
  return {
    onListen() {},
    onError(error: unknown) {
      onDefect(error);
      return new Response("internal error\n", { status: 500 });
    },
    handler: logRequest
      ? withLog(endpoint, logRequest)
      : (request: Request, info: Deno.ServeHandlerInfo) => endpoint.handle(request, info),
  };
}

function listenOnPort(
  hostname: string,
  port: number,
  options: ReturnType<typeof serving>,
): Listener {
  const server = Deno.serve({ ...options, hostname, port, tcpBacklog: BACKLOG });
  return { address: server.addr, shutdown: () => server.shutdown() };
}

async function listenOnSocket(
  path: string,
  mode: number,
  options: ReturnType<typeof serving>,
): Promise<Listener> {
  const refused = await freeSocketPath(path);
  if (refused) throw new ListenError(`cannot listen on ${path}: ${refused}`);
  const server = bindClosed(mode, () => Deno.serve({ ...options, path }));
  try {
    const file = new SocketFile(path, mode);
    return { address: server.addr, shutdown: () => file.remove(() => server.shutdown()) };
  } catch (error) {
    await server.shutdown();
    throw error;
  }
}

/**
 * Keeps one notice of the runtime off the log. Compiled programs cannot opt in to the newer meaning
 * of `request.signal`, so Deno 2.9 warns that it also fires after a success; nothing listens then.
 */
function muteAbortNotice(): void {
  // deno-lint-ignore no-console
  const warn = console.warn;
  // deno-lint-ignore no-console
  console.warn = (...args: unknown[]) => {
    if (!String(args[0]).startsWith("Deno.serve: request.signal aborts")) warn(...args);
  };
}

function explainPortFailure(error: unknown, hostname: string, port: number): string {
  const address = `${hostname}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return `cannot listen on ${address}: another program does. ` +
      "Stop it or set SUPERVISE_PORT to another port";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `cannot listen on ${address}: this program was built without the permission to. ` +
      "Use an address it was built for (0.0.0.0 or 127.0.0.1, port 9100 or 0), " +
      "or build it with --allow-net for this one";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `cannot listen on ${address}: this machine has no such address. ` +
      "Set SUPERVISE_BIND to one it has, such as 0.0.0.0 or 127.0.0.1";
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `cannot listen on ${address}: ${reason}. Check SUPERVISE_BIND and SUPERVISE_PORT`;
}

function withLog(endpoint: Endpoint, log: (line: string) => void): Deno.ServeHandler {
  return async (request, info) => {
    const started = performance.now();
    const response = await endpoint.handle(request, info);
    const tookMs = (performance.now() - started).toFixed(1);
    log(`${request.method} ${asciiJson(request.url)} ${response.status} ${tookMs} ms`);
    return response;
  };
}
