/** All live files of one change, held together. */

import type { Target } from "../config/config.ts";
import { HeldFile } from "./held_file.ts";

export class HeldFiles implements Disposable {
  readonly #files: readonly HeldFile[];

  private constructor(files: readonly HeldFile[]) {
    this.#files = files;
  }

  /**
   * Holds `targets`, by path in one order for all operators: no two can wait for each other. Throws a
   * failure when one of them is not to be had, and holds none then. `signal` ends the wait for others.
   */
  static async hold(targets: readonly Target[], signal?: AbortSignal): Promise<HeldFiles> {
    const files: HeldFile[] = [];
    try {
      for (const target of [...targets].sort((a, b) => a.path < b.path ? -1 : 1)) {
        files.push(await HeldFile.hold(target, undefined, signal));
      }
    } catch (error) {
      for (const file of files) file[Symbol.dispose]();
      throw error;
    }
    return new HeldFiles(files);
  }

  of(target: Target): HeldFile {
    const file = this.#files.find((one) => one.target.path === target.path);
    if (!file) throw new Error(`${target.path} is not held`);
    return file;
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }
}
