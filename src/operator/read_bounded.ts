/** Reads a file of which no more than a bound is taken in: who wrote it may not mean well. */

/** A file of the runtime, which ignores all but the first, or of `node:fs`, which may need them all. */
interface Readable {
  read(
    into: Uint8Array,
    offset: number,
    length: number,
  ): Promise<number | { readonly bytesRead: number } | null>;
}

/** Undefined when there are more than `maxBytes`. */
export async function readBounded(
  file: Readable,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(maxBytes + 1);
  let filled = 0;
  while (filled < bytes.length) {
    const rest = bytes.subarray(filled);
    const read = await file.read(rest, 0, rest.length);
    const count = typeof read === "number" ? read : read?.bytesRead ?? 0;
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return undefined;
}
