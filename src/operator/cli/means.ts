/** What a change of live files needs of a command: its records, its log, and whom it tells. */

import type { Means } from "../live/carry_out.ts";
import type { CommandContext } from "./command.ts";
import { tellAgent } from "./tell_agent.ts";

/** `signal`: aborted, it ends the step that is under way. */
export function meansOf(context: CommandContext, signal: AbortSignal): Means {
  const applications = context.app.changes;
  const audit = context.app.audit({ name: context.operator });
  return { applications, audit, tellAgent: tellAgent(context), signal };
}
