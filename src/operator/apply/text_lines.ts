/** Offsets, lines and columns of a text, and splices that keep every byte between them. */

const BYTE_ORDER_MARK = "\uFEFF";

export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Splices must not overlap; of two at one place the first given comes first. */
export function spliceAll(text: string, splices: readonly Splice[]): string {
  let after = "";
  let at = 0;
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    after += text.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return after + text.slice(at);
}

export function lineStart(text: string, offset: number): number {
  if (offset === 0) return 0;
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return start === 0 && text.startsWith(BYTE_ORDER_MARK) ? 1 : start;
}

/** Where the line ends, before its line end. */
export function lineEnd(text: string, offset: number): number {
  const feed = text.indexOf("\n", offset);
  if (feed === -1) return text.length;
  return text[feed - 1] === "\r" && feed > offset ? feed - 1 : feed;
}

export function nextLine(text: string, offset: number): number {
  const feed = text.indexOf("\n", offset);
  return feed === -1 ? text.length : feed + 1;
}

export function column(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** What stands before `offset` on its line, if that is spaces alone. */
export function indentation(text: string, offset: number): string | undefined {
  const before = text.slice(lineStart(text, offset), offset);
  return /^ *$/.test(before) ? before : undefined;
}

export function lineBreak(text: string): "\n" | "\r\n" {
  return /\r\n/.test(text) ? "\r\n" : "\n";
}

/**
 * Where the line after a block starts whose content ends at `end` and whose first column is `from`.
 * Comments indented deeper belong to it; those right below it in the same column do if `level`.
 */
export function afterBlock(text: string, end: number, from: number, level: boolean): number {
  let after = end > 0 && text[end - 1] === "\n" ? end : nextLine(text, end);
  let blank = false;
  for (let at = after; at < text.length; at = nextLine(text, at)) {
    const line = text.slice(at, lineEnd(text, at));
    const indent = line.search(/\S/);
    if (indent === -1) {
      blank = true;
      continue;
    }
    const isOwn = indent > from || indent === from && level && !blank;
    if (line[indent] !== "#" || !isOwn) break;
    after = nextLine(text, at);
  }
  return after;
}

/** Whole lines put at `offset`, where a line starts or the text ends. */
export function insertedLines(text: string, offset: number, lines: readonly string[]): Splice {
  const feed = lineBreak(text);
  const isOpen = offset === text.length && text !== "" && text !== BYTE_ORDER_MARK &&
    !text.endsWith("\n");
  const block = lines.join(feed);
  return { start: offset, end: offset, text: isOpen ? feed + block : block + feed };
}

/** Whole lines taken out; the last line takes the line end before it along if it has none. */
export function removedLines(text: string, start: number, end: number): Splice {
  const isOpen = end === text.length && !text.endsWith("\n") && start > 0;
  const from = isOpen ? lineEnd(text, text.lastIndexOf("\n", start - 1)) : start;
  return { start: isOpen && text[from - 1] === "\r" ? from - 1 : from, end, text: "" };
}
