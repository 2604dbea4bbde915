/** JSON-RPC batches, which one revision demands: 2025-03-26, basic, "Batching". */

import { INTERNAL_ERROR } from "../jsonrpc/errors.ts";
import { type Message, readMessage, type RequestId } from "../jsonrpc/message.ts";
import { errorText } from "../jsonrpc/response.ts";
import { hasEnvelope } from "./era.ts";
import type { Exchange } from "./exchange.ts";
import {
  ACCEPTED,
  invalidRequest,
  MessageStream,
  refuse,
  type Reply,
  type ServerOutcome,
} from "./reply.ts";

/** More messages than this in one batch are refused. */
const MAX_BATCH = 64;

/** The answers to one batch may have this many characters together. */
const MAX_ANSWER = 4_194_304;

const TOO_LARGE = {
  code: INTERNAL_ERROR,
  message: "the answers to this batch are too large together: send its requests one by one",
};

/** Answers each message by itself, all at once; what has to wait does not hold up the others. */
export function answerBatch(
  batch: readonly unknown[],
  exchange: Exchange,
  answer: (message: Message) => ServerOutcome,
): Reply | Promise<Reply> {
  if (batch.length === 0) return refuse(null, invalidRequest("a batch must not be empty"));
  if (batch.length > MAX_BATCH) {
    return refuse(null, invalidRequest(`a batch must have at most ${MAX_BATCH} messages`));
  }
  let length = 0;
  /** Puts an error in the place of an answer that is too much. */
  const take = (reply: Reply, id: RequestId | null): Reply => {
    length += reply.text?.length ?? 0;
    if (reply.status >= 400 || length > MAX_ANSWER) exchange.failed("error");
    return reply.text === null || length <= MAX_ANSWER
      ? reply
      : { status: 200, text: errorText(id, TOO_LARGE) };
  };
  const parts = batch.map((value) => {
    const message = readMessage(value);
    const id = message.kind === "request" ? message.id : null;
    const outcome = refusalInBatch(message) ?? answer(message);
    const reply = outcome instanceof MessageStream ? outcome.reply : outcome;
    return reply instanceof Promise ? reply.then((settled) => take(settled, id)) : take(reply, id);
  });
  return parts.some((part) => part instanceof Promise)
    ? Promise.all(parts).then(joinBatch)
    : joinBatch(parts as Reply[]);
}

/** What may not be one of several: another batch, the handshake, and requests of the modern era. */
function refusalInBatch(message: Message): Reply | undefined {
  if (message.kind === "invalid") {
    return message.isNotification ? ACCEPTED : refuse(message.id ?? null, message.error);
  }
  if (message.kind !== "request") return undefined;
  const { id, method, params: { _meta: meta } } = message;
  if (method === "initialize") {
    return refuse(id, invalidRequest("initialize must not be part of a batch"));
  }
  if (hasEnvelope(meta)) {
    return refuse(id, invalidRequest("revisions since 2025-06-18 have no batches"));
  }
  return undefined;
}

function joinBatch(parts: readonly Reply[]): Reply {
  const texts = parts.flatMap(({ text }) => text === null ? [] : [text.trimEnd()]);
  return texts.length === 0 ? ACCEPTED : { status: 200, text: `[${texts.join(",")}]\n` };
}
