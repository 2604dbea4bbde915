/** The file that tells others on this machine which port the system chose. */

import { basename, dirname, join } from "node:path";
import { ListenError } from "./listener.ts";

export interface PortFile {
  /** Removes the file, unless another program has put its own there, or it is gone. Never throws. */
  remove(): void;
}

/**
 * Writes `port` and a newline to `path`, for the owner's eyes alone. Readers see the whole file or
 * none; one that an earlier run left there is replaced. It need not survive a power cut, which no
 * port does. Throws a {@linkcode ListenError}.
 */
export function publishPortFile(path: string, port: number): PortFile {
  const text = `${port}\n`;
  const temporary = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  try {
    refuseForeign(path);
    Deno.writeTextFileSync(temporary, text, { createNew: true, mode: 0o600 });
    const written = Deno.lstatSync(temporary);
    Deno.renameSync(temporary, path);
    return { remove: () => removeIfOurs(path, text, written) };
  } catch (error) {
    quietly(() => Deno.removeSync(temporary));
    throw new ListenError(`cannot write the port to ${path}: ${explain(error, dirname(path))}`);
  }
}

/** A rename would replace anything but a directory: a link, a device such as /dev/stdout. */
function refuseForeign(path: string): void {
  let isFile = true;
  quietly(() => isFile = Deno.lstatSync(path).isFile);
  if (isFile) return;
  throw new Error(
    "something is there that is no file. Remove it or set SUPERVISE_PORT_FILE to another path",
  );
}

function removeIfOurs(path: string, text: string, written: Deno.FileInfo): void {
  quietly(() => {
    const found = Deno.lstatSync(path);
    const isOurs = found.isFile && found.dev === written.dev && found.ino === written.ino &&
      found.size === written.size && Deno.readTextFileSync(path) === text;
    if (isOurs) Deno.removeSync(path);
  });
}

function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // It is not there, or not to be had.
  }
}

function explain(error: unknown, directory: string): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (error instanceof Deno.errors.NotCapable) {
    return "this program was built without the permission to. Use a path in " +
      "/run/supervise/listen, or build it with --allow-read and --allow-write for " + directory;
  }
  if (code === "ENOENT") return `the directory ${directory} is missing. Create it`;
  if (code === "ENOTDIR") {
    return `${directory} is not a directory. Set SUPERVISE_PORT_FILE to another path`;
  }
  if (code === "EACCES" || code === "EPERM") {
    return `permission denied. ${directory} must be writable by the user this program runs as ` +
      "(uid 65532 in the image)";
  }
  if (code === "EROFS") return `the file system is read-only. Mount ${directory} writable`;
  if (code === "ENOSPC") return "no space is left. Free some";
  const reason = error instanceof Error ? error.message : String(error);
  return reason.includes("SUPERVISE_PORT_FILE") ? reason : `${reason}. Check SUPERVISE_PORT_FILE`;
}
