/** What was made of the few texts that come again and again: looked up, not made again. */

/** A longer text is not kept, in characters: it is no client's usual one. */
const MAX_LENGTH = 256;

/**
 * `make`, which depends on its text alone, with the results of up to `most` texts kept. A client that
 * makes up new ones does not grow the memory of them.
 */
export function remembered<T>(
  most: number,
  make: (text: string) => T,
  maxLength = MAX_LENGTH,
): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const present = known.get(text);
    if (present !== undefined) return present;
    if (text.length > maxLength) return make(text);
    // A part of a long text would keep all of it in memory.
    const copy: string = JSON.parse(JSON.stringify(text));
    const made = make(copy);
    if (known.size >= most) known.clear();
    known.set(copy, made);
    return made;
  };
}
