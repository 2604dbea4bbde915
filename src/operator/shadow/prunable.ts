/**
 * Rewrites the entries that were added to a routes file so that pruning them line by line opens no
 * host unseen; apart from the adding, which follows the style of the file and nothing else.
 */

import { isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import { readTable, type RouteTable } from "../apply/route_table.ts";
import { lineEnd, type Splice, spliceAll } from "../apply/text_lines.ts";
import { extentOf } from "../apply/yaml_flow.ts";
import { styleOf } from "../apply/yaml_style.ts";
import { flow, type Plain } from "../apply/yaml_write.ts";

/** Behind the key of a list, as a comment. */
export const NONE_LEFT = "with none of these left, every path is open";

/** `after` is the file of `before` with entries added at its end; what it says stays the same. */
export function prunable(before: RouteTable, after: string): string {
  const table = readTable(after);
  if (table.kind === "refused") return after;
  const { file: { document } } = table;
  const style = styleOf(after, document);
  const splices = table.entries.slice(before.entries.length).flatMap(({ index, route }) => {
    const map = document.getIn(["routes", index], true);
    if (!isMap(map) || map.flow) return [];
    return spliceOf(after, map, flow(route as Plain, style)) ?? [];
  });
  return spliceAll(after, splices);
}

/** Undefined where there is no path list, or it has a form that is not known here. */
function spliceOf(text: string, map: YAMLMap, onOneLine: string): Splice | undefined {
  const list = map.items.at(-1);
  if (!isScalar(list?.key) || list.key.value !== "path_allowlist" || !isSeq(list.value)) {
    return undefined;
  }
  const { flow: inBrackets, items } = list.value;
  const key = extentOf(list.key);
  if (!key) return undefined;
  if (!inBrackets && items.length > 1) {
    const at = key.end + 1;
    const isAlone = text.slice(key.end, lineEnd(text, at)).trimEnd() === ":";
    return isAlone ? { start: at, end: at, text: ` # ${NONE_LEFT}` } : undefined;
  }
  // Here one line holds every path: whoever deletes it must delete the host with it.
  const start = extentOf(map)?.start;
  const end = extentOf(inBrackets ? list.value : items[0])?.end;
  return start === undefined || end === undefined ? undefined : { start, end, text: onOneLine };
}
