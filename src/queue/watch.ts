/** Noticing new files in a directory: one watcher for all who wait, and a slow poll beside it. */

import { basename } from "node:path";

/** The poll's pace while the directory is small, in milliseconds. */
export const POLL_INTERVAL_MS = 1_000;

/** The poll takes at most about this share of the time, however large the directory. */
const POLL_SHARE = 0.02;

/** A poll that took long, perhaps only because the machine is busy, is not put off further. */
const MAX_POLL_INTERVAL_MS = 3_000;

export interface DirectoryWatchOptions {
  /** Called with a file's name when something happened to it, and for every file on each poll. */
  readonly onName: (name: string) => void;
  /** Called with the name of a file that was seen to go; polls do not tell. */
  readonly onGone?: (name: string) => void;
  /** Called after each poll with all names that were there. */
  readonly onPolled?: (names: ReadonlySet<string>) => void | Promise<void>;
  /** Called when watching or polling fails, once for each reason; polling goes on either way. */
  readonly onTrouble?: (message: string) => void;
  readonly pollIntervalMs?: number;
}

/**
 * Watches one directory, not what is below it.
 *
 * The poll must stay: bind mounts across a virtual machine deliver no events, a directory that is
 * deleted and made again goes silent without an error, and the runtime's watcher stops for good when
 * a named pipe is created before it. (To start another watcher then would block the whole program.)
 */
export class DirectoryWatch implements Disposable {
  readonly #directory: string;
  readonly #options: DirectoryWatchOptions;
  #watcher: Deno.FsWatcher | undefined;
  #identity = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #trouble = "";

  constructor(directory: string, options: DirectoryWatchOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#arm();
    this.#schedule(options.pollIntervalMs ?? POLL_INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#disarm();
  }

  /** Looks at the whole directory now. */
  async poll(): Promise<void> {
    const names = new Set<string>();
    try {
      this.#arm();
      for await (const entry of Deno.readDir(this.#directory)) names.add(entry.name);
    } catch (error) {
      this.#report(`cannot read ${this.#directory}: ${text(error)}`);
      return;
    }
    if (this.#stopped) return;
    for (const name of names) this.#options.onName(name);
    await this.#options.onPolled?.(names);
  }

  #schedule(afterMs: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(async () => {
      const started = performance.now();
      await this.poll();
      const restMs = Math.min((performance.now() - started) / POLL_SHARE, MAX_POLL_INTERVAL_MS);
      this.#schedule(Math.max(this.#options.pollIntervalMs ?? POLL_INTERVAL_MS, restMs));
    }, afterMs);
  }

  /** Watches the directory that now has the name, if it is another one than before. */
  #arm(): void {
    let identity = "";
    try {
      const info = Deno.statSync(this.#directory);
      identity = `${info.dev}:${info.ino}`;
    } catch {
      // Gone for now: the poll reports it, and arms again when it is back.
    }
    if (identity === this.#identity && this.#watcher) return;
    this.#identity = identity;
    // A path that is watched again in the turn in which its watcher was closed stays silent.
    if (this.#watcher) return this.#disarm();
    if (!identity) return;
    try {
      this.#watcher = Deno.watchFs(this.#directory, { recursive: false });
      this.#follow(this.#watcher);
      this.#report("");
    } catch (error) {
      this.#report(`cannot watch ${this.#directory}, polling only: ${text(error)}`);
    }
  }

  #disarm(): void {
    try {
      this.#watcher?.close();
    } catch {
      // Already closed by the runtime.
    }
    this.#watcher = undefined;
  }

  async #follow(watcher: Deno.FsWatcher): Promise<void> {
    try {
      for await (const event of watcher) {
        if (this.#stopped) return;
        if (event.kind === "access") continue;
        for (const path of event.paths) {
          const name = basename(path);
          this.#options.onName(name);
          if (event.kind === "remove") this.#options.onGone?.(name);
          // The directory itself is gone. A new one may even have its number, but not its watch.
          if (event.kind === "remove" && name === basename(this.#directory)) this.#disarm();
        }
      }
    } catch (error) {
      if (!this.#stopped) this.#report(`stopped watching ${this.#directory}: ${text(error)}`);
    }
    if (this.#watcher === watcher) this.#watcher = undefined;
  }

  #report(message: string): void {
    if (message && message !== this.#trouble) this.#options.onTrouble?.(message);
    this.#trouble = message;
  }
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
