/** The proxy's table as a list of routes. One place reads its form, so that all mean the same by it. */

/** What a route lets through. Of a credential only this is known here: that there is one. */
export interface ListedRoute {
  /** Lower case, without a final dot. */
  readonly host: string;
  /** Prefixes; empty: every path. */
  readonly paths: readonly string[];
  /** The proxy adds a credential. */
  readonly hasAuth: boolean;
  /** The entry, or the table, says more than is understood here, which may narrow the route. */
  readonly saysMore: boolean;
  /** It is only the table that says more: of the route itself nothing need be told. */
  readonly isPlainEntry?: true;
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

/** Texts or blocks that name a credential. */
const AUTH_NAMES = ["auth", "auth_scheme", "token_env", "token_ref", "auth_token_ref"];

/** Switches. */
const AUTH_FLAGS = ["inject_auth", "injects_auth", "injects_authorization", "has_auth"];

/** What an entry may say without any doubt as to what it lets through. */
const KNOWN_KEYS = new Set([
  ...["host", "path_allowlist", "name", "description"],
  ...AUTH_NAMES,
  ...AUTH_FLAGS,
]);

/** What the object around the list may say; others, such as `denied`, may take routes away. */
const KNOWN_TABLE_KEYS = new Set(["routes"]);

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
    const saysMore = Object.keys(entry).some((key) => !KNOWN_KEYS.has(key));
    routes.push({ host, paths, hasAuth: hasAuth(entry), saysMore });
  }
  return { routes: isDoubtful(table, routes, unread) ? doubted(routes) : routes, unread, leftOut };
}

/** What the table says beside its plain entries may be about any of them. */
function isDoubtful(
  table: unknown,
  routes: readonly ListedRoute[],
  unread: readonly string[],
): boolean {
  return isRecord(table) && Object.keys(table).some((key) => !KNOWN_TABLE_KEYS.has(key)) ||
    !unread.every(isName) || !routes.every(({ host }) => isName(host));
}

function doubted(routes: readonly ListedRoute[]): readonly ListedRoute[] {
  return routes.map((route) => {
    return route.saysMore ? route : { ...route, saysMore: true, isPlainEntry: true };
  });
}

/** A name or an IPv4 address; no pattern, port, scheme, path or network. */
function isName(host: string): boolean {
  return host.length <= 253 && /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host);
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

/**
 * Only what names a credential plainly, or a switch that is on, and nothing that says otherwise:
 * writers without a credential put null, an empty text or "none" in its place.
 */
function hasAuth(entry: Readonly<Record<string, unknown>>): boolean {
  const names = AUTH_NAMES.filter((key) => key in entry);
  const flags = AUTH_FLAGS.filter((key) => key in entry);
  return names.length + flags.length > 0 && flags.every((key) => entry[key] === true) &&
    names.every((key) => key === "auth" ? isAuthBlock(entry[key]) : isTelling(entry[key]));
}

function isAuthBlock(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const members = Object.values(value);
  return members.length > 0 && members.every(isTelling);
}

/** What programs write for "no", "not there" or a bare "yes": it names nothing. */
const TELLS_NOTHING =
  /^(|none|no|not|null|nil|nan|undefined|empty|unset|false|f|n|off|disabled|anonymous|true|yes|on|enabled|[01~-]|n\/a)$/i;

function isTelling(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const visible = value.replace(/[\s\p{C}\p{Default_Ignorable_Code_Point}"'()<>[\]{}]/gu, "");
  return !TELLS_NOTHING.test(visible);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
