/** What was found in the lines of a file, and how much of it an operator is told. */

import { cut } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import type { DockerfileRow } from "./dockerfile_parse.ts";
import type { Notice } from "./kind.ts";

/** Something found in a line. */
export interface Hint {
  readonly label: HintLabel;
  /** Goes on from `line 7 `, and is followed by the line. */
  readonly says: string;
  /** Undefined when it is about a line that is no longer there. */
  readonly row: DockerfileRow | undefined;
}

/** Each label is named at least once, in this order: nothing can crowd another out. */
const LABELS = [
  "TOO LONG",
  "NOT UNDERSTOOD",
  "REMOTE SCRIPT",
  "ROOT",
  "HOST NETWORK",
  "LOADS CODE",
  "RUN LATER",
  "NEW BASE IMAGE",
  "HIDDEN TEXT",
  "ESCAPE DIRECTIVE",
  "SECRET IN IMAGE",
  "BUILD SECRET",
  "TRUST",
  "PROXY",
  "PACKAGE SOURCE",
  "DOWNLOAD",
  "ENTRYPOINT",
] as const;

export type HintLabel = typeof LABELS[number];

const MAX_NOTICES = 12;
const MAX_PER_LABEL = 3;
const MAX_QUOTED_COLUMNS = 100;
/** A label names at most so many further lines by number. */
const MAX_NUMBERS = 5;

/** The first of each label, then more of them as far as there is room; the rest by number. */
export function noticesOf(hints: readonly Hint[]): Notice[] {
  const groups = LABELS.map((label) => ofLabel(hints, label)).filter(({ length }) => length > 0);
  let room = MAX_NOTICES - groups.length;
  return groups.flatMap((group) => {
    const shown = Math.min(group.length, 1 + Math.max(0, Math.min(room, MAX_PER_LABEL - 1)));
    room -= shown - 1;
    return group.slice(0, shown).map(({ label, says, row }, index) => {
      const text = row ? `line ${numbered(row.number)} ${says}: ${quoted(row.text)}` : says;
      const more = index === shown - 1 ? others(group.slice(shown)) : "";
      return { label, text: text + more, ...index === 0 && { lines: linesOf(group) } };
    });
  });
}

/** One hint a line, in the order of the file. */
function ofLabel(hints: readonly Hint[], label: string): Hint[] {
  const seen = new Set<number>();
  return hints.filter((hint) => {
    if (hint.label !== label) return false;
    const number = hint.row?.number;
    if (number !== undefined && seen.has(number)) return false;
    if (number !== undefined) seen.add(number);
    return true;
  });
}

function others(hints: readonly Hint[]): string {
  if (hints.length === 0) return "";
  return ` (also ${inLines(linesOf(hints))})`;
}

function linesOf(hints: readonly Hint[]): number[] {
  return hints.flatMap(({ row }) => row?.number ?? []);
}

/** `line 7`, `lines 7, 9`, and of many how many more. */
export function inLines(numbers: readonly number[]): string {
  const more = numbers.length - MAX_NUMBERS;
  return `line${numbers.length === 1 ? "" : "s"} ` +
    numbers.slice(0, MAX_NUMBERS).map(numbered).join(", ") +
    (more > 0 ? ` and ${more.toLocaleString("en-US")} more` : "");
}

function numbered(line: number): string {
  return line.toLocaleString("en-US");
}

/** A line of the file, short and on one line. */
export function quoted(text: string): string {
  return cut(visibleLine(text.trim().replaceAll("\t", " ")), MAX_QUOTED_COLUMNS);
}
