/** Whether a directory may hold other files than when it was last listed, at the price of one look. */

/** A change this soon after a look may leave the directory's time as it was, in milliseconds. */
const YOUNG_MS = 20;

/** Where a file system's times do not tell, it is listed after this long at the latest, twice over. */
const RELIST_MS = 30_000;

export class DirectoryTimes {
  readonly #path: string;
  #seen: string | undefined;
  #isYoung = false;
  #relistAtMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** A change since the last look may not show. */
  get isYoung(): boolean {
    return this.#isYoung;
  }

  /**
   * Looks at the directory and says whether to list it now. The next look compares with this one.
   * What is not there, or cannot be looked at, has changed once.
   */
  hasChanged(): boolean {
    const { times, isYoung } = this.#look();
    const hasChanged = times !== this.#seen || this.#isYoung ||
      performance.now() >= this.#relistAtMs;
    this.#seen = times;
    this.#isYoung = isYoung;
    // Not all directories at the same moment.
    if (hasChanged) this.#relistAtMs = performance.now() + RELIST_MS * (1 + Math.random());
    return hasChanged;
  }

  #look(): { readonly times: string; readonly isYoung: boolean } {
    try {
      const { dev, ino, mtime, ctime } = Deno.lstatSync(this.#path);
      const ms = mtime?.getTime() ?? NaN;
      // The change time, which no program can set, comes in whole seconds.
      return {
        times: `${dev}:${ino}:${ms}:${ctime?.getTime()}`,
        // A time in the future was set on purpose: it says nothing of what happens now.
        isYoung: Math.abs(Date.now() - ms) < YOUNG_MS,
      };
    } catch {
      return { times: "", isYoung: false };
    }
  }
}
