/** What a method is: a name and a function from parameters to an answer. */

import type { RpcError } from "../jsonrpc/errors.ts";
import type { Params, RequestId } from "../jsonrpc/message.ts";
import type { Exchange } from "./exchange.ts";
import type { Revision } from "./revisions.ts";

export type MethodAnswer =
  | { readonly kind: "result"; readonly result: object }
  | { readonly kind: "error"; readonly error: RpcError }
  /** The caller has left; nothing is sent. */
  | { readonly kind: "silence" };

export interface MethodContext {
  readonly id: RequestId;
  readonly revision: Revision;
  readonly exchange: Exchange;
}

/** Quick methods answer at once. A promise means that the answer may take as long as a person. */
export type Method = (
  params: Params,
  context: MethodContext,
) => MethodAnswer | Promise<MethodAnswer>;

export function result(value: object): MethodAnswer {
  return { kind: "result", result: value };
}

export function failure(code: number, message: string, data?: unknown): MethodAnswer {
  return { kind: "error", error: data === undefined ? { code, message } : { code, message, data } };
}
