/** Whether a route table covers an ask. Pure, and careful: where in doubt a person decides. */

import { isPlainPath } from "./plain_path.ts";
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
  if (!paths.every(isPlainPath)) return NOT_COVERED;
  const covered: Coverage = { kind: "covered", hasAuth: route.hasAuth };
  if (route.paths.length === 0) return covered;
  const allowed = new Set(route.paths);
  const wanted = paths.length === 0 ? ["/"] : paths;
  return wanted.every((path) => isUnder(path, allowed)) ? covered : NOT_COVERED;
}

/**
 * Whether an allowed prefix is `path` or ends at a segment border of it. Only such prefixes are looked
 * up, so that the work grows with the path and not with the table.
 */
function isUnder(path: string, allowed: ReadonlySet<string>): boolean {
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    for (const prefix of [path.slice(0, slash), path.slice(0, slash + 1)]) {
      if (prefix !== "" && allowed.has(prefix)) return true;
    }
  }
  return allowed.has(path);
}
