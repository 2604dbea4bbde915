/** What access an approval would add, in the program's words and in full: every path is named. */

import { formOf } from "../../queue/asking_tools.ts";
import { parseRoute } from "./egress_block.ts";
import { kindOf } from "./mod.ts";

/**
 * Each line is a fact of its own; no string in it is safe to print raw. Undefined where only a diff
 * can say it, as of a Dockerfile, and for a file that cannot be approved as it stands.
 */
export function growthOf(tool: string, file: string): readonly string[] | undefined {
  const review = kindOf(tool)?.review(file);
  if (review?.kind !== "understood" || !review.isCanonical) return undefined;
  const form = formOf(tool);
  if (form === "url") return [`${review.subject}: every path, through pipelock`];
  if (form !== "route") return undefined;
  const { host, path_allowlist: paths, auth } = parseRoute(review.canonical);
  return [
    ...paths ? paths.map((path) => `${host}${path}`) : [`${host}: every path`],
    ...auth ? [`sent to ${host}: the value of ${auth.token_ref} as ${auth.scheme}`] : [],
  ];
}
