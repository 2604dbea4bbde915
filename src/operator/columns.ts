/** How wide text is on a terminal, and how it is cut or wrapped to fit. Takes visible text only. */

const NARROW = /^[\x20-\x7e]*$/;
const ZERO = /^[\p{Mn}\p{Me}]$/u;
/** The program's own mark of a cut. */
const MARK = "…";

const TAB_STOP = 8;

/** The columns `text` takes in a table, at most; the mark of a cut is taken for one column. */
export function width(text: string): number {
  if (NARROW.test(text)) return text.length;
  let columns = 0;
  for (const character of text) {
    columns += character === MARK ? 1 : widthOf(character, columns);
  }
  return columns;
}

/**
 * Terminals differ on everything but ASCII and non-spacing marks, so all else counts as two: text
 * then may be wrapped too early, and can never run over the edge and stand at the margin.
 */
function widthOf(character: string, at: number): number {
  if (character === "\t") return TAB_STOP - at % TAB_STOP;
  if (NARROW.test(character)) return 1;
  return ZERO.test(character) ? 0 : 2;
}

/** `text` in at most `columns`; what is cut from its end leaves `…`. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns <= 1) return MARK;
  const [row = ""] = wrap(text, columns - 1);
  return row + MARK;
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
  return MARK + kept.reverse().join("");
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
  let at = 0;
  for (const word of text.split(" ")) {
    const gap = row === "" ? "" : " ";
    const end = endOf(word, at + gap.length);
    if (end <= columns) {
      row += gap + word;
      at = end;
      continue;
    }
    if (row !== "") rows.push(row);
    row = "";
    for (const piece of wrap(word, columns)) {
      if (row !== "") rows.push(row);
      row = piece;
    }
    at = endOf(row, 0);
  }
  return [...rows, row];
}

/** Where `text` ends that begins in column `at`. */
function endOf(text: string, at: number): number {
  if (NARROW.test(text)) return at + text.length;
  let end = at;
  for (const character of text) end += widthOf(character, end);
  return end;
}
