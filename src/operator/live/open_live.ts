/** Opens and locks a live file: a regular one of bounded size, under its own name, or none. */

import { hasCode } from "../../queue/durable.ts";
import { MAX_LIVE_BYTES } from "../apply/edit.ts";
import type { Target } from "../config/config.ts";
import { Failure, fromSystem } from "../failure.ts";
import { lockWithin } from "../file_lock.ts";

/** So often a file may be replaced by others between a look at it and its opening. */
const MAX_REPLACED = 100;

/** Throws a failure when it is not a regular file, cannot be opened, or is too large. */
export async function openLive(target: Target, onlyRead = false): Promise<Deno.FsFile> {
  for (let tries = 0; tries < MAX_REPLACED; tries++) {
    const file = await openOnce(target, onlyRead);
    if (file) return file;
  }
  throw replaced(target.path);
}

/** Undefined when another file was put under the name meanwhile. */
async function openOnce(
  { kind, path, write }: Target,
  onlyRead: boolean,
): Promise<Deno.FsFile | undefined> {
  const doctor = { do: "doctor" } as const;
  let seen: Deno.FileInfo;
  try {
    seen = await Deno.lstat(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw fromSystem(error, "cannot-read", `read ${path}`);
    throw new Failure(
      "bad-target",
      `the ${kind} file ${path} is not there; nothing is done`,
      doctor,
    );
  }
  if (seen.isSymlink) {
    const to = await Deno.realPath(path).catch(() => "nothing");
    throw new Failure(
      "bad-target",
      `the ${kind} file ${path} is a symbolic link to ${to}; configure the file itself`,
      doctor,
    );
  }
  if (!seen.isFile) {
    throw new Failure("bad-target", `the ${kind} file ${path} is not a regular file`, doctor);
  }
  if (seen.size > MAX_LIVE_BYTES) throw tooLarge(path, seen.size);
  const mode = onlyRead || write === "rename" ? { read: true } : { read: true, write: true };
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, mode);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    const doing = onlyRead ? `read ${path}` : `open ${path} for writing`;
    throw fromSystem(error, onlyRead ? "cannot-read" : "cannot-write", doing);
  }
  const opened = await file.stat();
  if (opened.ino === seen.ino && opened.dev === seen.dev) return file;
  file.close();
  return undefined;
}

/**
 * Locks the file within `leftMs`, or closes it and throws a failure; `waitMs` is what is told. Waits
 * no longer when `signal` is aborted.
 */
export async function lockLive(
  file: Deno.FsFile,
  path: string,
  leftMs: number,
  waitMs: number,
  signal?: AbortSignal,
): Promise<void> {
  let isLocked: boolean;
  try {
    isLocked = await lockWithin(file, true, leftMs, signal);
  } catch (error) {
    const failure = fromSystem(error, "cannot-write", `lock ${path}`);
    if (!(failure instanceof Failure)) throw failure;
    throw new Failure(
      failure.code,
      `${failure.message}; put the live files on a file system with locks`,
    );
  }
  if (isLocked) return;
  if (signal?.aborted) {
    throw new Failure(
      "interrupted",
      `interrupted while it waited for ${path}, which another supervisectl is changing; nothing ` +
        "was done",
    );
  }
  throw new Failure(
    "busy",
    `another supervisectl has been changing ${path} for ${
      Math.round(waitMs / 1_000)
    } s; wait for ` +
      "it, or end it, and try again",
  );
}

/** Whether the open file still is the one that `path` leads to. */
export function isUnderItsName(file: Deno.FsFile, path: string): boolean {
  const held = file.statSync();
  try {
    const named = Deno.lstatSync(path);
    return held.ino === named.ino && held.dev === named.dev;
  } catch {
    return false;
  }
}

function replaced(path: string): Failure {
  return new Failure("busy", `${path} was replaced by something else meanwhile; try again`);
}

export function tooLarge(path: string, size: number): Failure {
  return new Failure(
    "bad-target",
    `${path} must have at most ${MAX_LIVE_BYTES} bytes, got ${size}`,
  );
}
