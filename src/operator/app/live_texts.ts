/** The configuration and the live files as they are now, each read once: for a look at many proposals. */

import type { Slug } from "../../queue/layout.ts";
import type { TargetKind } from "../apply/edit.ts";
import type { Config, Target } from "../config/config.ts";
import type { Finding } from "../config/finding.ts";
import { checkShared, type SharedFiles, sharedFiles } from "../config/shared_files.ts";
import { readLive } from "../live/held_file.ts";
import type { Notice } from "../review/kind.ts";
import type { App } from "./app.ts";
import { reading } from "./find.ts";

export class LiveTexts {
  readonly #app: App;
  readonly #texts = new Map<string, Promise<string>>();
  readonly #sharing = new Map<string, Promise<Finding | undefined>>();
  #shared: Promise<SharedFiles> | undefined;
  #config: Promise<Config> | undefined;

  constructor(app: App) {
    this.#app = app;
  }

  /** Throws a failure, each time the same, when it is wrong. */
  config(): Promise<Config> {
    return this.#config ??= this.#app.config();
  }

  /** Throws a failure, each time the same, when one of the files cannot be read. */
  async of(targets: readonly Target[]): Promise<Map<TargetKind, string>> {
    const texts = new Map<TargetKind, string>();
    for (const target of targets) {
      texts.set(target.kind, await remembered(this.#texts, target.path, () => readLive(target)));
    }
    return texts;
  }

  /** Lets go of the texts: a thousand bottles together can have a gigabyte of them. */
  forget(): void {
    this.#texts.clear();
  }

  /** Whether what is approved for `slug` is open to other bottles too. */
  async sharing(slug: Slug, targets: readonly Target[]): Promise<readonly Notice[]> {
    const found: Notice[] = [];
    for (const target of targets) {
      const finding = await remembered(
        this.#sharing,
        `${slug} ${target.path}`,
        async () => checkShared(await this.#sharedFiles(), slug, target),
      );
      if (!finding) continue;
      found.push({ label: "SHARED FILE", text: `${target.path} ${finding.text}` });
    }
    return found;
  }

  #sharedFiles(): Promise<SharedFiles> {
    const app = this.#app;
    const bottles = () => reading(app, () => app.desk.bottles());
    return this.#shared ??= Promise.all([this.config(), bottles()])
      .then(([config, slugs]) => sharedFiles(config, slugs));
  }
}

function remembered<T>(
  known: Map<string, Promise<T>>,
  key: string,
  get: () => Promise<T>,
): Promise<T> {
  const value = known.get(key) ?? get();
  known.set(key, value);
  return value;
}
