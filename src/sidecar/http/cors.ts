/**
 * What a browser must read before a page may use an answer (Fetch Standard, "CORS protocol"): said to
 * the origins that may call, and to no other. There are no credentials to allow.
 */

/** MCP's own, what is common, and the standard ones that browsers ask about. */
const REQUEST_HEADERS = "Accept, Authorization, Content-Type, Last-Event-ID, Mcp-Method, " +
  "Mcp-Name, Mcp-Protocol-Version, Mcp-Session-Id";

const EXPOSED = "Mcp-Protocol-Version, Mcp-Session-Id, Retry-After, WWW-Authenticate";

/** How long a browser may remember, in seconds. */
const MAX_AGE_SECONDS = 600;

/** Whether a browser asks what it may send, and sends nothing yet. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === "OPTIONS" && headers.has("origin") &&
    headers.has("access-control-request-method");
}

/** The headers that answer such a question, of an origin that may call. */
export function preflightHeaders(asked: Headers): Record<string, string> {
  return {
    "access-control-allow-methods": "GET, HEAD, POST",
    "access-control-allow-headers": REQUEST_HEADERS,
    "access-control-max-age": String(MAX_AGE_SECONDS),
    // A page on the public network may call one that is not, if its origin may.
    ...asked.get("access-control-request-private-network") === "true"
      ? { "access-control-allow-private-network": "true" }
      : {},
  };
}

/** Marks an answer as one for `origin`; null: for a client that is no browser, or may not call. */
export function share(response: Response, origin: string | null): Response {
  const { headers } = response;
  headers.append("vary", "Origin");
  if (origin === null) return response;
  headers.set("access-control-allow-origin", origin);
  headers.set("access-control-expose-headers", EXPOSED);
  return response;
}
