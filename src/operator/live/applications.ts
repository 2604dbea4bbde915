/**
 * The records of what was applied, in the state directory: what is under way, with the old texts, and
 * what is done and can be undone.
 */

import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { hasCode, publishFirst, publishOver, syncDirectory } from "../../queue/durable.ts";
import { DIRECTORY_MODE, FILE_MODE, type ProposalId, type Slug } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import { lockWithin } from "../file_lock.ts";
import { type ChangeRecord, formatRecord, parseRecord, type Purpose } from "./record.ts";

const RECORD_FILE = "record.json";
/** It is there once what is applied again holds. */
const COMMITTED_FILE = "committed";
/** Locked by the process that is at it. */
const LOCK_FILE = "lock";

/** A process that ends gives its locks back within this time. */
const TAKE_WAIT_MS = 200;

/** So often the place of a new record may be removed by others under this process's hands. */
const MAX_TRIES = 100;

/** At most so many records are read to tell what was done lately. */
const MAX_RECENT = 200;

/**
 * A change that was begun: its record is there until it is finished or discarded. While one is held,
 * nobody takes it for what a crash left.
 */
export interface Open extends Disposable {
  readonly record: ChangeRecord;
  readonly directory: string;
}

/** What is unfinished, and whether anybody is still at it, which `take` finds out. */
export interface Unfinished {
  readonly record: ChangeRecord;
  readonly directory: string;
  /** Undefined while its process lives, or when it has come to its end. */
  take(): Promise<Open | undefined>;
}

export class Applications {
  readonly #open: string;
  readonly #done: string;
  readonly #abandoned: string;

