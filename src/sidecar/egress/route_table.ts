/** The live egress route table, asked of the proxy itself: the one thing the sidecar fetches. */

import { Buffer } from "node:buffer";
import { type IncomingMessage, request } from "node:http";

/** How long the proxy may take for its whole answer, in milliseconds. */
const ROUTES_TIMEOUT_MS = 5_000;

/** The largest table that is taken in, in bytes (1 MiB). */
export const MAX_ROUTES_BYTES = 1_048_576;

export type RoutesRead =
  /** The proxy's JSON, unchanged and parsed. */
  | { readonly kind: "table"; readonly text: string; readonly table: unknown }
  /** What was tried and what came; what to do then depends on who asks. Without a full stop. */
  | { readonly kind: "failed"; readonly message: string };

export interface RouteTable {
  read(): Promise<RoutesRead>;
}

export interface RouteTableOptions {
  readonly proxy: URL;
  /** The address for which the proxy answers itself, without connecting anywhere. */
  readonly url: URL;
  readonly timeoutMs?: number;
}

/**
 * Reads the table through the forward proxy, again for every call, since it changes when the operator
 * approves. Calls that come while one is being answered share the next answer, so that a flood costs
 * two connections. Redirects are not followed.
 */
export class ProxiedRouteTable implements RouteTable {
  readonly #options: RouteTableOptions;
  #running: Promise<RoutesRead> | undefined;
  #next: Promise<RoutesRead> | undefined;

  constructor(options: RouteTableOptions) {
    this.#options = options;
  }

  read(): Promise<RoutesRead> {
    if (!this.#running) return this.#start();
    return this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.#start();
    });
  }

  #start(): Promise<RoutesRead> {
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    return this.#running = running;
  }

  async #read(): Promise<RoutesRead> {
    const { proxy, url, timeoutMs = ROUTES_TIMEOUT_MS } = this.#options;
    if (!mayReach(proxy)) return this.#failed("this program was built without the permission to");
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), timeoutMs);
    try {
      const response = await ask(proxy, url, stop.signal);
      if (response.statusCode !== 200) {
        return this.#failed(`it answered HTTP ${response.statusCode}`);
      }
      const bytes = await readAtMost(response, MAX_ROUTES_BYTES);
      // An answer without a length ends, without an error, where it was cut off.
      stop.signal.throwIfAborted();
      if (!bytes) return this.#failed(`its answer is larger than ${MAX_ROUTES_BYTES} bytes`);
      return this.#check(bytes);
    } catch (error) {
      if (stop.signal.aborted) {
        return this.#failed(`it did not answer within ${timeoutMs / 1000} s`);
      }
      return this.#failed(reason(error));
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  }

  #check(bytes: Uint8Array): RoutesRead {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return this.#failed("its answer is not UTF-8 text");
    }
    try {
      return { kind: "table", text, table: JSON.parse(text) };
    } catch {
      return this.#failed("its answer is not JSON");
    }
  }

  #failed(what: string): RoutesRead {
    const { url, proxy } = this.#options;
    return {
      kind: "failed",
      message: `could not reach '${url.href}' via '${proxy.origin}': ${what}`,
    };
  }
}

/** Whether the permissions the program was built with let it connect to `proxy`. */
export function mayReach(proxy: URL): boolean {
  const host = `${proxy.hostname}:${proxy.port || "80"}`;
  return Deno.permissions.querySync({ name: "net", host }).state === "granted";
}

/**
 * Asks the proxy for `url`. Not by `fetch`: that obeys NO_PROXY of the environment, which no setting
 * of the program can undo, and would go round the proxy.
 */
function ask(proxy: URL, url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asking = request({
      host: proxy.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: proxy.port || 80,
      path: url.href,
      headers: { host: url.host, accept: "application/json", connection: "close" },
      agent: false,
      signal,
    }, resolve);
    // Without a listener the request is never settled, not even when it is aborted.
    asking.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response);
    });
    asking.on("error", reject).end();
  });
}

/** The whole body, or undefined when it is larger than `limit` bytes. */
async function readAtMost(
  response: IncomingMessage,
  limit: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return "the connection was refused";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name is not known";
  if (code === "ECONNRESET") return "it ended the connection before its answer was whole";
  if (code?.startsWith("HPE_")) return "its answer is not HTTP";
  return message;
}
