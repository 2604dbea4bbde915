/** The beginning of a basis or of another hash: what is printed of one. */

/**
 * 128 bits. An agent writes what is hashed, and looks for two asks with the same beginning: of 12
 * digits such a pair is found in half a minute.
 */
const SHOWN_DIGITS = 32;

export function shortHash(hash: string): string {
  return hash.slice(0, SHOWN_DIGITS);
}
