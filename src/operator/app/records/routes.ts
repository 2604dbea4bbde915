/** A bottle's routes and who allowed them, in the wire form. */

import type { z } from "zod";
import type { History } from "../../audit/origins.ts";
import type { Remedy } from "../../failure.ts";
import type { Grant, GrantedRoute } from "../granted.ts";
import type { AllRoutes, BottleRoutes } from "../routes.ts";
import type { allRoutesSchema, routesSchema } from "../wire/routes.ts";
import { known } from "./known.ts";

type Routes = z.output<typeof routesSchema>;
type Route = Routes["routes"][number];
type GrantRecord = NonNullable<Route["grants"]>[number];

export function routesRecord(
  { slug, target, routes, differs, history }: BottleRoutes,
): Routes {
  return {
    bottle_slug: slug,
    path: target.path,
    routes: routes.map((route) => routeRecord(route, history)),
    proxy_differs: differs ?? null,
  };
}

/** `lineOf`: the command line that a remedy comes to. */
export function allRoutesRecord(
  { bottles, unread }: AllRoutes,
  lineOf: (remedy: Remedy) => string,
): z.output<typeof allRoutesSchema> {
  return {
    bottles: bottles.map(routesRecord),
    unread: unread.map(({ slug, failure }) => ({
      bottle_slug: slug,
      error: {
        code: failure.code,
        message: failure.message,
        try: failure.remedy ? lineOf(failure.remedy) : null,
      },
    })),
  };
}

function routeRecord(
  { route: { host, paths, auth }, grants, authOrigin }: GrantedRoute,
  history: History | undefined,
): Route {
  return {
    host,
    path_allowlist: paths ? [...paths] : null,
    auth: auth ?? null,
    auth_by_hand: history ? auth !== undefined && authOrigin === undefined : null,
    grants: history ? grants.map(grantRecord) : null,
  };
}

function grantRecord({ paths, origin }: Grant): GrantRecord {
  const path_allowlist = paths ? [...paths] : null;
  if (!origin) return { path_allowlist, approval: null };
  const { entry, isChangedSince } = origin;
  return {
    path_allowlist,
    approval: {
      ...known(entry, "proposal_id", "bottle_slug", "status"),
      decided_by: entry.who,
      decided_at: entry.at,
      ...known(entry, "face", "justification", "notes"),
      file_changed_since: isChangedSince,
    },
  };
}
