/** One change of a YAML file, as what it means: on plain data, and on the library's document. */

import { type Document, isCollection } from "yaml";
import type { Plain } from "./yaml_write.ts";

export type Path = readonly (string | number)[];

/** Places are given by position, so that a change means the same whatever the scalars are read as. */
export type YamlChange =
  /** Puts `values` after the last item of a sequence that has items. */
  | { readonly kind: "append"; readonly to: Path; readonly values: readonly Plain[] }
  /** Gives a mapping a key that it has not, or that holds nothing or an empty sequence. */
  | {
    readonly kind: "put";
    readonly to: Path;
    readonly key: string;
    readonly value: Plain;
    /** The lines that said so before; used as they are if they still mean the same. */
    readonly lines?: string;
    /** The key behind which it stands in the text; the last one if it is not given. */
    readonly behind?: string;
  }
  | { readonly kind: "removeItems"; readonly from: Path; readonly indexes: readonly number[] }
  | { readonly kind: "removeKey"; readonly from: Path; readonly key: string };

/** What `data` is after the change; `data` itself stays. */
export function changedData(data: unknown, change: YamlChange): unknown {
  const root = { data: structuredClone(data) };
  if (change.kind === "append") {
    (at(root, change.to) as unknown[]).push(...structuredClone(change.values));
  } else if (change.kind === "put") {
    if (change.to.length === 0) root.data ??= {};
    (at(root, change.to) as Record<string, unknown>)[change.key] = structuredClone(change.value);
  } else if (change.kind === "removeItems") {
    const list = at(root, change.from) as unknown[];
    for (const index of change.indexes.toSorted((a, b) => b - a)) list.splice(index, 1);
  } else {
    delete (at(root, change.from) as Record<string, unknown>)[change.key];
  }
  return root.data;
}

function at(root: { data: unknown }, path: Path): unknown {
  let value = root.data;
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  return value;
}

/** Makes the change in `document`; its comments stay, its layout becomes the library's. */
export function changeDocument(document: Document, change: YamlChange): void {
  if (change.kind === "append") {
    for (const value of change.values) document.addIn(change.to, document.createNode(value));
  } else if (change.kind === "put") {
    if (!isCollection(document.contents)) document.contents = document.createNode({});
    document.setIn([...change.to, change.key], document.createNode(change.value));
  } else if (change.kind === "removeItems") {
    for (const index of change.indexes.toSorted((a, b) => b - a)) {
      document.deleteIn([...change.from, index]);
    }
  } else {
    document.deleteIn([...change.from, change.key]);
  }
}
