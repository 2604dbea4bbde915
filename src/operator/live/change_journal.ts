/**
 * The records of what was applied, in the state directory: what is under way, with the old texts, and
 * what is done and can be undone.
 */

import { dirname, join } from "node:path";
import { publishFirst, publishOver, syncDirectory } from "../../queue/durable.ts";
import { DIRECTORY_MODE, type ProposalId, type Slug } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import {
  holdNew,
  ignoreAbsence,
  isThere,
  LOCK_FILE,
  namesIn,
  type OpenChange,
  readRecord,
  RECORD_FILE,
  removeRecord,
  sweep,
  take,
} from "./change_directory.ts";
import { type ChangeRecord, formatRecord, type Purpose } from "./record.ts";

export type { OpenChange } from "./change_directory.ts";

/** It is there once what is applied again holds. */
const COMMITTED_FILE = "committed";

/** At most so many records are read to tell what was done lately. */
const MAX_RECENT = 200;

/** What is unfinished, and whether anybody is still at it, which `take` finds out. */
export interface UnfinishedChange {
  readonly record: ChangeRecord;
  readonly directory: string;
  /** Undefined while its process lives, or when it has come to its end. */
  take(): Promise<OpenChange | undefined>;
}

export class ChangeJournal {
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
  async begin(record: ChangeRecord): Promise<OpenChange> {
    const directory = join(this.#open, nameOf(record));
    try {
      for (const place of [this.#open, this.#done]) {
        await Deno.mkdir(place, { recursive: true, mode: DIRECTORY_MODE });
      }
      await syncDirectory(dirname(this.#open));
      const lock = await holdNew(directory);
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
  async commit({ directory }: OpenChange): Promise<void> {
    try {
      await publishFirst(directory, COMMITTED_FILE, "");
    } catch (error) {
      throw fromSystem(error, "cannot-write", `write to the record of the change in ${directory}`);
    }
  }

  isCommitted({ directory }: Pick<OpenChange, "directory">): Promise<boolean> {
    return isThere(join(directory, COMMITTED_FILE));
  }

  /** The change stands: it can be undone from here on. */
  async finish(open: OpenChange): Promise<void> {
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
  async discard({ directory }: OpenChange): Promise<void> {
    try {
      await removeRecord(directory);
    } catch (error) {
      throw fromSystem(error, "cannot-write", `remove the record of the change in ${directory}`);
    }
  }

  /** Where the record and the texts of a change are kept that was abandoned at `at`. */
  abandonedPlace({ record }: OpenChange, at: Date): string {
    return join(this.#abandoned, `${nameOf(record)}.${at.toISOString().replaceAll(":", "-")}`);
  }

  /** The change is no longer under way, whatever the live files hold; all of it is kept at `place`. */
  async abandon({ directory }: OpenChange, place: string): Promise<void> {
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
   * be read goes to `unreadable`: it must not stand in the way of other changes. `sweeps` removes what
   * was begun to be written down, or to be forgotten, when its process crashed.
   */
  async unfinished(
    { unreadable = [], sweeps = false }: {
      readonly unreadable?: Failure[];
      readonly sweeps?: boolean;
    } = {},
  ): Promise<UnfinishedChange[]> {
    const unfinished: UnfinishedChange[] = [];
    for (const name of await namesIn(this.#open)) {
      const directory = join(this.#open, name);
      try {
        const record = await readRecord(directory);
        if (record) unfinished.push({ record, directory, take: () => take(record, directory) });
        else if (sweeps) await sweep(directory);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        unreadable.push(error);
      }
    }
    return unfinished;
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

  /** What was undone of one bottle or of all, of ids that start with `prefix`. */
  async undone(slug: Slug | undefined, prefix: string): Promise<ChangeRecord[]> {
    const names = await namesIn(this.#done);
    return await this.#records(
      names.filter((name) => name.endsWith(".undo") && isOf(name, slug, prefix)),
    );
  }

  /**
   * What was approved and not undone, also where it added nothing; of ids that start with `prefix`. A
   * record that cannot be read is left out: it must not stand in the way of another's undo.
   */
  async standing(slug?: Slug, prefix = ""): Promise<ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    for (const name of await this.#standingNames(slug, prefix)) {
      const record = await readRecord(join(this.#done, name)).catch((error) => {
        if (!(error instanceof Failure)) throw error;
      });
      if (record) records.push(record);
    }
    return records;
  }

  async #standingNames(slug: Slug | undefined, prefix: string): Promise<string[]> {
    const names = await namesIn(this.#done);
    const undone = new Set(names.filter((name) => name.endsWith(".undo")));
    return names.filter((name) =>
      name.endsWith(".apply") && isOf(name, slug, prefix) &&
      !undone.has(name.replace(/\.apply$/, ".undo"))
    );
  }

  /** What added something and was not undone, the newest first; of ids that start with `prefix`. */
  async applied(slug?: Slug, prefix = ""): Promise<ChangeRecord[]> {
    const applied: { name: string; at: number }[] = [];
    for (const name of await this.#standingNames(slug, prefix)) {
      const info = await Deno.lstat(join(this.#done, name, RECORD_FILE)).catch(() => undefined);
      applied.push({ name, at: info?.mtime?.getTime() ?? 0 });
    }
    applied.sort((a, b) => b.at - a.at);
    const recent = await this.#records(applied.slice(0, MAX_RECENT).map(({ name }) => name));
    return recent.filter(({ files }) => files.some(({ added }) => added !== undefined));
  }

  /** What is done under these names and is still there. */
  async #records(names: readonly string[]): Promise<ChangeRecord[]> {
    const records: ChangeRecord[] = [];
    for (const name of names) {
      const record = await readRecord(join(this.#done, name));
      if (record) records.push(record);
    }
    return records;
  }
}

/** A slug has no slash, and an id and a purpose no dot: no two changes share a name. */
function nameOf({ slug, id, purpose }: Pick<ChangeRecord, "slug" | "id" | "purpose">): string {
  return `${slug}.${id}.${purpose}`;
}

export function undoneKey(slug: Slug, id: ProposalId): string {
  return nameOf({ slug, id, purpose: "undo" });
}

/** Whether a change with this name is of the bottle, if one is given, and its id starts with `prefix`. */
function isOf(name: string, slug: Slug | undefined, prefix: string): boolean {
  const [, slugOf, id = ""] = /^(.*)\.(.*)\..*$/.exec(name) ?? [];
  return (slug ?? slugOf) === slugOf && id.startsWith(prefix);
}
