/** The MCP endpoint without a transport: a decoded JSON value in, a status and messages out. */

import {
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  METHOD_NOT_FOUND,
  type RpcError,
} from "../jsonrpc/errors.ts";
import { type Message, type Params, readMessage } from "../jsonrpc/message.ts";
import { errorText, Json, resultText } from "../jsonrpc/response.ts";
import { answerBatch } from "./batch.ts";
import { revisionOfHeader, ruleOn, unsupported } from "./era.ts";
import type { Call, Exchange } from "./exchange.ts";
import { headerMismatch } from "./headers.ts";
import { Inflight } from "./inflight.ts";
import { discover, initialize, type ServerInfo } from "./initialize.ts";
import { PROTOCOL_VERSION, SERVER_INFO, TASKS_EXTENSION } from "./meta.ts";
import { Context, failure, type Method, type MethodAnswer, result, STATIC } from "./method.ts";
import { ACCEPTED, invalidRequest, type Outcome, refuse, type Reply, Stream } from "./reply.ts";
import { resourceMethods, type ResourceProvider } from "./resources.ts";
import { REVISIONS } from "./revisions.ts";
import { shown } from "./shown.ts";
import type { Announcement, ListKind } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import type { TaskStore } from "./task.ts";
import { taskMethods } from "./tasks.ts";
import type { Tool } from "./tool.ts";
import { callTool, listTools } from "./tools.ts";

/** The sidecar gives what it has; the rest is for other servers on this core (tests/conformance). */
export interface ServerOptions {
  readonly info: ServerInfo;
  /** For the model: what this server is for and how to use it. */
  readonly instructions?: string | undefined;
  readonly tools: readonly Tool[];
  readonly resources?: ResourceProvider | undefined;
  readonly tasks?: TaskStore | undefined;
  /** Lists whose changes will be announced with {@linkcode McpServer.announce}. */
  readonly changingLists?: readonly ListKind[] | undefined;
  /** Further methods, and the keys they add to, or replace in, the capabilities of their era. */
  readonly methods?: readonly Method[] | undefined;
  readonly legacyCapabilities?: object | undefined;
  readonly modernCapabilities?: object | undefined;
  /** Told about bugs: an error that is no answer. Clients only read "internal error". */
  readonly onDefect: (error: unknown) => void;
}

export class McpServer {
  /** In the order in which clients see them. */
  readonly toolNames: readonly string[];
  readonly #info: ServerInfo;
  readonly #inflight = new Inflight();
  readonly #subscriptions: Subscriptions;
  readonly #legacy: ReadonlyMap<string, Method>;
  readonly #modern: ReadonlyMap<string, Method>;
  readonly #onDefect: (error: unknown) => void;
  /** Results that never change, as the modern era sends them. */
  readonly #rendered = new WeakMap<object, Json>();

  constructor(options: ServerOptions) {
    const { info, instructions, tools, resources, tasks, changingLists = [], onDefect } = options;
    this.toolNames = tools.map(({ name }) => name);
    this.#info = info;
    this.#onDefect = onDefect;
    this.#subscriptions = new Subscriptions({ lists: changingLists, resources, tasks, onDefect });
    const introduction = {
      info,
      instructions,
      legacyCapabilities: {
        tools: { listChanged: false },
        ...resources ? { resources: {} } : {},
        ...options.legacyCapabilities,
      },
      modernCapabilities: {
        tools: { listChanged: changingLists.includes("tools") },
        ...resources
          ? { resources: { subscribe: true, listChanged: changingLists.includes("resources") } }
          : {},
        ...tasks ? { extensions: { [TASKS_EXTENSION]: {} } } : {},
        ...options.modernCapabilities,
      },
    };
    const methods: readonly Method[] = [
      initialize(introduction),
      discover(introduction),
      { name: "ping", eras: "legacy", handle: () => EMPTY },
      // A notification by right; clients that give it an id wait for an answer.
      { name: "notifications/initialized", eras: "legacy", handle: () => EMPTY },
      listTools(tools),
      callTool(tools, onDefect),
      ...resources ? resourceMethods(resources) : [],
      ...tasks ? taskMethods(tasks) : [],
      this.#subscriptions.method,
      ...options.methods ?? [],
    ];
    this.#legacy = byName(methods.filter(({ eras }) => eras !== "modern"));
    this.#modern = byName(methods.filter(({ eras }) => eras !== "legacy"));
  }

