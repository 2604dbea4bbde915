/** JSON for logs: one line of plain ASCII, so that nothing in it acts on the terminal that shows it. */

/** `value` as JSON, which may spell every character as UTF-16 units; a control character it must. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
