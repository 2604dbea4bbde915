/** The MCP endpoint without a transport: a decoded JSON value in, a status and messages out. */

import {
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  METHOD_NOT_FOUND,
  type RpcError,
} from "../jsonrpc/errors.ts";
import { type Message, type Params, readMessage } from "../jsonrpc/message.ts";
import { answerBatch } from "./batch.ts";
import { revisionOfHeader, ruleOn, unsupported } from "./era.ts";
import type { Call, Exchange } from "./exchange.ts";
import { type Form, LEGACY_FORM, ModernForm } from "./form.ts";
import { headerMismatch } from "./headers.ts";
import { Inflight } from "./inflight.ts";
import { PROTOCOL_VERSION } from "./meta.ts";
import { Context, failure, type Method, type MethodAnswer, type Refusal } from "./method.ts";
import {
  BATCH,
  CANCELLED,
  type MethodTables,
  methodTables,
  NOTIFICATIONS,
} from "./method_tables.ts";
import { PLAIN_FORM, PLAIN_REVISION, readPlain } from "./plain.ts";
import {
  ACCEPTED,
  invalidRequest,
  MessageStream,
  refuse,
  type Reply,
  type ServerOutcome,
} from "./reply.ts";
import { REVISIONS } from "./revisions.ts";
import type { ServerOptions } from "./server_options.ts";
import { shown } from "./shown.ts";
import type { Announcement } from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import { listedOf } from "./tools.ts";

export class McpServer {
  /** In the order in which clients see them. */
  readonly toolNames: readonly string[];
  readonly #inflight = new Inflight();
  readonly #subscriptions: Subscriptions;
  readonly #methods: MethodTables;
  readonly #modernForm: Form;
  readonly #onDefect: (error: unknown) => void;

  constructor(options: ServerOptions) {
    const { info, tools, resources, tasks, changingLists: lists = [], onDefect } = options;
    this.toolNames = listedOf(tools).map(({ name }) => name);
    this.#modernForm = new ModernForm(info);
    this.#onDefect = onDefect;
    this.#subscriptions = new Subscriptions({ lists, resources, tasks, onDefect });
    const further = [this.#subscriptions.method, ...options.methods ?? []];
    this.#methods = methodTables(options, further);
  }

  /** All that {@linkcode Exchange.method} can say, but for "unknown". */
  get methodNames(): readonly string[] {
    const { legacy, modern } = this.#methods;
    const names = [...legacy.keys(), ...modern.keys(), ...NOTIFICATIONS, BATCH];
    return [...new Set(names)].sort();
  }

  /**
   * Answers one message or one batch. Never throws. The transport tells the exchange when the client
   * leaves or has been answered.
   */
  handle(value: unknown, exchange: Exchange): ServerOutcome {
    if (Array.isArray(value)) return this.#handleBatch(value, exchange);
    return this.#dispatch(readMessage(value), exchange);
  }

  /** As {@linkcode handle}, for a request of plain JSON. */
  handlePlain(value: unknown, exchange: Exchange): ServerOutcome {
    const asked = readPlain(value);
    if (asked.kind === "error") return this.refusePlain(asked.error);
    const context = new Context(NO_ID, PLAIN_REVISION, {}, exchange);
    return this.#run(PLAIN_FORM, this.#methods.plain.get(asked.method), asked, context);
  }

  #dispatch(message: Message, exchange: Exchange): ServerOutcome {
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

  /** As {@linkcode refuse}, for plain JSON. */
  refusePlain(error: RpcError): Reply {
    return PLAIN_FORM.error(NO_ID, { kind: "error", error });
  }

  /** Tells all subscriptions that asked for it. */
  announce(announcement: Announcement): void {
    this.#subscriptions.announce(announcement);
  }

  /** Ends the subscriptions, since the program is stopping. */
  close(): void {
    this.#subscriptions.close();
  }

  #request(message: Message & { kind: "request" }, exchange: Exchange): ServerOutcome {
    const { id, method: name, params } = message;
    const { headers } = exchange.peer;
    const ruling = ruleOn(name, params, exchange.protocolVersion, headers !== null);
    if (!ruling.revision) return refuse(id, ruling.error);
    const { revision, capabilities } = ruling;
    const context = new Context(id, revision, capabilities, exchange);
    if (revision.era === "legacy") {
      return this.#run(LEGACY_FORM, this.#methods.legacy.get(name), message, context);
    }
    const method = this.#methods.modern.get(name);
    if (headers) {
      const mismatch = exchange.protocolVersion === null
        ? `the MCP-Protocol-Version header is missing: it must repeat ${PROTOCOL_VERSION}`
        : headerMismatch(headers, name, params, method);
      if (mismatch) return refuse(id, { code: HEADER_MISMATCH, message: mismatch });
    }
    return this.#run(this.#modernForm, method, message, context);
  }

