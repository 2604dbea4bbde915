/** A proposed file while an operator edits it: alone in a private directory, kept when work is in it. */

import { join } from "node:path";
import { FILE_MODE } from "../../queue/layout.ts";
import { fromSystem } from "../failure.ts";
import { readTextFile } from "./text_file.ts";

export class Draft {
  readonly path: string;
  readonly #directory: string;
  readonly #original: string;

  private constructor(directory: string, name: string, original: string) {
    this.path = join(directory, name);
    this.#directory = directory;
    this.#original = original;
  }

  /** Writes `text` as `name` in a new directory (mode 0700, the file 0600). */
  static async create(name: string, text: string): Promise<Draft> {
    try {
      const draft = new Draft(await Deno.makeTempDir({ prefix: "supervisectl-" }), name, text);
      await Deno.writeTextFile(draft.path, text, { createNew: true, mode: FILE_MODE });
      return draft;
    } catch (error) {
      throw fromSystem(error, "cannot-write", "make a temporary file for the editor");
    }
  }

  /** Whether the file can still be edited: what cleans temporary files up may have taken it. */
  async isThere(): Promise<boolean> {
    return await Deno.stat(this.path).then(({ isFile }) => isFile, () => false);
  }

  /** The text as the editor left it. Throws a failure when it cannot be read. */
  read(): Promise<string> {
    return readTextFile(this.path);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true }).catch(() => {});
  }

  /** A file that cannot be read as text may hold work as well; one that is gone does not. */
  async isChanged(): Promise<boolean> {
    try {
      return await Deno.readTextFile(this.path) !== this.#original;
    } catch (error) {
      return !(error instanceof Deno.errors.NotFound);
    }
  }
}
