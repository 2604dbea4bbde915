/**
 * Which revision a request speaks. Decided for each request alone: the body first, the header
 * second, and nothing that was said before (MCP 2026-07-28, basic/versioning).
 */

import {
  HEADER_MISMATCH,
  INVALID_PARAMS,
  type RpcError,
  UNSUPPORTED_PROTOCOL_VERSION,
} from "../jsonrpc/errors.ts";
import { asObject, isObject, type Params } from "../jsonrpc/message.ts";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION } from "./meta.ts";
import type { ClientCapabilities } from "./method.ts";
import {
  findRevision,
  LEGACY_REVISIONS,
  MODERN_REVISIONS,
  type Revision,
  REVISIONS,
  WITHOUT_HEADER,
} from "./revisions.ts";
import { shown } from "./shown.ts";

export type Ruling =
  | { readonly revision: Revision; readonly capabilities: ClientCapabilities }
  | { readonly revision: undefined; readonly error: RpcError };

const NO_CAPABILITIES: ClientCapabilities = {};

/** Legacy clients say what they can only at `initialize`, and nothing is kept from that. */
const LEGACY_RULINGS = new Map<string, Ruling>(
  LEGACY_REVISIONS.map((revision) => [
    revision.version,
    { revision, capabilities: NO_CAPABILITIES },
  ]),
);
const WITHOUT_HEADER_RULING = LEGACY_RULINGS.get(WITHOUT_HEADER)!;
const NEWEST_LEGACY_RULING = LEGACY_RULINGS.get(LEGACY_REVISIONS[0].version)!;

/**
 * `version`: of the MCP-Protocol-Version header, or agreed on before; null when nothing says.
 * `isHeader`: it is of the header, which must repeat what the body says. What was agreed on before
 * only counts for requests that do not speak for themselves.
 */
export function ruleOn(
  method: string,
  { _meta: meta }: Params,
  version: string | null,
  isHeader: boolean,
): Ruling {
  if (hasEnvelope(meta)) {
    return ruleOnModern(meta, isHeader ? version : null);
  }
  if (version === null) return WITHOUT_HEADER_RULING;
  const legacy = LEGACY_RULINGS.get(version);
  if (legacy) return legacy;
  if (findRevision(version)) {
    return refused(
      INVALID_PARAMS,
      `a request of revision ${version} must carry _meta["${PROTOCOL_VERSION}"] and ` +
        `_meta["${CLIENT_CAPABILITIES}"] in its params`,
    );
  }
  // `initialize` brings its own version, so the header plays no part.
  return method === "initialize"
    ? NEWEST_LEGACY_RULING
    : { revision: undefined, error: unsupported(version, REVISIONS) };
}

/** Whether `_meta` has a key of the modern era: what is missing of the rest is an error then. */
export function hasEnvelope(meta: unknown): meta is Record<string, unknown> {
  return isObject(meta) && (PROTOCOL_VERSION in meta || CLIENT_CAPABILITIES in meta);
}

function ruleOnModern(meta: Record<string, unknown>, header: string | null): Ruling {
  const version = meta[PROTOCOL_VERSION];
  if (typeof version !== "string") {
    return refused(INVALID_PARAMS, `_meta["${PROTOCOL_VERSION}"] must be a string`);
  }
  const capabilities = asObject(meta[CLIENT_CAPABILITIES]);
  if (!capabilities) {
    return refused(
      INVALID_PARAMS,
      `_meta["${CLIENT_CAPABILITIES}"] must be an object; {} says that there are none`,
    );
  }
  if (header !== null && header !== version) {
    return refused(
      HEADER_MISMATCH,
      `the MCP-Protocol-Version header is '${shown(header)}' but the body says '${shown(version)}'`,
    );
  }
  const revision = findRevision(version);
  if (revision?.era === "modern") return { revision, capabilities };
  return { revision: undefined, error: unsupported(version, MODERN_REVISIONS) };
}

/** The revision of what has no body to say so: a notification, a response, a batch. */
export function revisionOfHeader(header: string | null): Revision | undefined {
  return findRevision(header ?? WITHOUT_HEADER);
}

/** `data.supported` lists what would have been accepted in the same place. */
export function unsupported(requested: string, revisions: readonly Revision[]): RpcError {
  const supported = revisions.map(({ version }) => version);
  const cut = shown(requested);
  return {
    code: UNSUPPORTED_PROTOCOL_VERSION,
    message: `unsupported MCP-Protocol-Version '${cut}': use one of ${supported.join(", ")}`,
    data: { supported, requested: cut },
  };
}

function refused(code: number, message: string): Ruling {
  return { revision: undefined, error: { code, message } };
}
