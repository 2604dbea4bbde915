/** The log's file: opened without following a link, locked between processes, read by position. */

import { dirname, join } from "node:path";
import { publishFirst, syncDirectory } from "../../queue/durable.ts";
import { DIRECTORY_MODE } from "../../queue/layout.ts";
import { Failure } from "../failure.ts";
import { lockWithin } from "../file_lock.ts";

export function logPath(directory: string): string {
  return join(directory, "audit.jsonl");
}

/** Makes the log, if it is not there, and opens it. The caller closes it, which also unlocks it. */
export async function openLocked(directory: string, waitMs: number): Promise<Deno.FsFile> {
  const path = logPath(directory);
  await makeDirectory(directory);
  while (true) {
    const isThere = await Deno.lstat(path).then(() => true, isAbsent);
    if (!isThere) await publishFirst(directory, "audit.jsonl", "");
    const file = await openRegular(path, { read: true, append: true }, "cannot-write");
    if (!file) continue;
    await lock(file, true, waitMs, path);
    if (await isAt(path, file)) return file;
    file.close(); // The log was moved away while this waited.
  }
}

async function makeDirectory(directory: string): Promise<void> {
  if (await Deno.stat(directory).then(() => true, isAbsent)) return;
  await Deno.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  await syncDirectory(dirname(directory));
}

function isAbsent(error: unknown): false {
  if (error instanceof Deno.errors.NotFound) return false;
  throw error;
}

/** Opens a regular file and no other; undefined when it is not there. */
export async function openRegular(
  path: string,
  options: Deno.OpenOptions,
  code: "cannot-read" | "cannot-write",
): Promise<Deno.FsFile | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const seen = await Deno.lstat(path).catch(isAbsent);
    if (!seen) return undefined;
    if (!seen.isFile) {
      const found = seen.isSymlink
        ? "a symbolic link"
        : seen.isDirectory
        ? "a directory"
        : "a device or pipe";
      throw new Failure(code, `${path} must be a regular file, got ${found}`);
    }
    const file = await Deno.open(path, options).catch(isAbsent);
    if (!file) return undefined;
    if (await isAt(path, file)) return file;
    file.close(); // A rotation can have come between.
  }
  throw new Failure(code, `${path} was replaced while it was opened; try again`);
}

const MAX_TRIES = 10;

/** Whether `file` is what `path` names; without one, whether nothing is there. */
export async function isAt(path: string, file: Deno.FsFile | undefined): Promise<boolean> {
  const [named, opened] = await Promise.all([Deno.lstat(path).catch(isAbsent), file?.stat()]);
  if (!named || !opened) return !named && !opened;
  return named.ino === opened.ino && named.dev === opened.dev;
}

/** Locks the file, or closes it and fails: a lock that comes later is given back by the closing. */
export async function lock(
  file: Deno.FsFile,
  exclusive: boolean,
  waitMs: number,
  path: string,
): Promise<void> {
  if (await lockWithin(file, exclusive, waitMs)) return;
  throw new Failure(
    exclusive ? "cannot-write" : "cannot-read",
    `another supervisectl holds the audit log ${path} for more than ${waitMs / 1_000} s; ` +
      "see what it is doing, and try again",
  );
}

/** The bytes from `start` to `end`; fewer when the file ends before. */
export async function readAt(
  file: Deno.FsFile,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(end - start);
  return bytes.subarray(0, await readInto(file, start, bytes));
}

/** Fills `bytes` from `start` on and returns how many there were. */
export async function readInto(
  file: Deno.FsFile,
  start: number,
  bytes: Uint8Array,
): Promise<number> {
  await file.seek(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}
