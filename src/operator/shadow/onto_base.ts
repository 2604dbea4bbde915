/**
 * Adds the routes of a trial run to a routes file that is there already, as approving them one by
 * one would: its comments and order stay, and what helps to prune goes to the end as a comment.
 */

import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { type Edit, MAX_LIVE_BYTES } from "../apply/edit.ts";
import { addRoute } from "../apply/routes.ts";
import { lineBreak } from "../apply/text_lines.ts";
import { count, type Notice } from "../review/kind.ts";
import { commented, elsewhereLines, headLines, routeComments } from "./comments.ts";
import type { RoutesFile } from "./routes_file.ts";
import { allowedPaths, type RouteTally, type Tally } from "./tally.ts";

type Refused = Extract<Edit<never>, { kind: "refused" }>;

/** Each host is an edit of the whole file, and proven: more of them would take minutes. */
export const MAX_ADDED_HOSTS = 200;

/** More paths of one host are counted, not named. */
const MAX_PATHS = 100;

/** Of the notices of an edit those that everything here would have. */
const EXPECTED = ["NEW HOST"];

/** `base` is the text of the routes file. */
export function ontoBase(
  base: string,
  slug: string,
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
  let text = base;
  const routes: RouteTally[] = [];
  const unchanged: RouteTally[] = [];
  const comments: string[] = [];
  for (const route of tally.routes) {
    const paths = allowedPaths(route);
    const edit = addRoute(text, { host: route.host, ...paths && { path_allowlist: paths } });
    if (edit.kind === "refused") return edit;
    if (edit.kind === "unchanged") {
      unchanged.push(route);
      continue;
    }
    text = edit.after;
    routes.push(route);
    comments.push(...linesOf(route, edit.notices));
  }
  const there = unchanged.map(({ host }) => host).join(", ");
  const lines = [
    "",
    ...headLines(slug, tally, []),
    ...unchanged.length > 0 ? [`Above already, and asked for none the less: ${there}.`] : [],
    ...routes.length > 0 ? ["", `Added (${count(routes.length, "host")}):`, ...comments] : [],
    ...elsewhereLines(tally),
  ];
  const after = withComments(text, commented(lines));
  if (new TextEncoder().encode(after).length > MAX_LIVE_BYTES) {
    return refused("it would have more than 1 MiB; an export without --base is wanted");
  }
  if (!isSameData(text, after)) {
    return refused("no comment can be put at its end; an export without --base is wanted");
  }
  return { kind: "changed", text: after, routes, leftOut: [], unchanged };
}

function refused(problem: string): Refused {
  return { kind: "refused", problem };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function linesOf(route: RouteTally, notices: readonly Notice[]): string[] {
  const { host, paths, credentials } = route;
  const [asked = "", ...further] = routeComments(
    route,
    notices.filter(({ label }) => !EXPECTED.includes(label)),
  );
  const more = paths.length - MAX_PATHS;
  return [
    `  ${host}: ${asked}`,
    ...[
      ...further,
      ...paths.slice(0, MAX_PATHS).map(({ path, asks }) => `${path} (${count(asks, "ask")})`),
      ...more > 0 ? [`and ${count(more, "other path")}`] : [],
      ...credentials.length > 0 ? [secretLine(route)] : [],
    ].map((line) => `    ${line}`),
  ];
}

function secretLine({ host, credentials }: RouteTally): string {
  const names = credentials.slice(0, 3).map(({ token_ref }) => token_ref).join(", ");
  const more = credentials.length > 3 ? ` and ${credentials.length - 3} more` : "";
  return `! SECRET: not added: the value of ${names}${more}, to be sent to ${host}`;
}

function withComments(text: string, comments: string): string {
  const end = lineBreak(text);
  const whole = text === "" || text.endsWith("\n") ? text : text + end;
  return whole + (end === "\n" ? comments : comments.replaceAll("\n", end));
}

function isSameData(before: string, after: string): boolean {
  return (["1.1", "1.2"] as const).every((version) => {
    const options = { version, logLevel: "error" } as const;
    return isDeepStrictEqual(parse(after, options), parse(before, options));
  });
}
