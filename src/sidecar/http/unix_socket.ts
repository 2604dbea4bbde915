/** The file of a Unix socket: whose the path is, who may connect, and what goes away at the end. */

import { basename, dirname, join } from "node:path";

/**
 * Makes the path free to listen on: a socket without a listener is removed. Returns why
 * the path cannot be had, or undefined. Throws what the operating system says against it.
 */
export async function freeSocketPath(path: string): Promise<string | undefined> {
  const found = statIfThere(path);
  if (!found) return undefined;
  if (!found.isSocket) {
    return "something is there that is no socket. Remove it or set SUPERVISE_BIND to another path";
  }
  if (await isListenedOn(path)) return SOMEONE_LISTENS;
  // Of two programs that start at once the other may listen there by now.
  if (isSame(found, statIfThere(path))) Deno.removeSync(path);
  return undefined;
}

/**
 * Runs `bind` such that the socket's file it makes has no more permission bits than `mode` from its
 * first moment: a client that connects before the bits are set is served in the end. A program without
 * the permission for it (`sys` of `umask`) relies on the umask it was started with.
 */
export function bindClosed<T>(mode: number, bind: () => T): T {
  let before: number;
  try {
    before = Deno.umask(0o777 & ~mode);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return bind();
    throw error;
  }
  try {
    return bind();
  } finally {
    Deno.umask(before);
  }
}

/** A socket's file that was made by this program, to be taken right after listening. */
export class SocketFile {
  readonly #path: string;
  readonly #info: Deno.FileInfo;

  /**
   * Gives the file its permission bits. Call it in the same turn as listening, before anything is
   * accepted. Throws when the file is open to more than `mode` says.
   */
  constructor(path: string, mode: number) {
    this.#path = path;
    Deno.chmodSync(path, mode);
    this.#info = Deno.lstatSync(path);
    const excess = (this.#info.mode ?? 0) & 0o777 & ~mode;
    if (this.#info.isSocket && excess === 0) return;
    throw new Error(`its permission bits cannot be set to ${mode.toString(8).padStart(4, "0")}`);
  }

  /**
   * Stops listening by `shutdown`, after which the file is gone. The runtime removes whatever is at
   * the path within a few milliseconds of being told; what another program put there is put back
   * where the file system has hard links. Throws only what `shutdown` does.
   */
  async remove(shutdown: () => Promise<void>): Promise<void> {
    const found = tried(() => statIfThere(this.#path));
    const kept = found && !isSame(found, this.#info) ? tried(() => keep(this.#path)) : undefined;
    let isDown = false;
    const down = shutdown().finally(() => isDown = true);
    if (found && kept) {
      const isThere = () => isSame(found, tried(() => statIfThere(this.#path)));
      while (!isDown && isThere()) await new Promise((resolve) => setTimeout(resolve, 1));
      // It may never have been removed, or a newer one be there.
      tried(() => Deno.linkSync(kept, this.#path));
      tried(() => Deno.removeSync(kept));
    }
    await down;
    if (isSame(this.#info, tried(() => statIfThere(this.#path)))) {
      tried(() => Deno.removeSync(this.#path));
    }
  }
}

/** What to do about an error of listening on `path`, as the end of a line. */
export function explainSocketFailure(error: unknown, path: string): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (error instanceof Deno.errors.NotCapable) {
    return "this program was built without the permission to. Use " +
      "/run/supervise/listen/supervise.sock, or build it with --allow-read and --allow-write for " +
      `${dirname(path)} and --allow-net=unix:${path}`;
  }
  if (error instanceof Deno.errors.AddrInUse) return SOMEONE_LISTENS;
  if (code === "ENOENT") return `the directory ${dirname(path)} is missing. Create it`;
  if (code === "ENOTDIR") {
    return `${dirname(path)} is not a directory. Set SUPERVISE_BIND to another path`;
  }
  if (code === "EACCES" || code === "EPERM") {
    return `permission denied. ${dirname(path)}, and a socket that was left there, must belong ` +
      "to the user this program runs as (uid 65532 in the image)";
  }
  if (code === "EROFS") {
    return `the file system is read-only. Mount ${dirname(path)} writable`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `${reason}. Check SUPERVISE_BIND and SUPERVISE_SOCKET_MODE`;
}

const SOMEONE_LISTENS = "another program does. Stop it or set SUPERVISE_BIND to another path";

async function isListenedOn(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    if (error instanceof Deno.errors.NotFound) return false;
    // It has more callers than it can take.
    if (error instanceof Deno.errors.WouldBlock) return true;
    throw error;
  }
}

/** The time belongs to it, since the number of a removed file is soon given to another. */
function isSame(one: Deno.FileInfo, other: Deno.FileInfo | undefined): boolean {
  return other !== undefined && one.dev === other.dev && one.ino === other.ino &&
    one.mtime?.getTime() === other.mtime?.getTime();
}

function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Gives the file at the path a second name. */
function keep(path: string): string {
  const kept = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`);
  Deno.linkSync(path, kept);
  return kept;
}

/** What cannot be tidied up must not keep the program from stopping in order. */
function tried<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
