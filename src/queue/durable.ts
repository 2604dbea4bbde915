/** Writing to a queue directory: a file appears whole or not at all, and survives a power cut. */

import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileModeIn } from "./group_shared.ts";
import { FILE_MODE } from "./layout.ts";

/** `exists`: another writer was first, and its file was left alone. */
export type Published = "published" | "exists";

/**
 * Publishes `text` as `directory/name`. The first writer wins.
 *
 * The text is written under a temporary name, fsynced, then hard-linked to its name, because a
 * rename would silently replace what another writer published. File systems without hard links get
 * an exclusive create instead: readers may then see the file half-written, which they skip.
 * When this returns `published`, the file survives a power cut, or {@linkcode onUnsynced} was told
 * that it may not. Throws the file system's error, whose `code` says which (no space, read-only,
 * directory gone); nothing is published then.
 */
export async function publishFirst(
  directory: string,
  name: string,
  text: string,
  link: (from: string, to: string) => Promise<void> = Deno.link,
): Promise<Published> {
  const target = join(directory, name);
  const temporary = await writeTemporary(directory, name, text);
  try {
    await link(temporary, target);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return "exists";
    if (hasCode(error, "ENOENT")) throw error;
    return await createExclusively(directory, name, text);
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
  await syncDone(directory, name);
  return "published";
}

/**
 * Publishes `text` as `directory/name` in place of what is there. Readers see the old text or the
 * new one. Survives a power cut like {@linkcode publishFirst}, and throws like it.
 */
export async function publishOver(directory: string, name: string, text: string): Promise<void> {
  const temporary = await writeTemporary(directory, name, text);
  try {
    await Deno.rename(temporary, join(directory, name));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncDone(directory, name);
}

/** Publishes over a file of that name like {@linkcode publishOver}; says so when it is a directory. */
export async function replaceFile(directory: string, name: string, text: string): Promise<void> {
  const isTaken = await Deno.lstat(join(directory, name)).then(
    (info) => info.isDirectory,
    () => false,
  );
  if (isTaken) {
    const message = `${name} in the bottle's queue is a directory; remove it and try again`;
    throw Object.assign(new Error(message), { code: "EISDIR" });
  }
  await publishOver(directory, name, text);
}

/** Removes a file, if it is there, and makes that survive a power cut. */
export async function removeDurably(directory: string, name: string): Promise<void> {
  await Deno.remove(join(directory, name)).catch(ignoring("ENOENT"));
  await syncDone(directory, name);
}

/**
 * Removes `directory/name` if `isWanted` says so of the very file that was there, which it finds
 * under the name it is given. Another one, put there meanwhile, goes back, unless there is a newer.
 */
export async function removeIf(
  directory: string,
  name: string,
  isWanted: (name: string) => boolean,
): Promise<void> {
  if (!isWanted(name)) return;
  const aside = temporaryName(name);
  const [from, to] = [join(directory, name), join(directory, aside)];
  await Deno.rename(from, to).catch(ignoring("ENOENT"));
  if (!isWanted(aside)) {
    // Not every file system has hard links; a rename could replace a newer file.
    await Deno.link(to, from).catch(ignoring("EEXIST", "ENOENT")).catch(() =>
      Deno.rename(to, from)
    );
  }
  await Deno.remove(to).catch(ignoring("ENOENT"));
  await syncDone(directory, name);
}

function ignoring(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.some((code) => hasCode(error, code))) throw error;
  };
}

/** Moves a file between two directories of one file system and makes the move survive a power cut. */
export async function moveDurably(name: string, from: string, to: string): Promise<void> {
  await Deno.rename(join(from, name), join(to, name));
  await syncDone(to, name);
  await syncDone(from, name);
}

const TEMPORARY = /^\..+\.[0-9a-f-]{36}\.tmp$/;

/** Temporary files older than this, in milliseconds, belong to a writer that was killed. */
const STALE_TEMPORARY_MS = 10 * 60_000;

/** Removes temporary files that a killed writer left behind, once they are `olderThanMs` old. */
export async function sweepTemporaries(
  directory: string,
  now: Date,
  olderThanMs = STALE_TEMPORARY_MS,
): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    if (!entry.isFile || !TEMPORARY.test(entry.name)) continue;
    const path = join(directory, entry.name);
    const written = await Deno.lstat(path).then((info) => info.mtime, () => null);
    if (written && now.getTime() - written.getTime() > olderThanMs) {
      await Deno.remove(path).catch(() => {});
    }
  }
}

