/**
 * The two ways into the server over HTTP: MCP, and plain JSON. A face says how requests are handed
 * over and how refusals look; what is asked for and done is the server's alone.
 */

import { INVALID_REQUEST, type RpcError } from "../jsonrpc/errors.ts";
import { errorText } from "../jsonrpc/response.ts";
import type { Exchange } from "../mcp/exchange.ts";
import { plainError } from "../mcp/plain.ts";
import type { Reply, ServerOutcome } from "../mcp/reply.ts";
import type { McpServer } from "../mcp/server.ts";
import type { Accepted } from "./accept.ts";

/** How a refusal is put that no method has made. `message` has no newline at its end. */
export interface Wording {
  readonly contentType: string;
  readonly text: (message: string) => string;
}

export const IN_TEXT: Wording = {
  contentType: "text/plain; charset=utf-8",
  text: (message) => `${message}\n`,
};

export const IN_JSON: Wording = { contentType: "application/json", text: plainError };

/** To a client that does not get as far as a message: an error without an id (MCP, "Security Warning"). */
const IN_JSON_RPC: Wording = {
  contentType: "application/json",
  text: (message) => errorText(undefined, { code: INVALID_REQUEST, message }),
};

export interface HttpFace {
  readonly wording: Wording;
  /** How it is put that this client may not call. */
  readonly forbidden: Wording;
  /** What is said to another verb than POST. */
  readonly usePost: string;
  /** What is said to a client that can read none of the answers. */
  readonly unreadable: string;
  /** The forms in which this client may be answered; undefined: in none. */
  accepted(accepted: Accepted): Accepted | undefined;
  /** Answers a decoded body. */
  handle(server: McpServer, value: unknown, exchange: Exchange): ServerOutcome;
  /** Answers a body that is not JSON. */
  refuse(server: McpServer, error: RpcError, exchange: Exchange): Reply;
}

export const MCP: HttpFace = {
  wording: IN_TEXT,
  forbidden: IN_JSON_RPC,
  usePost: "use POST for MCP requests, to / or /mcp: the transport is Streamable HTTP. The older " +
    'HTTP+SSE, which begins with GET, is not served: set your client\'s transport to "http"',
  unreadable: "accept application/json, text/event-stream, or both",
  accepted: (accepted) => accepted.json || accepted.stream ? accepted : undefined,
  handle: (server, value, exchange) => server.handle(value, exchange),
  refuse: (server, error, exchange) => server.refuse(error, exchange),
};

const JSON_ALONE: Accepted = { json: true, stream: false, perhapsStream: false };

export const RPC: HttpFace = {
  wording: IN_JSON,
  forbidden: IN_JSON,
  usePost: "use POST for /rpc",
  unreadable: "accept application/json: /rpc answers with nothing else",
  accepted: ({ json }) => json ? JSON_ALONE : undefined,
  handle: (server, value, exchange) => server.handlePlain(value, exchange),
  refuse: (server, error) => server.refusePlain(error),
};
