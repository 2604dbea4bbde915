/** Text from the wire to a JSON value, within limits that keep hostile input cheap. */

import { Buffer, isUtf8 } from "node:buffer";
import { INVALID_REQUEST, PARSE_ERROR, type RpcError } from "./errors.ts";

/** The largest message that is taken in, in bytes (1 MiB). */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** The deepest nesting of objects and arrays that is taken in. */
export const MAX_DEPTH = 64;

/**
 * The most values in one message, where an empty object or array counts for two. A value of three
 * bytes takes fifty times as many once it is parsed, so a limit of bytes alone limits no memory.
 */
export const MAX_VALUES = 10_000;

export type Decoded =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "error"; readonly error: RpcError };

/** A leading byte order mark is dropped (RFC 8259, section 8.1, allows that). */
const BYTE_ORDER_MARK = "\uFEFF";

/** Decodes one JSON text. Invalid UTF-8, invalid JSON and what is beyond a limit are errors as values. */
export function decode(bytes: Uint8Array): Decoded {
  return decodeText(readUtf8(bytes));
}

/** As {@linkcode decode}, from {@linkcode readUtf8}. */
export function decodeText(text: string | undefined): Decoded {
  if (text === undefined) return failed(PARSE_ERROR, "parse error: the body is not valid UTF-8");
  const beyond = limitExceeded(text);
  if (beyond) return failed(INVALID_REQUEST, beyond);
  try {
    const json = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
    return { kind: "value", value: JSON.parse(json) };
  } catch (error) {
    return failed(PARSE_ERROR, `parse error: ${(error as SyntaxError).message}`);
  }
}

/** Undefined: it is not UTF-8. Several times as fast as the runtime's TextDecoder. */
export function readUtf8(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

const TOO_MANY_VALUES =
  `request has more than ${MAX_VALUES} values: send fewer, or one long string in their place`;

function failed(code: number, message: string): Decoded {
  return { kind: "error", error: { code, message } };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/** Whether a JSON text inside of another has no more in it than a message may have. */
export function isWithinLimits(text: string): boolean {
  return limitExceeded(text) === undefined;
}

/**
 * Counts brackets and commas outside of strings, before anything is made of them; for text that is
 * not JSON the answer does not matter.
 */
function limitExceeded(text: string): string | undefined {
  let depth = 0;
  let values = 1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (inString) {
      if (unit === BACKSLASH) i++;
      else if (unit === QUOTE) inString = false;
    } else if (unit === QUOTE) {
      inString = true;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return `request is nested deeper than ${MAX_DEPTH} levels`;
      values++;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      depth--;
    } else if (unit === COMMA) {
      values++;
    }
    if (values > MAX_VALUES) return TOO_MANY_VALUES;
  }
  return undefined;
}
