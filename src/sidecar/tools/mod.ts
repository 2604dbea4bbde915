/** The sidecar's tools, one line each, in the order clients see them. */

import type { Inbox } from "../../queue/inbox.ts";
import type { ShadowLog } from "../../queue/shadow.ts";
import type { AlreadyAllowed } from "../egress/already_allowed.ts";
import type { RouteTable } from "../egress/route_table.ts";
import type { Proposer } from "../propose.ts";
import type { Mode } from "../settings.ts";
import { capabilityBlock } from "./capability_block.ts";
import { egressBlock } from "./egress_block.ts";
import { listEgressRoutes } from "./list_egress_routes.ts";
import { pipelockBlock } from "./pipelock_block.ts";
import { proposalStatus } from "./proposal_status.ts";
import { refused } from "./refused.ts";
import type { SidecarTool } from "./tool.ts";

export interface ToolDependencies {
  readonly proposer: Proposer;
  readonly inbox: Inbox;
  readonly routes: RouteTable;
  readonly alreadyAllowed: AlreadyAllowed;
  /** On a trial run: where asks are recorded. */
  readonly shadow?: Pick<ShadowLog, "has"> | undefined;
  /** What tools say of their answers depends on it. */
  readonly mode: Mode;
}

export function createTools(dependencies: ToolDependencies): readonly SidecarTool[] {
  const { proposer, inbox, routes, alreadyAllowed, shadow, mode } = dependencies;
  return [
    egressBlock(proposer, alreadyAllowed, mode),
    pipelockBlock(proposer, mode),
    capabilityBlock(proposer, mode),
    listEgressRoutes(routes, mode),
    proposalStatus(inbox, mode, shadow),
  ];
}

/**
 * The same tools for a bottle that only shows: those that ask are not listed, and refuse in words
 * where they are called all the same. `onRefused` is told the name of one that was.
 */
export function showOnly(
  tools: readonly SidecarTool[],
  onRefused: (tool: string) => void,
): readonly SidecarTool[] {
  return tools.map((tool) =>
    tool.annotations.readOnlyHint ? tool : refused(tool, () => onRefused(tool.name))
  );
}
