/** What a request says when it is read without knowing how it came to be: the oracle's side. */

import { CLIENT_CAPABILITIES, PROTOCOL_VERSION, TASKS_EXTENSION } from "../../support/meta_keys.ts";
import { isObject, type RequestId } from "../../support/schema/answer.ts";
import {
  LEGACY_REVISIONS,
  MODERN_REVISION,
  type Revision,
} from "../../support/schema/published.ts";

export type Reading =
  /** Not JSON: an error without an id. */
  | { readonly kind: "unreadable" }
  /** JSON, but no message that must be served: an error for one of these ids; null is none. */
  | { readonly kind: "odd"; readonly ids: readonly (RequestId | null)[] }
  | Asked
  /** No answer, unless it is refused. */
  | {
    readonly kind: "silent";
    /** Of a `notifications/cancelled`: the request that may now stay without an answer. */
    readonly cancels?: unknown;
  }
  | { readonly kind: "batch"; readonly parts: readonly Reading[] };

export interface Asked {
  readonly kind: "request";
  readonly id: RequestId;
  readonly method: string;
  /** Undefined: one of the legacy ones, the transport does not say which. */
  readonly revision: Revision | undefined;
  readonly tasks: boolean;
  readonly progressToken: unknown;
}

/** Of a transport without headers. */
export const NO_HEADERS = Symbol("no headers");

/** The MCP-Protocol-Version header; null: not sent. */
export type VersionHeader = string | null | typeof NO_HEADERS;

/** The server takes no longer messages, nothing nested deeper, nor longer ids. */
export const MAX_BODY_BYTES = 1_048_576;
const MAX_DEPTH = 64;
const MAX_ID_LENGTH = 256;

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function readBody(body: Uint8Array, version: VersionHeader): Reading {
  if (body.length > MAX_BODY_BYTES) return { kind: "odd", ids: [null] };
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    return { kind: "unreadable" };
  }
  if (depthOf(text) > MAX_DEPTH) return { kind: "odd", ids: [null, ...idsOf(value)] };
  if (!Array.isArray(value)) return readMessage(value, version);
  if (value.length === 0) return { kind: "odd", ids: [null] };
  return { kind: "batch", parts: value.map((part) => readMessage(part, version)) };
}

function readMessage(value: unknown, version: VersionHeader): Reading {
  const odd: Reading = { kind: "odd", ids: [null, ...idsOf(value)] };
  if (!isObject(value)) return odd;
  const { jsonrpc, method, params = null } = value;
  if (jsonrpc !== "2.0") return odd;
  if (method === undefined && ("result" in value || "error" in value)) return { kind: "silent" };
  if (typeof method !== "string") return odd;
  const isParams = params === null || isMembers(params);
  if (!Object.hasOwn(value, "id")) {
    const isCancel = method === "notifications/cancelled" && isObject(params);
    return isCancel ? { kind: "silent", cancels: params["requestId"] } : { kind: "silent" };
  }
  const [id] = idsOf(value);
  if (id === undefined) return odd;
  const meta = isObject(params) && isObject(params["_meta"]) ? params["_meta"] : {};
  const revision = revisionOf(meta, version);
  if (!isParams) return revision === MODERN_REVISION ? { kind: "odd", ids: [id] } : odd;
  return {
    kind: "request",
    id,
    method,
    revision,
    tasks: declaresTasks(meta),
    progressToken: meta["progressToken"],
  };
}

function idsOf(value: unknown): RequestId[] {
  if (!isObject(value) || !Object.hasOwn(value, "id")) return [];
  const { id } = value;
  if (typeof id === "string") return id.length <= MAX_ID_LENGTH ? [id] : [];
  return Number.isSafeInteger(id) ? [id as number] : [];
}

/** The envelope decides, then the header. */
export function revisionOf(
  meta: Readonly<Record<string, unknown>>,
  version: VersionHeader,
): Revision | undefined {
  if (PROTOCOL_VERSION in meta || CLIENT_CAPABILITIES in meta) return MODERN_REVISION;
  if (version === NO_HEADERS) return undefined;
  if (version === null) return "2025-03-26";
  const trimmed = version.replace(/^[ \t]+|[ \t]+$/g, "");
  if (trimmed === MODERN_REVISION) return MODERN_REVISION;
  return LEGACY_REVISIONS.find((known) => known === trimmed) ?? "2025-11-25";
}

function declaresTasks(meta: Readonly<Record<string, unknown>>): boolean {
  const capabilities = meta[CLIENT_CAPABILITIES];
  const extensions = isObject(capabilities) ? capabilities["extensions"] : undefined;
  return isObject(extensions) && isMembers(extensions[TASKS_EXTENSION]);
}

/** An object, which PHP writes as a list where it is empty. */
function isMembers(value: unknown): boolean {
  return isObject(value) || Array.isArray(value) && value.length === 0;
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs)) {
    if (token === "[" || token === "{") deepest = Math.max(deepest, ++depth);
    else if (token === "]" || token === "}") depth--;
  }
  return deepest;
}
