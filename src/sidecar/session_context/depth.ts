/** How much is said at each depth: every limit, so that no answer can grow beyond its size. */

import { byteLength } from "./quoted.ts";

export const DEPTHS = ["minimal", "standard", "deep"] as const;
export type Depth = typeof DEPTHS[number];

/** Lengths are bytes of UTF-8. */
export interface Limits {
  /** Of the whole body. The lists take their share of it; the rest is for what is always said. */
  readonly bodyBytes: number;
  /** What each list may take; 0: only counts are told. */
  readonly routesBytes: number;
  readonly pendingBytes: number;
  readonly decidedBytes: number;
  /** Proposals that are read for what was asked. */
  readonly reads: number;
  readonly hostBytes: number;
  readonly paths: number;
  readonly pathBytes: number;
  readonly notesBytes: number;
  /** 0: justifications are not told. */
  readonly justificationBytes: number;
  /** Why the table is not known. */
  readonly whyBytes: number;
}

export const LIMITS: Readonly<Record<Depth, Limits>> = {
  minimal: {
    bodyBytes: 1_024,
    routesBytes: 0,
    pendingBytes: 0,
    decidedBytes: 0,
    reads: 0,
    hostBytes: 0,
    paths: 0,
    pathBytes: 0,
    notesBytes: 0,
    justificationBytes: 0,
    whyBytes: 120,
  },
  standard: {
    bodyBytes: 8_192,
    routesBytes: 2_400,
    pendingBytes: 2_200,
    decidedBytes: 1_800,
    reads: 20,
    hostBytes: 120,
    paths: 5,
    pathBytes: 60,
    notesBytes: 300,
    justificationBytes: 0,
    whyBytes: 240,
  },
  deep: {
    bodyBytes: 32_768,
    routesBytes: 9_000,
    pendingBytes: 12_000,
    decidedBytes: 9_000,
    reads: 50,
    hostBytes: 255,
    paths: 20,
    pathBytes: 160,
    notesBytes: 700,
    justificationBytes: 1_000,
    whyBytes: 240,
  },
};

export interface Fitted<Value> {
  readonly values: readonly Value[];
  readonly leftOut: number;
}

/**
 * The first items that fit into `bytes` together, formed, as JSON has them; undefined where no list is
 * told at all.
 */
export function fit<Item, Value>(
  items: readonly Item[],
  bytes: number,
  form: (item: Item, index: number) => Value,
): Fitted<Value> | undefined {
  if (bytes === 0) return undefined;
  const values: Value[] = [];
  let left = bytes;
  for (const [index, item] of items.entries()) {
    const value = form(item, index);
    left -= byteLength(JSON.stringify(value)) + 1;
    if (left < 0) break;
    values.push(value);
  }
  return { values, leftOut: items.length - values.length };
}
