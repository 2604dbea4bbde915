/** Whether a route table covers an ask. Pure, and careful: where in doubt a person decides. */

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
  /** `paths`: the allowed prefixes under which the asked ones lie; empty: every path is allowed. */
  | { readonly kind: "covered"; readonly paths: readonly string[]; readonly hasAuth: boolean }
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
  const { hasAuth } = route;
  const paths = asked.path_allowlist ?? [];
  if (!paths.every(isPlainPath)) return NOT_COVERED;
  if (route.paths.length === 0) return { kind: "covered", paths: [], hasAuth };
  const allowed = new Set(route.paths);
  const under = paths.length === 0 ? [prefixOf("/", allowed)] : paths.map((path) => {
    return prefixOf(path, allowed);
  });
  if (!under.every((prefix) => prefix !== undefined)) return NOT_COVERED;
  return { kind: "covered", paths: [...new Set(under)], hasAuth };
}

/** Dot segments and encoded separators lead elsewhere than what is written; a query is no path. */
function isPlainPath(path: string): boolean {
  return path.startsWith("/") && !/[?#\\]|%(2f|5c|25)/i.test(path) &&
    !/\/(\.|%2e){1,2}($|[/;])/i.test(path);
}

/**
 * The shortest allowed prefix that is `path` or ends at a segment border of it. Only such prefixes are
 * looked up, so that the work grows with the path and not with the table.
 */
function prefixOf(path: string, allowed: ReadonlySet<string>): string | undefined {
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    for (const prefix of [path.slice(0, slash), path.slice(0, slash + 1)]) {
      if (prefix !== "" && allowed.has(prefix)) return prefix;
    }
  }
  return allowed.has(path) ? path : undefined;
}
