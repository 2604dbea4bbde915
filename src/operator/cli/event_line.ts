/** A line of `watch`, for people and for programs. */

import type { QueueEvent } from "../app/feed.ts";
import { shorten } from "../app/shorten.ts";
import { cut, pad } from "../columns.ts";
import { reviewOf } from "../review/mod.ts";
import { oneLine } from "../review/one_line.ts";
import { visibleLine } from "../visible.ts";

const EVENT_COLUMNS = 9;
const BOTTLE_COLUMNS = 14;

/** `05:39:12Z  approved  1a2b3c4d  dev  by bob@host`, in at most `columns`; Infinity cuts nothing. */
export function eventLine(queueEvent: QueueEvent, now: Date, columns: number): string {
  const { event, item, end } = queueEvent;
  const word = event === "decided" ? item.decision?.status ?? event : end?.reason ?? event;
  const start = [
    timeOfDay(timeOf(queueEvent, now), now),
    pad(word, EVENT_COLUMNS),
    shorten(item.proposal.id),
    columns === Infinity ? item.slug : cut(item.slug, BOTTLE_COLUMNS),
    "",
  ].join("  ");
  return cut((start + rest(queueEvent, columns - start.length)).trimEnd(), columns);
}

function rest({ event, item }: QueueEvent, columns: number): string {
  const by = (name: string | undefined) => name ? `by ${visibleLine(name)}` : "";
  switch (event) {
    case "pending": {
      const tool = `${item.proposal.tool}  `;
      return tool + oneLine(reviewOf(item.proposal), columns - tool.length);
    }
    case "claimed":
      return by(item.claim?.claimed_by);
    case "decided":
      return by(item.decision?.decided_by);
    case "released":
      return "can be claimed again";
    case "delivered":
      return "the agent has the answer";
    case "undelivered":
      return "filed away before the agent picked it up";
    case "ended":
      return "the agent may no longer use it";
    case "withdrawn":
      return "by the agent";
    case "expired":
      return "not answered in time";
    case "removed":
      return "its file is gone from the queue";
  }
}

/** When it happened, or when it was seen where no record says. */
export function timeOf({ event, item, end }: QueueEvent, now: Date): Date {
  const recorded: Partial<Record<QueueEvent["event"], string | undefined>> = {
    pending: item.proposal.arrival_timestamp,
    claimed: item.claim?.claimed_at,
    decided: item.decision?.decided_at,
    ended: end?.endedAt,
    expired: item.expiredAt,
  };
  const time = new Date(recorded[event] ?? NaN);
  return Number.isNaN(time.getTime()) ? now : time;
}

/** The time, or the date of another day; UTC, and as wide as each other. */
function timeOfDay(time: Date, now: Date): string {
  const [day = "", clock = ""] = time.toISOString().split("T");
  return day === now.toISOString().split("T")[0] ? `${clock.slice(0, 8)}Z ` : day;
}
