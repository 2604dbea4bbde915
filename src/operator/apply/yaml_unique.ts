/** Finds keys that stand twice. The library compares each key with all before it: a minute for 80,000. */

import { type Document, isScalar, visit, YAMLParseError } from "yaml";

/** An error for each key of a mapping that is the same as one before it; as the library words it. */
export function duplicateKeys(document: Document): YAMLParseError[] {
  const errors: YAMLParseError[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const at = key.range?.[0] ?? 0;
          errors.push(new YAMLParseError([at, at + 1], "DUPLICATE_KEY", "Map keys must be unique"));
        }
        seen.add(key.value);
      }
    },
  });
  return errors;
}
