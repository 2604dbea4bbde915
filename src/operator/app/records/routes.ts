/** A bottle's routes and who allowed them, in the wire form. */

import type { z } from "zod";
import type { FileRoute } from "../../apply/routes.ts";
import type { History } from "../../audit/origins.ts";
import type { Remedy } from "../../failure.ts";
import { type Grant, grantedRoute, NO_HISTORY } from "../granted.ts";
import type { AllRoutes, BottleRoutes } from "../routes.ts";
import type { allRoutesSchema, routesSchema } from "../wire/routes.ts";
import { refusalRecord } from "./failure.ts";

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
      error: refusalRecord(failure, failure.remedy && lineOf(failure.remedy)),
    })),
  };
}

function routeRecord(route: FileRoute, history: History | undefined): Route {
  const { grants, authOrigin } = grantedRoute(route, history ?? NO_HISTORY);
  const { host, paths, auth } = route;
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
      proposal_id: entry.proposal_id,
      bottle_slug: entry.bottle_slug,
      status: entry.status ?? null,
      decided_by: entry.who,
      decided_at: entry.at,
      face: entry.face ?? null,
      justification: entry.justification ?? null,
      notes: entry.notes ?? null,
      file_changed_since: isChangedSince,
    },
  };
}
