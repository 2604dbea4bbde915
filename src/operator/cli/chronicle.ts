/** What happened between two looks at the queues, for `watch`. Holds what it has told, no files. */

import type { Desk } from "../../queue/desk.ts";
import { isOpen, type Item, type Skipped, textLength } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";

export type Event =
  | "pending"
  | "claimed"
  | "released"
  | "decided"
  | "delivered"
  | "withdrawn"
  | "expired"
  /** Its file is gone, and nothing says why. */
  | "removed";

export interface Happening {
  readonly event: Event;
  readonly item: Item;
}

export interface News {
  /** In the order in which they are to be told. */
  readonly happenings: readonly Happening[];
  readonly skipped: readonly Skipped[];
  /** Not everything was looked at: there may be more news although nothing changes. */
  readonly isMore: boolean;
}

/** At most this many proposals of one bottle that left its queue are looked up in one reading. */
const MAX_LOOKS = 200;

/** What is remembered of one bottle, in characters; each proposal counts as at least 4,096. */
const MAX_TOLD_LENGTH = 64 * 2 ** 20;
const MIN_TOLD_LENGTH = 4_096;

export class Chronicle {
  readonly #desk: Desk;
  readonly #slug: Slug | undefined;
  /** What can be decided or awaits delivery, as it was last told. */
  readonly #told = new Map<string, Item>();

  constructor(desk: Desk, slug: Slug | undefined) {
    this.#desk = desk;
    this.#slug = slug;
  }

  /**
   * Looks at the queues. The first time, everything that can be decided is news. `signal` ends it
   * early, with what was found until then.
   */
  async read(signal: AbortSignal): Promise<News> {
    const listing = await this.#desk.list({ slug: this.#slug, undelivered: true, signal });
    const listed = new Map(listing.items.map((item) => [keyOf(item), item]));
    const happenings: Happening[] = [];
    const looks = new Map<Slug, number>();
    let isMore = false;
    for (const [key, before] of [...this.#told]) {
      if (signal.aborted) return { happenings, skipped: listing.skipped, isMore };
      const item = listed.get(key);
      if (item) {
        if (!isOpen(item)) happenings.push(...this.#settled(before, item));
        continue;
      }
      const looked = looks.get(before.slug) ?? 0;
      if (looked === MAX_LOOKS) {
        isMore = true;
        continue;
      }
      looks.set(before.slug, looked + 1);
      const found = await this.#desk.look(before.slug, before.proposal.id);
      // To the end: whoever was not looked up this time comes first the next time.
      this.#told.delete(key);
      this.#told.set(key, before);
      happenings.push(...this.#settled(before, found));
    }
    const { opened, crowded } = this.#openAll(listing.items.filter(isOpen));
    happenings.push(...opened);
    return { happenings, skipped: [...listing.skipped, ...crowded], isMore };
  }

  /** What can be decided, as far as there is room for it beside what is remembered of its bottle. */
  #openAll(items: readonly Item[]): { opened: Happening[]; crowded: Skipped[] } {
    const lengths = new Map<Slug, number>();
    const add = (item: Item) => {
      const length = (lengths.get(item.slug) ?? 0) + Math.max(textLength(item), MIN_TOLD_LENGTH);
      if (length > MAX_TOLD_LENGTH) return false;
      lengths.set(item.slug, length);
      return true;
    };
    for (const item of this.#told.values()) add(item);
    const opened: Happening[] = [];
    const crowded = new Set<Slug>();
    for (const item of items) {
      if (this.#told.has(keyOf(item)) || add(item)) opened.push(...this.#open(item));
      else crowded.add(item.slug);
    }
    const why = "new proposals, until those that were told are settled: there are too many";
    return { opened, crowded: [...crowded].map((slug) => ({ slug, name: "", why })) };
  }

  /** A proposal that can be decided. */
  #open(item: Item): Happening[] {
    const before = this.#told.get(keyOf(item));
    this.#told.set(keyOf(item), item);
    const happenings: Happening[] = before ? [] : [{ event: "pending", item }];
    const { claim } = item;
    if (item.state !== "claimed") {
      return before?.state === "claimed" ? [{ event: "released", item }] : happenings;
    }
    const isSame = before?.state === "claimed" &&
      before.claim?.claimed_by === claim?.claimed_by &&
      before.claim?.claimed_at === claim?.claimed_at;
    return isSame ? happenings : [...happenings, { event: "claimed", item }];
  }

  /** A proposal that was told and can no longer be decided; `item` is what became of it. */
  #settled(before: Item, item: Item | undefined): Happening[] {
    const key = keyOf(before);
    if (!item) {
      this.#told.delete(key);
      return [{ event: "removed", item: before }];
    }
    const decided: Happening[] = before.state === "decided" ? [] : [{ event: "decided", item }];
    switch (item.state) {
      case "pending":
      case "claimed":
        return []; // Came back between the two looks, or was too much for the listing.
      case "decided":
        this.#told.set(key, item);
        return decided;
      case "undelivered":
        this.#told.delete(key);
        return decided;
      case "delivered":
        this.#told.delete(key);
        return [...decided, { event: "delivered", item }];
      case "withdrawn":
      case "expired":
        this.#told.delete(key);
        return [{ event: item.state, item }];
    }
  }
}

function keyOf({ slug, proposal }: Item): string {
  return `${slug}/${proposal.id}`;
}
