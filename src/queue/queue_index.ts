/** The queues of all bottles as they were last read; it lives as long as the program. */

import { BottleIndex } from "./bottle_index.ts";
import { DirectoryTimes } from "./directory_times.ts";
import type { EndedMarks } from "./ended_records.ts";
import type { Placed } from "./fair_order.ts";
import type { Skipped } from "./item.ts";
import { parseSlug, type Slug } from "./layout.ts";
import { placeIn } from "./records.ts";

/** So many directories are listed at once. */
const AT_ONCE = 8;

/** A bottle that takes longer is waited for no further: its news come later, in milliseconds. */
const PATIENCE_MS = 100;

export interface RefreshOptions {
  /** Only of these; default: of all. */
  readonly slugs?: readonly Slug[] | undefined;
  /** Whether all is read as it is now, else each bottle's share of what has changed. */
  readonly whole: boolean;
  readonly signal?: AbortSignal | undefined;
}

export class QueueIndex {
  readonly root: string;
  readonly #now: () => Date;
  readonly #times: DirectoryTimes;
  readonly #bottles = new Map<Slug, BottleIndex>();
  #isRootRead = false;
  #replaced = 0;

  /** `root` holds one queue directory a bottle. */
  constructor(root: string, now: () => Date) {
    this.root = root;
    this.#now = now;
    this.#times = new DirectoryTimes(root);
  }

  /** How many bottles are in it. */
  get size(): number {
    return this.#bottles.size;
  }

  has(slug: Slug): boolean {
    return this.#bottles.has(slug);
  }

  /** Those of `slugs`, by default all, that are to be looked at again soon. */
  unsettled(slugs: Iterable<Slug> = this.#bottles.keys()): Slug[] {
    return [...slugs].filter((slug) => !this.#bottles.get(slug)?.isSettled);
  }

  /** Another text: a listing of that bottle, or of all, shows something else than before. */
  version(slug: Slug | undefined): string {
    if (slug !== undefined) return String(this.#bottles.get(slug)?.version ?? "none");
    let sum = 0;
    for (const { version } of this.#bottles.values()) sum += version;
    return `${this.#replaced} ${sum}`;
  }

  /**
   * Brings it up to date. Returns how long it took to look for changes, in milliseconds. Throws when
   * the root cannot be read.
   */
  async refresh({ slugs, whole, signal }: RefreshOptions): Promise<number> {
    const startedMs = performance.now();
    const now = this.#now();
    if (!slugs && (this.#times.hasChanged() || whole || !this.#isRootRead)) {
      await this.#takeBottles();
    }
    const bottles = slugs?.map((slug) => this.#bottle(slug)) ?? [...this.#bottles.values()];
    for (const bottle of bottles) bottle.expire(now);
    const due = bottles.filter((bottle) => whole || bottle.isDue()).values();
    const lookedMs = performance.now() - startedMs;
    const all = Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (const bottle of due) {
        if (signal?.aborted) return;
        await bottle.refresh(now, whole, signal);
      }
    }));
    if (whole) await all;
    else await within(all, PATIENCE_MS);
    return lookedMs;
  }

  /** What has ended of each bottle, as far as it was watched. */
  *ended(slug: Slug | undefined): Generator<readonly [Slug, EndedMarks]> {
    for (const [name, { ended }] of this.#bottles) {
      if ((slug === undefined || name === slug) && ended.size > 0) yield [name, ended];
    }
  }

  /** Adds what a listing shows to `placed` and `skipped`; in `lying`, how many decisions lie where. */
  list(
    slug: Slug | undefined,
    undelivered: boolean,
    placed: Placed[],
    skipped: Skipped[],
    lying: Map<Slug, number>,
  ): void {
    const now = this.#now();
    for (const [name, bottle] of this.#bottles) {
      if (slug !== undefined && name !== slug) continue;
      const count = bottle.list(now, undelivered, placed, skipped);
      if (count > 0) lying.set(name, count);
    }
  }

  #bottle(slug: Slug): BottleIndex {
    const known = this.#bottles.get(slug);
    if (known) return known;
    const bottle = new BottleIndex(placeIn(this.root, slug));
    this.#bottles.set(slug, bottle);
    return bottle;
  }

  /** Takes in bottles that have come, and forgets those that have gone. */
  async #takeBottles(): Promise<void> {
    this.#isRootRead = false;
    const slugs = new Set(await bottlesIn(this.root));
    this.#isRootRead = true;
    for (const slug of this.#bottles.keys()) {
      if (slugs.has(slug)) continue;
      this.#bottles.delete(slug);
      this.#replaced++;
    }
    for (const slug of slugs) {
      if (!this.#bottles.has(slug)) this.#replaced++;
      this.#bottle(slug);
    }
  }
}

/** The bottles that have a queue directory, by name. Throws when the root cannot be read. */
export async function bottlesIn(root: string): Promise<Slug[]> {
  const slugs: Slug[] = [];
  for await (const entry of Deno.readDir(root)) {
    const slug = parseSlug(entry.name);
    if (slug && entry.isDirectory) slugs.push(slug);
  }
  return slugs.sort();
}

/** Waits for `work`, but no longer than `ms`. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
