/** What a crash left of a line is evidence: it is moved to a file of its own, and an entry says so. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { syncDirectory } from "../../queue/durable.ts";
import { FILE_MODE } from "../../queue/layout.ts";
import { MAX_LINE_BYTES } from "./chain.ts";
import { openRegular, readAt, writeAll } from "./file.ts";

/** `audit.torn-43.txt`, then `audit.torn-43.2.txt`: 43 is the entry that tells of it. */
function nameOf(seq: number, copy: number): string {
  return `audit.torn-${seq}${copy === 1 ? "" : `.${copy}`}.txt`;
}

/** Keeps the bytes beside the log. Survives a power cut when it returns. */
export async function keepTorn(directory: string, seq: number, bytes: Uint8Array): Promise<void> {
  let copy = 1;
  for (let kept; (kept = await readKept(directory, seq, copy)); copy++) {
    if (Buffer.compare(kept, bytes) === 0) return; // A crash came after this and before the cut.
  }
  const path = join(directory, nameOf(seq, copy));
  using file = await Deno.open(path, { write: true, createNew: true, mode: FILE_MODE });
  try {
    await writeAll(file, bytes);
    await file.sync();
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  }
  await syncDirectory(directory);
}

/**
 * What entry `seq` has to tell; undefined when nothing was moved. Asked of the files and not of
 * the request that moved them: it may have been killed before it could tell.
 */
export async function tornDetail(directory: string, seq: number): Promise<string | undefined> {
  const told: string[] = [];
  for (let copy = 1, kept; (kept = await readKept(directory, seq, copy)); copy++) {
    const hash = createHash("sha256").update(kept).digest("hex");
    told.push(`${kept.length} bytes, SHA-256 ${hash}, now in ${nameOf(seq, copy)}`);
  }
  return told.length > 0 ? `an unfinished last line was cut off: ${told.join("; ")}` : undefined;
}

async function readKept(
  directory: string,
  seq: number,
  copy: number,
): Promise<Uint8Array | undefined> {
  const path = join(directory, nameOf(seq, copy));
  using file = await openRegular(path, { read: true }, "cannot-read");
  return file && await readAt(file, 0, MAX_LINE_BYTES);
}
