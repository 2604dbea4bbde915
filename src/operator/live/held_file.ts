/** A live file held for a change: read, written durably, and no other operator's meanwhile. */

import { Buffer } from "node:buffer";
import { basename, dirname, join } from "node:path";
import { syncDirectory } from "../../queue/durable.ts";
import { FILE_MODE } from "../../queue/layout.ts";
import { MAX_LIVE_BYTES } from "../apply/edit.ts";
import type { Target } from "../config/config.ts";
import { Failure, fromSystem } from "../failure.ts";
import { isUnderItsName, lockLive, openLive, tooLarge } from "./open_live.ts";

/** How long another operator's change may take before this one gives up, in milliseconds. */
export const LOCK_WAIT_MS = 10_000;

/**
 * Holds the lock (`flock`) of the file itself, so that operators who share nothing but the file do
 * not change it at the same time. It ends with the process, however that ends.
 */
export class HeldFile implements Disposable {
  readonly target: Target;
  #file: Deno.FsFile;

  private constructor(target: Target, file: Deno.FsFile) {
    this.target = target;
    this.#file = file;
  }

  /**
   * Throws a failure when the file is not a regular one, cannot be written, or stays taken for
   * `waitMs`, by default {@linkcode LOCK_WAIT_MS}; or when `signal` ends the wait.
   */
  static async hold(target: Target, waitMs?: number, signal?: AbortSignal): Promise<HeldFile> {
    const limitMs = waitMs ?? LOCK_WAIT_MS;
    const until = performance.now() + limitMs;
    while (true) {
      const file = await openLive(target);
      await lockLive(file, target.path, until - performance.now(), limitMs, signal);
      // Who held it may have put another file under the name.
      if (isUnderItsName(file, target.path)) {
        if (target.write === "rename") await sweep(target.path);
        return new HeldFile(target, file);
      }
      file.close();
    }
  }

