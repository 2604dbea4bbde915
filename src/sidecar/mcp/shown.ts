/** A client's own text in an error message, no longer than helps to recognise it. */

/** In characters. */
const MAX_SHOWN = 100;

export function shown(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
