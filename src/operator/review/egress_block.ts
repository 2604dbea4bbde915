/** `egress-block`: one route through the egress proxy, as JSON. */

import { z } from "zod";
import { cut } from "../columns.ts";
import { nearest } from "../nearest.ts";
import { visibleLine } from "../visible.ts";
import { hostNotices, plainHost } from "./host.ts";
import { count, type Kind, malformed, type Notice, type Review } from "./kind.ts";

/** `show` names this many paths; the file below them has all. */
const MAX_SHOWN_PATHS = 20;

/** So many faults are named at once. */
const MAX_PROBLEMS = 3;

/** A key that is not known is named up to this length. */
const MAX_KEY_COLUMNS = 40;

const HOST_FORM = "must be a bare host name such as api.github.com: no scheme, port, path, " +
  "wildcard, space or final dot";
const TOKEN_REF_FORM = "must be the name of an environment variable, such as GH_TOKEN";

const route = z.strictObject({
  host: z.string("must be a string").transform((text, context) => {
    const host = plainHost(text);
    if (host) return host;
    context.addIssue({ code: "custom", message: HOST_FORM });
    return z.NEVER;
  }),
  path_allowlist: z.array(
    z.string("must be a string")
      .startsWith("/", 'must start with "/"')
      .regex(/^[!-~]*$/, "must be printable ASCII without spaces: percent-encode the rest"),
    "must be an array of strings",
  ).min(1, "must name a path; leave it out to open the whole host").optional(),
  auth: z.strictObject({
    scheme: z.enum(["Bearer", "token"], 'must be "Bearer" or "token"'),
    token_ref: z.string(TOKEN_REF_FORM).regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, TOKEN_REF_FORM),
  }, "must be an object with scheme and token_ref").optional(),
}, "it must be a JSON object with host, and optionally path_allowlist and auth");

type Route = z.infer<typeof route>;

const KEYS = ["host", "path_allowlist", "auth", "scheme", "token_ref"];

export const egressBlock: Kind = {
  tool: "egress-block",
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

function describe({ host, path_allowlist: paths, auth }: Route, file: string): Review {
  const wholeHost = !paths || paths.includes("/");
  const ordered = { host, ...paths && { path_allowlist: paths }, ...auth && { auth } };
  const canonical = JSON.stringify(ordered, null, 2) + "\n";
  const notices: Notice[] = [];
  if (wholeHost) {
    const why = paths ? 'the path list holds "/"' : "there is no path list";
    notices.push({ label: "WHOLE HOST", text: `${why}: every path of ${host} would be open` });
  }
  if (auth) {
    notices.push({
      label: "SECRET",
      text: `the value of ${auth.token_ref} would be sent to ${host} as ` +
        `"Authorization: ${auth.scheme} …"`,
    });
  }
  notices.push(...hostNotices(host));
  if (file !== canonical) {
    notices.push({
      label: "ODD FORM",
      text: "the file is not written as the sidecar writes it: read it before you answer",
    });
  }
  return {
    kind: "understood",
    subject: host,
    facts: [
      ...auth ? ["secret"] : [],
      wholeHost ? "whole host" : count(paths?.length ?? 0, "path"),
    ],
    asks: `let the bottle reach ${host} through the egress proxy`,
    details: [["host", host], ...pathDetails(paths ?? [])],
    notices,
    canonical,
  };
}

function pathDetails(paths: readonly string[]): [string, string][] {
  const shown = paths.slice(0, MAX_SHOWN_PATHS);
  const more = paths.length - shown.length;
  return [
    ...shown.map((path, index): [string, string] => [index === 0 ? "paths" : "", path]),
    ...more > 0 ? [["", `and ${more} more, see the file`] as [string, string]] : [],
  ];
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
