/**
 * The records of what was applied, in the state directory: what is under way, with the old texts, and
 * what is done and can be undone.
 */

import { basename, join } from "node:path";
import { hasCode, publishFirst, syncDirectory } from "../../queue/durable.ts";
import { DIRECTORY_MODE, type ProposalId, type Slug } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import { type ChangeRecord, formatRecord, parseRecord, type Purpose } from "./record.ts";

const RECORD_FILE = "record.json";

/** At most so many records are read to tell what was done lately. */
const MAX_RECENT = 200;

/** A change that was begun: its record is there until {@linkcode Applications.finish}. */
export interface Open {
  readonly record: ChangeRecord;
  readonly directory: string;
}

export class Applications {
  readonly #open: string;
  readonly #done: string;

  constructor(stateDirectory: string) {
    this.#open = join(stateDirectory, "open");
    this.#done = join(stateDirectory, "done");
  }

  /**
   * Writes down what is about to be done, old texts and new. From here on a crash leaves something
   * to be put back. Survives a power cut; throws a failure when it cannot be written.
   */
  async begin(record: ChangeRecord): Promise<Open> {
    const directory = join(this.#open, nameOf(record));
    try {
      for (const place of [this.#open, this.#done]) {
        await Deno.mkdir(place, { recursive: true, mode: DIRECTORY_MODE });
      }
      // Without a record in it: left by a crash before anything was touched.
      await Deno.remove(directory, { recursive: true }).catch(ignoreAbsence);
      await Deno.mkdir(directory, { mode: DIRECTORY_MODE });
      for (const { target, before, after } of record.files) {
        await publishFirst(directory, `${target.kind}.before`, before);
        await publishFirst(directory, `${target.kind}.after`, after);
      }
      await syncDirectory(this.#open);
      await publishFirst(directory, RECORD_FILE, formatRecord(record));
    } catch (error) {
      await Deno.remove(directory, { recursive: true }).catch(() => {});
      throw fromSystem(error, "cannot-write", `write the record of the change to ${directory}`);
    }
    return { record, directory };
  }

  /** The change stands: it can be undone from here on. */
  async finish({ record, directory }: Open): Promise<void> {
    const done = join(this.#done, nameOf(record));
    await Deno.remove(done, { recursive: true }).catch(ignoreAbsence);
    await Deno.rename(directory, done);
    await syncDirectory(this.#done);
    await syncDirectory(this.#open);
  }

  /** The change was put back: nothing of it is left. The record goes first, and in one step. */
  async discard({ directory }: Open): Promise<void> {
    await Deno.remove(join(directory, RECORD_FILE)).catch(ignoreAbsence);
    await syncDirectory(directory);
    await Deno.remove(directory, { recursive: true }).catch(ignoreAbsence);
  }

  /** What was begun and not finished, by a process that crashed or by one that is at it. */
  async unfinished(): Promise<Open[]> {
    const open: Open[] = [];
    for (const name of await namesIn(this.#open)) {
      const directory = join(this.#open, name);
      const record = await readRecord(directory);
      if (record) open.push({ record, directory });
    }
    return open;
  }

  /** Whether it is still unfinished. */
  async isOpen({ directory }: Open): Promise<boolean> {
    return await Deno.lstat(join(directory, RECORD_FILE)).then(() => true, () => false);
  }

  /** The change that stands, or undefined. */
  async done(slug: Slug, id: ProposalId, purpose: Purpose): Promise<ChangeRecord | undefined> {
    return await readRecord(join(this.#done, nameOf({ slug, id, purpose })));
  }

  /** What was applied and not undone, newest first; of `prefix`, only ids that start with it. */
  async applied(prefix = ""): Promise<ChangeRecord[]> {
    const names = await namesIn(this.#done);
    const undone = new Set(names.filter((name) => name.endsWith(".undo")));
    const applied: { name: string; at: number }[] = [];
    for (const name of names) {
      const isUndone = undone.has(name.replace(/\.apply$/, ".undo"));
      if (!name.endsWith(".apply") || isUndone || !idIn(name).startsWith(prefix)) continue;
      const info = await Deno.lstat(join(this.#done, name, RECORD_FILE)).catch(() => undefined);
      applied.push({ name, at: info?.mtime?.getTime() ?? 0 });
    }
    applied.sort((a, b) => b.at - a.at);
    const records: ChangeRecord[] = [];
    for (const { name } of applied.slice(0, MAX_RECENT)) {
      const record = await readRecord(join(this.#done, name));
      if (record && record.files.some(({ added }) => added !== undefined)) records.push(record);
    }
    return records;
  }
}

/** A slug has no slash, and an id and a purpose no dot: no two changes share a name. */
function nameOf({ slug, id, purpose }: Pick<ChangeRecord, "slug" | "id" | "purpose">): string {
  return `${slug}.${id}.${purpose}`;
}

function idIn(name: string): string {
  return name.split(".").at(-2) ?? "";
}

async function namesIn(directory: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(directory)) {
      if (isDirectory) names.push(name);
    }
  } catch (error) {
    if (!hasCode(error, "ENOENT")) {
      throw fromSystem(error, "cannot-read", `read the records in ${directory}`);
    }
  }
  return names.sort();
}

/** Undefined where there is none. Throws a failure when there is one that cannot be read. */
async function readRecord(directory: string): Promise<ChangeRecord | undefined> {
  try {
    const content = JSON.parse(await Deno.readTextFile(join(directory, RECORD_FILE)));
    const texts = new Map<string, string>();
    for await (const { name } of Deno.readDir(directory)) {
      if (!/\.(before|after)$/.test(name)) continue;
      texts.set(name, await textOf(join(directory, name)));
    }
    return parseRecord(content, (name) => {
      const text = texts.get(name);
      if (text === undefined) throw new Error(`${name} is not there`);
      return text;
    });
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      "cannot-read",
      `the record ${basename(directory)} in ${directory} cannot be read: ${why}; look at the ` +
        "live files it names, then move it away",
    );
  }
}

/** As it is: a byte order mark is part of the text. */
async function textOf(path: string): Promise<string> {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    await Deno.readFile(path),
  );
}

function ignoreAbsence(error: unknown): void {
  if (!hasCode(error, "ENOENT")) throw error;
}
