/** What the server gives its transport to send. */

import { INVALID_REQUEST, type RpcError } from "../jsonrpc/errors.ts";
import type { RequestId } from "../jsonrpc/message.ts";
import { errorText } from "../jsonrpc/response.ts";
import type { Call } from "./exchange.ts";

/** What to send: an HTTP status, and JSON text unless there is nothing to say. */
export interface Reply {
  readonly status: number;
  readonly text: string | null;
}

/** An answer of several messages: what `call` sends, and then the reply, unless that has no text. */
export class MessageStream {
  constructor(readonly call: Call, readonly reply: Promise<Reply>) {}
}

/** A promise means that a person has to decide first, and that nothing can be sent before. */
export type ServerOutcome = Reply | Promise<Reply> | MessageStream;

/** Nothing is said: there is nothing to answer. */
export const ACCEPTED: Reply = { status: 202, text: null };

/** The answer to what is not dispatched at all. `id` as {@linkcode errorText} takes it. */
export function refuse(id: RequestId | null | undefined, error: RpcError): Reply {
  return { status: 400, text: errorText(id, error) };
}

export function invalidRequest(message: string): RpcError {
  return { code: INVALID_REQUEST, message };
}
