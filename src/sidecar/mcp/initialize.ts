/** How a client gets to know the server: `initialize` of the old era, `server/discover` of the new. */

import { type Method, result, STATIC } from "./method.ts";
import { findRevision, LEGACY_REVISIONS, MODERN_REVISIONS } from "./revisions.ts";

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** The server in the clients' eyes. Only what is really served is in the capabilities. */
export interface Introduction {
  readonly info: ServerInfo;
  /** For the model: what this server is for and how to use it. */
  readonly instructions?: string | undefined;
  readonly legacyCapabilities: object;
  readonly modernCapabilities: object;
}

/** Answers with the revision asked for when it is a legacy one, else with the newest of those. */
export function initialize({ info, instructions, legacyCapabilities }: Introduction): Method {
  return {
    name: "initialize",
    eras: "legacy",
    handle(params, { exchange }) {
      const asked = findRevision(params["protocolVersion"]);
      const { version } = asked?.era === "legacy" ? asked : LEGACY_REVISIONS[0];
      exchange.negotiated = version;
      return result({
        protocolVersion: version,
        capabilities: legacyCapabilities,
        serverInfo: info,
        ...instructions === undefined ? {} : { instructions },
      });
    },
  };
}

/** Lists the modern revisions only: the others are reached by `initialize`, not by an envelope. */
export function discover({ instructions, modernCapabilities }: Introduction): Method {
  const answer = result({
    supportedVersions: MODERN_REVISIONS.map(({ version }) => version),
    capabilities: modernCapabilities,
    ...instructions === undefined ? {} : { instructions },
  });
  return { name: "server/discover", eras: "modern", cache: STATIC, handle: () => answer };
}
