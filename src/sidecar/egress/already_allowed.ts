/** Whether the proxy allows already what is asked for, so that no person need be asked. */

import { type AskedRoute, coverageOf } from "./coverage.ts";
import type { RecentRoutes } from "./recent_routes.ts";

/** How long an ask waits for the live table, in milliseconds; without it the operator is asked. */
const TABLE_TIMEOUT_MS = 1_000;

/** Says in a few words what is allowed of a checked route; undefined: a person has to decide. */
export type AlreadyAllowed = (route: AskedRoute) => Promise<string | undefined>;

/** Only what the proxy says now counts: a remembered table may allow what was taken away since. */
export function alreadyAllowedBy(routes: Pick<RecentRoutes, "read">): AlreadyAllowed {
  return async (route) => {
    const read = await routes.read(TABLE_TIMEOUT_MS);
    if (read.kind !== "table" || !read.isFresh) return undefined;
    const coverage = coverageOf(read.table, route);
    if (coverage.kind === "not-covered") return undefined;
    const { host, path_allowlist: paths = [] } = route;
    const what = paths.length === 0
      ? `you may reach every path of ${host}`
      : `you may reach ${paths.join(", ")} of ${host}`;
    return coverage.hasAuth ? `${what}, to which the proxy adds a credential` : what;
  };
}
