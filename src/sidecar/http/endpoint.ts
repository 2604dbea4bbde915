/** HTTP to MCP and back: which requests are let in, and how each answer looks on the wire. */

import { PARSE_ERROR } from "../jsonrpc/errors.ts";
import { decode } from "../jsonrpc/decode.ts";
import { errorText } from "../jsonrpc/response.ts";
import { type Client, Exchange } from "../mcp/exchange.ts";
import type { McpServer, Reply } from "../mcp/server.ts";
import { type BodyRead, type BodyReader, MAX_BODY_BYTES } from "./body.ts";
import type { Gate } from "./gate.ts";

export interface EndpointOptions {
  readonly server: McpServer;
  readonly gate: Gate;
  readonly bodies: BodyReader;
}

/** What the endpoint asks of the connection a request came by. */
export interface Connection {
  readonly remoteAddr: Deno.Addr;
  /** Settles when the response has been sent; rejects when it could not be. */
  readonly completed: Promise<void>;
}

/** The URL agents are registered with, and the usual one. */
const PATHS = ["/", "/mcp"];

export class Endpoint {
  readonly #options: EndpointOptions;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Answers one request. Never throws. */
  handle(request: Request, connection: Connection): Response | Promise<Response> {
    const { gate, bodies } = this.#options;
    const refusal = gate.refusal(request.headers, request.url);
    if (refusal !== undefined) return plain(403, refusal);
    const path = pathOf(request.url);
    if (request.method !== "POST") {
      if (request.method === "GET" && path === "/health") return plain(200, "ok\n");
      return plain(405, "use POST for MCP requests\n", { allow: "POST" });
    }
    if (!PATHS.includes(path.replace(/\?.*$/s, ""))) {
      return plain(404, "POST MCP requests to / or /mcp\n");
    }
    if (!isJson(request.headers.get("content-type"))) {
      return plain(415, "Content-Type must be application/json\n");
    }
    const body = bodies.read(request);
    return body instanceof Promise
      ? body.then((read) => this.#answer(read, request, connection))
      : this.#answer(body, request, connection);
  }

  #answer(
    body: BodyRead,
    request: Request,
    connection: Connection,
  ): Response | Promise<Response> {
    if (body.kind !== "body") return refuseBody(body);
    const { server } = this.#options;
    const decoded = decode(body.bytes);
    if (decoded.kind === "error") return toResponse(server.refuse(decoded.error));
    const version = request.headers.get("mcp-protocol-version");
    const exchange = new Exchange(version, new RemoteClient(connection));
    const reply = server.handle(decoded.value, exchange);
    return reply instanceof Promise
      ? awaitReply(reply, exchange, request.signal, connection)
      : toResponse(reply);
  }
}

/**
 * Waits for a reply while the client is there. The signal is only asked for by calls that wait,
 * since it has a cost; in some runtimes it fires after a success too, when nobody listens any more.
 */
function awaitReply(
  reply: Promise<Reply>,
  exchange: Exchange,
  signal: AbortSignal,
  connection: Connection,
): Promise<Response> {
  const leave = () => exchange.leave();
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  return reply.then((settled) => {
    signal.removeEventListener("abort", leave);
    connection.completed.then(() => exchange.sent(true), () => exchange.sent(false));
    return toTrackedResponse(settled);
  });
}

function refuseBody(body: Exclude<BodyRead, { kind: "body" }>): Response {
  switch (body.kind) {
    case "length-required":
      return plain(411, "Content-Length required\n");
    case "invalid-length":
      return plain(400, "invalid Content-Length\n");
    case "too-large":
      return plain(413, `request body too large: at most ${MAX_BODY_BYTES} bytes\n`);
    case "busy":
      return plain(503, "too many large requests are arriving: try again in a few seconds\n");
    case "too-slow":
      return plain(408, "request body took too long\n");
    case "incomplete":
      return toResponse({
        status: 400,
        text: errorText(null, {
          code: PARSE_ERROR,
          message: "parse error: the body ended before its Content-Length",
        }),
      });
  }
}

const JSON_HEADERS = { "content-type": "application/json" };

function toResponse({ status, text }: Reply): Response {
  return new Response(text, text === null ? { status } : { status, headers: JSON_HEADERS });
}

/**
 * An answer whose delivery matters. Of a stream the runtime says that it is completed when it has
 * been written, but of a text before its first byte is.
 */
function toTrackedResponse(reply: Reply): Response {
  if (reply.text === null) return toResponse(reply);
  const bytes = new TextEncoder().encode(reply.text);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const headers = { ...JSON_HEADERS, "content-length": String(bytes.length) };
  return new Response(body, { status: reply.status, headers });
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

/** An absent type passes, for clients that never sent one; a web form's type does not. */
function isJson(contentType: string | null): boolean {
  return contentType === null || contentType === "application/json" ||
    /^application\/json[ \t]*(;|$)/i.test(contentType.trim());
}

/** The path and query as sent: what follows the authority. A junk Host makes no valid URL. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? "/" : url.slice(start);
}

class RemoteClient implements Client {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  get address(): string {
    const { remoteAddr } = this.#connection;
    return "hostname" in remoteAddr ? remoteAddr.hostname : remoteAddr.transport;
  }
}
