/** The text of JSON-RPC 2.0 messages that a server sends. Each is one line. */

import type { RpcError } from "./errors.ts";
import type { RequestId } from "./message.ts";

/** JSON that was serialised before, for results that never change. */
export class Json {
  constructor(readonly text: string) {}
}

/** The response to request `id`. Ends in a newline. */
export function resultText(id: RequestId, result: object): string {
  const json = result instanceof Json ? result.text : JSON.stringify(result);
  return `{"jsonrpc":"2.0","id":${idText(id)},"result":${json}}\n`;
}

/**
 * The error response to request `id`. Where the id could not be read it is null (JSON-RPC 2.0), or
 * left out when it is undefined (MCP since 2025-11-25). Ends in a newline.
 */
export function errorText(id: RequestId | null | undefined, error: RpcError): string {
  const member = id === undefined ? "" : `"id":${idText(id)},`;
  return `{"jsonrpc":"2.0",${member}"error":${JSON.stringify(error)}}\n`;
}

/** A notification. Ends in a newline. */
export function notificationText(method: string, params: object): string {
  return `${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`;
}

function idText(id: RequestId | null): string {
  return typeof id === "string" ? JSON.stringify(id) : String(id);
}
