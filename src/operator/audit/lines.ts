/** The lines of a file of any size, from either end, with little of it in memory. */

import { MAX_LINE_BYTES } from "./chain.ts";
import { readAt, readInto } from "./file.ts";

const LINE_FEED = 10;
const BLOCK_BYTES = 256 * 1_024;
const CHUNK_BYTES = 256 * 1_024;

/** Where a line is; `end` is behind its last byte, the line feed not counted. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
  /** Whether a line feed follows. Only the last line can be without. */
  readonly isFinished: boolean;
}

/** A span with its bytes, where they were read with others; good until the next one is asked for. */
interface ReadSpan extends ByteSpan {
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

/** The lines of the first `size` bytes, the last one first. */
export async function* spansBackward(file: Deno.FsFile, size: number): AsyncGenerator<ReadSpan> {
  let end = size;
  let isFinished = false;
  for (let top = size; top > 0;) {
    const bottom = Math.max(0, top - BLOCK_BYTES);
    const block = await readAt(file, bottom, top);
    for (let at = block.length; (at = block.lastIndexOf(LINE_FEED, at - 1)) >= 0;) {
      const start = bottom + at + 1;
      if (start < end || isFinished) {
        const bytes = end <= top ? { bytes: block.subarray(start - bottom, end - bottom) } : {};
        yield { start, end, isFinished, ...bytes };
      }
      end = start - 1;
      isFinished = true;
      if (at === 0) break;
    }
    top = bottom;
  }
  if (end > 0 || isFinished) yield { start: 0, end, isFinished };
}

/** A line's bytes; undefined when it is longer than any of the log. */
export async function readSpan(
  file: Deno.FsFile,
  { start, end, bytes }: ReadSpan,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (bytes) return bytes;
  return end - start > MAX_LINE_BYTES ? undefined : await readAt(file, start, end);
}

export interface LogLine {
  /** Good until the next line is asked for. Undefined when it is too long; then it is the last. */
  readonly bytes: Uint8Array | undefined;
  readonly isFinished: boolean;
}

/** The lines of the first `size` bytes, the first one first. */
export async function* linesForward(file: Deno.FsFile, size: number): AsyncGenerator<LogLine> {
  let buffer = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for (let at = 0; at < size;) {
    if (filled === buffer.length) buffer = doubled(buffer);
    const room = buffer.subarray(filled, filled + size - at);
    const count = await readInto(file, at, room);
    if (count === 0) break; // Cut off meanwhile.
    at += count;
    let start = 0;
    const bytes = buffer.subarray(0, filled + count);
    for (let end; (end = bytes.indexOf(LINE_FEED, Math.max(start, filled))) >= 0;) {
      const isLong = end - start > MAX_LINE_BYTES;
      yield { bytes: isLong ? undefined : bytes.subarray(start, end), isFinished: true };
      if (isLong) return;
      start = end + 1;
    }
    buffer.copyWithin(0, start, bytes.length);
    filled = bytes.length - start;
    if (filled > MAX_LINE_BYTES) return yield { bytes: undefined, isFinished: false };
  }
  if (filled > 0) yield { bytes: buffer.subarray(0, filled), isFinished: false };
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const twice = new Uint8Array(bytes.length * 2);
  twice.set(bytes);
  return twice;
}
