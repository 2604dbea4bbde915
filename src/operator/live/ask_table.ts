/** Asks for a route table, through a forward proxy or directly, and never by way of another. */

import { type IncomingMessage, request } from "node:http";
import { messageOf } from "./message_of.ts";

/** The largest route table that is taken in, in bytes (1 MiB). */
const MAX_TABLE_BYTES = 1_048_576;

/** `failed` says what was asked and what came. */
export type Asked =
  | { readonly kind: "table"; readonly table: unknown }
  | { readonly kind: "failed"; readonly why: string };

export interface Source {
  readonly proxy: URL | undefined;
  readonly url: URL;
}

/** Redirects are not followed. `signal` ends it early. */
export async function askTable(
  source: Source,
  limitMs: number,
  signal: AbortSignal,
): Promise<Asked> {
  const stop = new AbortController();
  // The runtime does not settle every request that is aborted: the limit is kept here.
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  stopped.catch(() => {});
  const end = () => {
    stop.abort();
    reject(new Error("stopped"));
  };
  const timer = setTimeout(end, limitMs);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  const { url, proxy } = source;
  const asked = proxy ? `${url.href} through ${proxy.href}` : url.href;
  const failed = (why: string): Asked => ({ kind: "failed", why: `${asked} ${why}` });
  try {
    const response = await Promise.race([ask(source, stop.signal), stopped]);
    if (response.statusCode !== 200) return failed(`answered ${response.statusCode}`);
    const bytes = await Promise.race([readAtMost(response, MAX_TABLE_BYTES), stopped]);
    // An answer without a length ends, without an error, where it was cut off.
    stop.signal.throwIfAborted();
    if (!bytes) return failed(`answered more than ${MAX_TABLE_BYTES} bytes`);
    return { kind: "table", table: JSON.parse(new TextDecoder().decode(bytes)) };
  } catch (error) {
    if (stop.signal.aborted) {
      return failed(`did not answer within ${Math.round(limitMs) / 1_000} s`);
    }
    if (error instanceof SyntaxError) return failed("answered something that is not JSON");
    return failed(`cannot be reached: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    stop.abort();
  }
}

/** Not by `fetch`: that obeys HTTP_PROXY and NO_PROXY of the environment, whatever it is told. */
function ask({ proxy, url }: Source, signal: AbortSignal): Promise<IncomingMessage> {
  const to = proxy ?? url;
  return new Promise((resolve, reject) => {
    const asking = request({
      host: to.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: to.port || 80,
      path: proxy ? url.href : url.pathname + url.search,
      headers: { host: url.host, accept: "application/json", connection: "close" },
      agent: false,
      signal,
    }, resolve);
    asking.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(new Error("it answers with another protocol"));
    });
    asking.on("error", reject).end();
  });
}

/** The whole body, or undefined when it is larger than `limit` bytes. */
async function readAtMost(
  response: IncomingMessage,
  limit: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