  /** Whether the held file still is the one that its name leads to. */
  isCurrent(): boolean {
    return isUnderItsName(this.#file, this.target.path);
  }

  /** The bytes that the file has now. */
  bytes(): Uint8Array<ArrayBuffer> {
    return readAll(this.#file, this.target.path);
  }

  /** The file as text. Throws a failure when it is not UTF-8. */
  text(): string {
    return decoded(this.bytes(), this.target.path);
  }

  /**
   * Puts `text` in place of what is there, if that still is as `isExpected` says of its bytes; it
   * survives a power cut when this returns `written`. `stale`: somebody else changed or replaced the
   * file, and nothing was written. When it throws, the file may be torn between the two texts, and
   * {@linkcode isTorn} recognises it.
   */
  async write(
    text: string,
    isExpected: (now: Uint8Array) => boolean,
  ): Promise<"written" | "stale"> {
    const bytes = new TextEncoder().encode(text);
    try {
      return this.target.write === "rename"
        ? await this.#replace(bytes, isExpected)
        : await this.#overwrite(bytes, isExpected);
    } catch (error) {
      throw fromSystem(error, "cannot-write", `write ${this.target.path}`);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /**
   * Holds what the name leads to now, where somebody else has put another file there. Throws a
   * failure like {@linkcode hold}.
   */
  async follow(): Promise<void> {
    if (this.isCurrent()) return;
    const other = await HeldFile.hold(this.target);
    this.#file.close();
    this.#file = other.#file;
  }

  /**
   * The size of the file, if it still is what it should be. It waits for nothing, and what is written
   * next must not either: an edit of somebody else is lost only if it falls between the two.
   */
  #sizeIf(isExpected: (now: Uint8Array) => boolean): number | undefined {
    const now = wholeFile(this.#file, this.target.path);
    return isExpected(now) && this.isCurrent() ? now.length : undefined;
  }

  /** In an order that leaves the old text whole when the disk is full: what is longer goes first. */
  async #overwrite(
    bytes: Uint8Array<ArrayBuffer>,
    isExpected: (now: Uint8Array) => boolean,
  ): Promise<"written" | "stale"> {
    const file = this.#file;
    const size = this.#sizeIf(isExpected);
    if (size === undefined) return "stale";
    try {
      writeAt(file, size, bytes.subarray(size));
    } catch (error) {
      file.truncateSync(size);
      throw error;
    }
    writeAt(file, 0, bytes.subarray(0, size));
    file.truncateSync(bytes.length);
    await file.sync();
    return "written";
  }

  /**
   * The new file is held before it has the name, and its owner's alone until it has the old one's
   * mode and owner.
   */
  async #replace(
    bytes: Uint8Array<ArrayBuffer>,
    isExpected: (now: Uint8Array) => boolean,
  ): Promise<"written" | "stale"> {
    const { path } = this.target;
    const old = await this.#file.stat();
    const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
    const file = await Deno.open(temporary, {
      read: true,
      write: true,
      createNew: true,
      mode: FILE_MODE,
    });
    let isWritten = false;
    try {
      await file.lock(true);
      // In this order no group but the old one can open it meanwhile.
      await keepOwner(temporary, old, await file.stat());
      if (old.mode !== null) await Deno.chmod(temporary, old.mode & 0o7777);
      writeAt(file, 0, bytes);
      await file.sync();
      if (this.#sizeIf(isExpected) === undefined) return "stale";
      Deno.renameSync(temporary, path);
      isWritten = true;
    } finally {
      if (!isWritten) {
        file.close();
        await Deno.remove(temporary).catch(() => {});
      }
    }
    this.#file.close();
    this.#file = file;
    await syncDirectory(dirname(path));
    return "written";
  }
}

/** Reads a live file without holding it. Throws a failure like {@linkcode HeldFile.hold}. */
export async function readLive(target: Target): Promise<string> {
  using file = await openLive(target, true);
  return decoded(readAll(file, target.path), target.path);
}

/** Of the bytes of a file: that they are exactly `text`. */
export function exactly(text: string): (now: Uint8Array) => boolean {
  const bytes = new TextEncoder().encode(text);
  return (now) => Buffer.compare(now, bytes) === 0;
}

/** The same: that they are one of the two, or what an interrupted write leaves between them. */
export function between(before: string, after: string): (now: Uint8Array) => boolean {
  const encoder = new TextEncoder();
  const [old, written] = [encoder.encode(before), encoder.encode(after)];
  return (now) => isTorn(now, old, written);
}

/** Whether `now` is a mixture that an interrupted write of `after` over `before` leaves. */
export function isTorn(
  now: Uint8Array,
  before: Uint8Array,
  after: Uint8Array,
): boolean {
  const shorter = Math.min(before.length, after.length);
  const longer = Math.max(before.length, after.length);
  if (now.length < shorter || now.length > longer) return false;
  return now.every((byte, index) => byte === before[index] || byte === after[index]);
}

function wholeFile(file: Deno.FsFile, path: string): Uint8Array<ArrayBuffer> {
  file.seekSync(0, Deno.SeekMode.Start);
  const { size } = file.statSync();
  if (size > MAX_LIVE_BYTES) throw tooLarge(path, size);
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

function readAll(file: Deno.FsFile, path: string): Uint8Array<ArrayBuffer> {
  try {
    return wholeFile(file, path);
  } catch (error) {
    throw fromSystem(error, "cannot-read", `read ${path}`);
  }
}

function decoded(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Failure("bad-target", `${path} must be UTF-8 text`);
  }
}

function writeAt(file: Deno.FsFile, offset: number, bytes: Uint8Array): void {
  file.seekSync(offset, Deno.SeekMode.Start);
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
}

/** Removes what a killed process left beside a file; no other process uses it while it is held. */
async function sweep(path: string): Promise<void> {
  const start = `.${basename(path)}.`;
  for await (const { name, isFile } of Deno.readDir(dirname(path))) {
    const rest = name.startsWith(start) ? name.slice(start.length) : "";
    if (isFile && /^[0-9a-f-]{36}\.tmp$/.test(rest)) await Deno.remove(join(dirname(path), name));
  }
}

/** A user who may not give files away keeps what they made; a reader of the same group still can. */
async function keepOwner(path: string, old: Deno.FileInfo, made: Deno.FileInfo): Promise<void> {
  if (old.uid === made.uid && old.gid === made.gid) return;
  await Deno.chown(path, old.uid, old.gid).catch(() => {});
}
