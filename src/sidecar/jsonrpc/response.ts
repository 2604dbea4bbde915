/** The text of JSON-RPC 2.0 responses. */

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

/** The error response to request `id`; null when the id could not be read. Ends in a newline. */
export function errorText(id: RequestId | null, error: RpcError): string {
  return `{"jsonrpc":"2.0","id":${idText(id)},"error":${JSON.stringify(error)}}\n`;
}

function idText(id: RequestId | null): string {
  return typeof id === "string" ? JSON.stringify(id) : String(id);
}
