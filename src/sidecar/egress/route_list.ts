/** The proxy's table as a list of routes. One place reads its form, so that all mean the same by it. */

/** What a route lets through. Of a credential only this is known here: that there is one. */
export interface ListedRoute {
  /** Lower case, without a final dot. */
  readonly host: string;
  /** Prefixes; empty: every path. */
  readonly paths: readonly string[];
  /** The proxy adds a credential. */
  readonly hasAuth: boolean;
  /** The entry says more than is understood here, which may narrow the route. */
  readonly saysMore: boolean;
}

export interface RouteList {
  readonly routes: readonly ListedRoute[];
  /** The hosts of entries that cannot be read otherwise. */
  readonly unread: readonly string[];
  /** Entries of which not even a host was read, or that lie beyond {@linkcode MAX_ROUTES}. */
  readonly leftOut: number;
}

/** At most this many entries are looked at. */
export const MAX_ROUTES = 10_000;

const AUTH_KEYS = [
  ...["auth", "auth_scheme", "token_env", "token_ref", "auth_token_ref"],
  ...["inject_auth", "injects_auth", "injects_authorization", "has_auth"],
];

/** What an entry may say without any doubt as to what it lets through. */
const KNOWN_KEYS = new Set(["host", "path_allowlist", ...AUTH_KEYS, "name", "description"]);

/** Reads `{"routes": […]}` or a bare list; undefined when `table` is neither. */
export function listRoutes(table: unknown): RouteList | undefined {
  const entries = isRecord(table) ? table["routes"] : table;
  if (!Array.isArray(entries)) return undefined;
  const routes: ListedRoute[] = [];
  const unread: string[] = [];
  let leftOut = Math.max(0, entries.length - MAX_ROUTES);
  for (const entry of entries.slice(0, MAX_ROUTES) as unknown[]) {
    const host = isRecord(entry) ? plainHost(entry["host"]) : undefined;
    if (!isRecord(entry) || host === undefined) {
      leftOut++;
      continue;
    }
    const paths = pathsOf(entry["path_allowlist"]);
    if (!paths) {
      unread.push(host);
      continue;
    }
    const hasAuth = AUTH_KEYS.some((key) => says(entry[key]));
    const saysMore = Object.keys(entry).some((key) => !KNOWN_KEYS.has(key));
    routes.push({ host, paths, hasAuth, saysMore });
  }
  return { routes, unread, leftOut };
}

/** The form in which hosts are compared; undefined where there is none. */
export function plainHost(host: unknown): string | undefined {
  if (typeof host !== "string") return undefined;
  return host.toLowerCase().replace(/\.$/, "") || undefined;
}

/** No list, or an empty one, is every path; undefined for what is no list of texts. */
function pathsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const isList = Array.isArray(value) && value.every((path) => typeof path === "string");
  return isList ? value : undefined;
}

/** Writers without a credential leave the key out, or leave it empty. */
function says(value: unknown): boolean {
  if (isRecord(value)) return Object.keys(value).length > 0;
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
