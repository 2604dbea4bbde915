/** What happened to a proposal, in the wire form. */

import type { z } from "zod";
import type { Item } from "../../../queue/item.ts";
import { inWords } from "../../review/in_words.ts";
import type { Notice } from "../../review/kind.ts";
import { reviewOf } from "../../review/mod.ts";
import type { eventSchema } from "../wire/event.ts";
import { noticeLines } from "./change.ts";

type Event = z.output<typeof eventSchema>;

export function eventRecord(
  event: Event["event"],
  { slug, proposal, claim, decision, waiting }: Item,
  notices: readonly Notice[],
  at: Date,
): Event {
  return {
    event,
    at: at.toISOString(),
    proposal_id: proposal.id,
    bottle_slug: slug,
    tool: proposal.tool,
    ask: inWords(proposal.tool, reviewOf(proposal)),
    notices: noticeLines(notices),
    waiting,
    claimed_by: claim?.claimed_by ?? null,
    status: decision?.status ?? null,
    notes: decision?.notes ?? null,
    decided_by: decision?.decided_by ?? null,
  };
}
