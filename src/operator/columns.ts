/** How wide text is on a terminal, and how it is cut or wrapped to fit. Takes visible text only. */

const NARROW = /^[\x20-\x7e]*$/;
const ZERO = /^\p{M}$/u;
/** East Asian wide characters and emoji. Near enough to what terminals do for a table. */
const WIDE =
  /^(\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1b000}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}])$/u;

const TAB_STOP = 8;

/** The columns `text` takes. */
export function width(text: string): number {
  if (NARROW.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += widthOf(character, columns);
  return columns;
}

function widthOf(character: string, at: number): number {
  if (character === "\t") return TAB_STOP - at % TAB_STOP;
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** `text` in at most `columns`; what is cut from its end leaves `…`. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns <= 1) return "…";
  const [row = ""] = wrap(text, columns - 1);
  return row + "…";
}

/** `text` in at most `columns`; what is cut from its start leaves `…`. For hosts: the end tells. */
export function cutStart(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const kept: string[] = [];
  let left = columns - 1;
  for (const character of Array.from(text).reverse()) {
    left -= widthOf(character, 0);
    if (left < 0) break;
    kept.push(character);
  }
  return "…" + kept.reverse().join("");
}

/** `text` filled with spaces up to `columns`. */
export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** Breaks one line into rows of at most `columns`; `offset` columns stand before each row. */
export function* wrap(text: string, columns: number, offset = 0): Generator<string> {
  if (text.length <= columns && NARROW.test(text)) return yield text;
  let row = "";
  let at = offset;
  for (const character of text) {
    const wide = widthOf(character, at);
    if (at + wide > offset + columns && row !== "") {
      yield row;
      row = "";
      at = offset;
    }
    row += character;
    at += widthOf(character, at);
  }
  yield row;
}

/** Like {@linkcode wrap}, but breaks after a space where one stands in a row's second half. */
export function* wrapProse(text: string, columns: number, offset = 0): Generator<string> {
  let left = text;
  do {
    const [row = ""] = wrap(left, columns, offset);
    const space = row.length < left.length ? row.lastIndexOf(" ") : -1;
    const taken = space > row.length / 2 ? row.slice(0, space + 1) : row;
    yield taken;
    left = left.slice(taken.length);
  } while (left !== "");
}

/** Breaks a sentence at spaces, and inside a word only when the word alone is too long. */
export function wrapWords(text: string, columns: number): string[] {
  const rows: string[] = [];
  let row = "";
  for (const word of text.split(" ")) {
    const joined = row === "" ? word : `${row} ${word}`;
    if (width(joined) <= columns) {
      row = joined;
      continue;
    }
    if (row !== "") rows.push(row);
    const pieces = [...wrap(word, columns)];
    row = pieces.pop() ?? "";
    rows.push(...pieces);
  }
  return [...rows, row];
}
