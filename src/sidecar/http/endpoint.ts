/** HTTP to MCP and back: which requests are let in, and how each answer looks on the wire. */

import { setImmediate } from "node:timers";
import { PARSE_ERROR } from "../jsonrpc/errors.ts";
import { decode, MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";
import { Deadlines } from "../deadlines.ts";
import { Exchange, type Peer } from "../mcp/exchange.ts";
import { type Reply, Stream } from "../mcp/reply.ts";
import type { McpServer } from "../mcp/server.ts";
import { type Accepted, readAccept } from "./accept.ts";
import type { BodyRead, BodyReader } from "./body.ts";
import { EVENT_STREAM_HEADERS, eventOf, EventStream } from "./event_stream.ts";
import type { Gate } from "./gate.ts";

export interface EndpointOptions {
  readonly server: McpServer;
  readonly gate: Gate;
  readonly bodies: BodyReader;
  /** A stream never stays silent for longer, in milliseconds. */
  readonly keepAliveMs: number;
}

/** What the endpoint asks of the connection a request came by. */
export interface Connection {
  readonly remoteAddr: Deno.Addr;
  /** Settles when the response has been sent; rejects when it could not be. */
  readonly completed: Promise<void>;
}

/**
 * A stream takes about three times the memory of a plain answer that waits. When this many are open,
 * further calls that could have one wait without.
 */
const MAX_STREAMS = 1_000;

/** Answers of more characters than this count as large. */
const LARGE_ANSWER = 65_536;

/** All large answers that are being sent at once may take this much, in characters. */
const MAX_SENDING = 67_108_864;

interface Streams {
  open: number;
}

const CUT_OFF = {
  code: PARSE_ERROR,
  message: "parse error: the body ended before its Content-Length",
};

/** The URL agents are registered with, and the usual one. */
const PATHS = ["/", "/mcp"];

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #pulse: Deadlines;
  readonly #streams: Streams = { open: 0 };
  #sending = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#pulse = new Deadlines(options.keepAliveMs);
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
    const accepted = readAccept(request.headers.get("accept"));
    if (!accepted.json && !accepted.stream) {
      return plain(406, "accept application/json, text/event-stream, or both\n");
    }
    const peer = new RequestPeer(request, connection, accepted, this.#streams);
    const body = bodies.read(request);
    return body instanceof Promise
      ? body.then((read) => this.#answer(read, peer))
      : this.#answer(body, peer);
  }

  #answer(body: BodyRead, peer: RequestPeer): Response | Promise<Response> {
    const { server } = this.#options;
    const exchange = new Exchange(peer);
    if (body.kind === "incomplete") return toResponse(server.refuse(CUT_OFF, exchange));
    if (body.kind !== "body") return refuseBody(body);
    const decoded = decode(body.bytes);
    if (decoded.kind === "error") return toResponse(server.refuse(decoded.error, exchange));
    const outcome = server.handle(decoded.value, exchange);
    if (outcome instanceof Stream) {
      peer.release();
      return this.#stream(outcome, exchange, peer);
    }
    return outcome instanceof Promise
      ? awaitReply(outcome, exchange, peer.release())
        .then((reply) => this.#send(reply, exchange, peer))
      : this.#sendNow(outcome, peer);
  }

  #sendNow(reply: Reply, peer: RequestPeer): Response {
    const length = reply.text?.length ?? 0;
    if (length <= LARGE_ANSWER) return toResponse(reply, peer.accepted);
    return this.#track(length, peer) ?? toTrackedResponse(reply, peer.accepted);
  }

  /** Sends what was waited for. */
  #send(reply: Reply, exchange: Exchange, peer: RequestPeer): Response {
    const length = reply.text?.length ?? 0;
    const refused = length > LARGE_ANSWER ? this.#track(length, peer) : undefined;
    if (refused) exchange.sent(false);
    else peer.connection.completed.then(() => exchange.sent(true), () => exchange.sent(false));
    return refused ?? toTrackedResponse(reply, peer.accepted);
  }

  /** Counts a large answer until it is sent. Refuses it when clients leave too much unread. */
  #track(length: number, { connection }: RequestPeer): Response | undefined {
    if (this.#sending + length > MAX_SENDING) {
      return plain(503, "too many large answers are being sent: try again in a few seconds\n");
    }
    this.#sending += length;
    const end = () => void (this.#sending -= length);
    connection.completed.then(end, end);
    return undefined;
  }

  #stream({ call, reply }: Stream, exchange: Exchange, { connection }: RequestPeer): Response {
    const streams = this.#streams;
    const events = new EventStream(this.#pulse, () => exchange.leave());
    call.attach((text) => events.send(text));
    streams.open++;
    reply.then(afterTick).then(({ text }) => {
      streams.open--;
      connection.completed.then(() => exchange.sent(true), () => exchange.sent(false));
      events.end(text);
    });
    return new Response(events.body, { headers: EVENT_STREAM_HEADERS });
  }
}