/**
 * Throws the file system's error when no file of `bytes` can be written to `directory`; leaves none
 * there. An empty file can be made on a full disk, so a check for space writes some bytes.
 */
export async function checkWritable(directory: string, bytes = 0): Promise<void> {
  // By chance, since some file systems have room for any number of equal bytes.
  const text = crypto.getRandomValues(new Uint8Array(Math.ceil(bytes / 2))).toHex();
  await Deno.remove(await writeTemporary(directory, "check", text));
}

/** Whether the operating system gave `code` as the reason, such as `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function temporaryName(name: string): string {
  return `.${name}.${crypto.randomUUID()}.tmp`;
}

async function writeTemporary(directory: string, name: string, text: string): Promise<string> {
  const path = join(directory, temporaryName(name));
  await writeSynced(path, text);
  return path;
}

async function createExclusively(
  directory: string,
  name: string,
  text: string,
): Promise<Published> {
  try {
    await writeSynced(join(directory, name), text);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return "exists";
    throw error;
  }
  await syncDone(directory, name);
  return "published";
}

/** Creates a file with `text`. When that fails half-way, the file it created is removed again. */
async function writeSynced(path: string, text: string): Promise<void> {
  const mode = await fileModeIn(dirname(path));
  const file = await open(path, "wx", mode);
  try {
    // Whatever the umask leaves of it.
    if (mode !== FILE_MODE) await file.chmod(mode);
    await file.writeFile(text);
    await giveToOwner(file, dirname(path));
    await file.sync();
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Gives a new file to the owner of its directory. An operator who is root writes where the sidecar
 * runs as another user; a file of root's with mode 0600 would be one the sidecar cannot read.
 *
 * Works on the open file: the owner of the directory could put a link in the place of its name.
 */
async function giveToOwner(file: FileHandle, directory: string): Promise<void> {
  const [written, owner] = await Promise.all([file.stat(), Deno.stat(directory)]);
  if (owner.uid === null || owner.gid === null || owner.uid === written.uid) return;
  // A process that may not change owners can still be in the reader's group, or be the owner itself.
  await file.chown(owner.uid, owner.gid).catch(() => {});
}

interface DirectorySync {
  running: Promise<void>;
  next: Promise<void> | undefined;
}

const directorySyncs = new Map<string, DirectorySync>();

/** What a file system says that cannot fsync a directory (CIFS, vboxsf, FUSE), or may not open it. */
const CANNOT_SYNC = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EBADF", "EACCES", "EPERM"];

let tellUnsynced: (line: string) => void = () => {};
let isToldThatItCannot = false;

/**
 * From here on `tell` gets a line when what was written may not survive a power cut: each time that
 * an fsync fails, and once where directories cannot be fsynced at all. One listener a program.
 */
export function onUnsynced(tell: (line: string) => void): void {
  tellUnsynced = tell;
  isToldThatItCannot = false;
}

/** Others have seen the change of `name` by now: that it may be lost is told, and is no failure. */
async function syncDone(directory: string, name: string): Promise<void> {
  await syncDirectory(directory).catch((error) => {
    const reason = hasCode(error, "ENOENT") ? "the directory is gone" : reasonOf(error);
    tellUnsynced(
      `${name} in ${directory} was changed, but that may not survive a power cut: ${reason}`,
    );
  });
}

/**
 * Fsyncs a directory, where that can be done. Throws when it fails. Callers that arrive while a sync
 * runs share the one after it, since the running one may have begun before their change: a burst of
 * writers costs two syncs, not one each.
 */
export function syncDirectory(directory: string): Promise<void> {
  const current = directorySyncs.get(directory);
  if (current) {
    current.next ??= current.running.catch(() => {}).then(() => startDirectorySync(directory));
    return current.next;
  }
  return startDirectorySync(directory);
}

function startDirectorySync(directory: string): Promise<void> {
  const sync: DirectorySync = { running: fsyncDirectory(directory), next: undefined };
  directorySyncs.set(directory, sync);
  const finish = () => {
    if (directorySyncs.get(directory) === sync && !sync.next) directorySyncs.delete(directory);
  };
  sync.running.then(finish, finish);
  return sync.running;
}

async function fsyncDirectory(directory: string): Promise<void> {
  try {
    using handle = await Deno.open(directory, { read: true });
    await handle.sync();
  } catch (error) {
    if (!CANNOT_SYNC.some((code) => hasCode(error, code))) throw error;
    if (isToldThatItCannot) return;
    isToldThatItCannot = true;
    tellUnsynced(
      `${directory} cannot be fsynced (${
        reasonOf(error)
      }): what is written there may not survive a ` +
        "power cut; this is said once",
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
