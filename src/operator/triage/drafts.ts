/** Keeps begun texts on disk soon after each key, so that no end of the program loses one. */

import type { Actions } from "./actions.ts";

/** A text is on disk so long after a key, and the time of one save. */
const DELAY_MS = 50;

type Texts = ReadonlyMap<string, string>;

export class Drafts {
  readonly #save: Actions["saveDrafts"];
  readonly #onFailure: (message: string) => void;
  #latest: Texts;
  #saved: Texts;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    save: Actions["saveDrafts"],
    saved: Texts,
    onFailure: (message: string) => void,
  ) {
    this.#save = save;
    this.#saved = saved;
    this.#latest = saved;
    this.#onFailure = onFailure;
  }

  /** Saves `drafts` soon: the wait begins with the first change, whatever else is typed. */
  keep(drafts: Texts): void {
    if (drafts === this.#latest) return;
    this.#latest = drafts;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#saving = this.#saving.then(() => this.#saveLatest());
    }, DELAY_MS);
  }

  /** Saves what is not saved yet. Returns the texts that cannot be. */
  async flush(): Promise<readonly string[]> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    await this.#saveLatest();
    if (this.#saved === this.#latest) return [];
    return [...this.#latest].filter(([key, text]) => this.#saved.get(key) !== text)
      .map(([, text]) => text);
  }

  async #saveLatest(): Promise<void> {
    const texts = this.#latest;
    if (texts === this.#saved) return;
    try {
      await this.#save(texts);
      this.#saved = texts;
    } catch (error) {
      // Whatever it is, the text is still there: it must not end with the program.
      this.#onFailure(error instanceof Error ? error.message : String(error));
    }
  }
}
