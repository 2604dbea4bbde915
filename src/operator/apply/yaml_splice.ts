/** Makes a change in the text itself, so that what is not changed stays byte for byte. */

import { type CST, type Document, isCollection, isMap, isScalar, isSeq } from "yaml";
import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import {
  afterBlock,
  column,
  indentation,
  insertedLines,
  lineEnd,
  lineStart,
  nextLine,
  removedLines,
  spliceAll,
} from "./text_lines.ts";
import type { Path, YamlChange } from "./yaml_change.ts";
import { type Extent, extentOf, flowAppended, flowRemoved, membersOf } from "./yaml_flow.ts";
import { styleOf } from "./yaml_style.ts";
import { flow, flowPair, itemLines, pairLines, type Style } from "./yaml_write.ts";

/** The changed text; undefined where the text has a form that is not known here. */
export function spliced(text: string, document: Document, change: YamlChange): string | undefined {
  const style = styleOf(text, document);
  if (change.kind === "append") return appended(text, document, change, style);
  if (change.kind === "put") return put(text, document, change, style);
  if (change.kind === "removeKey") return keyRemoved(text, document, change);
  return itemsRemoved(text, document, change);
}

type Of<Kind extends YamlChange["kind"]> = Extract<YamlChange, { kind: Kind }>;

function appended(text: string, document: Document, change: Of<"append">, style: Style) {
  const sequence = document.getIn(change.to, true);
  if (!isSeq(sequence)) return undefined;
  if (sequence.flow) {
    return appendedInBrackets(text, sequence, change.values.map((value) => flow(value, style)));
  }
  const dash = dashesOf(sequence).at(-1);
  const end = contentEnd(sequence);
  const indent = dash === undefined ? undefined : indentation(text, dash);
  if (dash === undefined || end === undefined || indent === undefined) return undefined;
  const key = pairOf(document, change.to)?.key;
  const keyStart = extentOf(key)?.start;
  const isDeeper = keyStart !== undefined && column(text, keyStart) < indent.length;
  const isFlow = sequence.items.every((item) => isCollection(item) && item.flow);
  const lines = change.values.flatMap((value) =>
    isFlow ? [`-${style.gap}${flow(value, style)}`] : itemLines(value, style)
  ).map((line) => indent + line);
  const at = afterBlock(text, end, indent.length, isDeeper);
  return spliceAll(text, [insertedLines(text, at, lines)]);
}

function appendedInBrackets(text: string, node: YAMLMap | YAMLSeq, values: readonly string[]) {
  const [within, members] = [extentOf(node), membersOf(node)];
  return within && members && flowAppended(text, within, members, values);
}

function put(text: string, document: Document, change: Of<"put">, style: Style) {
  const map = document.getIn(change.to, true);
  if (document.contents === null || isScalar(document.contents)) {
    const lines = pairLines(change.key, change.value, style);
    return spliceAll(text, [insertedLines(text, text.length, lines)]);
  }
  if (!isMap(map)) return undefined;
  const pair = map.items.find(({ key }) => isScalar(key) && key.value === change.key);
  if (pair) return filled(text, pair, change, style);
  if (map.flow) {
    return appendedInBrackets(text, map, [flowPair(change.key, change.value, style)]);
  }
  const [first, end] = [extentOf(map.items[0]?.key), contentEnd(map)];
  if (!first || end === undefined) return undefined;
  const from = column(text, first.start);
  const behind = map.items.find(({ key }) => isScalar(key) && key.value === change.behind);
  const at = afterBlock(text, behind && pairEnd(behind) || end, from, false);
  if (change.lines !== undefined) {
    return spliceAll(text, [insertedLines(text, at, [change.lines.replace(/\r?\n$/, "")])]);
  }
  const lines = pairLines(change.key, change.value, style).map((line) => " ".repeat(from) + line);
  return spliceAll(text, [insertedLines(text, at, lines)]);
}

