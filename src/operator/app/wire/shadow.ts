/** What a trial run came to, as `shadow export` prints it. */

import { z } from "zod";
import { auth, bottleSlug, notices, pathAllowlist, skippedSchema } from "./fields.ts";

const asks = z.int().describe("how often it was asked for");

const hostFields = {
  host: z.string().describe("the host's name"),
  asks,
  justifications: z.array(
    z.object({ text: z.string().describe("the agent's reason, on one line"), asks })
      .meta({
        id: "counted_justification",
        title: "counted justification",
        description: "A reason that was given.",
      }),
  ).describe("different ones, at most three, most given first"),
  further_justifications: z.int().describe("how many different ones are left out"),
  notices,
};

const routeSchema = z.object({
  ...hostFields,
  path_allowlist: pathAllowlist.describe("what the exported route allows; null: every path"),
  every_path_asks: z.int().describe("how many of the asks named no path"),
  prefixes: z.array(
    z.object({ prefix: z.string().describe("a URL path prefix"), asks })
      .meta({ id: "counted_prefix", title: "counted prefix", description: "A path asked for." }),
  ).describe("at most 1,000, most asked for first"),
  further_prefixes: z.int().describe("how many different ones are left out"),
  auths: z.array(
    z.object({ ...auth.shape, asks }).meta({
      id: "counted_auth",
      title: "counted auth",
      description: "A credential asked for; it is not in the exported routes.",
    }),
  ).describe("credentials asked for"),
}).meta({ id: "counted_route", title: "counted route", description: "A route asked for." });

export const shadowSchema = z.object({
  bottle_slug: bottleSlug,
  asks: z.int().describe("asks that were understood"),
  first_ask: z.string().nullable().describe("when the first of them came, ISO 8601 in UTC"),
  last_ask: z.string().nullable().describe("when the last of them came"),
  routes: z.array(routeSchema).describe("exported, most asked for first"),
  left_out: z.array(
    z.object({ host: z.string().describe("the host's name"), asks })
      .meta({
        id: "left_out",
        title: "left out",
        description: "A host for which the file has no room.",
      }),
  ).describe("hosts for which the file has no room"),
  uncounted_prefixes: z.int()
    .describe("how often a path was asked for after there were too many to tell apart"),
  pipelock: z.array(
    z.object(hostFields)
      .meta({
        id: "counted_host",
        title: "counted host",
        description: "A host asked for at pipelock.",
      }),
  ).describe("most asked for first"),
  capability_asks: z.int().describe("asks for a changed Dockerfile"),
  skipped: z.array(skippedSchema).describe("records that could not be used"),
  output: z.string().nullable().describe("the file that was written; null: none"),
});
