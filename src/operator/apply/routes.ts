/** Adds a route to the egress proxy's table: existing routes win, and none becomes narrower. */

import { isMap, isScalar } from "yaml";
import { isCovered } from "../../queue/path_prefix.ts";
import { count, type Notice } from "../review/kind.ts";
import type { parseRoute } from "../review/egress_block.ts";
import { type AddedRoute, REFORMATTED } from "./added_route.ts";
import { credentialIn } from "./credential.ts";
import type { Edit, Noticed, Refused } from "./edit.ts";
import { sameHost } from "./entry_host.ts";
import { exactEditOf } from "./exact.ts";
import { coveredNotices, reachedNotices, widerNotices } from "./route_notices.ts";
import {
  type Auth,
  entryOf,
  linesOf,
  type LiveRouteTable,
  plainAuth,
  readTable,
  type RouteEntry,
} from "./route_table.ts";
import { indentation } from "./text_lines.ts";
import type { YamlChange } from "./yaml_change.ts";
import { editYaml } from "./yaml_file.ts";
import { keyLines, spliced } from "./yaml_splice.ts";
import type { Plain } from "./yaml_write.ts";

/** As the review lets it through; without paths, or with none, every path is meant. */
export type ApprovedRoute = ReturnType<typeof parseRoute>;

/** A route as a file lists it. */
export interface FileRoute {
  readonly host: string;
  /** Undefined for the whole host. */
  readonly paths: readonly string[] | undefined;
  readonly auth?: Auth;
}

/** What is to be done, and what is kept of it. */
interface Addition {
  readonly change: YamlChange;
  readonly added: Omitted<AddedRoute>;
  readonly notices: readonly Notice[];
}

type Omitted<Union> = Union extends unknown ? Omit<Union, "exact"> : never;

export function addRoute(text: string, route: ApprovedRoute): Edit<AddedRoute> {
  const table = readTable(text);
  if (table.kind === "refused") return table;
  const addition = additionOf(table, route);
  if ("kind" in addition) return addition;
  const edited = editYaml(table.file, addition.change);
  if (edited.kind === "refused") return edited;
  return {
    kind: "changed",
    after: edited.after,
    added: { ...addition.added, exact: exactEditOf(text, edited.after) },
    notices: [...addition.notices, ...edited.reformatted ? [REFORMATTED] : []],
    ...around(table, route.host),
  };
}

/** The route itself, which says what is sent with what is added to it. */
function around(table: LiveRouteTable, host: string) {
  const entry = entryOf(table, host);
  return entry && "index" in entry ? { around: linesOf(table, entry) } : {};
}

/** What {@linkcode addRoute} says, of many routes and one text fast. */
export function routeNotices(text: string, route: ApprovedRoute): Noticed {
  const table = readTable(text);
  if (table.kind === "refused") return table;
  const addition = additionOf(table, route);
  if ("kind" in addition) return addition;
  const isPlain = spliced(text, table.file.document, addition.change) !== undefined;
  return { kind: "changed", notices: [...addition.notices, ...isPlain ? [] : [REFORMATTED]] };
}

/** What adding it would change. */
function additionOf(
  table: LiveRouteTable,
  route: ApprovedRoute,
): Addition | Exclude<Edit<never>, { kind: "changed" }> {
  const entry = entryOf(table, route.host);
  if (entry && "kind" in entry) return entry;
  return entry ? additionTo(table, entry, route) : newRoute(table, route);
}

function newRoute(table: LiveRouteTable, { host, path_allowlist, auth }: ApprovedRoute): Addition {
  const paths = path_allowlist?.length ? [...new Set(path_allowlist)] : undefined;
  const route: Plain = {
    host,
    ...paths && { path_allowlist: paths },
    ...auth && { auth: { scheme: auth.scheme, token_ref: auth.token_ref } },
  };
  const notices: Notice[] = [{ label: "NEW HOST", text: `${host} has no route yet` }];
  if (auth) {
    notices.push({
      label: "NEW SECRET",
      text: `the value of ${auth.token_ref} would be sent to ${host}, which never had a secret`,
    });
  }
  notices.push(...aroundNotices(table, host));
  return {
    change: table.entries.length > 0
      ? { kind: "append", to: ["routes"], values: [route] }
      : { kind: "put", to: [], key: "routes", value: [route] },
    added: { change: "new", host, ...paths && { paths }, ...auth && { auth } },
    notices,
  };
}

