/**
 * Writes the routes file that a trial run would have needed, with all that helps to prune it in
 * comments, and proves that it says these routes and nothing else.
 */

import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { type FileRoute, routesIn } from "../apply/routes.ts";
import { scalar } from "../apply/yaml_write.ts";
import { count } from "../review/kind.ts";
import { visibleLine } from "../visible.ts";
import {
  commented,
  elsewhereLines,
  furtherPathLines,
  headLines,
  routeComments,
  type Run,
} from "./comments.ts";
import { allowedPaths, type RouteTally, type Tally } from "./tally.ts";

export interface RoutesFile {
  readonly text: string;
  /** Those that are in the file. */
  readonly routes: readonly RouteTally[];
  /** Those for which there is no room in it. */
  readonly leftOut: readonly RouteTally[];
}

/** Of the 1 MiB that a routes file may have; the comments around the routes need room too. */
const MAX_ROUTES_BYTES = 768 * 1_024;

/** Paths that stand in a comment alone: more of them are counted. */
const MAX_PATHS = 100;
const MAX_CREDENTIALS = 10;

/** An agent does not ask for what is allowed, so a run tells little of it. */
const NOT_IN_HERE = "Routes that the bottle had are not in here, unless it asked for them too.";

/** Behind the key of a list, as a comment. */
const NONE_LEFT = "with none of these left, every path is open";

/** Throws when the text does not say exactly what it should: a bug, and nothing to hand out. */
export function routesFile(run: Run, tally: Tally): RoutesFile {
  const routes: RouteTally[] = [];
  const leftOut: RouteTally[] = [];
  const entries: string[] = [];
  let bytesLeft = MAX_ROUTES_BYTES;
  for (const route of tally.routes) {
    if (leastBytes(route) > bytesLeft) {
      leftOut.push(route);
      continue;
    }
    const lines = routeLines(route).map((line) => `  ${line}\n`).join("");
    const bytes = new TextEncoder().encode(lines).length;
    if (bytes > bytesLeft) {
      leftOut.push(route);
      continue;
    }
    bytesLeft -= bytes;
    routes.push(route);
    entries.push(lines);
  }
  const text = commented([...headLines(run, tally, leftOut), NOT_IN_HERE]) +
    (routes.length > 0 ? `routes:\n${entries.join("\n")}` : "routes: []\n") +
    commented(elsewhereLines(tally));
  prove(text, routes);
  return { text, routes, leftOut };
}

/** Writing a path in YAML is dear: what cannot fit is known without. */
function leastBytes({ host, wholeHostAsks, paths }: RouteTally): number {
  if (wholeHostAsks > 0) return host.length;
  return paths.reduce((bytes, { path }) => bytes + path.length, host.length);
}

function routeLines(route: RouteTally): string[] {
  const { host, wholeHostAsks, paths } = route;
  const [only, ...others] = wholeHostAsks > 0 ? [] : paths;
  const lines = only && others.length === 0 ? onePathLines(route, only) : [
    `- host: ${scalar(host, false)}`,
    ...[
      ...wholeHostAsks > 0 ? narrowerLines(route) : pathLines(route),
      ...credentialLines(route, (auth) => ["auth:", ...auth.map((line) => `  ${line}`)]),
    ].map((line) => `  ${line}`),
  ];
  return [...routeComments(route).map((line) => `# ${line}`), ...lines];
}

/** Deleting the line with the path deletes the host with it, or makes a file that is refused. */
function onePathLines(route: RouteTally, { path, asks }: RouteTally["paths"][number]): string[] {
  const entry = `- {host: ${scalar(route.host, false)}, path_allowlist: [${scalar(path, false)}]`;
  const credentials = credentialLines(route, (auth) => [`auth: {${auth.join(", ")}},`]);
  return credentials.length === 0 ? [`${entry}} # ${count(asks, "ask")}`] : [
    `${entry}, # ${count(asks, "ask")}`,
    ...credentials.map((line) => `  ${line}`),
    "  }",
  ];
}

function pathLines(route: RouteTally): string[] {
  return [
    `path_allowlist: # ${NONE_LEFT}`,
    ...route.paths.map(({ path, asks }) => `  - ${scalar(path, false)} # ${count(asks, "ask")}`),
    ...furtherPathLines(route).map((line) => `  # ${line}`),
  ];
}

/** What else was asked for, to be made the rule by taking the comment signs away. */
function narrowerLines(route: RouteTally): string[] {
  const { paths, furtherPaths } = route;
  if (paths.length === 0) return [];
  const shown = paths.slice(0, MAX_PATHS);
  const all = paths.length + furtherPaths;
  const which = shown.length === all
    ? ""
    : ` (${shown.length} of ${all.toLocaleString("en-US")}, most asked for first)`;
  return [
    `# To allow only the paths that the other asks named${which}, take "# " from these lines:`,
    "# path_allowlist:",
    ...shown.map(({ path, asks }) => `#   - ${scalar(path, false)} # ${count(asks, "ask")}`),
  ];
}

/**
 * Never in effect by itself: pruning a list of hosts does not show what approving shows, and a
 * secret that was sent cannot be taken back.
 */
function credentialLines(
  { host, credentials }: RouteTally,
  written: (auth: readonly string[]) => readonly string[],
): string[] {
  const more = credentials.length - MAX_CREDENTIALS;
  const once = credentials.length > 1 ? ", of one secret only" : "";
  return [
    ...credentials.slice(0, MAX_CREDENTIALS).flatMap(({ scheme, token_ref, asks }) => [
      `# ! SECRET: ${count(asks, "ask")} for the value of ${token_ref}, to be sent to ${host} as ` +
      `"Authorization: ${scheme} …". If that is right, take "# " from these lines${once}:`,
      ...written([`scheme: ${scalar(scheme, false)}`, `token_ref: ${scalar(token_ref, false)}`])
        .map((line) => `# ${line}`),
    ]),
    ...more > 0 ? [`# ! ${count(more, "further secret")} not named here; --json names all`] : [],
  ];
}

function prove(text: string, routes: readonly RouteTally[]): void {
  const expected = routes.map((route) => entryOf(route.host, allowedPaths(route)));
  const read = routesIn(text);
  const isProven = read.kind === "read" &&
    isDeepStrictEqual(read.routes.map(({ host, paths }) => entryOf(host, paths)), expected) &&
    (["1.1", "1.2"] as const).every((version) =>
      isDeepStrictEqual(parse(text, { version, logLevel: "error" }), { routes: expected })
    ) &&
    // What is printed is what was proven.
    text.split("\n").every((line) => visibleLine(line) === line);
  if (isProven) return;
  const why = read.kind === "refused" ? `: ${read.problem}` : "";
  throw new Error(`the routes file of a trial run does not say what was counted${why}`);
}

function entryOf(host: string, paths: FileRoute["paths"]) {
  return { host, ...paths && { path_allowlist: paths } };
}
