/**
 * A queue directory that a group has in common (setgid, mode 2770): what is made in it can be read by
 * the group too. Records are only ever replaced, so only their writer needs write permission.
 */

import { dirname } from "node:path";
import { DIRECTORY_MODE, FILE_MODE } from "./layout.ts";

const SETGID = 0o2000;
const GROUP_ALL = 0o070;
const GROUP_READ = 0o040;

/** The mode of a new file in `directory`. Throws the file system's error where there is none. */
export async function fileModeIn(directory: string): Promise<number> {
  return await isShared(directory) ? FILE_MODE | GROUP_READ : FILE_MODE;
}

/** Makes `directory`, and what is missing above it, as far as it is not there. */
export async function makeDirectory(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true, mode: DIRECTORY_MODE });
  const { mode, isDirectory } = await Deno.lstat(directory);
  const isNew = isDirectory && mode !== null && (mode & GROUP_ALL) === 0;
  // The group is inherited; its rights are not. One that is another user's stays as it is.
  if (isNew && await isShared(dirname(directory))) {
    await Deno.chmod(directory, DIRECTORY_MODE | GROUP_ALL | SETGID).catch(() => {});
  }
}

async function isShared(directory: string): Promise<boolean> {
  const { mode } = await Deno.stat(directory);
  return mode !== null && (mode & (SETGID | GROUP_ALL)) === (SETGID | GROUP_ALL);
}