function additionTo(
  table: LiveRouteTable,
  entry: RouteEntry,
  { host, path_allowlist, auth }: ApprovedRoute,
): Addition | Extract<Edit<never>, { kind: "unchanged" }> {
  const notices = auth ? authIgnored(host, entry, auth) : [];
  const there = new Set(entry.paths);
  if (!entry.paths || there.has("/")) return { kind: "unchanged", notices };
  const route = ["routes", entry.index];
  if (!path_allowlist?.length) {
    return {
      change: { kind: "removeKey", from: route, key: "path_allowlist" },
      added: { change: "widened", host, paths: [...entry.paths], ...placeOf(table, entry) },
      notices: [
        {
          label: "WHOLE HOST",
          text: `${host} is limited to ${count(entry.paths.length, "path")} now: that list would ` +
            "be taken away, and every path would be open",
        },
        ...notices,
        ...aroundNotices(table, host),
      ],
    };
  }
  const paths = [...new Set(path_allowlist)].filter((path) => !isCovered(path, there));
  if (paths.length === 0) return { kind: "unchanged", notices };
  return {
    change: { kind: "append", to: [...route, "path_allowlist"], values: paths },
    added: { change: "paths", host, paths },
    notices: [
      ...widerNotices(entry.paths, paths),
      ...notices,
      ...aroundNotices(table, host),
    ],
  };
}

/** What the rest of the table means for what is added. */
function aroundNotices(table: LiveRouteTable, host: string): Notice[] {
  const hosts = table.entries.map((entry) => entry.host);
  return [...coveredNotices(hosts, host), ...reachedNotices(table, host)];
}

/** How the path list stands in the text, if it has lines of its own. */
function placeOf({ file }: LiveRouteTable, { index }: RouteEntry) {
  const map = file.document.getIn(["routes", index], true);
  if (!isMap(map) || map.flow) return {};
  const at = map.items.findIndex(({ key }) => isScalar(key) && key.value === "path_allowlist");
  const [before, pair] = [map.items[at - 1]?.key, map.items[at]];
  const range = pair && keyLines(file.text, pair);
  const indent = range && indentation(file.text, range.start);
  if (!range || indent === undefined) return {};
  const behind = isScalar(before) && typeof before.value === "string" ? before.value : undefined;
  return {
    lines: indent + file.text.slice(range.start, range.end),
    ...behind !== undefined && { behind },
  };
}

function authIgnored(host: string, { auth, route }: RouteEntry, proposed: Auth): Notice[] {
  const now = plainAuth(auth);
  if (now?.scheme === proposed.scheme && now.token_ref === proposed.token_ref) return [];
  const offered = `the proposed one (${proposed.scheme}, ${proposed.token_ref}) is not used`;
  const existing = credentialIn(route);
  const text = existing === undefined
    ? `${host} has no auth and gets none: ${offered}`
    : `${host} keeps its auth (${existing}): ${offered}`;
  return [{ label: "AUTH IGNORED", text }];
}

/**
 * What the file says of a host; undefined when it has no route, or the file cannot be read. Of a
 * host that stands twice the first route counts here.
 */
export function routeOf(
  text: string,
  host: string,
): { readonly paths: readonly string[] | undefined } | undefined {
  const listed = routesIn(text);
  if (listed.kind === "refused") return undefined;
  const route = listed.routes.find((route) => sameHost(route.host, host));
  return route && { paths: route.paths };
}

/** Every route of the file, in its order. */
export function routesIn(
  text: string,
):
  | { readonly kind: "read"; readonly routes: readonly FileRoute[] }
  | Refused {
  const table = readTable(text);
  if (table.kind === "refused") return table;
  const routes = table.entries.map(({ host, paths, auth: found }) => {
    const auth = plainAuth(found);
    return { host, paths, ...auth && { auth } };
  });
  return { kind: "read", routes };
}
