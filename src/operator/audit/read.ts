/** Finds entries from the end of the log, for people: what cannot be read is counted and passed over. */

import { type Entry, readEntry } from "./chain.ts";
import type { LogFile } from "./closed.ts";
import { type ByteSpan, linesForward, readSpan, spansBackward } from "./lines.ts";

/** Where an entry is. Entries are read again when they are needed. */
export interface Place {
  readonly file: Deno.FsFile;
  readonly span: ByteSpan;
}

/** What a reader takes of the log; it is shown the entries, the last one first, until it is full. */
export interface Choice {
  readonly isFull: boolean;
  take(entry: Entry, place: Place): void;
  /** The last one first. */
  readonly chosen: Iterable<Place>;
}

export interface Found {
  /** Oldest first. */
  readonly places: readonly Place[];
  /** Lines on the way that are no intact entry. */
  readonly broken: number;
  /** Whether a crash, or somebody, has left a line without its end. */
  readonly isTorn: boolean;
  /** Where the log begins, when all was looked at and older files are not here. */
  readonly from?: number | undefined;
}

/** The number of an entry that is the first there is, though files came before it. */
export function beginsAt(first: Entry | undefined): number | undefined {
  return first?.step === "continued" ? Number(first.seq) : undefined;
}

/** `files` oldest first, as `openLog` gives them. */
export async function findEntries(files: readonly LogFile[], choice: Choice): Promise<Found> {
  let broken = 0;
  let isTorn = false;
  let oldest: Entry | undefined;
  for (const { file, size } of files.toReversed()) {
    if (choice.isFull) break;
    for await (const span of spansBackward(file, size)) {
      if (!span.isFinished) {
        isTorn = true;
        continue;
      }
      const { start, end, isFinished } = span;
      const entry = await entryAt({ file, span });
      oldest = entry;
      if (!entry) broken++;
      else choice.take(entry, { file, span: { start, end, isFinished } });
      if (choice.isFull) break;
    }
  }
  const from = choice.isFull ? undefined : beginsAt(oldest);
  return { places: [...choice.chosen].reverse(), broken, isTorn, from };
}

export async function* readEntries(places: readonly Place[]): AsyncGenerator<Entry> {
  for (const place of places) {
    const entry = await entryAt(place);
    if (entry) yield entry;
  }
}

/** All entries, the first one first; undefined for a line that is not one. */
export async function* allEntries(files: readonly LogFile[]): AsyncGenerator<Entry | undefined> {
  for (const { file, size } of files) {
    for await (const { bytes, isFinished } of linesForward(file, size)) {
      if (!isFinished) continue;
      const reading = bytes && readEntry(bytes);
      yield reading?.kind === "entry" ? reading.entry : undefined;
    }
  }
}

async function entryAt({ file, span }: Place): Promise<Entry | undefined> {
  const line = await readSpan(file, span);
  const reading = line && readEntry(line);
  return reading?.kind === "entry" ? reading.entry : undefined;
}
