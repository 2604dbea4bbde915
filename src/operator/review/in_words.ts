/** An ask in plain words, with the paths that it names. */

import { formOf } from "../../queue/asking_tools.ts";
import { parseRoute } from "./egress_block.ts";
import type { Review } from "./kind.ts";
import { oneLine } from "./one_line.ts";

/** More paths are only counted. */
const MAX_PATHS = 20;

/** `api.github.com: /repos/acme/ with Bearer GH_TOKEN`, or `Dockerfile, 12 lines`. */
export function inWords(tool: string, review: Review): string {
  if (review.kind === "malformed") return "not in the expected form";
  const form = formOf(tool);
  if (form === "route") return routeInWords(review.canonical);
  const { subject, facts } = review;
  return form === "url"
    ? `${subject}: every path, through pipelock (${facts.join(", ")})`
    : oneLine(review);
}

function routeInWords(canonical: string): string {
  const { host, path_allowlist: paths = [], auth } = parseRoute(canonical);
  const more = paths.length - MAX_PATHS;
  return [
    `${host}:`,
    ...paths.length > 0 ? paths.slice(0, MAX_PATHS) : ["every path"],
    ...more > 0 ? [`and ${more} more`] : [],
    ...auth ? [`with ${auth.scheme} ${auth.token_ref}`] : [],
  ].join(" ");
}
