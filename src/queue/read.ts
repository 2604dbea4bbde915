/** Reading from a queue directory, where any file may be half-written, huge, or not a file at all. */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { hasCode } from "./durable.ts";
import { MAX_RECORD_BYTES } from "./layout.ts";

/** What came of reading one file. `unreadable` says why in a few words, for the log. */
export type Read<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Reads `directory/name` as UTF-8 JSON and hands it to `parse`, which may throw.
 *
 * Takes in regular files of at most 1 MiB. A link is not followed: the file that was looked at must
 * be the one that was opened. Never throws for what a file contains or is. In one go, and so in a
 * fifth of the time; no request is served meanwhile.
 */
export function readRecord<T>(
  directory: string,
  name: string,
  parse: (content: unknown) => T,
): Read<T> {
  try {
    return { kind: "read", value: parse(JSON.parse(readRegularFile(join(directory, name)))) };
  } catch (error) {
    if (hasCode(error, "ENOENT")) return { kind: "missing" };
    return { kind: "unreadable", why: reason(error) };
  }
}

/** Whether `path` is a regular file; a link to one is not. */
export async function isRegularFile(path: string): Promise<boolean> {
  return await Deno.lstat(path).then((info) => info.isFile, () => false);
}

/** Should the name lead to a pipe or a link by now, opening does not wait and does not follow. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

function readRegularFile(path: string): string {
  // The runtime's own takes a third of the time.
  const seen = Deno.lstatSync(path);
  // Before it is opened: to open a device may set it to work.
  if (!seen.isFile) throw new Unreadable("not a regular file");
  const file = openSync(path, OPEN_FLAGS);
  try {
    const opened = fstatSync(file);
    if (opened.ino !== seen.ino || opened.dev !== seen.dev) {
      throw new Unreadable("replaced while it was opened");
    }
    if (opened.size > MAX_RECORD_BYTES) {
      throw new Unreadable(`${opened.size} bytes, over the limit of ${MAX_RECORD_BYTES}`);
    }
    const bytes = new Uint8Array(opened.size);
    let filled = 0;
    while (filled < bytes.length) {
      const bytesRead = readSync(file, bytes, filled, bytes.length - filled, null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, filled));
  } finally {
    closeSync(file);
  }
}

class Unreadable extends Error {}

function reason(error: unknown): string {
  if (error instanceof Unreadable) return error.message;
  if (error instanceof z.ZodError) {
    return error.issues.map((issue) => `${issue.path.join(".") || "content"}: ${issue.message}`)
      .join("; ");
  }
  if (error instanceof SyntaxError) return "not JSON (half-written?)";
  if (error instanceof TypeError) return "not UTF-8";
  return error instanceof Error ? error.message : String(error);
}
