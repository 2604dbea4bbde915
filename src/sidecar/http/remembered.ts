/** What was made of the few texts that come with nearly every request: looked up, not made again. */

/** A longer text is not kept, in characters: it is no client's usual one. */
const MAX_LENGTH = 256;

/**
 * `make`, which depends on its text alone, with the results of up to `most` texts kept. A client that
 * makes up new ones does not grow the memory of them.
 */
export function remembered<T>(most: number, make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const present = known.get(text);
    if (present !== undefined) return present;
    const made = make(text);
    if (text.length > MAX_LENGTH) return made;
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
