/** The MCP revisions that are served, one row each: what differs between them is data, not code. */

export interface Revision {
  readonly version: string;
  /** JSON-RPC batches: 2025-03-26 demands them, later revisions removed them. */
  readonly batches: boolean;
  /** How a tool call with wrong arguments is answered: a JSON-RPC error or a tool result. */
  readonly wrongArguments: "error" | "result";
}

/** Newest first: the first is offered to a client that asks for one we do not know. */
export const REVISIONS: readonly [Revision, ...Revision[]] = [
  { version: "2025-11-25", batches: false, wrongArguments: "result" },
  { version: "2025-06-18", batches: false, wrongArguments: "error" },
  { version: "2025-03-26", batches: true, wrongArguments: "error" },
  { version: "2024-11-05", batches: false, wrongArguments: "error" },
];

const byVersion = new Map(REVISIONS.map((revision) => [revision.version, revision]));

/** The revision called `version`, or undefined when it is not served. */
export function findRevision(version: unknown): Revision | undefined {
  return typeof version === "string" ? byVersion.get(version) : undefined;
}

/** What a request without the version header speaks (2025-03-26, basic/transports). */
export const WITHOUT_HEADER = "2025-03-26";
