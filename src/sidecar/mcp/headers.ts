/**
 * The HTTP headers that repeat parts of a modern request. They must match the body: a proxy that
 * reads only headers must not see another request (MCP 2026-07-28, basic/transports/
 * streamable-http, "Server Validation").
 */

import type { Params } from "../jsonrpc/message.ts";
import type { Peer } from "./exchange.ts";
import type { Method } from "./method.ts";
import { shown } from "./shown.ts";

type Headers = NonNullable<Peer["headers"]>;

/** Returns what is wrong in one sentence, or undefined. `method`: undefined when unknown. */
export function headerMismatch(
  headers: Headers,
  name: string,
  params: Params,
  method: Method | undefined,
): string | undefined {
  const given = headers.get("mcp-method");
  if (given === null) return `the Mcp-Method header is missing: send Mcp-Method: ${shown(name)}`;
  if (given !== name) {
    return `the Mcp-Method header is '${shown(given)}' but the body's method is '${shown(name)}'`;
  }
  return method?.nameParam && nameMismatch(headers, method.nameParam, params[method.nameParam]);
}

function nameMismatch(headers: Headers, param: string, value: unknown): string | undefined {
  const given = headers.get("mcp-name");
  // A parameter that is no string is the method's to refuse; the header then has no counterpart.
  if (typeof value !== "string") {
    return given === null ? undefined : `the Mcp-Name header is sent, but the body has no ${param}`;
  }
  if (given === null) return `the Mcp-Name header is missing: it must repeat the body's ${param}`;
  const decoded = decodeHeaderValue(given);
  if (decoded === undefined) {
    return "the Mcp-Name header is neither printable ASCII nor well-formed =?base64?…?=";
  }
  if (decoded === value) return undefined;
  return `the Mcp-Name header is '${shown(decoded)}' but the body's ${param} is '${shown(value)}'`;
}

const PREFIX = "=?base64?";
const SUFFIX = "?=";

/**
 * The text a header value stands for: itself, or what `=?base64?…?=` holds. Undefined when it has
 * characters no header may have, or does not decode to UTF-8.
 */
export function decodeHeaderValue(value: string): string | undefined {
  if (!/^[\t -~]*$/.test(value)) return undefined;
  const isEncoded = value.startsWith(PREFIX) && value.endsWith(SUFFIX) &&
    value.length >= PREFIX.length + SUFFIX.length;
  if (!isEncoded) return value;
  const encoded = value.slice(PREFIX.length, -SUFFIX.length);
  try {
    const binary = atob(encoded);
    // What another encoder would have written is not taken for the same.
    if (btoa(binary) !== encoded) return undefined;
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
