/** Writes plain data as YAML that every reader takes for the same data, whatever an agent put in. */

import { parse, stringify } from "yaml";

export type Plain = string | readonly Plain[] | { readonly [key: string]: Plain };

/** How the file writes what is like the thing to be written. */
export interface Style {
  /** Whether all is quoted as in JSON. */
  readonly json: boolean;
  /** Between a dash and what follows it. */
  readonly gap: string;
  /** The columns from a key to the dashes below it. */
  readonly dashes: number;
  /** The columns from a key to the keys below it. */
  readonly step: number;
  /** Whether a list of strings stands in brackets. */
  readonly flowLists: boolean;
}

/**
 * Narrower than YAML: the readers are of YAML 1.1 and 1.2, and what starts with a digit must hold a
 * letter that no form of number or date has.
 */
const PLAIN = /^([a-z_/]|\d[\w./~%+=@-]*[g-nq-wyz])[\w./~%+=@-]*$/i;

export function scalar(value: string, json: boolean): string {
  if (json) return JSON.stringify(value);
  if (PLAIN.test(value) && isStringInEveryVersion(value)) return value;
  return stringify(value, {
    defaultStringType: "QUOTE_DOUBLE",
    defaultKeyType: "QUOTE_DOUBLE",
    doubleQuotedMinMultiLineLength: Infinity,
    lineWidth: 0,
  }).trimEnd();
}

/** YAML 1.1, which many proxies read, takes `on` and `no` for truth values. */
function isStringInEveryVersion(value: string): boolean {
  return parse(value, { version: "1.1" }) === value && parse(value, { version: "1.2" }) === value;
}

/** `value` on one line, for where brackets are open. */
export function flow(value: Plain, style: Style): string {
  if (typeof value === "string") return scalar(value, style.json);
  if (isList(value)) return `[${value.map((item) => flow(item, style)).join(", ")}]`;
  const pairs = Object.entries(value).map(([key, item]) => flowPair(key, item, style));
  return `{${pairs.join(", ")}}`;
}

export function flowPair(key: string, value: Plain, style: Style): string {
  return `${scalar(key, style.json)}: ${flow(value, style)}`;
}

/** The lines of one item of a block sequence, from its dash on. */
export function itemLines(value: Plain, style: Style): string[] {
  const lines = typeof value === "string" || isList(value)
    ? [flow(value, style)]
    : Object.entries(value).flatMap(([key, item]) => pairLines(key, item, style));
  const indent = " ".repeat(1 + style.gap.length);
  return lines.map((line, index) => (index === 0 ? `-${style.gap}` : indent) + line);
}

/** The lines of one pair of a block mapping, from its key on. */
export function pairLines(key: string, value: Plain, style: Style): string[] {
  const name = scalar(key, style.json);
  if (typeof value === "string" || isList(value) && (style.flowLists && isFlat(value))) {
    return [`${name}: ${flow(value, style)}`];
  }
  const [indent, lines] = isList(value)
    ? [style.dashes, value.flatMap((item) => itemLines(item, style))]
    : [
      style.step,
      Object.entries(value).flatMap(([inner, item]) => pairLines(inner, item, style)),
    ];
  return [`${name}:`, ...lines.map((line) => " ".repeat(indent) + line)];
}

function isFlat(list: readonly Plain[]): boolean {
  return list.every((item) => typeof item === "string");
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
