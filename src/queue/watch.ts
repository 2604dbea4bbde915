/** Noticing new files in a directory: one watcher for all who wait, and a slow poll beside it. */

import { basename } from "node:path";
import { DirectoryTimes } from "./directory_times.ts";

/** The poll's pace while the directory is small, in milliseconds. */
export const POLL_INTERVAL_MS = 1_000;

/** The poll takes at most about this share of the time, however large the directory. */
const POLL_SHARE = 0.02;

/** A poll that took long, perhaps only because the machine is busy, is not put off further. */
const MAX_POLL_INTERVAL_MS = 3_000;

/** Where no events come the directory's time is looked at this often, in milliseconds. */
const LOOK_INTERVAL_MS = 50;

export interface DirectoryWatchOptions {
  /**
   * Called with a file's name when something happened to it, and for every file on each poll.
   * `isGone`: it was seen to go, which polls do not tell.
   */
  readonly onName: (name: string, isGone: boolean) => void;
  /** Called after each poll with all names that were there. */
  readonly onPolled?: (names: ReadonlySet<string>) => void | Promise<void>;
  /** Called when watching or polling fails, once for each reason; polling goes on either way. */
  readonly onTrouble?: (message: string) => void;
  readonly pollIntervalMs?: number | undefined;
}

/**
 * Watches one directory, not what is below it.
 *
 * The poll must stay: bind mounts across a virtual machine deliver no events, a directory that is
 * deleted and made again goes silent without an error, and a named pipe that is created in the
 * directory blocks the runtime's watcher for good. To close the watcher then, or to start another,
 * would block the whole program: so one is started, and none is ever closed. A program that is to
 * end must call `Deno.exit`.
 */
export class DirectoryWatch implements Disposable {
  readonly #directory: string;
  readonly #options: DirectoryWatchOptions;
  readonly #intervalMs: number;
  readonly #times: DirectoryTimes;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextPollMs: number;
  #stopped = false;
  #trouble = "";
  /** Events do not come, or no longer. */
  #isDeaf = false;
  #state: DirectoryState;
  #hasHeard = false;
  /** The last poll saw a change of which no event had told by then. */
  #isUntold = false;

  constructor(directory: string, options: DirectoryWatchOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#intervalMs = options.pollIntervalMs ?? POLL_INTERVAL_MS;
    this.#times = new DirectoryTimes(directory);
    this.#state = stateOf(directory);
    this.#nextPollMs = performance.now() + this.#intervalMs;
    void this.#follow();
    this.#schedule(0);
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks at the whole directory now. */
  async poll(): Promise<void> {
    const names = new Set<string>();
    try {
      this.#listen();
      for await (const entry of Deno.readDir(this.#directory)) names.add(entry.name);
    } catch (error) {
      this.#report(`cannot read ${this.#directory}: ${text(error)}`);
      return;
    }
    this.#trouble = "";
    if (this.#stopped) return;
    for (const name of names) this.#options.onName(name, false);
    await this.#options.onPolled?.(names);
  }

  #schedule(restMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const untilPollMs = Math.max(0, this.#nextPollMs - performance.now());
    const untilLookMs = this.#isDeaf ? Math.max(LOOK_INTERVAL_MS, restMs) : Infinity;
    this.#timer = setTimeout(() => void this.#look(), Math.min(untilPollMs, untilLookMs));
  }

  /** Polls when it is time for that, and before when the directory has changed. */
  async #look(): Promise<void> {
    const beganMs = performance.now();
    const isTime = beganMs >= this.#nextPollMs;
    if (!this.#times.hasChanged() && !isTime) return this.#schedule(0);
    await this.poll();
    const nowMs = performance.now();
    const restMs = Math.min((nowMs - beganMs) / POLL_SHARE, MAX_POLL_INTERVAL_MS);
    if (isTime) this.#nextPollMs = nowMs + Math.max(this.#intervalMs, restMs);
    this.#schedule(restMs);
  }

  /** Notices that no event told of what the directory's own record shows. */
  #listen(): void {
    const before = this.#state;
    this.#state = stateOf(this.#directory);
    const isAnother = this.#state.identity !== before.identity;
    // Events take a moment: that of a change is due at the poll after the one that saw the change.
    if (isAnother || this.#isUntold && !this.#hasHeard) this.#becomeDeaf();
    this.#isUntold = !this.#hasHeard && this.#state.changedMs !== before.changedMs;
    this.#hasHeard = false;
  }

  #becomeDeaf(): void {
    if (this.#isDeaf) return;
    this.#isDeaf = true;
    this.#schedule(0);
  }

  async #follow(): Promise<void> {
    try {
      const watcher = Deno.watchFs(this.#directory, { recursive: false });
      for await (const event of watcher) {
        this.#hasHeard = true;
        // To leave the loop would close the watcher.
        if (this.#stopped || event.kind === "access") continue;
        for (const path of event.paths) {
          const name = basename(path);
          const isGone = event.kind === "remove";
          this.#options.onName(name, isGone);
          // The directory itself is gone. A new one may even have its number, but not its watch.
          if (isGone && name === basename(this.#directory)) this.#becomeDeaf();
        }
      }
    } catch (error) {
      this.#report(`cannot watch ${this.#directory}, polling only: ${text(error)}`);
    }
    this.#becomeDeaf();
  }

  #report(message: string): void {
    if (message !== this.#trouble) this.#options.onTrouble?.(message);
    this.#trouble = message;
  }
}

interface DirectoryState {
  readonly identity: string;
  readonly changedMs: number;
}

/** Of a directory that is gone for now nothing is known: the poll reports it. */
function stateOf(directory: string): DirectoryState {
  try {
    const { dev, ino, mtime } = Deno.statSync(directory);
    return { identity: `${dev}:${ino}`, changedMs: mtime?.getTime() ?? 0 };
  } catch {
    return { identity: "", changedMs: 0 };
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
