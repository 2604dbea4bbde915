/** Takes an addition back from the route table, and never opens more by taking away. */

import { isDeepStrictEqual } from "node:util";
import type { Notice } from "../review/kind.ts";
import { type AddedRoute, addedRoute, REFORMATTED, UNKNOWN_ADDITION } from "./added_route.ts";
import { credentialIn } from "./credential.ts";
import type { Removal } from "./edit.ts";
import { takenBack } from "./exact.ts";
import { entryOf, readTable, type RouteEntry } from "./route_table.ts";
import type { YamlChange } from "./yaml_change.ts";
import { editYaml, readYaml, refused } from "./yaml_file.ts";

interface Plan {
  readonly changes: readonly YamlChange[];
  readonly notices: readonly Notice[];
}

/** Takes back exactly what `added` says, as far as the file still has it. */
export function removeRoute(text: string, added: unknown): Removal {
  const parsed = addedRoute.safeParse(added);
  if (!parsed.success) return refused(UNKNOWN_ADDITION);
  const before = takenBack(text, parsed.data.exact);
  if (before !== undefined) return { kind: "changed", after: before, notices: [] };
  const table = readTable(text);
  if (table.kind === "refused") return table;
  const entry = entryOf(table, parsed.data.host);
  if (!entry) return { kind: "unchanged", why: `the file has no route of ${parsed.data.host}` };
  if ("kind" in entry) return entry;
  const plan = planFor(entry, parsed.data);
  return typeof plan === "string" ? { kind: "unchanged", why: plan } : carriedOut(text, plan);
}

function carriedOut(text: string, { changes, notices }: Plan): Removal {
  let after = text;
  let reformatted = false;
  for (const change of changes) {
    const file = readYaml(after);
    if (file.kind === "refused") return file;
    const edited = editYaml(file, change);
    if (edited.kind === "refused") return edited;
    after = edited.after;
    reformatted ||= edited.reformatted;
  }
  return { kind: "changed", after, notices: [...notices, ...reformatted ? [REFORMATTED] : []] };
}

/** What is to be done, or why nothing is. */
function planFor(entry: RouteEntry, added: AddedRoute): Plan | string {
  if (added.change === "widened") return narrowed(entry, added);
  if (added.change === "new" && !added.paths) {
    return entry.paths ? `somebody has limited ${entry.host} to paths since` : gone(entry, added);
  }
  if (!entry.paths) {
    return `the route of ${entry.host} names no paths any more: somebody has opened the whole ` +
      "host since";
  }
  const own = new Set(added.paths);
  const indexes = entry.paths.flatMap((path, index) => own.has(path) ? [index] : []);
  if (indexes.length === 0) {
    return `the route of ${entry.host} has none of the added paths any more`;
  }
  if (indexes.length === entry.paths.length) return gone(entry, added);
  const route = ["routes", entry.index];
  const paths: YamlChange = { kind: "removeItems", from: [...route, "path_allowlist"], indexes };
  const auth = added.change === "new" ? added.auth : undefined;
  if (!auth || !isDeepStrictEqual(entry.auth, auth)) return { changes: [paths], notices: [] };
  return {
    changes: [paths, { kind: "removeKey", from: route, key: "auth" }],
    notices: [{
      label: "SECRET GOES",
      text: `${auth.token_ref} came with this addition: it is not sent to ${entry.host} any ` +
        "more, and the paths that were added since stay without it",
    }],
  };
}

/** The whole route goes: a route that is left without paths would open the whole host. */
function gone(entry: RouteEntry, added: AddedRoute): Plan {
  const changes: YamlChange[] = [{ kind: "removeItems", from: ["routes"], indexes: [entry.index] }];
  if (added.change === "new" && isAsAdded(entry, added)) return { changes, notices: [] };
  const why = entry.paths
    ? "no path is left, and a route without paths would open the whole host"
    : "the host was added by this, and what was put into its route since goes with it";
  const lost = credentialIn(entry.route);
  return {
    changes,
    notices: [{
      label: "ROUTE REMOVED",
      text: `the whole route of ${entry.host} goes${
        lost ? ` (with its auth: ${lost})` : ""
      }: ${why}`,
    }],
  };
}

function isAsAdded({ route }: RouteEntry, { paths, auth }: Extract<AddedRoute, { change: "new" }>) {
  const { host: _, ...rest } = route;
  return isDeepStrictEqual(rest, { ...paths && { path_allowlist: paths }, ...auth && { auth } });
}

function narrowed(
  entry: RouteEntry,
  added: Extract<AddedRoute, { change: "widened" }>,
): Plan | string {
  if (entry.paths) return `somebody has limited ${entry.host} to paths since`;
  return {
    changes: [{
      kind: "put",
      to: ["routes", entry.index],
      key: "path_allowlist",
      value: added.paths,
      ...added.lines !== undefined && { lines: added.lines },
      ...added.behind !== undefined && { behind: added.behind },
    }],
    notices: [],
  };
}
