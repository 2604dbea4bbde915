/** One POST to the server and back: its body read, its answer sent, and word of whether it arrived. */

import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { Deadlines } from "../deadlines.ts";
import { decodeText, MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";
import { PARSE_ERROR, type RpcError } from "../jsonrpc/errors.ts";
import { Exchange } from "../mcp/exchange.ts";
import { MessageStream, type Reply } from "../mcp/reply.ts";
import type { McpServer } from "../mcp/server.ts";
import { readAccept } from "./accept.ts";
import type { BodyRead, BodyReader } from "./body.ts";
import { EVENT_STREAM_HEADERS, EventStream } from "./event_stream.ts";
import type { HttpFace } from "./face.ts";
import { type Connection, RequestPeer, type Streams } from "./request_peer.ts";
import type { Recorder } from "./request_record.ts";
import { plain, toResponse, toTrackedResponse } from "./response.ts";

export interface PostOptions {
  readonly server: McpServer;
  readonly bodies: BodyReader;
  /** A stream never stays silent for longer, in milliseconds. */
  readonly keepAliveMs: number;
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

/** RFC 9110, section 12.5.3: a 415 for a coding says so. */
const NOT_COMPRESSED = { "accept-encoding": "identity" };

export class PostHandler {
  readonly #server: McpServer;
  readonly #bodies: BodyReader;
  readonly #pulse: Deadlines;
  readonly #streams: Streams = { open: 0 };
  /** Bytes of large answers. */
  #sending = 0;

  constructor({ server, bodies, keepAliveMs }: PostOptions) {
    this.#server = server;
    this.#bodies = bodies;
    this.#pulse = new Deadlines(keepAliveMs);
  }

  /** Answers one request to `face`. */
  handle(
    face: HttpFace,
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
    return this.#bodies.read(request, connection, (body) => this.#answer(body, peer));
  }

  #answer(body: BodyRead, peer: RequestPeer): Response | Promise<Response> {
    const exchange = new Exchange(peer);
    if (body.kind === "incomplete") {
      exchange.leave();
      return this.#refuse(CUT_OFF, exchange, peer);
    }
    if (body.kind !== "body") return refuseBody(body, peer);
    const decoded = decodeText(body.text);
    if (decoded.kind === "error") return this.#refuse(decoded.error, exchange, peer);
    const outcome = peer.face.handle(this.#server, decoded.value, exchange);
    if (outcome instanceof MessageStream) {
      peer.release();
      return this.#stream(outcome, exchange, peer);
    }
    return outcome instanceof Promise
      ? awaitReply(outcome, exchange, peer.release())
        .then((reply) => this.#send(reply, exchange, peer))
      : this.#sendNow(outcome, exchange, peer);
  }

  #refuse(error: RpcError, exchange: Exchange, peer: RequestPeer): Response {
    return toResponse(peer.face.refuse(this.#server, error, exchange), peer, exchange);
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

  #stream({ call, reply }: MessageStream, exchange: Exchange, peer: RequestPeer): Response {
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
 * since it has a cost; in some runtimes it fires after a success too, when the listener has ended.
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
 * Lets the runtime say first, if it can, that the client has gone: an unread answer must not count
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
