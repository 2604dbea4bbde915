/** The one form of a change between two texts: shown to people, kept in the log, read by `patch`. */

import {
  FILE_HEADERS_ONLY,
  formatPatch,
  OMIT_HEADERS,
  type StructuredPatch,
  structuredPatch,
  type StructuredPatchHunk,
} from "diff";
import type { Lines } from "./edit.ts";

const CONTEXT_LINES = 3;

/** However much must be seen around a change. */
const MAX_CONTEXT_LINES = 150;

/**
 * What a comparison may cost, counted and not timed: the same two texts always give the same diff,
 * on a busy machine too. Together they keep two texts of 1 MiB, however hostile, below a second.
 */
const MAX_CHANGED_LINES = 1_500;
const MAX_COMPARED_LINES = 30_000_000;

/**
 * Returns the diff from `before` to `after`, both the text of the file at `path`; empty when they
 * are equal. Texts that share too little to be compared are one hunk: all goes, all comes. A
 * change among the lines `around` of `before` has all of these as its context.
 */
export function unifiedDiff(
  path: string,
  before: string,
  after: string,
  around?: Lines,
): string {
  if (before === after) return "";
  const lines = countLines(before) + countLines(after);
  const maxEditLength = Math.min(MAX_CHANGED_LINES, Math.ceil(MAX_COMPARED_LINES / lines));
  const compared = (context: number) =>
    structuredPatch(path, path, before, after, undefined, undefined, { context, maxEditLength });
  let patch = compared(CONTEXT_LINES);
  const context = patch && around ? contextFor(patch.hunks, around) : CONTEXT_LINES;
  if (context > CONTEXT_LINES) patch = compared(context);
  patch ??= wholePatch(path, before, after);
  const header = formatPatch({ ...patch, hunks: [] }, FILE_HEADERS_ONLY);
  // Readers end a name at its first blank unless a tab stands behind it.
  const named = path.includes(" ") ? header.replaceAll("\n", "\t\n") : header;
  return named + formatPatch(patch, OMIT_HEADERS);
}

function wholePatch(path: string, before: string, after: string): StructuredPatch {
  const hunk = {
    oldStart: 1,
    oldLines: countLines(before),
    newStart: 1,
    newLines: countLines(after),
    lines: [...signed("-", before), ...signed("+", after)],
  };
  return {
    oldFileName: path,
    newFileName: path,
    oldHeader: undefined,
    newHeader: undefined,
    hunks: [hunk],
  };
}

function signed(sign: string, text: string): string[] {
  if (text === "") return [];
  const isEnded = text.endsWith("\n");
  const lines = (isEnded ? text.slice(0, -1) : text).split("\n").map((line) => sign + line);
  return isEnded ? lines : [...lines, "\\ No newline at end of file"];
}

/**
 * The context with which a change among the lines `around` shows them to their ends. It is the same
 * on both sides: `patch` takes a hunk that has less below it for the end of the file.
 */
function contextFor(hunks: readonly StructuredPatchHunk[], { first, last }: Lines): number {
  const missing = hunks.map(({ oldStart, oldLines }) => {
    const end = oldStart + oldLines;
    return oldStart <= last + 1 && end >= first ? Math.max(oldStart - first, last + 1 - end) : 0;
  });
  return Math.min(CONTEXT_LINES + Math.max(0, ...missing), MAX_CONTEXT_LINES);
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines++;
  return text === "" || text.endsWith("\n") ? lines : lines + 1;
}
