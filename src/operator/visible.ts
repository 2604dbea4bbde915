/** Makes text that an agent may have written safe to print: what hides or moves text is spelled out. */

/**
 * What is never printed as it is: control and format characters, every separator but the space,
 * surrogates, private and unassigned code points, what fonts draw as nothing, and piles of
 * combining marks.
 */
const HIDDEN_IN_UTF8 =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|\p{M}{4,}/gu;

/** The same, and all that is not ASCII: its bytes are control codes where UTF-8 is not read. */
const HIDDEN_IN_ASCII = /[^\x20-\x7e]/gu;

let hidden = HIDDEN_IN_UTF8;

/** Says once, at the start, whether what is printed is read as UTF-8 or as bytes. */
export function writeFor(charset: "utf-8" | "ascii"): void {
  hidden = charset === "utf-8" ? HIDDEN_IN_UTF8 : HIDDEN_IN_ASCII;
}

/** The program's own marks, of what is cut or goes on and between words, and their ASCII forms. */
const OWN_MARK = /[…–]/g;
const asciiMark = (mark: string) => mark === "…" ? "~" : "-";

/** `text`, which was made visible and laid out, as it goes to a stream: no wider than before. */
export function forStream(text: string): string {
  return hidden === HIDDEN_IN_UTF8 ? text : text.replace(OWN_MARK, asciiMark);
}

/** `text` for one line of output: also line feeds and tabs are spelled out, as `<U+000A>`. */
export function visibleLine(text: string): string {
  return text.replace(hidden, spell);
}

/** `text` with its line feeds and tabs kept. Print it only behind a gutter, see `review/quote.ts`. */
export function visibleText(text: string): string {
  return text.replace(hidden, (found) => found === "\n" || found === "\t" ? found : spell(found));
}

/** `value` as JSON with the same characters escaped: exact for programs, safe to look at. */
export function visibleJson(value: unknown, indent?: number): string {
  // Inside strings JSON has no raw line feed left, so those that are there only separate.
  return JSON.stringify(value, null, indent).replace(
    hidden,
    (found) => found === "\n" ? found : escape(found),
  );
}

function spell(found: string): string {
  let spelled = "";
  for (const character of found) spelled += `<U+${hex(character.codePointAt(0))}>`;
  return spelled;
}

function escape(found: string): string {
  return found.split("").map((unit) => `\\u${hex(unit.charCodeAt(0)).toLowerCase()}`).join("");
}

function hex(code: number | undefined): string {
  return (code ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
