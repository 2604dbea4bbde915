/**
 * Looks for what has changed in the queues, for as long as they are watched. Only looks: a bottle
 * can make the runtime's own watcher silent for all bottles, by a named pipe in its directory.
 */

import { InotifyHint } from "./inotify_hint.ts";
import type { Slug } from "./layout.ts";
import type { QueueIndex } from "./queue_index.ts";

/** How often is looked where few bottles are watched, in milliseconds. */
const POLL_INTERVAL_MS = 50;

/** Looking takes at most this share of the time: many bottles are looked at less often. */
const POLL_SHARE = 0.02;

/** From so many bottles on a hint is asked for; it comes before the next look would. */
const MANY_BOTTLES = 100;

/** After so long what was not settled at the last look is looked at again, in milliseconds. */
const AGAIN_MS = 25;

/** How often is looked where hints come, in milliseconds. */
const HINTED_INTERVAL_MS = 2_000;

export interface QueueWatchOptions {
  readonly onChange: () => void;
  readonly slug: Slug | undefined;
  readonly pollIntervalMs?: number | undefined;
}

export class QueueWatch implements Disposable {
  readonly #index: QueueIndex;
  readonly #options: QueueWatchOptions;
  readonly #hinted = new Set<Slug>();
  #hint: InotifyHint | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isLooking = false;
  #isStopped = false;
  #seen: string | undefined;
  #nextLookMs = 0;

  constructor(index: QueueIndex, options: QueueWatchOptions) {
    this.#index = index;
    this.#options = options;
    void this.#look();
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#hint?.[Symbol.dispose]();
  }

  /** At all bottles when it is time for that, else at those that something was hinted of. */
  async #look(): Promise<void> {
    this.#isLooking = true;
    const { slug, pollIntervalMs = POLL_INTERVAL_MS } = this.#options;
    const hinted = performance.now() < this.#nextLookMs ? [...this.#hinted] : undefined;
    this.#hinted.clear();
    const slugs = slug === undefined ? hinted : [slug];
    const tookMs = await this.#index.refresh({ slugs, whole: false }).catch(() => undefined);
    if (this.#isStopped) return;
    if (slug === undefined && this.#index.size > MANY_BOTTLES) {
      this.#hint ??= new InotifyHint(this.#index.root, (slugs) => this.#take(slugs));
    }
    if (!hinted) {
      const pauseMs = this.#hint?.isAlive ? HINTED_INTERVAL_MS : pollIntervalMs;
      this.#nextLookMs = performance.now() + Math.max(pauseMs, (tookMs ?? 0) / POLL_SHARE);
    }
    this.#isLooking = false;
    const isNews = this.#hinted.size > 0;
    // No further hint need come of what was not read to the end.
    if (this.#hint?.isAlive) {
      for (const slug of this.#index.unsettled(hinted)) this.#hinted.add(slug);
    }
    this.#schedule(isNews ? 0 : AGAIN_MS);
    const version = tookMs === undefined ? "unreadable" : this.#index.version(slug);
    if (version === this.#seen) return;
    this.#seen = version;
    this.#options.onChange();
  }

  #take(slugs: Iterable<Slug>): void {
    for (const slug of slugs) {
      this.#hinted.add(slug);
      // It has come just now: the root is to be listed.
      if (!this.#index.has(slug)) this.#nextLookMs = 0;
    }
    if (!this.#isLooking) this.#schedule(0);
  }

  /** The next look comes after `hintedMs` where something was hinted, else when it is time. */
  #schedule(hintedMs: number): void {
    clearTimeout(this.#timer);
    const untilNextMs = Math.max(0, this.#nextLookMs - performance.now());
    const waitMs = this.#hinted.size > 0 ? Math.min(hintedMs, untilNextMs) : untilNextMs;
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }
}
