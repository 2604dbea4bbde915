/** `initialize`: the handshake of the revisions up to 2025-11-25. Nothing is kept from it. */

import { type Method, result } from "./method.ts";
import { findRevision, REVISIONS } from "./revisions.ts";

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** Answers with the revision asked for when it is served, else with the newest one. */
export function initialize(serverInfo: ServerInfo): Method {
  return (params) => {
    const { version } = findRevision(params["protocolVersion"]) ?? REVISIONS[0];
    return result({
      protocolVersion: version,
      capabilities: { tools: { listChanged: false } },
      serverInfo,
    });
  };
}
