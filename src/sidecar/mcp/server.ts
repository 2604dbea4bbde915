/** The MCP endpoint without a transport: a decoded JSON value in, a status and a text out. */

import {
  INTERNAL_ERROR,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  type RpcError,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "../jsonrpc/errors.ts";
import { type Message, type Params, readMessage, type RequestId } from "../jsonrpc/message.ts";
import { errorText, resultText } from "../jsonrpc/response.ts";
import type { Exchange } from "./exchange.ts";
import { Inflight } from "./inflight.ts";
import { initialize, type ServerInfo } from "./initialize.ts";
import { failure, type Method, type MethodAnswer, result } from "./method.ts";
import { findRevision, type Revision, REVISIONS, WITHOUT_HEADER } from "./revisions.ts";
import { callTool, listTools, type Tool } from "./tools.ts";

/** What to send: an HTTP status, and JSON text unless there is nothing to say. */
export interface Reply {
  readonly status: 200 | 202 | 400;
  readonly text: string | null;
}

export interface ServerOptions {
  readonly info: ServerInfo;
  readonly tools: readonly Tool[];
  /** Told about bugs: an error that is no answer. Clients only read "internal error". */
  readonly onDefect: (error: unknown) => void;
}

/** More messages than this in one batch are refused. */
export const MAX_BATCH = 64;

/** A client's own text is repeated in an error message up to this length, in characters. */
const MAX_ECHO = 200;

const ACCEPTED: Reply = { status: 202, text: null };

export class McpServer {
  readonly #inflight = new Inflight();
  readonly #methods: ReadonlyMap<string, Method>;
  readonly #onDefect: (error: unknown) => void;

  constructor({ info, tools, onDefect }: ServerOptions) {
    this.#onDefect = onDefect;
    this.#methods = new Map<string, Method>([
      ["initialize", initialize(info)],
      ["ping", () => result({})],
      // A notification by right; clients that give it an id wait for an answer.
      ["notifications/initialized", () => result({})],
      ["tools/list", listTools(tools)],
      ["tools/call", callTool({ tools, inflight: this.#inflight, onDefect })],
    ]);
  }

  /**
   * Answers one message or one batch. Never throws. A promise means that somebody has to decide
   * first: the transport tells the exchange when the client leaves or has been answered.
   */
  handle(value: unknown, exchange: Exchange): Reply | Promise<Reply> {
    if (Array.isArray(value)) return this.#handleBatch(value, exchange);
    const message = readMessage(value);
    if (message.kind === "invalid") return refuse(null, message.error);
    const revision = this.#revisionOf(message, exchange);
    if (!revision) return unsupportedVersion(message, exchange);
    return this.#dispatch(message, revision, exchange);
  }

  /** The answer to a body that is not JSON at all. */
  refuse(error: RpcError): Reply {
    return refuse(null, error);
  }

  /** The header counts for everything but `initialize`, which brings its own version. */
  #revisionOf(message: Message, { protocolVersion }: Exchange): Revision | undefined {
    const revision = findRevision(protocolVersion ?? WITHOUT_HEADER);
    if (revision) return revision;
    const isInitialize = message.kind === "request" && message.method === "initialize";
    return isInitialize ? REVISIONS[0] : undefined;
  }

  #dispatch(message: Message, revision: Revision, exchange: Exchange): Reply | Promise<Reply> {
    if (message.kind === "notification") {
      this.#notice(message.method, message.params, exchange);
      return ACCEPTED;
    }
    if (message.kind !== "request") return ACCEPTED;
    const { id, method, params } = message;
    const handler = this.#methods.get(method);
    if (!handler) {
      return toReply(
        id,
        failure(METHOD_NOT_FOUND, `method not found: ${method.slice(0, MAX_ECHO)}`),
      );
    }
    let answer: MethodAnswer | Promise<MethodAnswer>;
    try {
      answer = handler(params, { id, revision, exchange });
    } catch (error) {
      this.#onDefect(error);
      answer = failure(INTERNAL_ERROR, "internal error");
    }
    return answer instanceof Promise
      ? answer.then((settled) => toReply(id, settled))
      : toReply(id, answer);
  }

  /** Notifications are never answered; the only one with an effect ends a wait. */
  #notice(method: string, { requestId }: Params, exchange: Exchange): void {
    if (method !== "notifications/cancelled") return;
    if (typeof requestId !== "string" && typeof requestId !== "number") return;
    this.#inflight.cancel(exchange.client.address, requestId);
  }

  #handleBatch(batch: readonly unknown[], exchange: Exchange): Reply | Promise<Reply> {
    const revision = findRevision(exchange.protocolVersion ?? WITHOUT_HEADER);
    if (!revision?.batches) {
      return refuse(null, invalidRequest("request must be a JSON object, not a batch"));
    }
    if (batch.length === 0) return refuse(null, invalidRequest("a batch must not be empty"));
    if (batch.length > MAX_BATCH) {
      return refuse(null, invalidRequest(`a batch must have at most ${MAX_BATCH} messages`));
    }
    const parts = batch.map((value) => this.#handleElement(readMessage(value), revision, exchange));
    return parts.some((part) => part instanceof Promise)
      ? Promise.all(parts).then(joinBatch)
      : joinBatch(parts as Reply[]);
  }

  #handleElement(
    message: Message,
    revision: Revision,
    exchange: Exchange,
  ): Reply | Promise<Reply> {
    if (message.kind === "invalid") return refuse(null, message.error);
    if (message.kind === "request" && message.method === "initialize") {
      return refuse(message.id, invalidRequest("initialize must not be part of a batch"));
    }
    return this.#dispatch(message, revision, exchange);
  }
}

/** Answers to legacy requests are HTTP 200, errors too: a 404 would tell a client its session died. */
function toReply(id: RequestId, answer: MethodAnswer): Reply {
  switch (answer.kind) {
    case "result":
      return { status: 200, text: resultText(id, answer.result) };
    case "error":
      return { status: 200, text: errorText(id, answer.error) };
    case "silence":
      return ACCEPTED;
  }
}

function refuse(id: RequestId | null, error: RpcError): Reply {
  return { status: 400, text: errorText(id, error) };
}

function invalidRequest(message: string): RpcError {
  return { code: INVALID_REQUEST, message };
}

function unsupportedVersion(message: Message, { protocolVersion }: Exchange): Reply {
  const supported = REVISIONS.map(({ version }) => version);
  return refuse(message.kind === "request" ? message.id : null, {
    code: UNSUPPORTED_PROTOCOL_VERSION,
    message: `unsupported MCP-Protocol-Version '${protocolVersion}': use one of ${
      supported.join(", ")
    }`,
    data: { supported, requested: protocolVersion },
  });
}

function joinBatch(parts: readonly Reply[]): Reply {
  const texts = parts.flatMap(({ text }) => text === null ? [] : [text.trimEnd()]);
  return texts.length === 0 ? ACCEPTED : { status: 200, text: `[${texts.join(",")}]\n` };
}
