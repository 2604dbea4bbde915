/** From one frame to the next in as few bytes as it takes: over a slow line only what changed moves. */

import type { Row } from "../text/row.ts";
import { forStream, visibleLine } from "../visible.ts";
import type { Frame } from "./view.ts";

const STYLE = { bold: "\x1b[1m", reverse: "\x1b[7m" } as const;
const PLAIN = "\x1b[0m";
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const TITLE = "\x1b]2;";
const BELL = "\x07";

/** The bytes that turn `before` into `after`. All escapes of a screen in use are made here. */
export function paint(before: Frame | undefined, after: Frame): string {
  const isNew = before?.size.columns !== after.size.columns ||
    before.size.rows !== after.size.rows;
  let text = isNew ? `${PLAIN}\x1b[2J` : "";
  for (const [index, row] of after.rows.entries()) {
    if (isNew ? row.length > 0 : !isSame(row, before.rows[index])) text += rowText(index, row);
  }
  if (after.title !== undefined && after.title !== before?.title) {
    text += TITLE + visibleLine(forStream(after.title)) + BELL;
  }
  const { cursor } = after;
  if (!cursor) {
    if (text !== "" || before?.cursor) text += HIDE_CURSOR;
    return text;
  }
  // How wide a terminal draws each character it alone knows: the text itself leads the cursor there.
  const place = `\x1b[${cursor.row + 1};1H${forStream(cursor.before)}${SHOW_CURSOR}`;
  const isThere = cursor.row === before?.cursor?.row && cursor.before === before.cursor.before;
  return text === "" && isThere ? "" : text + place;
}

/** The row is erased first: behind a full one, erasing takes its last character in some terminals. */
function rowText(index: number, row: Row): string {
  const start = `\x1b[${index + 1};1H\x1b[2K`;
  const drawn = row.map((span) => {
    const text = forStream(span.text);
    return span.style ? STYLE[span.style] + text + PLAIN : text;
  });
  return start + drawn.join("");
}

function isSame(row: Row, other: Row | undefined): boolean {
  return row.length === other?.length &&
    row.every(({ text, style }, index) =>
      text === other[index]?.text && style === other[index]?.style
    );
}
