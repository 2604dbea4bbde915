/** Ids and hashes as people are shown them: their beginnings. */

const SHORT = 8;

/** `id` cut to the shortest form of eight or more characters that no other of `ids` starts with. */
export function shorten(id: string, ids: Iterable<string> = []): string {
  let length = SHORT;
  for (const other of ids) {
    while (other !== id && length < id.length && other.startsWith(id.slice(0, length))) length++;
  }
  return id.slice(0, length);
}

/** All of `ids` with their short forms. Takes time in proportion to `n log n`. */
export function shortForms(ids: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...new Set(ids)].sort();
  return new Map(sorted.map((id, index) => {
    const neighbours = [sorted[index - 1], sorted[index + 1]].filter((other) =>
      other !== undefined
    );
    return [id, shorten(id, neighbours)];
  }));
}

/**
 * 128 bits. An agent writes what is hashed, and looks for two asks with the same beginning: of 12
 * digits such a pair is found in half a minute.
 */
const SHOWN_DIGITS = 32;

export function shortHash(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
}
