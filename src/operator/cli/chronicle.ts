/** What happened between two looks at the queues, for `watch`. Holds what it has told, no files. */

import type { Desk, Item, Skipped } from "../../queue/desk.ts";
import type { Slug } from "../../queue/layout.ts";

export type Event =
  | "pending"
  | "claimed"
  | "released"
  | "decided"
  | "delivered"
  | "withdrawn"
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
}

export class Chronicle {
  readonly #desk: Desk;
  readonly #slug: Slug | undefined;
  /** What can be decided or awaits delivery, as it was last told. */
  readonly #told = new Map<string, Item>();

  constructor(desk: Desk, slug: Slug | undefined) {
    this.#desk = desk;
    this.#slug = slug;
  }

  /** Looks at the queues. The first time, everything that can be decided is news. */
  async read(): Promise<News> {
    const { items, skipped } = await this.#desk.list({ slug: this.#slug });
    const open = new Set(items.map(keyOf));
    const happenings: Happening[] = [];
    for (const [key, before] of this.#told) {
      if (!open.has(key)) happenings.push(...await this.#settled(before));
    }
    for (const item of items) happenings.push(...this.#open(item));
    return { happenings, skipped };
  }

  /** A proposal that can be decided. */
  #open(item: Item): Happening[] {
    const before = this.#told.get(keyOf(item));
    this.#told.set(keyOf(item), item);
    const happenings: Happening[] = before ? [] : [{ event: "pending", item }];
    const { claim } = item;
    if (!claim) return before?.claim ? [{ event: "released", item }] : happenings;
    const isSame = before?.claim?.claimed_by === claim.claimed_by &&
      before.claim.claimed_at === claim.claimed_at;
    return isSame ? happenings : [...happenings, { event: "claimed", item }];
  }

  /** A proposal that was told and can no longer be decided, or whose delivery is awaited. */
  async #settled(before: Item): Promise<Happening[]> {
    const found = await this.#desk.find(before.proposal.id, before.slug);
    const key = keyOf(before);
    if (found.kind !== "found") {
      this.#told.delete(key);
      return [{ event: "removed", item: before }];
    }
    const { item } = found;
    const decided: Happening[] = before.state === "decided" ? [] : [{ event: "decided", item }];
    switch (item.state) {
      case "pending":
      case "claimed":
        return []; // Came back between the two looks: the next listing has it.
      case "decided":
        this.#told.set(key, item);
        return decided;
      case "delivered":
        this.#told.delete(key);
        return [...decided, { event: "delivered", item }];
      case "withdrawn":
        this.#told.delete(key);
        return [{ event: "withdrawn", item }];
    }
  }
}

function keyOf({ slug, proposal }: Item): string {
  return `${slug}/${proposal.id}`;
}
