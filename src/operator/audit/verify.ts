/** Goes through the whole log and names the first entry that is not as it was written. */

import { fromSystem } from "../failure.ts";
import { type Entry, MAX_LINE_BYTES, NO_ENTRY, readEntry } from "./chain.ts";
import { lock, logPath, openRegular } from "./file.ts";
import { compareHead, type Head, readHead } from "./head.ts";
import { linesForward } from "./lines.ts";

export type Verdict =
  | {
    readonly kind: "ok";
    readonly entries: number;
    /** The hash of the last entry; undefined when there is none. */
    readonly head: string | undefined;
    /** What a crash leaves, and the next entry mends. */
    readonly remarks: readonly string[];
    /** The entry with the hash that was asked for. */
    readonly expected: number | undefined;
  }
  | { readonly kind: "broken"; readonly entry: number; readonly why: string };

const LOCK_WAIT_MS = 10_000;

/**
 * Verifies the log as it is now; entries added meanwhile are not looked at. Holds one line in memory.
 * `expect` is a hash to look for. Changes nothing. Throws `cannot-read`.
 */
export async function verifyLog(stateDirectory: string, expect?: string): Promise<Verdict> {
  const path = logPath(stateDirectory);
  try {
    using file = await openRegular(path, { read: true }, "cannot-read");
    if (!file) return conclude(await readHead(stateDirectory), undefined, 0, undefined);
    await lock(file, false, LOCK_WAIT_MS, path);
    const { size } = await file.stat();
    const head = await readHead(stateDirectory);
    await file.unlock();
    return await walk(file, size, head, expect);
  } catch (error) {
    throw fromSystem(error, "cannot-read", `read the audit log ${path}`);
  }
}

async function walk(
  file: Deno.FsFile,
  size: number,
  head: Head | undefined | "unreadable",
  expect: string | undefined,
): Promise<Verdict> {
  let last: Entry | undefined;
  let expected: number | undefined;
  let number = 1;
  for await (const { bytes, isFinished } of linesForward(file, size)) {
    if (!bytes) return broken(number, `its line is longer than ${MAX_LINE_BYTES} bytes`);
    if (!isFinished) return conclude(head, last, bytes.length, expected);
    const reading = readEntry(bytes);
    if (reading.kind === "broken") return broken(number, reading.why);
    const { entry } = reading;
    if (Number(entry.seq) !== number) {
      return broken(number, await misplaced(file, size, Number(entry.seq), number));
    }
    if (entry.previous !== (last?.hash ?? NO_ENTRY)) {
      const before = number === 1 ? "nothing, as the first does" : `entry ${number - 1}`;
      return broken(number, `it does not follow ${before}: one of them was replaced`);
    }
    if (entry.hash === expect) expected = number;
    last = entry;
    number++;
  }
  return conclude(head, last, 0, expected);
}

/** Why entry `found` stands where entry `wanted` is due. */
async function misplaced(
  file: Deno.FsFile,
  size: number,
  found: number,
  wanted: number,
): Promise<string> {
  if (found < wanted) return `entry ${found} stands in its place, a second time or out of order`;
  let number = 0;
  for await (const { bytes } of linesForward(file, size)) {
    number++;
    const reading = bytes && readEntry(bytes);
    if (reading?.kind === "entry" && Number(reading.entry.seq) === wanted) {
      return `the entries are out of order: it stands on line ${number}, behind entry ${found}`;
    }
  }
  return wanted === 1
    ? `the first entry is missing: the log begins with ${found}`
    : `an entry is missing between ${wanted - 1} and ${found}`;
}

function conclude(
  head: Head | undefined | "unreadable",
  last: Entry | undefined,
  torn: number,
  expected: number | undefined,
): Verdict {
  const entries = Number(last?.seq ?? 0);
  const standing = compareHead(head, last);
  if (standing.kind === "broken") return standing;
  const remarks: string[] = [];
  if (torn > 0) {
    const where = last ? `after entry ${entries}` : "and no entry before";
    remarks.push(`unfinished last line: ${torn} bytes ${where}, which a crash leaves`);
  }
  if (standing.kind === "behind") {
    remarks.push("audit.head is one entry behind, which a crash leaves");
  }
  return { kind: "ok", entries, head: last?.hash, remarks, expected };
}

function broken(entry: number, why: string): Verdict {
  return { kind: "broken", entry, why };
}
