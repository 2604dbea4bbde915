/** The directory of one change: its record, the texts beside it, and the lock of who is at it. */

import { basename, join } from "node:path";
import { z } from "zod";
import { hasCode, syncDirectory } from "../../queue/durable.ts";
import { DIRECTORY_MODE, FILE_MODE } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import { lockWithin } from "../file_lock.ts";
import { messageOf } from "./message_of.ts";
import { type ChangeRecord, parseRecord } from "./record.ts";

export const RECORD_FILE = "record.json";
/** Locked by the process that is at it. */
export const LOCK_FILE = "lock";

/** A process that ends gives its locks back within this time. */
const TAKE_WAIT_MS = 200;

/**
 * For a new one: a process that looks for what a crash left, or answers the same ask, may have it for
 * a moment.
 */
const BEGIN_WAIT_MS = 5_000;

/** So often the place of a new record may be removed by others under this process's hands. */
const MAX_TRIES = 100;

/**
 * A change that was begun: its record is there until it is finished or discarded. While one is held,
 * no other process takes it for what a crash left.
 */
export interface OpenChange extends Disposable {
  readonly record: ChangeRecord;
  readonly directory: string;
}

export async function removeRecord(directory: string): Promise<void> {
  if (!await isThere(directory)) return;
  await Deno.remove(join(directory, RECORD_FILE)).catch(ignoreAbsence);
  await syncDirectory(directory);
  await Deno.remove(directory, { recursive: true }).catch(ignoreAbsence);
}

/** Removes the directory if it has no record and nobody is at it. */
export async function sweep(directory: string): Promise<void> {
  using open = await held(directory).catch(ignoreAbsence);
  if (!open || await isThere(join(directory, RECORD_FILE))) return;
  await Deno.remove(directory, { recursive: true }).catch(ignoreAbsence);
}

export async function take(
  record: ChangeRecord,
  directory: string,
): Promise<OpenChange | undefined> {
  const lock = await held(directory).catch(ignoreAbsence);
  if (!lock) return undefined;
  if (await isThere(join(directory, RECORD_FILE))) {
    return { record, directory, [Symbol.dispose]: () => lock[Symbol.dispose]() };
  }
  lock[Symbol.dispose]();
  return undefined;
}

/** Makes the directory too; another process may take it for one that a crash left, and remove it. */
export async function holdNew(directory: string): Promise<Disposable | undefined> {
  for (let tries = 0;; tries++) {
    await Deno.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
    const lock = await held(directory, BEGIN_WAIT_MS).catch((error) => {
      if (tries < MAX_TRIES) return ignoreAbsence(error);
      throw error;
    });
    if (!lock) return undefined;
    if (await isThere(join(directory, LOCK_FILE))) return lock;
    lock[Symbol.dispose]();
  }
}

/** Undefined when another process holds it. */
async function held(
  directory: string,
  waitMs = TAKE_WAIT_MS,
): Promise<Disposable | undefined> {
  const options = { read: true, write: true, create: true, mode: FILE_MODE };
  const file = await Deno.open(join(directory, LOCK_FILE), options);
  if (!await lockWithin(file, true, waitMs)) return undefined;
  return { [Symbol.dispose]: () => file.close() };
}

export async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

export async function namesIn(directory: string): Promise<string[]> {
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
export async function readRecord(directory: string): Promise<ChangeRecord | undefined> {
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
      : messageOf(error);
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

export function ignoreAbsence(error: unknown): undefined {
  if (!hasCode(error, "ENOENT")) throw error;
}
