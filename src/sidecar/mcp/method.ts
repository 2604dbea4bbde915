/** What a method is: a name, the eras that have it, and a function from parameters to an answer. */

import {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  MISSING_CLIENT_CAPABILITY,
  type RpcError,
} from "../jsonrpc/errors.ts";
import { asObject, type Params, type RequestId } from "../jsonrpc/message.ts";
import type { Call, Exchange } from "./exchange.ts";
import type { Revision } from "./revisions.ts";

/**
 * Why nothing can be had now though nothing here is broken. `unavailable`: what it is taken from
 * fails. `busy`: too much of it is asked for at once.
 */
export type Passing = "unavailable" | "busy";

export interface Refusal {
  readonly kind: "error";
  readonly error: RpcError;
  /** The HTTP status in the modern era, where it is not 200. */
  readonly status?: number | undefined;
  /** MCP has no code for it. */
  readonly passing?: Passing | undefined;
}

export type MethodAnswer =
  | { readonly kind: "result"; readonly result: object }
  | Refusal
  /** The caller has left; nothing is sent. */
  | { readonly kind: "silence" };

/** What a client says it can do, with this request (modern) or not at all (legacy). */
export type ClientCapabilities = Readonly<Record<string, unknown>>;

/** One request on its way to its method. */
export class Context {
  readonly id: RequestId;
  readonly revision: Revision;
  capabilities: ClientCapabilities;
  readonly exchange: Exchange;
  /** Set by a method that may wait. */
  call: Call | undefined;

  constructor(
    id: RequestId,
    revision: Revision,
    capabilities: ClientCapabilities,
    exchange: Exchange,
  ) {
    this.id = id;
    this.revision = revision;
    this.capabilities = capabilities;
    this.exchange = exchange;
  }

  /**
   * Says, before the method returns its promise, that the answer may come late or be lost. "possible":
   * it is a stream where the client reads one. "needed": it is a stream.
   */
  begin(stream: "no" | "possible" | "needed" = "no"): Call {
    const streams = stream === "needed" || stream === "possible" && this.exchange.peer.canStream;
    return this.call = this.exchange.begin(streams);
  }

  /** Lets go of what came with the request and may be large, as soon as its method has begun. */
  forget(): void {
    this.capabilities = {};
  }

  /** Whether the client declares an extension. Any object counts. */
  declares(extension: string): boolean {
    const extensions = asObject(this.capabilities["extensions"]);
    return asObject(extensions?.[extension]) !== undefined;
  }
}

/** Quick methods answer at once. A promise means that the answer may take as long as a person. */
export type Handler = (
  params: Params,
  context: Context,
) => MethodAnswer | Promise<MethodAnswer>;

/** How long, in milliseconds, and for whom a client may keep a result (modern era). */
export interface CacheHint {
  readonly ttlMs: number;
  readonly cacheScope: "public" | "private";
}

/** What shows the state of the queue: it is of this moment and of this bottle. */
export const NOT_CACHED: CacheHint = { ttlMs: 0, cacheScope: "private" };

/** What is the same for everybody as long as the program runs: 10 minutes. */
export const STATIC: CacheHint = { ttlMs: 600_000, cacheScope: "public" };

export interface Method {
  readonly name: string;
  readonly eras: "legacy" | "modern" | "both";
  /** The parameter that the Mcp-Name header repeats. */
  readonly nameParam?: "name" | "uri" | "taskId" | undefined;
  /** For results that the modern era wants such a hint on. */
  readonly cache?: CacheHint | undefined;
  readonly handle: Handler;
}

export function result(value: object): MethodAnswer {
  return { kind: "result", result: value };
}

export function failure(
  code: number,
  message: string,
  data?: unknown,
  status?: number,
): Refusal {
  const error = data === undefined ? { code, message } : { code, message, data };
  return { kind: "error", error, status };
}

/** A refusal that a later request may not meet. `message` says when to ask again. */
export function passingFailure(passing: Passing, message: string): Refusal {
  return { ...failure(INTERNAL_ERROR, message), passing };
}

/** All lists have one page, so no client can have a cursor from here. */
export const UNKNOWN_CURSOR = failure(
  INVALID_PARAMS,
  "unknown cursor: the list has one page, leave the cursor out",
);

/** The answer to a client that does not declare what it would need: MCP 2026-07-28, basic/index. */
export function missingCapability(requiredCapabilities: object, message: string): Refusal {
  return failure(MISSING_CLIENT_CAPABILITY, message, { requiredCapabilities }, 400);
}
