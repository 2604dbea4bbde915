/** Arguments as clients send them, made into what the schema of the tool is about. */

import { fromJsonText } from "../jsonrpc/json_text.ts";
import { isObject, type Params } from "../jsonrpc/message.ts";

/** JSON Schema, as far as reading arguments needs it. */
export interface ArgumentSchema {
  readonly type?: unknown;
  readonly properties?: Readonly<Record<string, ArgumentSchema>>;
  readonly required?: readonly string[];
}

/**
 * What `given` means by `schema`, which describes an object. An array or object may come as the JSON
 * text of one. null says that an argument is left out, and where it may be left out so do blank text
 * and an empty list. What the schema does not know stays as it is; whether the rest is right is for
 * others to say.
 */
export function readArguments(schema: ArgumentSchema, given: Params): Params {
  const { properties = {}, required = [] } = schema;
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => {
      const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const read = property ? readValue(property, value) : value;
      const mayBeLeftOut = property && !required.includes(name);
      const isLeftOut = read === null || mayBeLeftOut && isEmpty(property, read);
      return isLeftOut ? [] : [[name, read]];
    }),
  );
}

function readValue(schema: ArgumentSchema, value: unknown): unknown {
  if (schema.type !== "array" && schema.type !== "object") return value;
  const read = isBlank(value, "null") ? null : fromJsonText(value);
  return schema.type === "object" && isObject(read) ? readArguments(schema, read) : read;
}

function isEmpty({ type }: ArgumentSchema, value: unknown): boolean {
  return isBlank(value) || type === "array" && Array.isArray(value) && value.length === 0;
}

function isBlank(value: unknown, but = ""): boolean {
  return typeof value === "string" && value.trim() === but;
}
