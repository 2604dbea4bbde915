/** A JSON value read as one JSON-RPC 2.0 message, or refused with the code the standard names. */

import { INVALID_PARAMS, INVALID_REQUEST, type RpcError } from "./errors.ts";

/** MCP allows strings and integers (basic/index, "Requests"); null and fractions are refused. */
export type RequestId = string | number;

/** Ids are kept while a call waits; official clients count from 0. In characters. */
const MAX_ID_LENGTH = 256;

export type Params = Readonly<Record<string, unknown>>;

export type Message =
  | {
    readonly kind: "request";
    readonly id: RequestId;
    readonly method: string;
    readonly params: Params;
  }
  | { readonly kind: "notification"; readonly method: string; readonly params: Params }
  /** An answer to a request we never send; it is acknowledged and dropped. */
  | { readonly kind: "response" }
  | {
    readonly kind: "invalid";
    readonly error: RpcError;
    /** Where it could be read all the same. */
    readonly id?: RequestId | undefined;
    /** It has no id, so that no answer is expected (JSON-RPC 2.0, section 4.1). */
    readonly isNotification?: boolean;
  };

/** Reads one message. Never throws. */
export function readMessage(value: unknown): Message {
  if (!isObject(value)) return invalid(INVALID_REQUEST, "request must be a JSON object");
  const given = Object.hasOwn(value, "id") ? value["id"] : undefined;
  const id = isRequestId(given) ? given : undefined;
  if (value["jsonrpc"] !== "2.0") {
    return invalid(INVALID_REQUEST, "jsonrpc field must be '2.0'", id);
  }
  const { method } = value;
  if (method === undefined && ("result" in value || "error" in value)) return { kind: "response" };
  if (typeof method !== "string") return invalid(INVALID_REQUEST, "method must be a string", id);
  const params = asObject(value["params"] ?? {});
  const isNotification = !Object.hasOwn(value, "id");
  if (!params) {
    return { ...invalid(INVALID_PARAMS, "params must be an object", id), isNotification };
  }
  if (id !== undefined) return { kind: "request", id, method, params };
  if (isNotification) return { kind: "notification", method, params };
  return invalid(
    INVALID_REQUEST,
    `id must be a string of at most ${MAX_ID_LENGTH} characters or an integer within ±(2^53−1); ` +
      "leave it out for a notification",
  );
}

/** Whether a parsed JSON value is an object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The object that a client means: PHP writes an empty one as `[]`. Undefined: `value` is not one.
 * Where an object may be left out, null says so too: `asObject(value ?? {})`.
 */
export function asObject(value: unknown): Params | undefined {
  if (isObject(value)) return value;
  return Array.isArray(value) && value.length === 0 ? {} : undefined;
}

/** Whether it is an id, or a progress token, which is limited in the same way. */
export function isRequestId(id: unknown): id is RequestId {
  return typeof id === "string" ? id.length <= MAX_ID_LENGTH : Number.isSafeInteger(id);
}

function invalid(code: number, message: string, id?: RequestId): Message & { kind: "invalid" } {
  return { kind: "invalid", error: { code, message }, id };
}
