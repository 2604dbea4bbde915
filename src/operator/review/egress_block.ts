/** `egress-block`: one route through the egress proxy, as JSON. */

import { z } from "zod";
import { parseHostName } from "../../queue/host_name.ts";
import { MAX_PATHS, whyNotPathPrefix } from "../../queue/path_prefix.ts";
import { cut, cutStart } from "../columns.ts";
import { nearest } from "../nearest.ts";
import { visibleLine } from "../visible.ts";
import { hostNotices } from "./host.ts";
import { count, type Kind, malformed, type Notice, ODD_FORM, type Review } from "./kind.ts";

/** A line, and the fields of `show`, name this many paths; the file below has all. */
const MAX_SHOWN_PATHS = 20;

/** Fewer characters, or more prefixes, may together mean nearly every path. */
const MIN_NARROW_LENGTH = 3;
const MAX_NARROW_PATHS = 50;

/** So many faults are named at once. */
const MAX_PROBLEMS = 3;

/** A path is named so far in a note. */
const MAX_NOTED_COLUMNS = 40;

/** A key that is not known is named up to this length. */
const MAX_KEY_COLUMNS = 40;

const HOST_FORM = "must be a bare host name such as api.github.com: no scheme, port, path, " +
  "wildcard, space or final dot";
const TOKEN_REF_FORM = "must be the name of an environment variable, such as GH_TOKEN";

/** Checked again since a bottle may have written the file itself. */
const path = z.string("must be a string").superRefine((text, context) => {
  const why = whyNotPathPrefix(text);
  if (why) context.addIssue({ code: "custom", message: why });
});

const route = z.strictObject({
  host: z.string("must be a string").transform((text, context) => {
    const host = parseHostName(text);
    if (host) return host;
    context.addIssue({ code: "custom", message: HOST_FORM });
    return z.NEVER;
  }),
  path_allowlist: z.array(path, "must be an array of strings")
    .min(1, "must name a path; leave it out to open the whole host")
    .max(MAX_PATHS, `must hold at most ${MAX_PATHS} paths`)
    .optional(),
  auth: z.strictObject({
    scheme: z.enum(["Bearer", "token"], 'must be "Bearer" or "token"'),
    token_ref: z.string(TOKEN_REF_FORM).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, TOKEN_REF_FORM),
  }, "must be an object with scheme and token_ref").optional(),
}, "it must be a JSON object with host, and optionally path_allowlist and auth");

type CheckedRoute = z.infer<typeof route>;

/** Reads a route that was reviewed. Throws a `ZodError` or a `SyntaxError` for any other text. */
export function parseRoute(file: string) {
  const { host, path_allowlist, auth } = route.parse(JSON.parse(file));
  return { host, ...path_allowlist && { path_allowlist }, ...auth && { auth } };
}

const KEYS = ["host", "path_allowlist", "auth", "scheme", "token_ref"];

export const egressBlock: Kind = {
  fileName: "route.json",
  byHand: "add the route to the egress proxy's table yourself",
  review(file) {
    let content: unknown;
    try {
      content = JSON.parse(file);
    } catch (error) {
      return malformed(`it is not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    const parsed = route.safeParse(content);
    if (!parsed.success) {
      return malformed(parsed.error.issues.slice(0, MAX_PROBLEMS).map(problem).join("; "));
    }
    return describe(parsed.data, file);
  },
};

function describe({ host, path_allowlist: paths, auth }: CheckedRoute, file: string): Review {
  const wholeHost = !paths || paths.includes("/");
  const ordered = { host, ...paths && { path_allowlist: paths }, ...auth && { auth } };
  const canonical = JSON.stringify(ordered, null, 2) + "\n";
  const notices: Notice[] = [];
  if (wholeHost) {
    const why = paths ? 'the path list holds "/"' : "there is no path list";
    notices.push({ label: "WHOLE HOST", text: `${why}: every path of ${host} would be open` });
  }
  const broad = wholeHost ? undefined : whyBroad(paths);
  if (broad) notices.push({ label: "BROAD", text: `${broad}: much of ${host} may be open` });
  if (auth) {
    notices.push({
      label: "SECRET",
      text: `the value of ${auth.token_ref} would be sent to ${host} as ` +
        `"Authorization: ${auth.scheme} …"`,
    });
  }
  notices.push(...hostNotices(host));
  const isCanonical = file === canonical;
  if (!isCanonical) notices.push(ODD_FORM);
  return {
    kind: "understood",
    subject: host,
    facts: [
      ...auth ? ["secret"] : [],
      ...broad ? ["BROAD"] : [],
      wholeHost ? "whole host" : count(paths?.length ?? 0, "path"),
    ],
    asks: `let the bottle reach ${host} through the egress proxy`,
    inWords: [
      `${host}:`,
      ...paths?.slice(0, MAX_SHOWN_PATHS) ?? ["every path"],
      ...paths && paths.length > MAX_SHOWN_PATHS
        ? [`and ${paths.length - MAX_SHOWN_PATHS} more`]
        : [],
      ...auth ? [`with ${auth.scheme} ${auth.token_ref}`] : [],
    ].join(" "),
    grows: [
      ...paths?.map((path) => `${host}${path}`) ?? [`${host}: every path`],
      ...auth ? [`sent to ${host}: the value of ${auth.token_ref} as ${auth.scheme}`] : [],
    ],
    details: [["host", host], ...pathDetails(paths ?? []), ...wholeHost ? [] : plainText(paths)],
    notices,
    canonical,
    isCanonical,
  };
}

/** Why a list of paths may mean more than it seems to; undefined when it is narrow. */
function whyBroad(paths: readonly string[]): string | undefined {
  const short = paths.find((path) => path.length < MIN_NARROW_LENGTH);
  if (short !== undefined) return `the prefix "${short}" is very short`;
  if (paths.length <= MAX_NARROW_PATHS) return undefined;
  return `there are ${paths.length} prefixes`;
}

function pathDetails(paths: readonly string[]): [string, string][] {
  const shown = paths.slice(0, MAX_SHOWN_PATHS);
  const more = paths.length - shown.length;
  return [
    ...shown.map((path, index): [string, string] => [index === 0 ? "paths" : "", path]),
    ...more > 0 ? [["", `and ${more} more, see the file`] as [string, string]] : [],
  ];
}

/** What a path without a final slash opens where segments do not count, and how that is avoided. */
function plainText(paths: readonly string[]): [string, string][] {
  const [first, ...others] = paths.filter((path) => !path.endsWith("/"));
  if (first === undefined) return [];
  const path = cutStart(first, MAX_NOTED_COLUMNS);
  const more = others.length > 0 ? `; likewise ${count(others.length, "other")}` : "";
  const says = `a plain-text proxy also opens ${path}-x; ${path}/ avoids it`;
  return [["note", says + more]];
}

function problem(issue: z.core.$ZodIssue): string {
  const where = issue.path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`)
    .join("").replace(/^\./, "");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, MAX_PROBLEMS).map((key) => {
      const meant = nearest(key, KEYS);
      const quoted = JSON.stringify(cut(visibleLine(key), MAX_KEY_COLUMNS));
      return `${where && `${where}: `}${quoted} is not a known field${
        meant ? `, did you mean ${meant}?` : ""
      }`;
    }).join("; ");
  }
  return where ? `${where} ${issue.message}` : issue.message;
}
