/** Times as they leave the queue: ISO 8601 in UTC, whatever the directory's files say. */

/** A longer text, in characters, is not taken for a time: a bottle can write records too. */
export const MAX_TIME_LENGTH = 40;

const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:\d{2})?$/;

/** An ISO 8601 time in the form of `toISOString`; undefined for every other text. No zone means UTC. */
export function isoTime(text: string): string | undefined {
  const match = ISO.exec(text);
  return match ? format(new Date(`${match[1]}T${match[2]}${match[3] ?? "Z"}`)) : undefined;
}

/** What a record says (`text`), else when its file was written, else `seen`. */
export async function recordTime(
  text: string | undefined,
  path: string,
  seen: Date,
): Promise<string> {
  const said = text === undefined ? undefined : isoTime(text);
  if (said !== undefined) return said;
  const written = await Deno.lstat(path).then((info) => info.mtime, () => null);
  return (written && format(written)) ?? seen.toISOString();
}

/** A file's time may be any number; years past 9999 have a form that few readers know. */
function format(time: Date): string | undefined {
  if (Number.isNaN(time.getTime())) return undefined;
  const text = time.toISOString();
  return /^\d{4}-/.test(text) ? text : undefined;
}
