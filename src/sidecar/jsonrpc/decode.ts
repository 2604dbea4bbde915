/** Bytes from the wire to a JSON value, within limits that keep hostile input cheap. */

import { INVALID_REQUEST, PARSE_ERROR, type RpcError } from "./errors.ts";

/** The largest message that is taken in, in bytes (1 MiB). */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** The deepest nesting of objects and arrays that is taken in. */
export const MAX_DEPTH = 64;

export type Decoded =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: RpcError };

/** A leading byte order mark is dropped (RFC 8259, section 8.1, allows that). */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Decodes one JSON text. Invalid UTF-8, invalid JSON and too deep nesting are errors as values. */
export function decode(bytes: Uint8Array): Decoded {
  if (!isWithinDepth(bytes, MAX_DEPTH)) {
    return failed(INVALID_REQUEST, `request is nested deeper than ${MAX_DEPTH} levels`);
  }
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return failed(PARSE_ERROR, "parse error: the body is not valid UTF-8");
  }
  try {
    return { kind: "value", value: JSON.parse(text) };
  } catch (error) {
    return failed(PARSE_ERROR, `parse error: ${(error as SyntaxError).message}`);
  }
}

function failed(code: number, message: string): Decoded {
  return { kind: "error", error: { code, message } };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Whether a JSON text inside of another is nested no deeper than a message may be. */
export function isShallow(text: string): boolean {
  return isWithinDepth(new TextEncoder().encode(text), MAX_DEPTH);
}

/** Counts brackets outside of strings; for text that is not JSON the answer does not matter. */
function isWithinDepth(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) {
      inString = true;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > limit) return false;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
    }
  }
  return true;
}