  /** The one way to a method, for every client. `method`: undefined when there is no such method. */
  #run(form: Form, method: Method | undefined, asked: Asked, context: Context): ServerOutcome {
    context.exchange.sawMethod(method ? method.name : "unknown");
    if (!method) return this.#refuse(form, context, methodNotFound(asked.method));
    let answer: MethodAnswer | Promise<MethodAnswer>;
    try {
      answer = method.handle(asked.params, context);
    } catch (error) {
      answer = this.#defect(error);
    }
    if (!(answer instanceof Promise)) return this.#reply(form, method, context, answer);
    const call = context.call ?? context.begin();
    context.forget();
    const forget = form.hasIds ? this.#remember(context, call) : undefined;
    const settle = (settled: MethodAnswer) => {
      forget?.();
      // A tool need not heed that its caller has left.
      return call.isLeft ? ACCEPTED : this.#reply(form, method, context, settled);
    };
    const reply = answer.then(settle, (error) => settle(this.#defect(error)));
    return call.streams ? new MessageStream(call, reply) : reply;
  }

  /** Makes a call known to `notifications/cancelled`, where that is how a client cancels. */
  #remember({ id, revision, exchange }: Context, call: Call): (() => void) | undefined {
    const { peer } = exchange;
    if (revision.era === "modern" && peer.headers) return undefined;
    const { address } = peer;
    this.#inflight.add(address, id, call);
    return () => this.#inflight.remove(address, id, call);
  }

  /** What cannot be sent as JSON is a bug of the code that made it. */
  #reply(form: Form, method: Method, context: Context, answer: MethodAnswer): Reply {
    if (answer.kind === "silence") return ACCEPTED;
    try {
      if (answer.kind === "error") return this.#refuse(form, context, answer);
      return form.result(context.id, answer.result, method);
    } catch (error) {
      return this.#refuse(form, context, this.#defect(error));
    }
  }

  #refuse(form: Form, { id, exchange }: Context, refusal: Refusal): Reply {
    exchange.failed("error");
    return form.error(id, refusal);
  }

  #defect(error: unknown): Refusal {
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
    exchange.sawMethod(NOTIFICATIONS.includes(method) ? method : "unknown");
    const revision = revisionOfHeader(header);
    if (!revision) return refuse(undefined, unsupported(header ?? "", REVISIONS));
    const { requestId } = params;
    // A modern client over HTTP cancels by closing the stream; others may use the same ids.
    const mayCancel = revision.era === "legacy" || peer.headers === null;
    if (
      method === CANCELLED && mayCancel &&
      (typeof requestId === "string" || typeof requestId === "number")
    ) this.#inflight.cancel(peer.address, requestId);
    return ACCEPTED;
  }

  #handleBatch(batch: readonly unknown[], exchange: Exchange): Reply | Promise<Reply> {
    exchange.sawMethod(BATCH);
    if (!revisionOfHeader(exchange.protocolVersion)?.batches) {
      const error = invalidRequest("request must be a JSON object, not a batch");
      return refuse(unknownId(exchange), error);
    }
    exchange.isBatch = true;
    return answerBatch(batch, exchange, (message) => this.#dispatch(message, exchange));
  }
}

/** Stands where the form of an answer has no id. */
const NO_ID = 0;

interface Asked {
  readonly method: string;
  readonly params: Params;
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

/** The status is of the modern era. */
function methodNotFound(name: string): Refusal {
  return failure(METHOD_NOT_FOUND, `method not found: ${shown(name)}`, undefined, 404);
}