/** Gives a value to a key that holds nothing, or an empty sequence. */
function filled(text: string, pair: Pair, change: Of<"put">, style: Style) {
  const [key, value] = [extentOf(pair.key), extentOf(pair.value)];
  if (!key || !value) return undefined;
  const indent = indentation(text, key.start);
  const written = text.slice(value.start, value.end);
  const inBrackets = isCollection(pair.value) && pair.value.flow;
  const isOneLine = indent !== undefined && !/[#\n]/.test(written) &&
    lineStart(text, key.start) === lineStart(text, value.start);
  if (!isOneLine) {
    const values = Array.isArray(change.value) ? change.value : [];
    return inBrackets && isSeq(pair.value)
      ? appendedInBrackets(text, pair.value, values.map((item) => flow(item, style)))
      : undefined;
  }
  const [, ...lines] = pairLines(change.key, change.value, { ...style, flowLists: false })
    .map((line) => indent + line);
  const before = text.slice(key.end, value.start);
  const start = written === "" ? value.start : key.end + before.trimEnd().length;
  return spliceAll(text, [
    { start, end: value.end, text: "" },
    insertedLines(text, nextLine(text, value.end), lines),
  ]);
}

function keyRemoved(text: string, document: Document, change: Of<"removeKey">) {
  const map = document.getIn(change.from, true);
  if (!isMap(map)) return undefined;
  const index = map.items.findIndex(({ key }) => isScalar(key) && key.value === change.key);
  const pair = map.items[index];
  if (!pair) return undefined;
  if (map.flow) {
    const [within, members] = [extentOf(map), membersOf(map)];
    return within && members && flowRemoved(text, within, members, [index]);
  }
  const range = keyLines(text, pair);
  if (!range) return undefined;
  if (indentation(text, range.start) !== undefined) {
    return spliceAll(text, [removedLines(text, lineStart(text, range.start), range.end)]);
  }
  // It stands behind a dash: the next line moves up to it.
  const [spaces = ""] = /^ */.exec(text.slice(range.end, lineEnd(text, range.end))) ?? [];
  return spliceAll(text, [{ start: range.start, end: range.end + spaces.length, text: "" }]);
}

/** From the key of a block mapping to where the line after its value starts. */
export function keyLines(
  text: string,
  pair: Pair,
): { readonly start: number; readonly end: number } | undefined {
  const start = extentOf(pair.key)?.start;
  const end = pairEnd(pair);
  if (start === undefined || end === undefined) return undefined;
  return { start, end: afterBlock(text, end, column(text, start), false) };
}

function itemsRemoved(text: string, document: Document, change: Of<"removeItems">) {
  const sequence = document.getIn(change.from, true);
  if (!isSeq(sequence)) return undefined;
  if (sequence.flow) {
    const [within, members] = [extentOf(sequence), membersOf(sequence)];
    return within && members && flowRemoved(text, within, members, change.indexes);
  }
  const dashes = dashesOf(sequence);
  const ranges: Extent[] = [];
  for (const index of change.indexes) {
    const [dash, end] = [dashes[index], contentEnd(sequence.items[index])];
    if (dash === undefined || end === undefined || indentation(text, dash) === undefined) {
      return undefined;
    }
    const after = afterBlock(text, Math.max(end, dash + 1), column(text, dash), false);
    ranges.push({ start: lineStart(text, dash), end: after });
  }
  const splices = joined(ranges).map(({ start, end }) => removedLines(text, start, end));
  if (change.indexes.length === sequence.items.length) {
    const key = extentOf(pairOf(document, change.from)?.key);
    if (!key) return undefined;
    const colon = text.indexOf(":", key.end) + 1;
    if (text.slice(key.end, colon).trim() !== ":") return undefined;
    splices.push({ start: colon, end: colon, text: " []" });
  }
  return spliceAll(text, splices);
}

/** Ranges that touch as one, so that lines which end the text go together. */
function joined(ranges: readonly Extent[]): Extent[] {
  const joined: Extent[] = [];
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (last?.end === range.start) joined.splice(-1, 1, { start: last.start, end: range.end });
    else joined.push(range);
  }
  return joined;
}

function pairOf(document: Document, path: Path): Pair | undefined {
  const map = document.getIn(path.slice(0, -1), true);
  if (!isMap(map)) return undefined;
  return map.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
}

/** Where the dashes of a block sequence stand; a part of the source without one is a comment. */
function dashesOf(sequence: YAMLSeq): number[] {
  const source = sequence.srcToken;
  if (source?.type !== "block-seq") return [];
  return source.items
    .map(({ start }) => start.find(({ type }: CST.SourceToken) => type === "seq-item-ind")?.offset)
    .filter((offset) => offset !== undefined);
}

/** Where the last thing of a node ends that is no comment: the library counts those in. */
function contentEnd(node: unknown): number | undefined {
  if (!isCollection(node) || node.flow) return extentOf(node)?.end;
  const last = node.items.at(-1);
  return isMap(node) ? pairEnd(last as Pair | undefined) : contentEnd(last);
}

function pairEnd(pair: Pair | undefined): number | undefined {
  return pair && contentEnd(pair.value ?? pair.key);
}
