/** Why an ask was not put before the operator, and when to try again: all of it in one table. */

import { refusal } from "./answer.ts";
import type { ToolAnswer } from "./mcp/tool_result.ts";

/** The call was turned away, whatever it asked for. */
export type Braked =
  | { readonly kind: "rate-limited"; readonly perMinute: number; readonly inSeconds: number }
  | { readonly kind: "too-many-waiting"; readonly limit: number };

export type NotAsked =
  | Braked
  | { readonly kind: "queue-full"; readonly pending: number; readonly limit: number }
  | { readonly kind: "too-large"; readonly limitBytes: number }
  /** The queue's file system refuses. */
  | { readonly kind: "unwritable" }
  /** This bottle only shows. */
  | { readonly kind: "readonly" }
  /** The record of a trial run takes no more. */
  | { readonly kind: "shadow-full" };

/** What the agent reads: an error result that names the tool and says when to try again. */
export function refusalOf(tool: string, why: NotAsked): ToolAnswer {
  return refusal(`${tool}: ${sentence(why)}`);
}

/** Words that go on from "because". */
export function whyBraked(why: Braked): string {
  return why.kind === "rate-limited"
    ? `you made ${why.perMinute} asks within a minute and that is the limit`
    : `${why.limit} calls are waiting for the operator and that is the limit`;
}

function sentence(why: NotAsked): string {
  switch (why.kind) {
    case "rate-limited":
      return `not queued, because ${whyBraked(why)}. Try again in ${why.inSeconds} s. Ask only ` +
        "for what you need; proposal-status, which is not limited, tells where earlier asks stand.";
    case "too-many-waiting":
      return `not queued, because ${whyBraked(why)}. Call again in a minute.`;
    case "queue-full":
      return `not queued, because ${why.limit} proposals of this bottle are waiting for the ` +
        "operator and that is the limit (one that was withdrawn counts for another minute). Wait " +
        "for their answers (proposal-status tells), then ask again, not sooner than in a minute; " +
        "ask only for what you need.";
    case "too-large":
      return `not queued, because the proposal would be larger than ${why.limitBytes} bytes. ` +
        "Shorten it and call again.";
    case "unwritable":
      return "not queued, because the queue cannot be written. Nothing was asked. Tell your user " +
        "that the supervise queue needs attention, and call again in a minute.";
    case "readonly":
      return "not queued, because this bottle is read-only: it shows what is allowed and takes no " +
        "asks. Do not try again; go on with what is allowed (list-egress-routes), and tell your " +
        "user what is missing.";
    case "shadow-full":
      return "not recorded, because the record of this trial run is full. Tell your user that the " +
        "operator has to export and remove it, and go on with what you can do without; until " +
        "then every ask is answered so.";
  }
}
