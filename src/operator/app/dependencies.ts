/** What a change of live files needs: the records, the actor's log, the agent to tell, when to stop. */

import type { ApplyDependencies } from "../live/apply_change.ts";
import type { Actor } from "./actor.ts";
import type { App } from "./app.ts";
import { tellAgent } from "./tell_agent.ts";

export function dependenciesOf(app: App, actor: Actor): ApplyDependencies {
  return {
    changes: app.changes,
    audit: app.audit(actor),
    tellAgent: tellAgent(app),
    signal: actor.signal,
  };
}
