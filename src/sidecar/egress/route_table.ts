/** The live egress route table, asked of the proxy itself: the one thing the sidecar fetches. */

/** How long the proxy may take for its whole answer, in milliseconds. */
export const ROUTES_TIMEOUT_MS = 5_000;

/** The largest table that is taken in, in bytes (1 MiB). */
export const MAX_ROUTES_BYTES = 1_048_576;

export type RoutesRead =
  /** The proxy's JSON, unchanged. */
  | { readonly kind: "table"; readonly text: string }
  /** One sentence for the agent: what was tried, what came, what to do. */
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
 * Reads the table through the forward proxy. Every call asks anew, with a connection of its own: the
 * table changes when the operator approves, and calls are rare. Redirects are not followed.
 */
export class ProxiedRouteTable implements RouteTable {
  readonly #options: RouteTableOptions;

  constructor(options: RouteTableOptions) {
    this.#options = options;
  }

  async read(): Promise<RoutesRead> {
    const timeoutMs = this.#options.timeoutMs ?? ROUTES_TIMEOUT_MS;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new TimedOut()), timeoutMs);
    try {
      using client = Deno.createHttpClient({
        proxy: { url: this.#options.proxy.href },
        poolMaxIdlePerHost: 0,
      });
      const response = await fetch(this.#options.url, {
        client,
        redirect: "manual",
        signal: stop.signal,
        headers: { accept: "application/json" },
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        return this.#failed(`it answered HTTP ${response.status}`);
      }
      const bytes = await readAtMost(response, MAX_ROUTES_BYTES);
      if (!bytes) return this.#failed(`its answer is larger than ${MAX_ROUTES_BYTES} bytes`);
      return this.#check(bytes);
    } catch (error) {
      if (stop.signal.aborted) {
        return this.#failed(`it did not answer within ${timeoutMs / 1000} s`);
      }
      if (error instanceof Deno.errors.NotCapable) {
        return this.#failed("this program was built without the permission to reach it");
      }
      return this.#failed(rootCause(error));
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
      JSON.parse(text);
    } catch {
      return this.#failed("its answer is not JSON");
    }
    return { kind: "table", text };
  }

  #failed(what: string): RoutesRead {
    const { url, proxy } = this.#options;
    return {
      kind: "failed",
      message: `could not reach '${url.href}' via '${proxy.origin}': ${what}. ` +
        "Your routes are unknown for now; try again later, or ask for the host with egress-block.",
    };
  }
}

class TimedOut extends Error {}

/** The whole body, or undefined when it is larger than `limit` bytes. */
async function readAtMost(response: Response, limit: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** The innermost reason of a failed fetch; the outer ones only say that it failed. */
function rootCause(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  if (!(innermost instanceof Error)) return String(innermost);
  const text = innermost.message;
  return text.slice(text.lastIndexOf(": ") + 1).trim() || innermost.name;
}
