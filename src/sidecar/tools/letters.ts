/** The name of an argument, but for its letter case and its separators. */

/** A longer name is no slip of ours, in characters. */
export const MAX_NAME_LENGTH = 64;

export function lettersOf(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).normalize("NFKC").toLowerCase().replace(/[^a-z0-9]/g, "");
}