  constructor(stateDirectory: string) {
    this.#open = join(stateDirectory, "open");
    this.#done = join(stateDirectory, "done");
    this.#abandoned = join(stateDirectory, "abandoned");
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
      await syncDirectory(dirname(this.#open));
      const lock = await heldAnew(directory);
      if (!lock || await isThere(join(directory, RECORD_FILE))) {
        lock?.[Symbol.dispose]();
        throw new Failure(
          "busy",
          `an earlier change of ${record.id} is under way or was interrupted, see ${directory}`,
          { do: "doctor" },
        );
      }
      try {
        for (const { target, before, after } of record.files) {
          await publishOver(directory, `${target.kind}.before`, before);
          await publishOver(directory, `${target.kind}.after`, after);
        }
        await syncDirectory(this.#open);
        await publishFirst(directory, RECORD_FILE, formatRecord(record));
        return { record, directory, [Symbol.dispose]: () => lock[Symbol.dispose]() };
      } catch (error) {
        await Deno.remove(directory, { recursive: true }).catch(() => {});
        lock[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      throw fromSystem(error, "cannot-write", `write the record of the change to ${directory}`);
    }
  }

  /** What is applied again holds from here on: a crash does not put it back. Survives a power cut. */
  async commit({ directory }: Open): Promise<void> {
    try {
      await publishFirst(directory, COMMITTED_FILE, "");
    } catch (error) {
      throw fromSystem(error, "cannot-write", `write to the record of the change in ${directory}`);
    }
  }

  isCommitted({ directory }: Pick<Open, "directory">): Promise<boolean> {
    return isThere(join(directory, COMMITTED_FILE));
  }

  /** The change stands: it can be undone from here on. */
  async finish(open: Open): Promise<void> {
    const { record, directory } = open;
    // It is in the audit log, and there is nothing to take back.
    if (record.purpose === "answer") return await this.discard(open);
    const done = join(this.#done, nameOf(record));
    try {
      await Deno.mkdir(this.#done, { recursive: true, mode: DIRECTORY_MODE });
      // A crash in between leaves the record open, and this to be done again.
      for (const purpose of record.again ? ["undo", "apply"] as const : []) {
        await removeRecord(join(this.#done, nameOf({ ...record, purpose })));
      }
      await Deno.rename(directory, done);
      await Deno.remove(join(done, LOCK_FILE)).catch(ignoreAbsence);
      await syncDirectory(this.#done);
      await syncDirectory(this.#open);
    } catch (error) {
      throw fromSystem(error, "cannot-write", `move the record of the change to ${done}`);
    }
  }

  /** The change was put back: nothing of it is left. The record goes first, and in one step. */
  async discard({ directory }: Open): Promise<void> {
    try {
      await removeRecord(directory);
    } catch (error) {
      throw fromSystem(error, "cannot-write", `remove the record of the change in ${directory}`);
    }
  }

  /** Where the record and the texts of a change are kept that was abandoned at `at`. */
  abandonedPlace({ record }: Open, at: Date): string {
    return join(this.#abandoned, `${nameOf(record)}.${at.toISOString().replaceAll(":", "-")}`);
  }

  /** The change is no longer under way, whatever the live files hold; all of it is kept at `place`. */
  async abandon({ directory }: Open, place: string): Promise<void> {
    try {
      await Deno.mkdir(this.#abandoned, { recursive: true, mode: DIRECTORY_MODE });
      await Deno.rename(directory, place);
      await Deno.remove(join(place, LOCK_FILE)).catch(ignoreAbsence);
      await syncDirectory(this.#abandoned);
      await syncDirectory(this.#open);
    } catch (error) {
      throw fromSystem(error, "cannot-write", `move the record of the change to ${place}`);
    }
  }

  /**
   * What was begun and not finished, by a process that crashed or by one that is at it. What cannot
   * be read goes to `unreadable`: it must not stand in the way of other changes.
   */
  async unfinished(unreadable: Failure[] = []): Promise<Unfinished[]> {
    const unfinished: Unfinished[] = [];
    for (const name of await namesIn(this.#open)) {
      const directory = join(this.#open, name);
      try {
        const record = await readRecord(directory);
        if (record) unfinished.push({ record, directory, take: () => take(record, directory) });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        unreadable.push(error);
      }
    }
    return unfinished;
  }

  /** Removes what was begun to be written down, or to be forgotten, when its process crashed. */
  async sweep(): Promise<void> {
    for (const name of await namesIn(this.#open)) {
      const directory = join(this.#open, name);
      if (await isThere(join(directory, RECORD_FILE))) continue;
      using open = await held(directory).catch(ignoreAbsence);
      if (!open || await isThere(join(directory, RECORD_FILE))) continue;
      await Deno.remove(directory, { recursive: true }).catch(ignoreAbsence);
    }
  }

  /** The change that stands, or undefined. */
  async done(slug: Slug, id: ProposalId, purpose: Purpose): Promise<ChangeRecord | undefined> {
    return await readRecord(join(this.#done, nameOf({ slug, id, purpose })));
  }

  /** What was undone, each as {@linkcode undoneKey} makes it; the records are not read. */
  async undoneKeys(): Promise<ReadonlySet<string>> {
    const names = await namesIn(this.#done);
    return new Set(names.filter((name) => name.endsWith(".undo")));
  }

  /** What was undone, of ids that start with `prefix`. */
  async undone(prefix: string): Promise<ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    for (const name of await namesIn(this.#done)) {
      if (!name.endsWith(".undo") || !idIn(name).startsWith(prefix)) continue;
      const record = await readRecord(join(this.#done, name));
      if (record) records.push(record);
    }
    return records;
  }

  /**
   * What was approved and not undone, also where it added nothing; of ids that start with `prefix`. A
   * record that cannot be read is left out: it must not stand in the way of another's undo.
   */
  async standing(slug?: Slug, prefix = ""): Promise<ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    for (const name of await this.#standingNames()) {
      if (!name.startsWith(slug ?? "") || !idIn(name).startsWith(prefix)) continue;
      const record = await readRecord(join(this.#done, name)).catch((error) => {
        if (!(error instanceof Failure)) throw error;
      });
      if (record && record.slug === (slug ?? record.slug)) records.push(record);
    }
    return records;
  }

  async #standingNames(): Promise<string[]> {
    const names = await namesIn(this.#done);
    const undone = new Set(names.filter((name) => name.endsWith(".undo")));
    return names.filter((name) =>
      name.endsWith(".apply") && !undone.has(name.replace(/\.apply$/, ".undo"))
    );
  }

  /** What was applied and not undone, newest first; of `prefix`, only ids that start with it. */
  async applied(prefix = ""): Promise<ChangeRecord[]> {
    const applied: { name: string; at: number }[] = [];
    for (const name of await this.#standingNames()) {
      if (!idIn(name).startsWith(prefix)) continue;
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

async function removeRecord(directory: string): Promise<void> {
  if (!await isThere(directory)) return;
  await Deno.remove(join(directory, RECORD_FILE)).catch(ignoreAbsence);
  await syncDirectory(directory);
  await Deno.remove(directory, { recursive: true }).catch(ignoreAbsence);
}

/** A slug has no slash, and an id and a purpose no dot: no two changes share a name. */
function nameOf({ slug, id, purpose }: Pick<ChangeRecord, "slug" | "id" | "purpose">): string {
  return `${slug}.${id}.${purpose}`;
}

export function undoneKey(slug: Slug, id: ProposalId): string {
  return nameOf({ slug, id, purpose: "undo" });
}

async function take(record: ChangeRecord, directory: string): Promise<Open | undefined> {
  const lock = await held(directory).catch(ignoreAbsence);
  if (!lock) return undefined;
  if (await isThere(join(directory, RECORD_FILE))) {
    return { record, directory, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  }
  lock[Symbol.dispose]();
  return undefined;
}

/** Makes the directory too; another process may take it for one that a crash left, and remove it. */
async function heldAnew(directory: string): Promise<Disposable | undefined> {
  for (let tries = 0;; tries++) {
    await Deno.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    const lock = await held(directory).catch((error) => {
      if (tries < MAX_TRIES) return ignoreAbsence(error);
      throw error;
    });
    if (!lock) return undefined;
    if (await isThere(join(directory, LOCK_FILE))) return lock;
    lock[Symbol.dispose]();
  }
}

/** Undefined when another process holds it. */
async function held(directory: string): Promise<Disposable | undefined> {
  const options = { read: true, write: true, create: true, mode: FILE_MODE };
  const file = await Deno.open(join(directory, LOCK_FILE), options);
  if (!await lockWithin(file, true, TAKE_WAIT_MS)) return undefined;
  return { [Symbol.dispose]: () => file.close() };
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
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
    // Another process may have come to its end with it between two looks.
    if (hasCode(error, "ENOENT") || !await isThere(join(directory, RECORD_FILE))) return undefined;
    const why = error instanceof z.ZodError
      ? error.issues.slice(0, 1).map(({ path, message }) => `${path.join(".")}: ${message}`).join()
      : error instanceof Error
      ? error.message
      : String(error);
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

function ignoreAbsence(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}
