/** The route table for those who cannot wait long: what the proxy says now, or what it said last. */

import type { RoutesRead, RouteTable } from "./route_table.ts";

export type RecentRead =
  | {
    readonly kind: "table";
    /** The proxy's JSON, parsed. */
    readonly table: unknown;
    /** Since it arrived, in milliseconds. */
    readonly ageMs: number;
    /** The proxy was asked, and said so, during this read. */
    readonly isFresh: boolean;
  }
  /** No table was ever read. One clause, without a full stop: what was tried and what came. */
  | { readonly kind: "unknown"; readonly message: string };

/** For so long after a read that failed, or took too long, none is waited for, in milliseconds. */
const PAUSE_MS = 2_000;

export class RecentRoutes {
  readonly #routes: RouteTable;
  readonly #now: () => number;
  #last: { readonly table: unknown; readonly atMs: number } | undefined;
  #failure: string | undefined;
  /** A call that would wait no longer than `triedMs` does not wait. */
  #pause: { readonly untilMs: number; readonly triedMs: number } | undefined;
  #running = 0;

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(routes: RouteTable, now: () => number = () => performance.now()) {
    this.#routes = routes;
    this.#now = now;
  }

  /**
   * Asks the proxy and waits at most `withinMs` milliseconds, whatever it does; a table that comes
   * later is remembered all the same. While the proxy is known to be in trouble no call waits for it:
   * it is asked in the background.
   */
  async read(withinMs: number): Promise<RecentRead> {
    if (this.#isPaused(withinMs)) {
      if (this.#running === 0) void this.#ask();
      return this.#remembered(withinMs);
    }
    const asking = this.#ask();
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), withinMs);
    let read: RoutesRead | undefined;
    try {
      read = await Promise.race([asking, late.promise]);
    } finally {
      clearTimeout(timer);
    }
    if (read?.kind === "table") {
      return { kind: "table", table: read.table, ageMs: 0, isFresh: true };
    }
    const triedMs = read ? Infinity : withinMs;
    this.#pause = { untilMs: this.#now() + PAUSE_MS, triedMs };
    return this.#remembered(withinMs);
  }

  async #ask(): Promise<RoutesRead> {
    const startedMs = this.#now();
    this.#running++;
    try {
      const read = await this.#routes.read();
      if (read.kind === "table") this.#take(read.table, startedMs);
      else this.#failure = read.message;
      return read;
    } finally {
      this.#running--;
    }
  }

  #take(table: unknown, startedMs: number): void {
    const atMs = this.#now();
    this.#last = { table, atMs };
    this.#failure = undefined;
    // A table that comes late, again, does not show that it is worth to wait.
    if (this.#pause && atMs - startedMs <= this.#pause.triedMs) this.#pause = undefined;
  }

  #isPaused(withinMs: number): boolean {
    const pause = this.#pause;
    return pause !== undefined && this.#now() < pause.untilMs && withinMs <= pause.triedMs;
  }

  #remembered(withinMs: number): RecentRead {
    if (this.#last) {
      const { table, atMs } = this.#last;
      return { kind: "table", table, ageMs: Math.max(0, this.#now() - atMs), isFresh: false };
    }
    const message = this.#failure ??
      `the egress proxy did not answer within ${withinMs / 1_000} s`;
    return { kind: "unknown", message };
  }
}
