/** The tables of `docs/json.md`, made from the schemas. */

import { z } from "zod";
import { WIRE } from "../../../src/operator/app/wire.ts";

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** For each record, and for each part of records, its table; by the heading that it stands below. */
export function tables(): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  const parts = new Map<string, string>();
  for (const [name, { schema }] of Object.entries(WIRE)) {
    const { $defs = {}, ...record } = z.toJSONSchema(schema) as Schema;
    const self = record.$ref && $defs[partOf(record.$ref)];
    records.set(`## ${name}`, tableOf(self || record));
    for (const part of Object.values($defs)) {
      // A record that is a part of another as well stands once.
      if (!Object.hasOwn(WIRE, part.title ?? "")) parts.set(`### ${part.title}`, tableOf(part));
    }
  }
  return new Map([...records, ...[...parts].sort(([a], [b]) => a < b ? -1 : 1)]);
}

function tableOf({ properties = {} }: Schema): string {
  const rows = Object.entries(properties).map(([name, field]) => {
    const meaning = field.description ?? field.anyOf?.[0]?.description;
    if (!meaning) throw new Error(`the field ${name} has no description`);
    return [`\`${name}\``, typeOf(field), meaning];
  });
  const all = [["field", "value", "meaning"], ...rows];
  const widths = [0, 1, 2].map((at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  const lines = all.map((row) =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "number",
  number: "number",
  boolean: "true or false",
  object: "object",
  null: "null",
};

function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const title = partOf(schema.$ref).replaceAll("_", " ");
    return `[${title}](#${title.replaceAll(" ", "-")})`;
  }
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const types = typeof schema.type === "string" ? [schema.type] : schema.type ?? ["object"];
  return types.map((type) => TYPES[type] ?? type).join(" or ");
}

function partOf(ref: string): string {
  return ref.replace("#/$defs/", "");
}
