/** What an ask is about, in the plain words that the audit log keeps with every step of it. */

import type { Proposal } from "../../queue/proposal.ts";
import type { AskFields } from "../audit/entry.ts";
import { parseRoute } from "../review/egress_block.ts";
import type { Review } from "../review/kind.ts";
import { kindOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";

/** More paths are only counted; the proposed file, which is logged once, has all. */
const MAX_PATHS = 20;

/** The host is that of `approved` where the operator changed it. */
export function askFields(proposal: Proposal, approved?: string): AskFields {
  const { tool, proposed_file, justification, arrival_timestamp, current_file_hash } = proposal;
  return {
    arrived: arrival_timestamp,
    ask: inWords(tool, proposed_file),
    host: subjectOf(tool, approved ?? proposed_file) ?? subjectOf(tool, proposed_file),
    justification,
    proposed_sha256: current_file_hash,
  };
}

/** `api.github.com: /repos/acme/ with Bearer GH_TOKEN`, or `Dockerfile, 12 lines`. */
export function inWords(tool: string, file: string): string {
  const review = kindOf(tool)?.review(file);
  if (review?.kind !== "understood") return "not in the expected form";
  if (tool === "egress-block") return routeInWords(review.canonical);
  const { subject, facts } = review;
  return tool === "pipelock-block"
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

function subjectOf(tool: string, file: string): string | undefined {
  const review: Review | undefined = kindOf(tool)?.review(file);
  return review?.kind === "understood" ? review.subject : undefined;
}
