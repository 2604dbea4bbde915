/** What a change of live files needs of a command: its records, its log, and whom it tells. */

import type { Means } from "../live/carry_out.ts";
import type { Call } from "./command.ts";
import { tellAgent } from "./tell_agent.ts";

/** `signal`: aborted, it ends the step that is under way. */
export function meansOf(call: Call, signal: AbortSignal): Means {
  const { applications, audit } = call;
  return { applications, audit, tellAgent: tellAgent(call), signal };
}
