/**
 * The same methods for hosts that speak plain JSON: `{method, params}` in, the bare result or
 * `{error}` out, and an HTTP status that says which. Nothing of JSON-RPC is asked for or answered.
 */

import {
  HEADER_MISMATCH,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  LEGACY_RESOURCE_NOT_FOUND,
  METHOD_NOT_FOUND,
  MISSING_CLIENT_CAPABILITY,
  PARSE_ERROR,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "../jsonrpc/errors.ts";
import { asObject, isObject, type Params } from "../jsonrpc/message.ts";
import { Json } from "../jsonrpc/response.ts";
import type { Form } from "./form.ts";
import { failure, type Passing, type Refusal } from "./method.ts";
import { LEGACY_REVISIONS, type Revision } from "./revisions.ts";

/** As the newest revision without an envelope, but that wrong arguments have a status to say so. */
export const PLAIN_REVISION: Revision = { ...LEGACY_REVISIONS[0], wrongArguments: "error" };

/** The HTTP status for every error code there is, of a refusal that is not passing. */
export const STATUS_OF_ERROR: ReadonlyMap<number, number> = new Map([
  [PARSE_ERROR, 400],
  [INVALID_REQUEST, 400],
  [METHOD_NOT_FOUND, 404],
  [INVALID_PARAMS, 400],
  [INTERNAL_ERROR, 500],
  [LEGACY_RESOURCE_NOT_FOUND, 400],
  [HEADER_MISMATCH, 400],
  [MISSING_CLIENT_CAPABILITY, 400],
  [UNSUPPORTED_PROTOCOL_VERSION, 400],
]);

/** A 500 is a fault of this program; these are none. */
const STATUS_OF_PASSING: Readonly<Record<Passing, number>> = { unavailable: 502, busy: 503 };

export const PLAIN_FORM: Form = {
  hasIds: false,
  result: (_id, bare) => ({
    status: 200,
    text: `${bare instanceof Json ? bare.text : JSON.stringify(bare)}\n`,
  }),
  error: (_id, { error: { code, message }, passing }) => ({
    status: passing ? STATUS_OF_PASSING[passing] : STATUS_OF_ERROR.get(code) ?? 500,
    text: plainError(message),
  }),
};

/** The body of everything that is refused. Ends in a newline. */
export function plainError(message: string): string {
  return `${JSON.stringify({ error: message })}\n`;
}

export interface PlainRequest {
  readonly kind: "request";
  readonly method: string;
  readonly params: Params;
}

/** Reads one request. Other keys, such as those of JSON-RPC, are passed over. Never throws. */
export function readPlain(value: unknown): PlainRequest | Refusal {
  if (!isObject(value)) {
    return refused('the request must be a JSON object, such as {"method":"tools/list"}');
  }
  const { method } = value;
  if (typeof method !== "string") {
    return refused("'method' must be a string, such as \"tools/list\"");
  }
  const params = asObject(value["params"] ?? {});
  if (!params) return refused("'params' must be an object; leave it out for none");
  return { kind: "request", method, params };
}

function refused(message: string): Refusal {
  return failure(INVALID_REQUEST, message);
}
