/** The files that rotation has closed: `audit.1-512.jsonl` has the entries 1 to 512, oldest first. */

import { join } from "node:path";
import { isAt, lock, logPath, openRegular } from "./file.ts";

const NAME = /^audit\.([1-9]\d{0,14})-([1-9]\d{0,14})\.jsonl$/;

export interface Closed {
  readonly name: string;
  readonly first: number;
  readonly last: number;
}

export function closedName(first: number, last: number): string {
  return `audit.${first}-${last}.jsonl`;
}

export async function closedFiles(directory: string): Promise<readonly Closed[]> {
  const closed: Closed[] = [];
  try {
    for await (const { name } of Deno.readDir(directory)) {
      const [, first, last] = NAME.exec(name) ?? [];
      if (first && last) closed.push({ name, first: Number(first), last: Number(last) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return closed.sort((a, b) => a.first - b.first || a.last - b.last);
}

/** One file of the log, open for reading. */
export interface LogFile {
  readonly name: string;
  readonly file: Deno.FsFile;
  /** What was written when it was opened, in bytes. */
  readonly size: number;
}

/** All files of the log, oldest first; `current`, the one that is written, is the last. */
export interface LogFiles extends Disposable {
  readonly files: readonly LogFile[];
  readonly current: Deno.FsFile | undefined;
}

/**
 * Opens all that is there now. With `lockMs`, the current file is locked against writers, for the
 * caller to unlock. Throws `cannot-read`.
 */
export async function openLog(directory: string, lockMs?: number): Promise<LogFiles> {
  const path = logPath(directory);
  while (true) {
    using stack = new DisposableStack();
    const open = async (path: string) => {
      const file = await openRegular(path, { read: true }, "cannot-read");
      return file && stack.use(file);
    };
    const current = await open(path);
    if (current && lockMs !== undefined) await lock(current, false, lockMs, path);
    const files: LogFile[] = [];
    for (const { name } of await closedFiles(directory)) {
      const file = await open(join(directory, name));
      if (file) files.push({ name, file, size: (await file.stat()).size });
    }
    // While it was opened, the file may have been closed and another begun.
    if (!await isAt(path, current)) continue;
    if (current) {
      files.push({ name: "audit.jsonl", file: current, size: (await current.stat()).size });
    }
    const owned = stack.move();
    return { files, current, [Symbol.dispose]: () => owned.dispose() };
  }
}
