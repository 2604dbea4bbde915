/** Who let a bottle reach what its routes file lists: each route with the approvals that added it. */

import { sameHost } from "../apply/entry_host.ts";
import type { FileRoute } from "../apply/routes.ts";
import type { History, Origin } from "../audit/origins.ts";

/** Some paths of a route, or all of it, with the approval that added them. */
export interface Grant {
  /** Undefined for the whole host. */
  readonly paths: readonly string[] | undefined;
  /** Undefined: no approval of this log, so it was put there by hand. */
  readonly origin: Origin | undefined;
}

export interface GrantedRoute {
  readonly route: FileRoute;
  readonly grants: readonly Grant[];
  /** The approval that gave the route its secret, if it has one. */
  readonly authOrigin: Origin | undefined;
}

/** Of a path that several approvals added, the last one counts. Without a history none did. */
export function grantedRoute(route: FileRoute, history: History | undefined): GrantedRoute {
  const { host, paths, auth } = route;
  const origins = (history?.origins ?? []).filter((origin) => sameHost(origin.host, host));
  const authOrigin = auth &&
    origins.find((origin) =>
      origin.auth?.scheme === auth.scheme && origin.auth.token_ref === auth.token_ref
    );
  if (!paths) {
    const origin = origins.find((origin) => origin.paths === undefined);
    return { route, grants: [{ paths, origin }], authOrigin };
  }
  const groups = new Map<Origin | undefined, string[]>();
  for (const path of paths) {
    const origin = origins.find((origin) => origin.paths?.includes(path));
    groups.set(origin, [...groups.get(origin) ?? [], path]);
  }
  const grants = [...groups].map(([origin, paths]): Grant => ({ paths, origin }));
  return { route, grants: grants.length > 0 ? grants : [{ paths, origin: undefined }], authOrigin };
}
