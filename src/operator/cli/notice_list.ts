/** What the operator must not overlook of an ask, from its text and from the live files. */

import type { Notice, Review } from "../review/kind.ts";
import type { Outlook } from "./outlook.ts";

export function noticesOn(
  tool: string,
  review: Review,
  { plan, problem }: Pick<Outlook, "plan" | "problem">,
): readonly Notice[] {
  const ofFiles = plan?.notices ?? [];
  return [
    ...review.kind === "understood" ? ofAsk(tool, review.notices, plan !== undefined, ofFiles) : [],
    ...ofFiles,
    ...problem ? [{ label: "CANNOT BE APPLIED", text: problem.message }] : [],
  ];
}

/** Of a Dockerfile the plan knows what is new in it, and of a route whether its secret is used. */
function ofAsk(
  tool: string,
  found: readonly Notice[],
  isPlanned: boolean,
  ofFiles: readonly Notice[],
): readonly Notice[] {
  if (isPlanned && tool === "capability-block") return [];
  const isIgnored = ofFiles.some(({ label }) => label === "AUTH IGNORED");
  return isIgnored ? found.filter(({ label }) => label !== "SECRET") : found;
}
