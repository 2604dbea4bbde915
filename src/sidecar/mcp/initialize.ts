/** How a client gets to know the server: `initialize` of the old era, `server/discover` of the new. */

import { type Method, result, STATIC } from "./method.ts";
import { findRevision, LEGACY_REVISIONS, MODERN_REVISIONS } from "./revisions.ts";
import type { ServerOptions } from "./server_options.ts";

type Introduced = Pick<ServerOptions, "info" | "instructions">;

/** Answers with the revision asked for when it is a legacy one, else with the newest of those. */
export function initialize(
  { info, instructions }: Introduced,
  capabilities: object,
): Method {
  return {
    name: "initialize",
    eras: "legacy",
    handle(params, { exchange }) {
      const asked = findRevision(params["protocolVersion"]);
      const { version } = asked?.era === "legacy" ? asked : LEGACY_REVISIONS[0];
      exchange.negotiated = version;
      return result({
        protocolVersion: version,
        capabilities,
        serverInfo: info,
        instructions,
      });
    },
  };
}

/** Lists the modern revisions only: the others are reached by `initialize`, not by an envelope. */
export function discover({ instructions }: Introduced, capabilities: object): Method {
  const answer = result({
    supportedVersions: MODERN_REVISIONS.map(({ version }) => version),
    capabilities,
    instructions,
  });
  return { name: "server/discover", eras: "modern", cache: STATIC, handle: () => answer };
}
