/** Reads a file of which no more than a bound is taken in: who wrote it may not mean well. */

interface Readable {
  read(into: Uint8Array): Promise<number | { readonly bytesRead: number } | null>;
}

/** Undefined when there are more than `maxBytes`. */
export async function readBounded(
  file: Readable,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const bytes = new Uint8Array(maxBytes + 1);
  let filled = 0;
  while (filled < bytes.length) {
    const read = await file.read(bytes.subarray(filled));
    const count = typeof read === "number" ? read : read?.bytesRead ?? 0;
    if (count === 0) return bytes.subarray(0, filled);
    filled += count;
  }
  return undefined;
}
