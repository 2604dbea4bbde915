/** Adds and takes out members between brackets: `[a, b]` and `{a: 1}`, on one line or on several. */

import { isPair, type YAMLMap, type YAMLSeq } from "yaml";
import {
  indentation,
  lineBreak,
  lineEnd,
  lineStart,
  nextLine,
  type Splice,
  spliceAll,
} from "./text_lines.ts";

/** Where something stands in the text. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** The extent of a node; undefined when it stands in no text. */
export function extentOf(node: unknown): Extent | undefined {
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range ? { start: range[0], end: range[1] } : undefined;
}

/** The extents of the members; undefined when one of them cannot be told. */
export function membersOf(collection: YAMLMap | YAMLSeq): Extent[] | undefined {
  const members: Extent[] = [];
  for (const item of collection.items) {
    const first = extentOf(isPair(item) ? item.key : item);
    const last = isPair(item) && item.value !== null ? extentOf(item.value) : first;
    if (!first || !last) return undefined;
    members.push({ start: first.start, end: last.end });
  }
  return members;
}

/** Puts `values` after the last member of the brackets at `within`. */
export function flowAppended(
  text: string,
  within: Extent,
  members: readonly Extent[],
  values: readonly string[],
): string {
  const last = members.at(-1);
  if (!last) {
    const at = within.start + 1;
    return spliceAll(text, [{ start: at, end: at, text: values.join(", ") }]);
  }
  const comma = commaAfter(text, last.end);
  const end = comma ?? last.end;
  const indent = indentation(text, last.start);
  const close = comma === undefined ? "" : ",";
  if (indent === undefined || lineEnd(text, end) >= within.end) {
    return spliceAll(text, [{
      start: end,
      end,
      text: (comma === undefined ? ", " : " ") + values.join(", ") + close,
    }]);
  }
  const feed = lineBreak(text) + indent;
  const at = lineEnd(text, end);
  return spliceAll(text, [
    ...comma === undefined ? [{ start: end, end, text: "," }] : [],
    { start: at, end: at, text: feed + values.join("," + feed) + close },
  ]);
}

/** Takes members out; undefined when a comment stands where it could get lost. */
export function flowRemoved(
  text: string,
  within: Extent,
  members: readonly Extent[],
  indexes: readonly number[],
): string | undefined {
  let left = [...members];
  let after = text;
  let close = within.end;
  for (const index of indexes.toSorted((a, b) => b - a)) {
    const splices = removalOf(after, close, left, index);
    if (!splices) return undefined;
    after = spliceAll(after, splices);
    const gone = (before: number) =>
      splices.reduce((sum, { start, end }) => start < before ? sum + end - start : sum, 0);
    left = left.filter((_, other) => other !== index)
      .map(({ start, end }) => ({ start: start - gone(start), end: end - gone(start) }));
    close -= gone(close);
  }
  return after;
}

function removalOf(
  text: string,
  close: number,
  members: readonly Extent[],
  index: number,
): Splice[] | undefined {
  const member = members[index];
  if (!member) return undefined;
  const [previous, next] = [index > 0 ? members[index - 1] : undefined, members[index + 1]];
  const comma = commaAfter(text, member.end);
  const rest = text.slice(comma ?? member.end, lineEnd(text, comma ?? member.end));
  const isAlone = indentation(text, member.start) !== undefined && /^[ \t]*(#.*)?$/.test(rest) &&
    lineEnd(text, member.end) < close;
  if (isAlone) {
    const line = cutOut(lineStart(text, member.start), nextLine(text, comma ?? member.end));
    const spare = previous && !next && comma === undefined
      ? commaAfter(text, previous.end)
      : undefined;
    return [...spare === undefined ? [] : [cutOut(spare - 1, spare)], line];
  }
  const [start, end] = next
    ? [member.start, next.start]
    : previous
    ? [previous.end, member.end]
    : [member.start, comma ?? member.end];
  const between = text.slice(start, member.start) + text.slice(member.end, end);
  return between.includes("#") ? undefined : [cutOut(start, end)];
}

/** Where the comma after `offset` ends, if nothing but space stands before it. */
function commaAfter(text: string, offset: number): number | undefined {
  const found = /^\s*,/.exec(text.slice(offset, offset + 1_000));
  return found ? offset + found[0].length : undefined;
}

function cutOut(start: number, end: number): Splice {
  return { start, end, text: "" };
}
