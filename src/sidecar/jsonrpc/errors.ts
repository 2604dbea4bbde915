/** JSON-RPC 2.0 and MCP error codes, each with the source that defines it. */

/** JSON-RPC 2.0, section 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** MCP 2026-07-28, UnsupportedProtocolVersionError: `data` is `{supported, requested}`. */
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;

/** The `error` member of a JSON-RPC response. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}
