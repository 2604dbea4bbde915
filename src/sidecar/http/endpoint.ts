/** HTTP to the server and back: which requests are let in, where they go, and that answers arrive. */

import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { Deadlines } from "../deadlines.ts";
import { decode, MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";
import { PARSE_ERROR, type RpcError } from "../jsonrpc/errors.ts";
import { Exchange } from "../mcp/exchange.ts";
import { type Reply, Stream } from "../mcp/reply.ts";
import type { McpServer } from "../mcp/server.ts";
import { readAccept } from "./accept.ts";
import type { BodyRead, BodyReader } from "./body.ts";
import { EVENT_STREAM_HEADERS, EventStream } from "./event_stream.ts";
import { isPreflight, preflightHeaders, share } from "./cors.ts";
import { type Face, IN_JSON, IN_TEXT, MCP, RPC } from "./face.ts";
import type { Gate } from "./gate.ts";
import type { Page } from "./page.ts";
import { type Connection, RequestPeer, type Streams } from "./request_peer.ts";
import { Recorder, type RequestListener } from "./request_record.ts";
import { plain, toResponse, toTrackedResponse } from "./response.ts";
import { pathOf, queryOf, targetOf } from "./target.ts";

export interface EndpointOptions {
  readonly server: McpServer;
  /** Plain pages by path. */
  readonly pages: ReadonlyMap<string, Page>;
  /** `POST /rpc` is served. */
  readonly rpc: boolean;
  readonly gate: Gate;
  readonly bodies: BodyReader;
  /** A stream never stays silent for longer, in milliseconds. */
  readonly keepAliveMs: number;
  /** Told once of each request, when its answer is handed over; of a stream, when it ends. */
  readonly onRequest?: RequestListener | undefined;
  /** Told, in one line, why a client was refused as such. */
  readonly onRefusal?: ((refusal: string) => void) | undefined;
  /** Told about bugs in pages and listeners. */
  readonly onDefect: (error: unknown) => void;
}

/** Answers of more characters than this count as large. */
const LARGE_ANSWER = 65_536;

/**
 * All large answers that are being sent at once may take this many bytes (4 MiB): the runtime holds
 * each more than once. A larger one is sent alone.
 */
const MAX_SENDING = 4_194_304;

const CUT_OFF = {
  code: PARSE_ERROR,
  message: "parse error: the body ended before its Content-Length",
};

const RPC_PATH = "/rpc";

/** Where HTTP+SSE is usually served. */
const SSE_PATH = "/sse";

/** Alive, and no more than that. */
const HEALTH: Page = () => ({ status: 200, contentType: IN_TEXT.contentType, text: "ok\n" });

/** RFC 9110, section 12.5.3: a 415 for a coding says so. */
const NOT_COMPRESSED = { "accept-encoding": "identity" };

/** What a page says is of the moment. */
const NOT_STORED = { "cache-control": "no-store" };

export class Endpoint {
  readonly #options: EndpointOptions;
  readonly #faces: ReadonlyMap<string, Face>;
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #pulse: Deadlines;
  readonly #streams: Streams = { open: 0 };
  #sending = 0;

  constructor(options: EndpointOptions) {
    this.#options = options;
    // The first is the URL agents are registered with, the second the usual one.
    const paths: readonly (readonly [string, Face])[] = [["/", MCP], ["/mcp", MCP], [
      RPC_PATH,
      RPC,
    ]];
    this.#faces = new Map(paths.filter(([, face]) => face !== RPC || options.rpc));
    this.#pages = new Map([["/health", HEALTH], ...options.pages]);
    this.#pulse = new Deadlines(options.keepAliveMs);
  }

  /** Answers one request. Never throws. */
  handle(request: Request, connection: Connection): Response | Promise<Response> {
    const { gate, onRequest, onRefusal, onDefect } = this.#options;
    const { method } = request;
    const target = targetOf(request.url);
    const refusal = gate.refusal(request.headers, request.url);
    // A wrong Host may have run into the path, and is a header.
    const recorded = refusal === undefined ? target : "";
    const recorder = onRequest && new Recorder(method, recorded, onRequest, onDefect);
    if (refusal !== undefined) onRefusal?.(refusal);
    const response = refusal === undefined
      ? this.#route(request, target, connection, recorder)
      : this.#forbid(pathOf(target), refusal, recorder);
    if (!gate.letsOriginsIn) return response;
    const origin = refusal === undefined ? request.headers.get("origin") : null;
    return response instanceof Promise
      ? response.then((settled) => share(settled, origin))
      : share(response, origin);
  }

  #forbid(path: string, refusal: string, recorder: Recorder | undefined): Response {
    const wording = this.#faces.get(path)?.forbidden ??
      (this.#pages.has(path) ? IN_JSON : IN_TEXT);
    return plain(wording, 403, refusal.trimEnd(), recorder);
  }

  #route(
    request: Request,
    target: string,
    connection: Connection,
    recorder: Recorder | undefined,
  ): Response | Promise<Response> {
    const { method } = request;
    const path = pathOf(target);
    const face = this.#faces.get(path);
    if (face && method === "POST") return this.#post(face, request, connection, recorder);
    // The gate has let its origin in.
    if (isPreflight(request)) {
      recorder?.end(204, null);
      return new Response(null, { status: 204, headers: preflightHeaders(request.headers) });
    }
    const page = this.#pages.get(path);
    if (page) return this.#show(page, method, queryOf(target), recorder);
    if (path === RPC_PATH && !face) {
      return plain(IN_JSON, 404, "off: set SUPERVISE_RPC=1", recorder);
    }
    // A client of the older transport begins with a GET here, and is told which one is served.
    const known = face ?? (path === SSE_PATH && method !== "POST" ? MCP : undefined);
    if (!known) return plain(IN_TEXT, 404, "POST MCP requests to / or /mcp", recorder);
    const { wording, usePost } = known;
    return plain(wording, 405, usePost, recorder, { headers: { allow: "POST" } });
  }

  #post(
    face: Face,
    request: Request,
    connection: Connection,
    recorder: Recorder | undefined,
  ): Response | Promise<Response> {
    const { headers } = request;
    if (!isJson(headers.get("content-type"))) {
      return plain(face.wording, 415, "Content-Type must be application/json", recorder);
    }
    const coding = headers.get("content-encoding");
    if (coding !== null && !/^(identity)?$/i.test(coding.trim())) {
      const sendPlain = "the body must not be compressed: send it without Content-Encoding";
      return plain(face.wording, 415, sendPlain, recorder, { headers: NOT_COMPRESSED });
    }
    const accepted = face.accepted(readAccept(headers.get("accept")));
    if (!accepted) return plain(face.wording, 406, face.unreadable, recorder);
    const peer = new RequestPeer(request, connection, face, accepted, recorder, this.#streams);
    const { completed } = connection;
    return this.#options.bodies.read(request, completed, (body) => this.#answer(body, peer));
  }

  /** A page learns nothing of who asks; what it throws is not for the client. */
  async #show(
    page: Page,
    method: string,
    query: string,
    recorder: Recorder | undefined,
  ): Promise<Response> {
    if (method !== "GET" && method !== "HEAD") {
      return plain(IN_JSON, 405, "use GET for this path", recorder, {
        headers: { allow: "GET, HEAD" },
      });
    }
    try {
      const { status, contentType, text } = await page(new URLSearchParams(query));
      const headers = { "content-type": contentType, ...NOT_STORED };
      const response = new Response(text, { status, headers });
      recorder?.end(status, text);
      return response;
    } catch (error) {
      this.#options.onDefect(error);
      return plain(IN_JSON, 500, "internal error", recorder, { headers: NOT_STORED });
    }
  }

  #answer(body: BodyRead, peer: RequestPeer): Response | Promise<Response> {
    const { server } = this.#options;
    const exchange = new Exchange(peer);
    if (body.kind === "incomplete") {
      exchange.leave();
      return this.#refuse(CUT_OFF, exchange, peer);
    }
    if (body.kind !== "body") return refuseBody(body, peer);
    const decoded = decode(body.bytes);
    if (decoded.kind === "error") return this.#refuse(decoded.error, exchange, peer);
    const outcome = peer.face.handle(server, decoded.value, exchange);
    if (outcome instanceof Stream) {
      peer.release();
      return this.#stream(outcome, exchange, peer);
    }
    return outcome instanceof Promise
      ? awaitReply(outcome, exchange, peer.release())
        .then((reply) => this.#send(reply, exchange, peer))
      : this.#sendNow(outcome, exchange, peer);
  }

  #refuse(error: RpcError, exchange: Exchange, peer: RequestPeer): Response {
    return toResponse(peer.face.refuse(this.#options.server, error, exchange), peer, exchange);
  }

  #sendNow(reply: Reply, exchange: Exchange, peer: RequestPeer): Response {
    const text = reply.text ?? "";
    if (text.length <= LARGE_ANSWER) return toResponse(reply, peer, exchange);
    return this.#track(text, exchange, peer) ?? toTrackedResponse(reply, peer, exchange);
  }

  /** Sends what was waited for. */
  #send(reply: Reply, exchange: Exchange, peer: RequestPeer): Response {
    const text = reply.text ?? "";
    const refused = text.length > LARGE_ANSWER ? this.#track(text, exchange, peer) : undefined;
    if (refused) exchange.sent(false);
    else peer.connection.completed.then(() => exchange.sent(true), () => exchange.sent(false));
    return refused ?? toTrackedResponse(reply, peer, exchange);
  }

  /** Counts a large answer until it is sent. Refuses it when clients leave too much unread. */
  #track(text: string, exchange: Exchange, peer: RequestPeer): Response | undefined {
    const bytes = Buffer.byteLength(text);
    if (this.#sending > 0 && this.#sending + bytes > MAX_SENDING) {
      const busy = "too many large answers are being sent: try again in a few seconds";
      return plain(peer.face.wording, 503, busy, peer.recorder, { exchange });
    }
    this.#sending += bytes;
    const end = () => void (this.#sending -= bytes);
    peer.connection.completed.then(end, end);
    return undefined;
  }

  #stream({ call, reply }: Stream, exchange: Exchange, peer: RequestPeer): Response {
    const streams = this.#streams;
    const { connection, recorder } = peer;
    const events = new EventStream(this.#pulse, () => exchange.leave());
    call.attach((text) => events.send(text));
    streams.open++;
    reply.then(afterTick).then(({ text }) => {
      streams.open--;
      connection.completed.then(() => exchange.sent(true), () => exchange.sent(false));
      events.end(text);
      recorder?.end(200, events.sentBytes, exchange);
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

function refuseBody(
  body: Exclude<BodyRead, { kind: "body" | "incomplete" }>,
  { face: { wording }, recorder }: RequestPeer,
): Response {
  const refuse = (status: number, message: string) => plain(wording, status, message, recorder);
  switch (body.kind) {
    case "length-required":
      return refuse(411, "Content-Length required");
    case "invalid-length":
      return refuse(400, "invalid Content-Length");
    case "too-large":
      return refuse(413, `request body too large: at most ${MAX_MESSAGE_BYTES} bytes`);
    case "busy":
      return refuse(503, "too many large requests are arriving: try again in a few seconds");
    case "too-slow":
      return refuse(408, "request body took too long: send it again");
  }
}

/** An absent type passes, for clients that never sent one; a web form's type does not. */
function isJson(contentType: string | null): boolean {
  return contentType === null || contentType === "application/json" ||
    /^application\/json[ \t]*(;|$)/i.test(contentType.trim());
}
