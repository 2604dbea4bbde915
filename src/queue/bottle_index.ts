/** What one directory of a bottle holds, as it was last read, in turns that leave others theirs. */

import { DirectoryTimes } from "./directory_times.ts";
import { type EndedMarks, EndedRecords } from "./ended_records.ts";
import type { Placed } from "./fair_order.ts";
import { isOpen, shortened, type Skipped } from "./item.ts";
import {
  MAX_RECORD_BYTES,
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  WAITING_FILE,
} from "./layout.ts";
import { namesAt } from "./names.ts";
import { RecordCache } from "./record_cache.ts";
import type { RecordPlace } from "./records.ts";
import { readWaiting, type WaitingFile, waitingIn } from "./waiting.ts";

/** At most this many proposals of one directory are read, so that a flood stays a list. */
const MAX_LISTED = 5_000;

/** At most this much of one bottle's records is read, since it is held in memory. */
const MAX_LISTED_BYTES = 32 * MAX_RECORD_BYTES;

/** A turn of reading ends after so long, in milliseconds. */
const TURN_MS = 10;

/** After a turn a bottle rests this many times as long; for its listing, which others wait less for. */
const REST_OF_TURN = 10;
const REST_OF_LISTING = 4;

/** A file that cannot be read may be half-written: it is tried again after so long, in milliseconds. */
const RETRY_MS = 1_000;

/** One way through all proposals of the directory, which may take several turns. */
interface Walk {
  readonly kinds: ReadonlyMap<ProposalId, ReadonlySet<RecordKind>>;
  readonly rest: Iterator<ProposalId>;
  bytesLeft: number;
  listed: number;
  passedOver: number;
  hasChanged: boolean;
}

export class BottleIndex {
  readonly #place: RecordPlace;
  readonly #times: DirectoryTimes;
  readonly #cache: RecordCache;
  readonly #ended: EndedRecords;
  #walk: Walk | undefined;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #restUntilMs = 0;
  #retryAtMs = Infinity;
  #nextExpiryMs = Infinity;
  #waiting: WaitingFile | undefined;
  #lying = 0;
  #whyNot: string | undefined;
  #passedOver = 0;
  #version = 0;

  constructor(place: RecordPlace) {
    this.#place = place;
    this.#times = new DirectoryTimes(place.directory);
    this.#cache = new RecordCache(place);
    this.#ended = new EndedRecords(place);
  }

  /** Goes up when a listing shows something else than before. */
  get version(): number {
    return this.#version;
  }

  /** What has ended, as far as it was read in turns and not for one listing. */
  get ended(): EndedMarks {
    return this.#ended.marks;
  }

