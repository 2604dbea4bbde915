/** Answers and refusals made into HTTP responses; what is sent is told to the request's recorder. */

import type { Exchange } from "../mcp/exchange.ts";
import type { Reply } from "../mcp/reply.ts";
import type { Accepted } from "./accept.ts";
import { EVENT_STREAM_HEADERS, eventOf } from "./event_stream.ts";
import type { Wording } from "./face.ts";
import type { RequestPeer } from "./request_peer.ts";
import type { Recorder } from "./request_record.ts";

const JSON_HEADERS = { "content-type": "application/json" };

export function toResponse(reply: Reply, peer: RequestPeer, exchange: Exchange): Response {
  const { status, text } = reply;
  if (text === null) {
    peer.recorder?.end(status, null, exchange);
    return new Response(null, { status });
  }
  const { body, headers } = inForm(status, text, peer.accepted);
  peer.recorder?.end(status, body, exchange);
  return new Response(body, { status, headers });
}

/**
 * An answer whose delivery matters. Of a stream the runtime says that it is completed when it has
 * been written, but of a text before its first byte is.
 */
export function toTrackedResponse(reply: Reply, peer: RequestPeer, exchange: Exchange): Response {
  const { status, text } = reply;
  if (text === null) return toResponse(reply, peer, exchange);
  const form = inForm(status, text, peer.accepted);
  const bytes = new TextEncoder().encode(form.body);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  const headers = { ...form.headers, "content-length": String(bytes.length) };
  peer.recorder?.end(status, bytes.length, exchange);
  return new Response(body, { status, headers });
}

interface Further {
  readonly headers?: Readonly<Record<string, string>>;
  /** Where a message was read. */
  readonly exchange?: Exchange;
}

/** What is said without a method's answer. `message` has no newline at its end. */
export function plain(
  wording: Wording,
  status: number,
  message: string,
  recorder: Recorder | undefined,
  { headers, exchange }: Further = {},
): Response {
  const text = wording.text(message);
  recorder?.end(status, text, exchange);
  return new Response(text, {
    status,
    headers: { "content-type": wording.contentType, ...headers },
  });
}

/** JSON, or a stream of one event for who reads nothing else. Refusals are JSON always. */
function inForm(status: number, text: string, accepted: Accepted) {
  return accepted.json === false && status === 200
    ? { body: eventOf(text), headers: EVENT_STREAM_HEADERS }
    : { body: text, headers: JSON_HEADERS };
}
