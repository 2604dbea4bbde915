/** What a change of live files needs: the records, the actor's log, when to stop, and the agent to tell. */

import { Desk } from "../../queue/desk.ts";
import type { ProposalId } from "../../queue/layout.ts";
import type { ApplyDependencies } from "../live/apply_dependencies.ts";
import { messageOf } from "../live/message_of.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Actor, App } from "./app.ts";
import { shorten } from "./shorten.ts";

export function dependenciesOf(app: App, actor: Actor): ApplyDependencies {
  return {
    changes: app.changes,
    audit: app.audit(actor),
    tellAgent: tellAgent(app),
    signal: actor.signal,
  };
}

/** A bottle that stands in the way of its own queue must not hold up an undo. */
export function tellAgent(app: App): ApplyDependencies["tellAgent"] {
  return async (record) => {
    const told: ProposalId[] = [];
    const untold: string[] = [];
    for (const id of [record.id, ...record.others ?? []]) {
      const why = await tellOf(app, record, id);
      if (why === undefined) told.push(id);
      else untold.push(why);
    }
    return { told, untold };
  };
}

/** Returns why it cannot be told of `id`, as a sentence. */
async function tellOf(
  app: App,
  record: ChangeRecord,
  id: ProposalId,
): Promise<string | undefined> {
  const { queue_root, slug, purpose, begun_at } = record;
  const at = app.now().toISOString();
  const end = { proposal_id: id, reason: "undone" } as const;
  const desk = new Desk(queue_root, () => app.now());
  const of = id === record.id ? "" : ` of ${shorten(id)}`;
  try {
    if (!await desk.look(slug, id)) {
      return `No agent is told${of}: the queue of bottle ${slug} has nothing of it any more.`;
    }
    await desk.tellEnd(
      slug,
      purpose === "undo"
        ? { ...end, ended_at: at, notes: notesOn(record, id) }
        : { ...end, ended_at: begun_at, notes: "", resumed_at: at },
    );
    return undefined;
  } catch (error) {
    return `The agent could not be told${of}: ${messageOf(error)}.`;
  }
}

function notesOn({ id, notes }: ChangeRecord, of: ProposalId): string {
  if (of === id) return notes;
  return `ended with ${shorten(id)}, which was undone${notes ? `: ${notes}` : ""}`;
}
