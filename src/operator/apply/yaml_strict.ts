/** What must be so for a part of a YAML file to be edited: it says all itself, to every reader. */

import { isAlias, isMap, isNode, isScalar, isSeq, type YAMLMap } from "yaml";
import type { Refused } from "./edit.ts";
import { refused, type YamlFile } from "./yaml_file.ts";

/** The items of the list that a key of the file has; none without that key or a value. */
export function listAt(file: YamlFile, name: string, form: string): readonly unknown[] | Refused {
  const root = file.document.contents;
  if (isEmpty(root)) return adorned(file, root, "the file") ?? [];
  const odd = plainMap(file, root, "the file", `a mapping with ${name}:`);
  if (odd) return odd;
  const pair = pairAt(root as YAMLMap, name);
  const list = pair?.value ?? null;
  const oddList = adorned(file, pair?.key, name) ?? adorned(file, list, name);
  if (oddList) return oddList;
  if (isEmpty(list)) return [];
  if (isSeq(list)) return list.items;
  return refused(`line ${file.line(list)}: ${name} must be ${form}, got something else`);
}

/** Undefined when `node` is a mapping that says all itself. */
export function plainMap(
  file: YamlFile,
  node: unknown,
  what: string,
  form: string,
): Refused | undefined {
  const odd = adorned(file, node, what);
  if (odd) return odd;
  if (!isMap(node)) {
    return refused(`line ${file.line(node)}: ${what} must be ${form}, got something else`);
  }
  const merge = pairAt(node, "<<");
  return merge &&
    refused(
      `line ${file.line(merge.key)}: ${what} takes in another by "<<": write all keys out`,
    );
}

/** Undefined when `node` depends on no other place of the file, nor on who reads its tag. */
export function adorned(file: YamlFile, node: unknown, what: string): Refused | undefined {
  const found = adornment(node);
  return found === undefined ? undefined : refused(
    `line ${file.line(node)}: ${what} has ${found}: write the value itself`,
  );
}

function adornment(node: unknown): string | undefined {
  if (isAlias(node)) return `the alias *${node.source}`;
  if (!isNode(node)) return undefined;
  if (node.anchor !== undefined) return `the anchor &${node.anchor}`;
  return node.tag && `the tag ${node.tag.replace(/^tag:yaml\.org,2002:/, "!!")}`;
}

export function isEmpty(node: unknown): boolean {
  return node === null || isScalar(node) && node.value === null;
}

export function pairAt(map: YAMLMap, name: string) {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}
