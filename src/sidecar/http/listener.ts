/** The listening socket: starts it with a clear word, logs requests when asked, stops in order. */

import type { Endpoint } from "./endpoint.ts";

export interface ListenerOptions {
  readonly endpoint: Endpoint;
  readonly bind: string;
  /** 0: the system chooses. */
  readonly port: number;
  /** Gets one line a request, for SUPERVISE_DEBUG. */
  readonly logRequest?: ((line: string) => void) | undefined;
  readonly onDefect: (error: unknown) => void;
}

/** The port cannot be listened on. The message is one line for whoever starts the program. */
export class ListenError extends Error {}

/** Bursts of agents connect at once; the default of 511 would make some of them try again. */
const BACKLOG = 4_096;

export interface Listener {
  readonly address: Deno.NetAddr;
  /** Stops accepting and waits until running requests are answered. */
  shutdown(): Promise<void>;
}

/** Starts listening. Throws a {@linkcode ListenError}. */
export function listen(options: ListenerOptions): Listener {
  const { endpoint, bind, port, logRequest, onDefect } = options;
  const handler = logRequest
    ? withLog(endpoint, logRequest)
    : (request: Request, info: Deno.ServeHandlerInfo) => endpoint.handle(request, info);
  muteAbortNotice();
  try {
    const server = Deno.serve({
      hostname: bind,
      port,
      tcpBacklog: BACKLOG,
      onListen() {},
      onError(error) {
        onDefect(error);
        return new Response("internal error\n", { status: 500 });
      },
      handler,
    });
    return { address: server.addr, shutdown: () => server.shutdown() };
  } catch (error) {
    throw new ListenError(explain(error, bind, port));
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

function explain(error: unknown, bind: string, port: number): string {
  const address = `${bind}:${port}`;
  if (error instanceof Deno.errors.AddrInUse) {
    return `cannot listen on ${address}: another program does. ` +
      "Stop it or set SUPERVISE_PORT to another port";
  }
  if (error instanceof Deno.errors.NotCapable) {
    return `cannot listen on ${address}: this program was built without the permission to. ` +
      "Use the address it was built for (0.0.0.0:9100), or build it with --allow-net for this one";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return `cannot listen on ${address}: this machine has no such address. ` +
      "Set SUPERVISE_BIND to one it has, such as 0.0.0.0 or 127.0.0.1";
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `cannot listen on ${address}: ${reason}. Check SUPERVISE_BIND and SUPERVISE_PORT`;
}

/** A URL as ASCII, so that no character of it acts on the terminal that shows the log. */
function printable(url: string): string {
  return JSON.stringify(url).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function withLog(endpoint: Endpoint, log: (line: string) => void): Deno.ServeHandler {
  return async (request, info) => {
    const started = performance.now();
    const response = await endpoint.handle(request, info);
    const tookMs = (performance.now() - started).toFixed(1);
    log(`${request.method} ${printable(request.url)} ${response.status} ${tookMs} ms`);
    return response;
  };
}
