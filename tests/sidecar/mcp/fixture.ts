/** Peers, requests and answers for the tests of the protocol: what a transport would make of them. */

import assert from "node:assert/strict";
import { Exchange, type Peer } from "../../../src/sidecar/mcp/exchange.ts";
import { MessageStream, type Reply, type ServerOutcome } from "../../../src/sidecar/mcp/reply.ts";
import type { McpServer } from "../../../src/sidecar/mcp/server.ts";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION, TASKS_EXTENSION } from "../../support/meta_keys.ts";

export const MODERN = "2026-07-28";

export const LEGACY = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

/** What a client declares that takes tasks. */
export const TASKS = { extensions: { [TASKS_EXTENSION]: {} } };

export interface PeerOptions {
  readonly address?: string;
  /** The MCP-Protocol-Version header; for a transport without headers, what was agreed on. */
  readonly version?: string | null;
  /** Further headers; null: the transport has none. */
  readonly headers?: Readonly<Record<string, string>> | null;
  /** The client says that it reads streams. */
  readonly canStream?: boolean;
  readonly mayStream?: boolean;
  readonly sharesChannel?: boolean;
}

/** One request of an HTTP client that reads JSON alone, unless said otherwise. */
export function from(options: PeerOptions = {}): Exchange {
  const { address = "10.0.0.1", version = null, headers = {}, canStream = false } = options;
  const all = headers && new Headers(headers);
  if (version !== null) all?.set("mcp-protocol-version", version);
  return new Exchange(
    {
      address,
      headers: all,
      protocolVersion: version,
      canStream,
      mayStream: options.mayStream ?? canStream,
      sharesChannel: options.sharesChannel ?? false,
    } satisfies Peer,
  );
}

type Message = Readonly<Record<string, unknown>>;

export function request(method: string, params?: unknown, id: unknown = 1): Message {
  return { jsonrpc: "2.0", id, method, ...params === undefined ? {} : { params } };
}

export function notification(method: string, params?: unknown): Message {
  return { jsonrpc: "2.0", method, ...params === undefined ? {} : { params } };
}

/** `_meta` of a modern request. */
export function envelope(capabilities: object = {}, more: object = {}): object {
  return { [PROTOCOL_VERSION]: MODERN, [CLIENT_CAPABILITIES]: capabilities, ...more };
}

export interface ModernOptions extends PeerOptions {
  readonly id?: string | number;
  readonly capabilities?: object;
  /** Added to `_meta`. */
  readonly meta?: object;
}

/** A modern request and the exchange with the headers that belong to it. */
export function modern(
  method: string,
  params: Message = {},
  { id = 1, capabilities = {}, meta = {}, ...peer }: ModernOptions = {},
): { readonly message: Message; readonly exchange: Exchange } {
  const name = params["name"] ?? params["uri"] ?? params["taskId"];
  const headers = peer.headers === null ? null : {
    "mcp-method": method,
    ...typeof name === "string" ? { "mcp-name": name } : {},
    ...peer.headers,
  };
  return {
    message: request(method, { ...params, _meta: envelope(capabilities, meta) }, id),
    exchange: from({ version: MODERN, ...peer, headers }),
  };
}

/** What a client gets: a status, the messages before the answer, and the answer. */
export interface Seen {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body?: any;
  // deno-lint-ignore no-explicit-any
  readonly messages?: readonly any[];
}

export function parsed({ status, text }: Reply): Seen {
  if (text === null) return { status };
  assert.match(text, /^[^\n]+\n$/);
  return { status, body: JSON.parse(text) };
}

/** The whole answer; a stream is read to its end. */
export async function settled(outcome: ServerOutcome): Promise<Seen> {
  if (!(outcome instanceof MessageStream)) return parsed(await outcome);
  const reader = new StreamReader(outcome);
  return { ...parsed(await outcome.reply), messages: reader.messages };
}

/** Sends a modern request and returns the whole answer. */
export function ask(
  server: McpServer,
  method: string,
  params: Message = {},
  options: ModernOptions = {},
): Promise<Seen> {
  const { message, exchange } = modern(method, params, options);
  return settled(server.handle(message, exchange));
}

/** Reads a stream as a transport would, and lets messages be awaited. */
export class StreamReader {
  // deno-lint-ignore no-explicit-any
  readonly messages: any[] = [];
  readonly stream: MessageStream;
  /** False: it reads too slowly, so that nothing more can be sent. */
  reads = true;
  #arrived = () => {};

  constructor(stream: ServerOutcome) {
    assert.ok(stream instanceof MessageStream, "the answer is a stream");
    this.stream = stream;
    stream.call.attach((text) => {
      if (!this.reads) return false;
      assert.match(text, /^[^\n]+\n$/);
      this.messages.push(JSON.parse(text));
      this.#arrived();
      return true;
    });
  }

  /** Waits until this many messages have come. */
  async until(count: number): Promise<void> {
    while (this.messages.length < count) {
      await new Promise<void>((resolve) => this.#arrived = resolve);
    }
  }

  /** The methods of the messages, with what tells them apart. */
  get said(): string[] {
    return this.messages.map(({ method, params }) =>
      [method, params.uri ?? params.taskId].filter((part) => part !== undefined).join(" ")
    );
  }
}
