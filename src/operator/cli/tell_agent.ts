/** Tells a bottle's agent that what it was granted was taken back, or holds again. */

import { Desk } from "../../queue/desk.ts";
import type { Means } from "../live/carry_out.ts";
import { messageOf } from "../live/message_of.ts";
import type { Call } from "./command.ts";

/**
 * What it returns says why the agent cannot be told, as a sentence: a bottle that stands in the way of
 * its own queue must not hold up an undo. Where the queue has nothing of the proposal any more there
 * is nobody to be told.
 */
export function tellAgent(call: Call): Means["tellAgent"] {
  return async ({ queueRoot, slug, id, notes, purpose, begunAt }) => {
    const at = call.now().toISOString();
    const end = { proposal_id: id, reason: "undone" } as const;
    const desk = new Desk(queueRoot, call.now);
    try {
      if (!await desk.look(slug, id)) return undefined;
      await desk.tellEnd(
        slug,
        purpose === "undo"
          ? { ...end, ended_at: at, notes }
          : { ...end, ended_at: begunAt, notes: "", resumed_at: at },
      );
      return undefined;
    } catch (error) {
      return `The agent could not be told: ${messageOf(error)}.`;
    }
  };
}
