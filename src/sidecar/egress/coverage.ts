/** Whether a route table covers an ask. Pure, and careful: where in doubt a person decides. */

import { isCovered, whyNotPathPrefix } from "../../queue/path_prefix.ts";
import { listRoutes, plainHost } from "./route_list.ts";

/** What is asked for, as `egress-block` has checked it. */
export interface AskedRoute {
  readonly host: string;
  /** Without it, or with an empty one, every path is meant. */
  readonly path_allowlist?: readonly string[] | undefined;
  /** Only whether there is one counts. */
  readonly auth?: unknown;
}

export type Coverage =
  | { readonly kind: "covered"; readonly hasAuth: boolean }
  | { readonly kind: "not-covered" };

const NOT_COVERED: Coverage = { kind: "not-covered" };

/** `table`: the proxy's JSON, parsed. */
export function coverageOf(table: unknown, asked: AskedRoute): Coverage {
  const list = listRoutes(table);
  const host = plainHost(asked.host);
  // An entry that cannot be read may be about this host too, and say otherwise.
  if (!list || list.leftOut > 0 || host === undefined || list.unread.includes(host)) {
    return NOT_COVERED;
  }
  const [route, ...others] = list.routes.filter((one) => one.host === host);
  if (!route || others.length > 0 || route.saysMore) return NOT_COVERED;
  if (asked.auth && !route.hasAuth) return NOT_COVERED;
  const paths = asked.path_allowlist ?? [];
  if (paths.some(whyNotPathPrefix)) return NOT_COVERED;
  const covered: Coverage = { kind: "covered", hasAuth: route.hasAuth };
  if (route.paths.length === 0) return covered;
  const allowed = new Set(route.paths);
  const wanted = paths.length === 0 ? ["/"] : paths;
  return wanted.every((path) => isCovered(path, allowed)) ? covered : NOT_COVERED;
}
