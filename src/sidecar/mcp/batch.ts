/** JSON-RPC batches, which one revision demands: 2025-03-26, basic, "Batching". */

import { isObject, readMessage } from "../jsonrpc/message.ts";
import { PROTOCOL_VERSION } from "./meta.ts";
import { ACCEPTED, invalidRequest, refuse, type Reply } from "./reply.ts";

/** More messages than this in one batch are refused. */
export const MAX_BATCH = 64;

/** What may not be one of several: another batch, the handshake, and requests of the modern era. */
export function refusalInBatch(value: unknown): Reply | undefined {
  const message = readMessage(value);
  if (message.kind === "invalid") return refuse(message.id ?? null, message.error);
  if (message.kind !== "request") return undefined;
  const { id, method, params: { _meta: meta } } = message;
  if (method === "initialize") {
    return refuse(id, invalidRequest("initialize must not be part of a batch"));
  }
  if (isObject(meta) && PROTOCOL_VERSION in meta) {
    return refuse(id, invalidRequest("revisions since 2025-06-18 have no batches"));
  }
  return undefined;
}

export function joinBatch(parts: readonly Reply[]): Reply {
  const texts = parts.flatMap(({ text }) => text === null ? [] : [text.trimEnd()]);
  return texts.length === 0 ? ACCEPTED : { status: 200, text: `[${texts.join(",")}]\n` };
}
