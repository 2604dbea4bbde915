/** The sidecar's tools, one line each, in the order clients see them. */

import type { Inbox } from "../../queue/inbox.ts";
import type { RouteTable } from "../egress/route_table.ts";
import type { Proposer } from "../propose.ts";
import { capabilityBlock } from "./capability_block.ts";
import { egressBlock } from "./egress_block.ts";
import { listEgressRoutes } from "./list_egress_routes.ts";
import { pipelockBlock } from "./pipelock_block.ts";
import { proposalStatus } from "./proposal_status.ts";
import type { Tool } from "./tool.ts";

export interface ToolDependencies {
  readonly proposer: Proposer;
  readonly inbox: Inbox;
  readonly routes: RouteTable;
}

export function createTools({ proposer, inbox, routes }: ToolDependencies): readonly Tool[] {
  return [
    egressBlock(proposer),
    pipelockBlock(proposer),
    capabilityBlock(proposer),
    listEgressRoutes(routes),
    proposalStatus(inbox),
  ];
}
