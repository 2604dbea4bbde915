/** What happened to a proposal, in the wire form. */

import type { z } from "zod";
import { inWords, type Notice } from "../../review/kind.ts";
import { reviewOf } from "../../review/mod.ts";
import type { QueueEvent } from "../feed.ts";
import type { eventSchema } from "../wire/event.ts";
import { aboutItem } from "./answer.ts";
import { noticeLines } from "./change.ts";

export function eventRecord(
  { event, item, end }: QueueEvent,
  notices: readonly Notice[],
  at: Date,
): z.output<typeof eventSchema> {
  const { proposal, claim, decision, waiting, polledAt } = item;
  return {
    event,
    at: at.toISOString(),
    ...aboutItem(item),
    ask: inWords(reviewOf(proposal)),
    notices: noticeLines(notices),
    waiting,
    polled_at: polledAt ?? null,
    claimed_by: claim?.claimed_by ?? null,
    status: decision?.status ?? null,
    notes: decision?.notes ?? null,
    decided_by: decision?.decided_by ?? null,
    end: end ? { reason: end.reason, notes: end.notes } : null,
  };
}
