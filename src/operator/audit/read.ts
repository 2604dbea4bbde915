/** Finds entries from the end of the log, for people: what cannot be read is counted and passed over. */

import { type Entry, readEntry } from "./chain.ts";
import { readSpan, type Span, spansBackward } from "./lines.ts";

export interface Found {
  /** Where the entries are, oldest first. Entries are read when they are needed. */
  readonly spans: readonly Span[];
  /** Lines on the way that are no intact entry. */
  readonly broken: number;
  /** Whether a crash, or somebody, has left a line without its end. */
  readonly isTorn: boolean;
}

/** Finds the last `most` entries that are wanted in the first `size` bytes. */
export async function findEntries(
  file: Deno.FsFile,
  size: number,
  isWanted: (entry: Entry) => boolean,
  most: number,
): Promise<Found> {
  const spans: Span[] = [];
  let broken = 0;
  let isTorn = false;
  for await (const span of spansBackward(file, size)) {
    if (!span.isFinished) {
      isTorn = true;
      continue;
    }
    const entry = await entryAt(file, span);
    if (!entry) broken++;
    else if (isWanted(entry)) spans.push(span);
    if (spans.length === most) break;
  }
  return { spans: spans.reverse(), broken, isTorn };
}

export async function* readEntries(
  file: Deno.FsFile,
  spans: readonly Span[],
): AsyncGenerator<Entry> {
  for (const span of spans) {
    const entry = await entryAt(file, span);
    if (entry) yield entry;
  }
}

async function entryAt(file: Deno.FsFile, span: Span): Promise<Entry | undefined> {
  const line = await readSpan(file, span);
  const reading = line && readEntry(line);
  return reading?.kind === "entry" ? reading.entry : undefined;
}
