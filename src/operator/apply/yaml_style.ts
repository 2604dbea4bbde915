/** How a file is written, so that what is added looks like what is there. */

import { type Document, isCollection, isMap, isScalar, isSeq, visit } from "yaml";
import { column } from "./text_lines.ts";
import { extentOf } from "./yaml_flow.ts";
import type { Style } from "./yaml_write.ts";

const MAX_GAP = 8;

/** What stands first in the file counts. */
export function styleOf(text: string, document: Document): Style {
  let gap: string | undefined;
  let dashes: number | undefined;
  let step: number | undefined;
  let flowLists: boolean | undefined;
  visit(document, {
    Seq(_, sequence) {
      const first = sequence.items[0];
      if (sequence.flow || !isCollection(first) && !isScalar(first)) return;
      const start = extentOf(first)?.start ?? 0;
      gap ??= /-( {1,8})$/.exec(text.slice(Math.max(0, start - MAX_GAP - 1), start))?.[1];
    },
    Pair(_, { key, value }) {
      const at = extentOf(key)?.start;
      const inner = extentOf(value)?.start;
      if (at === undefined || inner === undefined || !isCollection(value)) return;
      if (isSeq(value) && value.items.length > 0) {
        if (!value.flow) dashes ??= column(text, inner) - column(text, at);
        if (value.items.every(isScalar)) flowLists ??= value.flow === true;
      }
      if (isMap(value) && !value.flow) step ??= column(text, inner) - column(text, at);
    },
  });
  return {
    json: isJson(text),
    gap: gap ?? " ",
    dashes: dashes ?? 2,
    step: step ?? Math.max(dashes ?? 2, 2),
    flowLists: flowLists ?? false,
  };
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
