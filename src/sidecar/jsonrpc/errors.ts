/** JSON-RPC 2.0 and MCP error codes, each with the source that defines it. */

/** JSON-RPC 2.0, section 5.1. */
export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** MCP up to 2025-11-25, server/resources, "Error Handling". Later revisions use INVALID_PARAMS. */
export const LEGACY_RESOURCE_NOT_FOUND = -32002;

/** MCP 2026-07-28, HeaderMismatchError: an HTTP header and the body do not say the same. */
export const HEADER_MISMATCH = -32020;

/** MCP 2026-07-28, MissingRequiredClientCapabilityError: `data` is `{requiredCapabilities}`. */
export const MISSING_CLIENT_CAPABILITY = -32021;

/** MCP 2026-07-28, UnsupportedProtocolVersionError: `data` is `{supported, requested}`. */
export const UNSUPPORTED_PROTOCOL_VERSION = -32022;

/** The `error` member of a JSON-RPC response. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}
