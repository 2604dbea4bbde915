/** Whether a file could be made in a directory, found out without making one that anybody sees. */

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { FILE_MODE } from "../../queue/layout.ts";
import { Failure, fromSystem, type Remedy } from "../failure.ts";
import { type Finding, findingOf, well } from "./finding.ts";
import { canOthersWrite, foreignOwner } from "./owner.ts";

/** Linux: a file without a name, gone when it is closed. */
const O_TMPFILE = 0o20200000;

/** What file systems and systems without it answer. */
const NOT_KNOWN = ["EOPNOTSUPP", "ENOTSUP", "EISDIR", "EINVAL"];

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
    if (await requireOwnDirectory(path) === "there") return await checkDirectory(path);
  } catch (error) {
    return findingOf(error);
  }
  const above = await nearestAbove(path);
  const finding = await checkDirectory(above);
  return finding.ok ? well(`${path} is made when it is first needed`) : finding;
}

/**
 * Throws `cannot-write` when what is recorded in a directory could be somebody else's. One that is
 * not there is made for the operator alone, in a place that is the operator's or root's.
 */
export async function requireOwnDirectory(path: string): Promise<"there" | "absent"> {
  try {
    const info = await Deno.stat(path).catch(async (error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return await requireOwnPlace(path);
    });
    if (!info) return "absent";
    const who = "who could change what is recorded there";
    const refuse = (what: string, remedy?: Remedy) => {
      throw new Failure("cannot-write", `${path} ${what}`, remedy);
    };
    if (!info.isDirectory) refuse("must be a directory");
    const owner = foreignOwner(info);
    if (owner !== undefined) {
      refuse(`belongs to user ${owner}, ${who}; it must be yours or root's`);
    }
    if (canOthersWrite(info)) {
      refuse(`can be written by others, ${who}; it must be writable by you alone`, {
        do: "protect",
        path,
      });
    }
    return "there";
  } catch (error) {
    throw fromSystem(error, "cannot-write", `look at ${path}`);
  }
}

/**
 * Throws a failure when a directory made at `path` would be this user's own in a place of another
 * user, who could then not write it: `sudo` often leaves HOME as it was.
 */
async function requireOwnPlace(path: string): Promise<undefined> {
  const above = await nearestAbove(path);
  const owner = foreignOwner(await Deno.stat(above));
  if (owner === undefined) return;
  throw new Failure(
    "cannot-write",
    `${path} is not there, and ${above} belongs to user ${owner}: it would be made for user ` +
      `${Deno.uid()}, and user ${owner} could not use it; run this as user ${owner}, or set HOME or ` +
      "SUPERVISE_STATE_DIR to a place of your own (sudo -H does the first)",
  );
}

/** The nearest directory above `path` that is there. */
async function nearestAbove(path: string): Promise<string> {
  let above = dirname(path);
  while (!await isThere(above)) above = dirname(above);
  return above;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => path === dirname(path));
}
