/** What a routes file says, read strictly: an entry is known for certain or the file is refused. */

import { isNode, isScalar, isSeq, type YAMLMap } from "yaml";
import type { Lines, Refused } from "./edit.ts";
import { sameHost } from "./entry_host.ts";
import { readYaml, refused, type YamlFile } from "./yaml_file.ts";
import { adorned, isEmpty, listAt, pairAt, plainMap } from "./yaml_strict.ts";

/** How the proxy authenticates; what else the file says of it is not looked at. */
export interface Auth {
  readonly scheme: string;
  readonly token_ref: string;
}

export interface RouteEntry {
  readonly index: number;
  /** Counted from 1. */
  readonly line: number;
  readonly host: string;
  /** Undefined when every path is allowed: there is no list, or it is empty. */
  readonly paths: readonly string[] | undefined;
  /** As the file has it; undefined when there is none. */
  readonly auth: unknown;
  /** All of the route, as plain data. */
  readonly route: Readonly<Record<string, unknown>>;
}

export interface LiveRouteTable {
  readonly kind: "table";
  readonly file: YamlFile;
  readonly entries: readonly RouteEntry[];
}

const LIST_FORM = "a list of routes, each with a host";

/** Remembers the last text: of many asks of a bottle each is about the same. */
export function readTable(text: string): LiveRouteTable | Refused {
  if (latest?.text !== text) latest = { text, table: tableOf(text) };
  return latest.table;
}

let latest: { readonly text: string; readonly table: LiveRouteTable | Refused } | undefined;

function tableOf(text: string): LiveRouteTable | Refused {
  const file = readYaml(text);
  if (file.kind === "refused") return file;
  const list = listAt(file, "routes", LIST_FORM);
  if ("kind" in list) return list;
  const entries: RouteEntry[] = [];
  for (const [index, item] of list.entries()) {
    const entry = readEntry(file, item, index, file.line(item));
    if ("kind" in entry) return entry;
    entries.push(entry);
  }
  return { kind: "table", file, entries };
}

function readEntry(
  file: YamlFile,
  item: unknown,
  index: number,
  line: number,
): RouteEntry | Refused {
  const odd = plainMap(file, item, "a route", "a mapping with a host");
  if (odd) return odd;
  const map = item as YAMLMap;
  const host = pairAt(map, "host");
  const oddHost = adorned(file, host?.key, "host") ?? adorned(file, host?.value, "host");
  if (oddHost) return oddHost;
  const name = isScalar(host?.value) ? host.value.value : undefined;
  if (typeof name !== "string" || name === "") {
    return refused(
      host
        ? `line ${file.line(host.value)}: the host must be a string, in quotes if it looks like ` +
          "a number"
        : `line ${line}: the route has no host: NAME`,
    );
  }
  const paths = readPaths(file, map);
  if (paths && "kind" in paths) return paths;
  const route = map.toJS(file.document) as Record<string, unknown>;
  return { index, line, host: name, paths, auth: route["auth"] ?? undefined, route };
}

function readPaths(file: YamlFile, map: YAMLMap): readonly string[] | Refused | undefined {
  const pair = pairAt(map, "path_allowlist");
  const list = pair?.value ?? null;
  const odd = adorned(file, pair?.key, "path_allowlist") ?? adorned(file, list, "path_allowlist");
  if (odd) return odd;
  if (isEmpty(list)) return undefined;
  if (!isSeq(list)) {
    return refused(
      `line ${file.line(list)}: path_allowlist must be a list of strings`,
    );
  }
  const paths: string[] = [];
  for (const item of list.items) {
    const oddPath = adorned(file, item, "a path");
    if (oddPath) return oddPath;
    if (!isScalar(item) || typeof item.value !== "string") {
      return refused(
        `line ${file.line(item)}: path_allowlist must hold strings only, in quotes where ` +
          "they look like something else",
      );
    }
    paths.push(item.value);
  }
  return paths.length === 0 ? undefined : paths;
}

/** The one entry of a host, none, or why it cannot be told which counts. */
export function entryOf(table: LiveRouteTable, host: string): RouteEntry | Refused | undefined {
  const found = table.entries.filter((entry) => sameHost(entry.host, host));
  if (found.length < 2) return found[0];
  return refused(
    `${host} is in the file more than once, in lines ${
      found.map(({ line }) => line).join(" and ")
    }: ` +
      "which one counts is up to the proxy",
  );
}

/** Where a route stands in the text. */
export function linesOf({ file }: LiveRouteTable, { index, line }: RouteEntry): Lines {
  const node = file.document.getIn(["routes", index], true);
  const [start, end] = isNode(node) && node.range ? node.range : [0, 0];
  const rows = file.text.slice(start, end).trimEnd().split("\n").length;
  return { first: line, last: line + rows - 1 };
}

/** The parts of `auth` that matter; undefined when it has another form. */
export function plainAuth(auth: unknown): Auth | undefined {
  if (typeof auth !== "object" || auth === null) return undefined;
  const { scheme, token_ref } = auth as Record<string, unknown>;
  return typeof scheme === "string" && typeof token_ref === "string"
    ? { scheme, token_ref }
    : undefined;
}
