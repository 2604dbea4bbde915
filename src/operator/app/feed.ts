/** What happens in the queues, event by event. Holds what it has told, no files. */

import type { Desk, Listing } from "../../queue/desk.ts";
import type { GrantEnd } from "../../queue/grant_end.ts";
import { isOpen, type Item, type Skipped, textLength } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";

export type EventName =
  | "pending"
  | "claimed"
  | "released"
  | "decided"
  | "delivered"
  /** Filed away before its agent picked the answer up. */
  | "undelivered"
  /** What was granted no longer holds. */
  | "ended"
  | "withdrawn"
  | "expired"
  /** Its file is gone, and nothing says why. */
  | "removed";

export interface QueueEvent {
  readonly event: EventName;
  readonly item: Item;
  /** Only with `ended`. */
  readonly end?: GrantEnd;
}

export interface News {
  /** In the order in which they are to be told. */
  readonly events: readonly QueueEvent[];
  readonly skipped: readonly Skipped[];
  /** Not everything was looked at: there may be more news although nothing changes. */
  readonly isMore: boolean;
}

export interface FeedOptions {
  /** Default: all bottles. */
  readonly slug?: Slug | undefined;
  /** What can be decided at the beginning is not told. */
  readonly onlyNew?: boolean;
}

/** At most this many proposals of one bottle are looked up in one reading. */
const MAX_LOOKS = 200;

/** What is remembered of one bottle, in characters; each proposal counts as at least 4,096. */
const MAX_TOLD_LENGTH = 64 * 2 ** 20;
const MIN_TOLD_LENGTH = 4_096;

export class QueueFeed {
  readonly #desk: Desk;
  readonly #options: FeedOptions;
  /** What can be decided or awaits delivery, as it was last told. */
  readonly #told = new Map<string, Item>();
  /** The marks of what was told as ended, or had ended at the beginning. */
  readonly #ended = new Map<string, string>();
  #hasBegun = false;

  constructor(desk: Desk, options: FeedOptions = {}) {
    this.#desk = desk;
    this.#options = options;
  }

  /**
   * Looks at the queues. The first time, everything that can be decided is news, unless only new ones
   * are wished for. `signal` ends it early, with what was found until then.
   */
  async read(signal: AbortSignal): Promise<News> {
    const { slug, onlyNew = false } = this.#options;
    const listing = await this.#desk.list({ slug, undelivered: true, signal });
    const looks = new Looks();
    const events: QueueEvent[] = [];
    await this.#readTold(listing, looks, signal, events);
    if (!signal.aborted) await this.#readEnded(listing, looks, events);
    if (signal.aborted) return { events, skipped: listing.skipped, isMore: looks.isMore };
    const { opened, crowded } = this.#openAll(listing.items.filter(isOpen));
    if (this.#hasBegun || !onlyNew) events.push(...opened);
    this.#hasBegun = true;
    return { events, skipped: [...listing.skipped, ...crowded], isMore: looks.isMore };
  }

  /** What became of those that were told. */
  async #readTold(
    { items }: Listing,
    looks: Looks,
    signal: AbortSignal,
    events: QueueEvent[],
  ): Promise<void> {
    const listed = new Map(items.map((item) => [keyOf(item), item]));
    for (const [key, before] of [...this.#told]) {
      if (signal.aborted) return;
      const item = listed.get(key);
      if (item) {
        if (!isOpen(item)) events.push(...this.#settled(before, item));
        continue;
      }
      if (!looks.take(before.slug)) continue;
      const found = await this.#desk.look(before.slug, before.proposal.id);
      // To the end: those that were not looked up this time come first the next time.
      this.#told.delete(key);
      this.#told.set(key, before);
      events.push(...this.#settled(before, found));
    }
  }

  /** What has ended since the beginning. */
  async #readEnded({ ended }: Listing, looks: Looks, events: QueueEvent[]): Promise<void> {
    for (const [slug, marks] of ended) {
      for (const [id, mark] of marks) {
        const key = `${slug}/${id}`;
        if (this.#ended.get(key) === mark) continue;
        if (this.#hasBegun && !looks.take(slug)) break;
        this.#ended.set(key, mark);
        if (!this.#hasBegun) continue;
        const item = await this.#desk.look(slug, id);
        const end = item?.decision && await this.#desk.grantEnd(slug, item.decision);
        if (end) events.push({ event: "ended", item, end });
      }
    }
  }

  /** What can be decided, as far as there is room for it beside what is remembered of its bottle. */
  #openAll(items: readonly Item[]): { opened: QueueEvent[]; crowded: Skipped[] } {
    const lengths = new Map<Slug, number>();
    const add = (item: Item) => {
      const length = (lengths.get(item.slug) ?? 0) + Math.max(textLength(item), MIN_TOLD_LENGTH);
      if (length > MAX_TOLD_LENGTH) return false;
      lengths.set(item.slug, length);
      return true;
    };
    for (const item of this.#told.values()) add(item);
    const opened: QueueEvent[] = [];
    const crowded = new Set<Slug>();
    for (const item of items) {
      if (this.#told.has(keyOf(item)) || add(item)) opened.push(...this.#open(item));
      else crowded.add(item.slug);
    }
    const why = "new proposals, until those that were told are settled: there are too many";
    return { opened, crowded: [...crowded].map((slug) => ({ slug, name: "", why })) };
  }

  /** A proposal that can be decided. */
  #open(item: Item): QueueEvent[] {
    const before = this.#told.get(keyOf(item));
    this.#told.set(keyOf(item), item);
    const events: QueueEvent[] = before ? [] : [{ event: "pending", item }];
    const { claim } = item;
    if (item.state !== "claimed") {
      return before?.state === "claimed" ? [{ event: "released", item }] : events;
    }
    const isSame = before?.state === "claimed" &&
      before.claim?.claimed_by === claim?.claimed_by &&
      before.claim?.claimed_at === claim?.claimed_at;
    return isSame ? events : [...events, { event: "claimed", item }];
  }

  /** A proposal that was told and can no longer be decided; `item` is what became of it. */
  #settled(before: Item, item: Item | undefined): QueueEvent[] {
    const key = keyOf(before);
    if (!item) {
      this.#told.delete(key);
      return [{ event: "removed", item: before }];
    }
    const decided: QueueEvent[] = before.state === "decided" ? [] : [{ event: "decided", item }];
    switch (item.state) {
      case "pending":
      case "claimed":
        return []; // Came back between the two looks, or was too much for the listing.
      case "decided":
        this.#told.set(key, item);
        return decided;
      case "delivered":
      case "undelivered":
        this.#told.delete(key);
        return [...decided, { event: item.state, item }];
      case "withdrawn":
      case "expired":
        this.#told.delete(key);
        return [{ event: item.state, item }];
    }
  }
}

/** How many proposals of each bottle were looked up in one reading. */
class Looks {
  readonly #counts = new Map<Slug, number>();
  /** Some were left for the next reading. */
  isMore = false;

  /** Whether one more may be looked up. */
  take(slug: Slug): boolean {
    const count = this.#counts.get(slug) ?? 0;
    if (count === MAX_LOOKS) this.isMore = true;
    else this.#counts.set(slug, count + 1);
    return count < MAX_LOOKS;
  }
}

function keyOf({ slug, proposal }: Item): string {
  return `${slug}/${proposal.id}`;
}