  /**
   * Answers one message or one batch. Never throws. The transport tells the exchange when the client
   * leaves or has been answered.
   */
  handle(value: unknown, exchange: Exchange): Outcome {
    if (Array.isArray(value)) return this.#handleBatch(value, exchange);
    return this.#dispatch(readMessage(value), exchange);
  }

  #dispatch(message: Message, exchange: Exchange): Outcome {
    switch (message.kind) {
      case "request":
        return this.#request(message, exchange);
      case "notification":
        return this.#notification(message, exchange);
      case "response":
        return isModern(exchange)
          ? refuse(undefined, invalidRequest("a client must not send responses"))
          : ACCEPTED;
      case "invalid":
        return this.#invalid(message, exchange);
    }
  }

  /** The answer to a body that is not JSON at all. */
  refuse(error: RpcError, exchange: Exchange): Reply {
    return refuse(unknownId(exchange), error);
  }

  /** Tells all subscriptions that asked for it. */
  announce(announcement: Announcement): void {
    this.#subscriptions.announce(announcement);
  }

  /** Ends the subscriptions, since the program is stopping. */
  close(): void {
    this.#subscriptions.close();
  }

  #request(message: Message & { kind: "request" }, exchange: Exchange): Outcome {
    const { id, method: name, params } = message;
    const { headers } = exchange.peer;
    const ruling = ruleOn(name, params, exchange.protocolVersion, headers !== null);
    if (!ruling.revision) return refuse(id, ruling.error);
    const { revision, capabilities } = ruling;
    if (revision.era === "legacy") {
      const method = this.#legacy.get(name);
      if (!method) return { status: 200, text: errorText(id, methodNotFound(name)) };
      return this.#run(method, params, new Context(id, revision, capabilities, exchange));
    }
    const method = this.#modern.get(name);
    if (headers) {
      const mismatch = exchange.protocolVersion === null
        ? `the MCP-Protocol-Version header is missing: it must repeat ${PROTOCOL_VERSION}`
        : headerMismatch(headers, name, params, method);
      if (mismatch) return refuse(id, { code: HEADER_MISMATCH, message: mismatch });
    }
    if (!method) return { status: 404, text: errorText(id, methodNotFound(name)) };
    return this.#run(method, params, new Context(id, revision, capabilities, exchange));
  }

  #run(method: Method, params: Params, context: Context): Outcome {
    let answer: MethodAnswer | Promise<MethodAnswer>;
    try {
      answer = method.handle(params, context);
    } catch (error) {
      answer = this.#defect(error);
    }
    if (!(answer instanceof Promise)) return this.#reply(method, context, answer);
    const call = context.call ?? context.begin();
    context.forget();
    const forget = this.#remember(context, call);
    const settle = (settled: MethodAnswer) => {
      forget?.();
      // A tool need not heed that its caller has left.
      return call.isLeft ? ACCEPTED : this.#reply(method, context, settled);
    };
    const reply = answer.then(settle, (error) => settle(this.#defect(error)));
    return call.streams ? new Stream(call, reply) : reply;
  }

  /** Makes a call known to `notifications/cancelled`, where that is how a client cancels. */
  #remember({ id, revision, exchange }: Context, call: Call): (() => void) | undefined {
    const { peer } = exchange;
    if (revision.era === "modern" && peer.headers) return undefined;
    const { address } = peer;
    this.#inflight.add(address, id, call);
    return () => this.#inflight.remove(address, id, call);
  }

  /** What cannot be sent as JSON is a bug of whoever made it. */
  #reply(method: Method, context: Context, answer: MethodAnswer): Reply {
    try {
      return this.#render(method, context, answer);
    } catch (error) {
      return this.#render(method, context, this.#defect(error));
    }
  }

  #render(method: Method, { id, revision }: Context, answer: MethodAnswer): Reply {
    switch (answer.kind) {
      case "silence":
        return ACCEPTED;
      case "error":
        // In the old era a 404 or 400 would tell a client that its session died.
        return {
          status: revision.era === "legacy" ? 200 : answer.status ?? 200,
          text: errorText(id, answer.error),
        };
      case "result":
        return {
          status: 200,
          text: resultText(
            id,
            revision.era === "legacy" ? answer.result : this.#complete(answer.result, method),
          ),
        };
    }
  }

  /** Adds what every modern result has: its type, who made it, and how long it may be kept. */
  #complete(bare: object, { cache }: Method): object {
    const rendered = this.#rendered.get(bare);
    if (rendered) return rendered;
    const own = bare as { readonly resultType?: string; readonly _meta?: object };
    const resultType = own.resultType ?? "complete";
    const whole = {
      resultType,
      ...bare,
      ...resultType === "complete" ? cache : {},
      _meta: { ...own._meta, [SERVER_INFO]: this.#info },
    };
    if (cache !== STATIC) return whole;
    const json = new Json(JSON.stringify(whole));
    this.#rendered.set(bare, json);
    return json;
  }

  #defect(error: unknown): MethodAnswer {
    this.#onDefect(error);
    return failure(INTERNAL_ERROR, "internal error");
  }

  /** Where there is no HTTP status to say it with, a notification is not even refused. */
  #invalid(
    { id, error, isNotification }: Message & { kind: "invalid" },
    exchange: Exchange,
  ): Reply {
    if (!isNotification) return refuse(id ?? unknownId(exchange), error);
    return exchange.peer.headers === null ? ACCEPTED : refuse(undefined, error);
  }

  /** Notifications are never answered; the only one with an effect ends a wait. */
  #notification(
    { method, params }: Message & { kind: "notification" },
    exchange: Exchange,
  ): Reply {
    const { protocolVersion: header, peer } = exchange;
    const revision = revisionOfHeader(header);
    if (!revision) return refuse(undefined, unsupported(header ?? "", REVISIONS));
    const { requestId } = params;
    // A modern client over HTTP cancels by closing the stream; others may use the same ids.
    const mayCancel = revision.era === "legacy" || peer.headers === null;
    if (
      method === "notifications/cancelled" && mayCancel &&
      (typeof requestId === "string" || typeof requestId === "number")
    ) this.#inflight.cancel(peer.address, requestId);
    return ACCEPTED;
  }

  #handleBatch(batch: readonly unknown[], exchange: Exchange): Reply | Promise<Reply> {
    if (!revisionOfHeader(exchange.protocolVersion)?.batches) {
      const error = invalidRequest("request must be a JSON object, not a batch");
      return refuse(unknownId(exchange), error);
    }
    exchange.isBatch = true;
    return answerBatch(batch, (message) => this.#dispatch(message, exchange));
  }
}

const EMPTY = result({});

function byName(methods: readonly Method[]): ReadonlyMap<string, Method> {
  return new Map(methods.map((method) => [method.name, method]));
}

function isModern({ protocolVersion }: Exchange): boolean {
  return revisionOfHeader(protocolVersion)?.era === "modern";
}

/** What stands for an id that could not be read: null, or nothing, as the revision wants it. */
function unknownId({ protocolVersion, peer }: Exchange): null | undefined {
  // On stdio the new era may speak first, and then says nothing outside of its messages.
  if (peer.headers === null && protocolVersion === null) return undefined;
  return revisionOfHeader(protocolVersion)?.unknownId;
}

function methodNotFound(name: string): RpcError {
  return { code: METHOD_NOT_FOUND, message: `method not found: ${shown(name)}` };
}
