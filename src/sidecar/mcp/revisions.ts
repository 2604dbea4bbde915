/** The MCP revisions that are served, one row each: what differs between them is data, not code. */

import { INVALID_PARAMS, LEGACY_RESOURCE_NOT_FOUND } from "../jsonrpc/errors.ts";

export interface Revision {
  readonly version: string;
  /** Legacy ones open with `initialize`; in modern ones every request speaks for itself. */
  readonly era: "legacy" | "modern";
  /** JSON-RPC batches: 2025-03-26 demands them, later revisions removed them. */
  readonly batches: boolean;
  /** How a tool call with wrong arguments is answered: a JSON-RPC error or a tool result. */
  readonly wrongArguments: "error" | "result";
  /** Tools have an output schema, and results the `structuredContent` that fits it. */
  readonly structured: boolean;
  /** A progress notification may say in words how far the work is. */
  readonly progressMessage: boolean;
  /** The error code for an unknown resource. */
  readonly resourceNotFound: number;
  /** The id of an error response to what had no id that can be read; undefined: it has none. */
  readonly unknownId: null | undefined;
}

/** Newest first: the first is offered to a client that asks for one we do not know. */
export const LEGACY_REVISIONS: readonly [Revision, ...Revision[]] = [
  {
    version: "2025-11-25",
    era: "legacy",
    batches: false,
    wrongArguments: "result",
    structured: true,
    progressMessage: true,
    resourceNotFound: LEGACY_RESOURCE_NOT_FOUND,
    unknownId: undefined,
  },
  {
    version: "2025-06-18",
    era: "legacy",
    batches: false,
    wrongArguments: "error",
    structured: true,
    progressMessage: true,
    resourceNotFound: LEGACY_RESOURCE_NOT_FOUND,
    unknownId: null,
  },
  {
    version: "2025-03-26",
    era: "legacy",
    batches: true,
    wrongArguments: "error",
    structured: false,
    progressMessage: true,
    resourceNotFound: LEGACY_RESOURCE_NOT_FOUND,
    unknownId: null,
  },
  {
    version: "2024-11-05",
    era: "legacy",
    batches: false,
    wrongArguments: "error",
    structured: false,
    progressMessage: false,
    resourceNotFound: LEGACY_RESOURCE_NOT_FOUND,
    unknownId: null,
  },
];

/** Newest first. */
export const MODERN_REVISIONS: readonly [Revision, ...Revision[]] = [
  {
    version: "2026-07-28",
    era: "modern",
    batches: false,
    wrongArguments: "result",
    structured: true,
    progressMessage: true,
    resourceNotFound: INVALID_PARAMS,
    unknownId: undefined,
  },
];

export const REVISIONS: readonly Revision[] = [...MODERN_REVISIONS, ...LEGACY_REVISIONS];

const byVersion = new Map(REVISIONS.map((revision) => [revision.version, revision]));

/** The revision called `version`, or undefined when it is not served. */
export function findRevision(version: unknown): Revision | undefined {
  return typeof version === "string" ? byVersion.get(version) : undefined;
}

/** What a request without the version header speaks (2025-03-26, basic/transports). */
export const WITHOUT_HEADER = "2025-03-26";