/**
 * Waits for a reply while the client is there. The signal is only asked for by calls that wait,
 * since it has a cost; in some runtimes it fires after a success too, when nobody listens any more.
 */
function awaitReply(
  reply: Promise<Reply>,
  exchange: Exchange,
  { signal }: Request,
): Promise<Reply> {
  const leave = () => exchange.leave();
  if (signal.aborted) leave();
  signal.addEventListener("abort", leave);
  return reply.then(afterTick).then((settled) => {
    signal.removeEventListener("abort", leave);
    return settled;
  });
}

/**
 * Lets the runtime say first, if it can, that the client has gone: what nobody reads must not count
 * as answered.
 */
function afterTick<T>(value: T): Promise<T> {
  return new Promise((resolve) => setImmediate(resolve, value));
}

function refuseBody(body: Exclude<BodyRead, { kind: "body" | "incomplete" }>): Response {
  switch (body.kind) {
    case "length-required":
      return plain(411, "Content-Length required\n");
    case "invalid-length":
      return plain(400, "invalid Content-Length\n");
    case "too-large":
      return plain(413, `request body too large: at most ${MAX_MESSAGE_BYTES} bytes\n`);
    case "busy":
      return plain(503, "too many large requests are arriving: try again in a few seconds\n");
    case "too-slow":
      return plain(408, "request body took too long\n");
  }
}

const JSON_HEADERS = { "content-type": "application/json" };

function toResponse({ status, text }: Reply, accepted?: Accepted): Response {
  if (text === null) return new Response(null, { status });
  const { body, headers } = inForm(status, text, accepted);
  return new Response(body, { status, headers });
}

/**
 * An answer whose delivery matters. Of a stream the runtime says that it is completed when it has
 * been written, but of a text before its first byte is.
 */
function toTrackedResponse(reply: Reply, accepted: Accepted): Response {
  const { status, text } = reply;
  if (text === null) return toResponse(reply);
  const form = inForm(status, text, accepted);
  const bytes = new TextEncoder().encode(form.body);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const headers = { ...form.headers, "content-length": String(bytes.length) };
  return new Response(body, { status, headers });
}

/** JSON, or a stream of one event for who reads nothing else. Refusals are JSON always. */
function inForm(status: number, text: string, accepted: Accepted | undefined) {
  return accepted?.json === false && status === 200
    ? { body: eventOf(text), headers: EVENT_STREAM_HEADERS }
    : { body: text, headers: JSON_HEADERS };
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

class RequestPeer implements Peer {
  #request: Request | undefined;
  readonly connection: Connection;
  readonly accepted: Accepted;
  readonly sharesChannel = false;
  readonly #streams: Streams;

  constructor(request: Request, connection: Connection, accepted: Accepted, streams: Streams) {
    this.#request = request;
    this.connection = connection;
    this.accepted = accepted;
    this.#streams = streams;
  }

  get headers(): Headers {
    return this.#known.headers;
  }

  get protocolVersion(): string | null {
    return this.#known.headers.get("mcp-protocol-version");
  }

  get canStream(): boolean {
    return this.accepted.stream && this.#streams.open < MAX_STREAMS;
  }

  get mayStream(): boolean {
    return this.accepted.perhapsStream;
  }

  get address(): string {
    const { remoteAddr } = this.connection;
    return "hostname" in remoteAddr ? remoteAddr.hostname : remoteAddr.transport;
  }

  /** Lets go of the request, whose body the runtime keeps with it; its answer is still to come. */
  release(): Request {
    const request = this.#known;
    this.#request = undefined;
    return request;
  }

  get #known(): Request {
    if (!this.#request) {
      throw new Error("the headers of a request were asked for after its dispatch");
    }
    return this.#request;
  }
}
