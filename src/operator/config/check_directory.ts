/** Whether a file could be made in a directory, found out without making one that anybody sees. */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { FILE_MODE } from "../../queue/layout.ts";
import { type Finding, findingOf, unwell, well } from "./finding.ts";

/** Linux: a file without a name, gone when it is closed. */
const O_TMPFILE = 0o20200000;

/** What file systems and systems without it answer. */
const NOT_KNOWN = ["EOPNOTSUPP", "ENOTSUP", "EISDIR", "EINVAL"];

const OTHERS_WRITE = 0o022;

export async function checkDirectory(path: string): Promise<Finding> {
  try {
    const file = await open(path, O_TMPFILE | constants.O_RDWR, FILE_MODE);
    await file.close();
    return well(`${path} can be written`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (NOT_KNOWN.includes(String(code))) {
      return well(`whether ${path} can be written shows when it is`);
    }
    return findingOf(error, `make a file in ${path}`);
  }
}

/** A directory that is made, with those above it, when it is first needed. */
export async function checkOwnDirectory(path: string): Promise<Finding> {
  try {
    const info = await Deno.stat(path);
    if (!info.isDirectory) return unwell(`${path} is not a directory; a directory is wanted`);
    if (info.mode !== null && info.mode & OTHERS_WRITE) {
      return unwell(
        `${path} can be written by others, who could change what is recorded there; ` +
          "one that only you can write is wanted",
      );
    }
    return await checkDirectory(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return findingOf(error, `look at ${path}`);
  }
  let above = dirname(path);
  while (!await isThere(above)) above = dirname(above);
  const finding = await checkDirectory(above);
  return finding.ok ? well(`${path} is made when it is first needed`) : finding;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => path === dirname(path));
}
