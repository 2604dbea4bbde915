/** Listing a directory that a bottle may do anything to meanwhile: an answer comes of it, not an error. */

import { hasCode } from "./durable.ts";
import type { RecordPlace } from "./records.ts";

/** At most this many names of one directory are looked at. */
const MAX_NAMES = 20_000;

/** The files of one directory, and why there are none or not all. */
export interface Names {
  readonly names: readonly string[];
  readonly why?: string | undefined;
}

/**
 * None where nothing is. A link to a directory is not followed, whenever it was put there. Throws the
 * file system's error when it cannot be read.
 */
export async function namesIn(directory: string): Promise<Names> {
  const names: string[] = [];
  let why: string | undefined;
  try {
    const before = Deno.lstatSync(directory);
    if (!before.isDirectory) return { names, why: "not a directory" };
    for await (const { name } of Deno.readDir(directory)) {
      if (names.length === MAX_NAMES) {
        why = `all but the first ${MAX_NAMES} files of it`;
        break;
      }
      names.push(name);
    }
    const after = Deno.lstatSync(directory);
    if (after.ino !== before.ino || after.dev !== before.dev) {
      return { names: [], why: "replaced while it was read" };
    }
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    return { names: [] };
  }
  return { names, why };
}

/** The same of a bottle's records, of which also a directory that cannot be read is an answer. */
export async function namesAt({ directory, isFiled }: RecordPlace): Promise<Names> {
  return await namesIn(directory).catch((error) => {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    const what = isFiled ? "directory" : "queue directory";
    const why = hasCode(error, "EACCES") || hasCode(error, "EPERM") ? "may not" : "cannot";
    return { names: [], why: `the ${what} ${why} be read` };
  });
}
