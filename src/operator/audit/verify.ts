/** Goes through the whole log and names the first entry that is not as it was written. */

import { fromSystem } from "../failure.ts";
import { type Entry, MAX_LINE_BYTES, NO_ENTRY, readEntry } from "./chain.ts";
import { type LogFile, openLog } from "./closed.ts";
import { logPath } from "./file.ts";
import { compareHead, type Head, readHead } from "./head.ts";
import { linesForward } from "./lines.ts";

export type Verdict =
  | {
    readonly kind: "ok";
    readonly entries: number;
    /** The first of them: those before it are in older files that are not here. */
    readonly from: number;
    readonly files: number;
    /** The hash of the last entry; undefined when there is none. */
    readonly head: string | undefined;
    /** What a crash leaves, and the next entry mends. */
    readonly remarks: readonly string[];
    /** The entry with the hash that was asked for. */
    readonly expected: number | undefined;
  }
  | Broken;

interface Broken {
  readonly kind: "broken";
  readonly entry: number;
  readonly why: string;
}

const LOCK_WAIT_MS = 10_000;

/**
 * Verifies the log as it is now, over all of its files; entries added meanwhile are not looked at.
 * Holds one line in memory. `expect` is a hash to look for. Changes nothing. Throws `cannot-read`.
 */
export async function verifyLog(stateDirectory: string, expect?: string): Promise<Verdict> {
  try {
    using log = await openLog(stateDirectory, LOCK_WAIT_MS);
    const head = await readHead(stateDirectory);
    await log.current?.unlock();
    const walked: Walked = { from: 1, last: undefined, expected: undefined, torn: 0 };
    for (const file of log.files) {
      const broken = await walk(file, file.file === log.current, walked, expect);
      if (broken) return broken;
    }
    return conclude(head, walked, log.files.length);
  } catch (error) {
    throw fromSystem(error, "cannot-read", `read the audit log ${logPath(stateDirectory)}`);
  }
}

/** What was seen so far, from the first file on. */
interface Walked {
  from: number;
  last: Entry | undefined;
  expected: number | undefined;
  /** Bytes of an unfinished last line. */
  torn: number;
}

async function walk(
  { name, file, size }: LogFile,
  isCurrent: boolean,
  walked: Walked,
  expect: string | undefined,
): Promise<Broken | undefined> {
  let isFirst = true;
  for await (const { bytes, isFinished } of linesForward(file, size)) {
    const number = walked.last ? Number(walked.last.seq) + 1 : walked.from;
    if (!bytes) return broken(number, `its line is longer than ${MAX_LINE_BYTES} bytes`);
    if (!isFinished && isCurrent) {
      walked.torn = bytes.length;
      return undefined;
    }
    const reading = readEntry(bytes);
    if (reading.kind === "broken") return broken(number, reading.why);
    const { entry } = reading;
    const seq = Number(entry.seq);
    const isStart = !walked.last && entry.step === "continued";
    if (isStart) walked.from = seq;
    else if (seq > number && isFirst && walked.last) {
      const gap = `the entries ${number} to ${seq - 1} are missing`;
      return broken(number, `${gap}: the file of them, which comes before ${name}, is not here`);
    } else if (seq !== number) {
      return broken(number, await misplaced(file, size, seq, number));
    }
    if (!isStart && entry.previous !== (walked.last?.hash ?? NO_ENTRY)) {
      const before = number === 1 ? "nothing, as the first does" : `entry ${number - 1}`;
      return broken(number, `it does not follow ${before}: one of them was replaced`);
    }
    if (entry.hash === expect) walked.expected = seq;
    walked.last = entry;
    isFirst = false;
  }
  return undefined;
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
  { from, last, expected, torn }: Walked,
  files: number,
): Verdict {
  const ends = Number(last?.seq ?? 0);
  const standing = compareHead(head, last);
  if (standing.kind === "broken") return standing;
  const remarks: string[] = [];
  if (torn > 0) {
    const where = last ? `after entry ${ends}` : "and no entry before";
    remarks.push(`unfinished last line: ${torn} bytes ${where}, which a crash leaves`);
  }
  if (standing.kind === "behind") {
    remarks.push("audit.head is one entry behind, which a crash leaves");
  }
  if (last?.step === "rotated") {
    remarks.push(`the rotation at entry ${ends} is unfinished, which a crash leaves`);
  }
  const entries = last ? ends - from + 1 : 0;
  return { kind: "ok", entries, from, files, head: last?.hash, remarks, expected };
}

function broken(entry: number, why: string): Broken {
  return { kind: "broken", entry, why };
}