  /** Whether to {@linkcode refresh} it now, by one look at the directory. */
  isDue(): boolean {
    const nowMs = performance.now();
    if (this.#isRunning || nowMs < this.#restUntilMs) return false;
    return this.#walk !== undefined || this.#times.hasChanged() || nowMs >= this.#retryAtMs;
  }

  /** Whether it need not be looked at again before something else happens to the directory. */
  get isSettled(): boolean {
    return !this.#isRunning && !this.#walk && !this.#times.isYoung &&
      performance.now() >= this.#restUntilMs;
  }

  /** Notices what has expired. */
  expire(now: Date): void {
    if (now.getTime() < this.#nextExpiryMs) return;
    this.#nextExpiryMs = this.#cache.nextExpiryMs(now);
    this.#version++;
  }

  /**
   * Reads what is new, for one turn; with `whole` from the directory as it is now, and to the end,
   * unless `signal` ends it early.
   */
  async refresh(now: Date, whole: boolean, signal?: AbortSignal): Promise<void> {
    this.#isRunning = true;
    const run = this.#running.then(() => this.#refresh(now, whole, signal));
    const over = run.catch(() => {});
    this.#running = over;
    try {
      await run;
    } finally {
      if (this.#running === over) this.#isRunning = false;
    }
  }

  /** Adds what a listing shows to `placed` and `skipped`. Returns how many decisions lie there. */
  list(now: Date, undelivered: boolean, placed: Placed[], skipped: Skipped[]): number {
    const { slug, isFiled } = this.#place;
    const skip = (name: string, why: string) => skipped.push({ slug, name, why: shortened(why) });
    if (this.#whyNot) skip(isFiled ? PROCESSED_DIRECTORY : "", this.#whyNot);
    for (const one of this.#cache.items(waitingIn(this.#waiting, now), now)) {
      if (undelivered || isOpen(one.item)) placed.push(one);
    }
    for (const { id, why } of this.#cache.unreadable()) skip(recordName(id, "proposal"), why);
    if (this.#passedOver > 0) {
      const limits = `${MAX_LISTED} proposals or ${MAX_LISTED_BYTES / 2 ** 20} MiB`;
      skip("", `${this.#passedOver} proposals, over the limit of ${limits}`);
    }
    return this.#lying;
  }

  async #refresh(now: Date, whole: boolean, signal: AbortSignal | undefined): Promise<void> {
    const beganMs = performance.now();
    if (whole) {
      this.#walk = undefined;
      // Seen from here on.
      this.#times.hasChanged();
    }
    const walk = this.#walk ??= await this.#begin(whole);
    const listedMs = performance.now();
    while (!signal?.aborted) {
      const isOver = this.#turn(walk);
      if (isOver) this.#end(walk);
      if (walk.hasChanged) {
        walk.hasChanged = false;
        this.#nextExpiryMs = this.#cache.nextExpiryMs(now);
        this.#version++;
      }
      if (isOver || !whole) break;
      await new Promise((resolve) => setTimeout(resolve));
    }
    const nowMs = performance.now();
    const restMs = REST_OF_LISTING * (listedMs - beganMs) + REST_OF_TURN * (nowMs - listedMs);
    this.#restUntilMs = nowMs + restMs;
  }

  async #begin(whole: boolean): Promise<Walk> {
    const { names, why } = await namesAt(this.#place);
    const kinds = kindsIn(names);
    const before = this.#shownBesides();
    this.#whyNot = why;
    this.#lying = this.#place.isFiled ? 0 : kinds.values().filter((each) => each.has("response"))
      .toArray().length;
    this.#waiting = !this.#place.isFiled && names.includes(WAITING_FILE)
      ? readWaiting(this.#place.queue)
      : undefined;
    let hasChanged = before !== this.#shownBesides();
    // To list what is filed away takes its time, and only those who go on reading ask for it.
    if (!whole) hasChanged = await this.#ended.refresh(names) || hasChanged;
    for (const id of [...this.#cache.ids()]) {
      if (!kinds.has(id)) hasChanged = this.#cache.forget(id) || hasChanged;
    }
    const known = [...this.#cache.ids()];
    const others = kinds.keys().filter((id) => !this.#cache.has(id));
    return {
      kinds,
      // What is known keeps its place within the limits.
      rest: [...known, ...others].values(),
      bytesLeft: MAX_LISTED_BYTES,
      listed: 0,
      passedOver: 0,
      hasChanged,
    };
  }

  /** What a listing shows beside the proposals themselves. */
  #shownBesides(): string {
    const { calls = {}, polls = {} } = this.#waiting ?? {};
    const waiting = [...Object.keys(calls), ...Object.keys(polls)];
    return [this.#whyNot, this.#lying, this.#passedOver, ...waiting].join();
  }

  /** Goes on with the walk for a while. Returns whether it is over. */
  #turn(walk: Walk): boolean {
    const untilMs = performance.now() + TURN_MS;
    do {
      const { value: id, done } = walk.rest.next();
      if (done) return true;
      const kinds = walk.kinds.get(id);
      if (!kinds) continue;
      const look = walk.listed < MAX_LISTED ? this.#cache.look(id, kinds) : undefined;
      if (!look || look.bytes > walk.bytesLeft) {
        walk.passedOver++;
        walk.hasChanged = this.#cache.forget(id) || walk.hasChanged;
        continue;
      }
      walk.listed++;
      const { hasChanged, length } = this.#cache.take(id, look, kinds);
      // A file may have grown since it was looked at.
      walk.bytesLeft -= Math.max(look.bytes, length);
      walk.hasChanged ||= hasChanged;
    } while (performance.now() < untilMs);
    return false;
  }

  #end(walk: Walk): void {
    this.#walk = undefined;
    walk.hasChanged ||= walk.passedOver !== this.#passedOver;
    this.#passedOver = walk.passedOver;
    const isWhole = this.#cache.unreadable().next().done;
    this.#retryAtMs = isWhole ? Infinity : performance.now() + RETRY_MS;
  }
}

/** Which records there are of each proposal; an id without a proposal file is left out. */
function kindsIn(names: readonly string[]): ReadonlyMap<ProposalId, ReadonlySet<RecordKind>> {
  const kinds = new Map<ProposalId, Set<RecordKind>>();
  for (const name of names) {
    const record = parseRecordName(name);
    if (!record) continue;
    const known = kinds.get(record.id);
    if (known) known.add(record.kind);
    else kinds.set(record.id, new Set([record.kind]));
  }
  return new Map(kinds.entries().filter(([, each]) => each.has("proposal")));
}
