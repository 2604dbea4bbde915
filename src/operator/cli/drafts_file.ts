/** Texts that were begun on the triage screen, kept in the state directory. */

import { join } from "node:path";
import { z } from "zod";
import { publishOver } from "../../queue/durable.ts";
import { DIRECTORY_MODE } from "../../queue/layout.ts";
import { requireOwnDirectory } from "../config/check_directory.ts";
import { Failure, fromSystem } from "../failure.ts";

const DRAFTS_FILE = "drafts.json";

const draftsFile = z.record(z.string(), z.string());

type Texts = ReadonlyMap<string, string>;

/** The texts of one screen; another one may keep its own in the same file. */
export class DraftsFile {
  readonly #directory: string;
  readonly #isOwn: (key: string) => boolean;
  #saved: Texts = new Map();

  /** `isOwn` tells the texts that the screen shows by their keys. */
  constructor(stateDirectory: string, isOwn: (key: string) => boolean) {
    this.#directory = stateDirectory;
    this.#isOwn = isOwn;
  }

  /** Throws a failure when the file cannot be read; what is no list of texts is set aside. */
  async read(): Promise<Texts> {
    const path = join(this.#directory, DRAFTS_FILE);
    try {
      const all = await this.#all();
      return this.#saved = new Map([...all].filter(([key]) => this.#isOwn(key)));
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) {
        throw fromSystem(error, "cannot-read", `read ${path}`);
      }
      await Deno.rename(path, `${path}.broken`);
      throw new Failure("cannot-read", `${path} is broken; it is ${path}.broken now`);
    }
  }

  /** Keeps `texts` in place of those that this screen kept before. Survives a power cut. */
  async save(texts: Texts): Promise<void> {
    try {
      await requireOwnDirectory(this.#directory);
      await Deno.mkdir(this.#directory, { recursive: true, mode: DIRECTORY_MODE });
      const all = await this.#all().catch(() => new Map<string, string>());
      for (const key of this.#saved.keys()) all.delete(key);
      for (const [key, text] of texts) all.set(key, text);
      const content = JSON.stringify(Object.fromEntries(all), null, 2);
      await publishOver(this.#directory, DRAFTS_FILE, content + "\n");
      this.#saved = new Map(texts);
    } catch (error) {
      throw fromSystem(error, "cannot-write", `write ${join(this.#directory, DRAFTS_FILE)}`);
    }
  }

  async #all(): Promise<Map<string, string>> {
    try {
      const text = await Deno.readTextFile(join(this.#directory, DRAFTS_FILE));
      return new Map(Object.entries(draftsFile.parse(JSON.parse(text))));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Map();
      throw error;
    }
  }
}
