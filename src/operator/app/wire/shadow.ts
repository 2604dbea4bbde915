/** What a trial run came to, as `shadow export` prints it. */

import { z } from "zod";
import * as field from "./fields.ts";

const asks = z.int().describe("how often it was asked for");

const hostFields = {
  host: field.host,
  asks,
  justifications: z.array(
    field.part("counted_justification", "A reason that was given.", {
      text: z.string().describe("the agent's reason, on one line"),
      asks,
    }),
  ).describe("different ones, at most three, most given first"),
  further_justifications: z.int().describe("how many different ones are left out"),
  notices: field.notices,
};

const routeSchema = field.part("counted_route", "A route asked for.", {
  ...hostFields,
  path_allowlist: field.pathAllowlist.describe("what the exported route allows; null: every path"),
  every_path_asks: z.int().describe("how many of the asks named no path"),
  prefixes: z.array(
    field.part("counted_prefix", "A path asked for.", {
      prefix: z.string().describe("a URL path prefix"),
      asks,
    }),
  ).describe("at most 1,000, most asked for first"),
  further_prefixes: z.int().describe("how many different ones are left out"),
  auths: z.array(
    field.part("counted_auth", "A credential asked for; it is not in the exported routes.", {
      ...field.auth.shape,
      asks,
    }),
  ).describe("credentials asked for"),
});

export const shadowSchema = z.object({
  bottle_slug: field.bottleSlug,
  asks: z.int().describe("asks that were understood"),
  first_ask: z.string().nullable().describe("when the first of them came, ISO 8601 in UTC"),
  last_ask: z.string().nullable().describe("when the last of them came"),
  routes: z.array(routeSchema).describe("exported, most asked for first"),
  left_out: z.array(
    field.part("left_out", "A host for which the file has no room.", {
      host: field.host,
      asks,
    }),
  ).describe("hosts for which the file has no room"),
  uncounted_prefixes: z.int()
    .describe("how often a path was asked for after there were too many to tell apart"),
  pipelock: z.array(
    field.part("counted_host", "A host asked for at pipelock.", hostFields),
  ).describe("most asked for first"),
  capability_asks: z.int().describe("asks for a changed Dockerfile"),
  skipped: z.array(field.skippedSchema).describe("records that could not be used"),
  output: z.string().nullable().describe("the file that was written; null: none"),
});
