/**
 * Adds the routes of a trial run to a routes file that is there already, as approving them one by
 * one would: its comments and order stay, and what helps to prune goes to the end as a comment.
 */

import { isDeepStrictEqual } from "node:util";
import { isCovered } from "../../queue/path_prefix.ts";
import { MAX_LIVE_BYTES } from "../apply/edit.ts";
import { credentialIn } from "../apply/credential.ts";
import { covers, mayCover, sameHost } from "../apply/entry_host.ts";
import { defaultsNotices } from "../apply/route_notices.ts";
import {
  type Auth,
  type Entry,
  plainAuth,
  readTable,
  type RouteTable,
} from "../apply/route_table.ts";
import { type Addition, additionOf } from "../apply/routes.ts";
import { lineBreak } from "../apply/text_lines.ts";
import { count, type Notice } from "../review/kind.ts";
import { allAdded, data, type Planned, type Refused, refused, tooLarge } from "./all_added.ts";
import {
  commented,
  elsewhereLines,
  furtherPathLines,
  headLines,
  hintLines,
  routeComments,
  type Run,
} from "./comments.ts";
import { prunable } from "./prunable.ts";
import type { RoutesFile } from "./routes_file.ts";
import { allowedPaths, type RouteTally, type Tally } from "./tally.ts";

/** Nobody reads more of them behind a file. */
export const MAX_ADDED_HOSTS = 200;

/** More paths of one host are counted, not named. */
const MAX_PATHS = 100;
const MAX_CREDENTIALS = 3;

/** Of the notices of an edit those that everything here would have. */
const EXPECTED = ["NEW HOST"];

/** What this says itself, of what is not added too. */
const SAID_HERE = ["INHERITS CREDENTIAL"];

/** `base` is the text of the routes file. */
export function ontoBase(
  base: string,
  run: Run,
  tally: Tally,
): RoutesFile & { readonly kind: "changed" } | Refused {
  if (tally.routes.length > MAX_ADDED_HOSTS) {
    return refused(
      `${count(tally.routes.length, "host")} were asked for, and at most ${MAX_ADDED_HOSTS} are ` +
        "added to a file; an export without --base, to be pruned first, is wanted",
    );
  }
  if (isJson(base)) {
    return refused("the file is JSON, which has no comments; an export without --base is wanted");
  }
  const table = readTable(base);
  if (table.kind === "refused") return table;
  const planned: Planned[] = [];
  const routes: RouteTally[] = [];
  const unchanged: RouteTally[] = [];
  const comments: Record<"added" | "there", string[]> = { added: [], there: [] };
  for (const route of tally.routes) {
    const paths = allowedPaths(route);
    const wanted = { host: route.host, ...paths && { path_allowlist: paths } };
    const found = additionOf(table, wanted);
    if ("kind" in found && found.kind === "refused") return found;
    const addition = "kind" in found ? undefined : found;
    if (addition) planned.push({ route: wanted, addition });
    const hints = [...route.hints, ...noticesOf(table, route, addition)];
    const noted = { ...route, hints };
    (addition ? routes : unchanged).push(noted);
    comments[addition ? "added" : "there"].push(...linesOf(noted, table));
  }
  const added = allAdded(table, planned);
  if (added.kind === "refused") return added;
  const lines = [
    "",
    ...headLines(run, tally, []),
    ...hintLines(added.notices),
    ...unchanged.length > 0
      ? ["", `Above already, and asked for none the less (${count(unchanged.length, "host")}):`]
      : [],
    ...comments.there,
    ...routes.length > 0 ? ["", `Added (${count(routes.length, "host")}):`] : [],
    ...comments.added,
    ...elsewhereLines(tally),
  ];
  const text = withComments(prunable(table, added.after), commented(lines));
  if (new TextEncoder().encode(text).length > MAX_LIVE_BYTES) return tooLarge();
  if (!isSameData(added.after, text)) {
    return refused("no comment can be put at its end; an export without --base is wanted");
  }
  return { kind: "changed", text, routes, leftOut: [], unchanged };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function noticesOf(
  table: RouteTable,
  route: RouteTally,
  addition: Addition | undefined,
): Notice[] {
  const sending = table.entries.filter((entry) =>
    credentialIn(entry.route) !== undefined &&
    (sameHost(entry.host, route.host) || mayCover(entry.host, route.host))
  );
  const left = [...EXPECTED, ...SAID_HERE];
  return [
    ...(addition?.notices ?? []).filter(({ label }) => !left.includes(label)),
    ...addition ? defaultsNotices(table) : [],
    ...sending.map((entry) => sentNotice(entry, route, addition)),
    ...notAddedNotices(route, sending.find(({ host }) => sameHost(host, route.host))),
  ];
}

/** What the file sends already goes to whatever is added to its entry, and nothing else says so. */
function sentNotice(entry: Entry, { host }: RouteTally, addition: Addition | undefined): Notice {
  const auth = plainAuth(entry.auth);
  const isOwn = sameHost(entry.host, host);
  const what = auth ? `the value of ${credential(auth)}` : "a secret";
  const reach = !isOwn
    ? covers(entry.host, host) ? `, below which ${host} is` : `, which may mean ${host} too`
    : !addition
    ? ""
    : addition.added.change === "widened"
    ? "; now to every path"
    : "; now to these paths too";
  return {
    label: "SECRET",
    text: `the file sends ${what} to ${isOwn ? host : entry.host}${reach}`,
  };
}

/** Many proxies take a host's own entry alone, so what a pattern sends does not count. */
function notAddedNotices({ host, credentials }: RouteTally, own: Entry | undefined): Notice[] {
  const sent = plainAuth(own?.auth);
  const absent = credentials.filter(({ scheme, token_ref }) =>
    sent?.scheme !== scheme || sent.token_ref !== token_ref
  );
  if (absent.length === 0) return [];
  const names = absent.slice(0, MAX_CREDENTIALS).map(credential).join(", ");
  const more = absent.length - MAX_CREDENTIALS;
  return [{
    label: "SECRET",
    text: `not added: the value of ${names}${
      more > 0 ? ` and ${more.toLocaleString("en-US")} more` : ""
    }, to be sent to ${host}`,
  }];
}

function credential({ scheme, token_ref }: Auth): string {
  return `${token_ref} (${scheme})`;
}

function linesOf(route: RouteTally, { entries }: RouteTable): string[] {
  const { host, paths } = route;
  const [asked = "", ...further] = routeComments(route);
  const there = new Set(entries.find((entry) => sameHost(entry.host, host))?.paths);
  const more = paths.length - MAX_PATHS;
  return [
    `  ${host}: ${asked}`,
    ...[
      ...further,
      ...paths.slice(0, MAX_PATHS).map(({ path, asks }) =>
        `${path} (${count(asks, "ask")})${isCovered(path, there) ? ", above already" : ""}`
      ),
      ...more > 0 ? [`and ${count(more, "other path")}, above too`] : [],
      ...furtherPathLines(route),
    ].map((line) => `    ${line}`),
  ];
}

function withComments(text: string, comments: string): string {
  const end = lineBreak(text);
  const whole = text === "" || text.endsWith("\n") ? text : text + end;
  return whole + (end === "\n" ? comments : comments.replaceAll("\n", end));
}

/** A file that is none of one version before need not become it. */
function isSameData(before: string, after: string): boolean {
  return (["1.1", "1.2"] as const).every((version) =>
    isDeepStrictEqual(data(after, version), data(before, version))
  );
}
