/** What a bottle may reach and who allowed it, as `routes` prints it. */

import { z } from "zod";
import {
  auth,
  bottleSlug,
  decidedAt,
  decidedBy,
  justification,
  path,
  pathAllowlist,
  proposalId,
} from "./fields.ts";
import { refusalSchema } from "./failure.ts";

const approvalSchema = z.object({
  proposal_id: proposalId,
  bottle_slug: bottleSlug.describe("the bottle that asked for it; others may share the file"),
  status: z.string().nullable().describe("`approved` or `modified`"),
  decided_by: decidedBy,
  decided_at: decidedAt,
  face: z.string().nullable().describe("where it was decided: `cli` or `triage`"),
  justification: justification.nullable(),
  notes: z.string().nullable().describe("what the operator wrote to the agent"),
  file_changed_since: z.boolean().describe(
    "whether something else has changed the file since: the grant may have been put back by hand",
  ),
}).meta({ id: "approval", title: "approval", description: "The approval that added a grant." });

const grantSchema = z.object({
  path_allowlist: pathAllowlist,
  approval: approvalSchema.nullable().describe("null: by hand, no approval in the log added it"),
}).meta({
  id: "grant",
  title: "grant",
  description: "Paths of a route, or all of it, by where they come from.",
});

const routeSchema = z.object({
  host: z.string().describe("the host's name"),
  path_allowlist: pathAllowlist,
  auth: auth.nullable().describe("null: none"),
  auth_by_hand: z.boolean().nullable()
    .describe("whether no approval added the credential; null: the log cannot be read"),
  grants: z.array(grantSchema).nullable().describe("null: the log cannot be read"),
}).meta({ id: "route", title: "route", description: "One entry of a routes file." });

export const routesSchema = z.object({
  bottle_slug: bottleSlug,
  path,
  routes: z.array(routeSchema).describe("in the order of the file"),
  proxy_differs: z.string().nullable()
    .describe("what the proxy says otherwise; null: it agrees, or no check is configured"),
}).meta({ id: "routes", title: "routes", description: "A bottle's routes file." });

export const allRoutesSchema = z.object({
  bottles: z.array(routesSchema).describe("those whose routes file can be read"),
  unread: z.array(
    z.object({ bottle_slug: bottleSlug, error: refusalSchema.describe("why") })
      .meta({
        id: "unread",
        title: "unread",
        description: "A bottle whose routes cannot be listed.",
      }),
  ).describe("the others"),
});
