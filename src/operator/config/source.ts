/** The text of a configuration as plain values, with the line of each: here alone YAML is known. */

import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { duplicateKeys } from "../apply/yaml_unique.ts";
import { type Complaint, type KeyPath, quoted } from "./complaint.ts";

export type ConfigSource =
  /** Every scalar is a string, so that an argument `010` or `yes` stays what it is. */
  | { readonly kind: "read"; readonly value: unknown; lineOf(path: KeyPath): number }
  | { readonly kind: "refused"; readonly complaints: readonly Complaint[] };

export function readSource(text: string): ConfigSource {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: "failsafe",
    stringKeys: true,
    uniqueKeys: false,
  });
  const errors = [...document.errors, ...duplicateKeys(document)];
  const faults = errors.length > 0
    ? telling(errors).map((error) => ({
      offset: error.pos[0],
      text: wordsOf(error, text),
    }))
    : shorthands(document);
  const complaints = faults.map(({ offset, text }) => ({ line: lineAt(offset), text }));
  if (complaints.length > 0) return { kind: "refused", complaints };
  return {
    kind: "read",
    value: document.toJS(),
    lineOf: (path) => lineAt(offsetOf(document.contents, path)),
  };
}

/** A key that is there twice stands for itself; of other faults the later ones follow from the first. */
function telling(errors: readonly YAMLError[]): readonly YAMLError[] {
  const first = errors.find(({ code }) => code !== "DUPLICATE_KEY");
  return errors.filter((error) => error === first || error.code === "DUPLICATE_KEY");
}

function wordsOf({ code, message, pos: [offset] }: YAMLError, text: string): string {
  const rest = text.slice(offset);
  switch (code) {
    case "DUPLICATE_KEY":
      return `the key ${quoted(/^[^\s:]*/.exec(rest)?.[0] ?? "")} is there twice`;
    case "BAD_ALIAS":
      return 'the value begins with "*", which is an alias in YAML; put the pattern in quotes';
    case "MULTIPLE_DOCS":
      return "a second YAML document begins; there must be one";
    case "RESOURCE_EXHAUSTION":
      return "the file must be a map with bottles, got YAML that is nested too deeply";
    default: {
      const words = message.slice(0, 1).toLowerCase() + message.slice(1);
      const start = text.lastIndexOf("\n", offset - 1) + 1;
      const line = /^.*/.exec(text.slice(start))?.[0] ?? "";
      const hint = line.includes("{") ? '; put text that holds "{" in quotes' : "";
      return `this is not YAML: ${words}${hint}`;
    }
  }
}

/** Anchors, aliases and tags: what a line means must be seen from the line. */
function shorthands(document: Document.Parsed): { offset: number; text: string }[] {
  const found: { offset: number; text: string }[] = [];
  const add = (range: readonly number[] | null | undefined, what: string) =>
    found.push({ offset: range?.[0] ?? 0, text: `${what}; write the value itself` });
  visit(document, {
    Alias: (_, { source, range }) => {
      add(range, `*${source} is an alias, put a pattern in quotes`);
    },
    Value: (_, { anchor, tag, range }) => {
      if (anchor) add(range, `&${anchor} is an anchor`);
      if (tag) add(range, `${tag} is a tag`);
    },
  });
  return found;
}

/** Of the last key or list item on the way to `path` that is there. */
function offsetOf(contents: ParsedNode | null, path: KeyPath): number {
  let node: ParsedNode | null | undefined = contents;
  let offset = contents?.range[0] ?? 0;
  for (const key of path) {
    if (isMap<ParsedNode, ParsedNode | null>(node)) {
      const pair: Pair<ParsedNode, ParsedNode | null> | undefined = node.items.find((one) =>
        isScalar(one.key) && one.key.value === key
      );
      if (!pair) break;
      offset = pair.key.range[0];
      node = pair.value;
    } else if (isSeq<ParsedNode>(node) && typeof key === "number") {
      node = node.items[key];
      if (!node) break;
      offset = node.range[0];
    } else break;
  }
  return offset;
}
