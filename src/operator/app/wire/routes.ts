/** What a bottle may reach and who allowed it, as `routes` prints it. */

import { z } from "zod";
import { refusalSchema } from "./failure.ts";
import * as field from "./fields.ts";

const approvalSchema = field.part("approval", "The approval that added a grant.", {
  proposal_id: field.proposalId,
  bottle_slug: field.bottleSlug.describe("the bottle that asked for it; others may share the file"),
  status: z.string().nullable().describe("`approved` or `modified`"),
  decided_by: field.decidedBy,
  decided_at: field.decidedAt,
  face: z.string().nullable().describe("where it was decided: `cli` or `triage`"),
  justification: field.justification.nullable(),
  notes: field.notesIfAny,
  file_changed_since: z.boolean().describe(
    "whether something else has changed the file since: the grant may have been put back by hand",
  ),
});

const grantSchema = field.part(
  "grant",
  "Paths of a route, or all of it, by where they come from.",
  {
    path_allowlist: field.pathAllowlist,
    approval: approvalSchema.nullable().describe("null: by hand, no approval in the log added it"),
  },
);

const routeSchema = field.part("route", "One entry of a routes file.", {
  host: field.host,
  path_allowlist: field.pathAllowlist,
  auth: field.auth.nullable().describe("null: none"),
  auth_by_hand: z.boolean().nullable()
    .describe("whether no approval added the credential; null: the log cannot be read"),
  grants: z.array(grantSchema).nullable().describe("null: the log cannot be read"),
});

export const routesSchema = field.part("routes", "A bottle's routes file.", {
  bottle_slug: field.bottleSlug,
  path: field.path,
  routes: z.array(routeSchema).describe("in the order of the file"),
  proxy_differs: z.string().nullable()
    .describe("what the proxy says otherwise; null: it agrees, or no check is configured"),
});

export const allRoutesSchema = z.object({
  bottles: z.array(routesSchema).describe("those whose routes file can be read"),
  unread: z.array(
    field.part("unread", "A bottle whose routes cannot be listed.", {
      bottle_slug: field.bottleSlug,
      error: refusalSchema.describe("why"),
    }),
  ).describe("the others"),
});
