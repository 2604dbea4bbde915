/** One compiled validator for each definition that is asked for, whatever revision it is of. */

import { Ajv, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { PUBLISHED, type PublishedSchema, type Revision } from "./published.ts";
import { TASKS_SCHEMA } from "./tasks.ts";

export type Source = Revision | "tasks";

const compiled = new Map<string, ValidateFunction | undefined>();
const compilers = new Map<Source, Ajv>();

/** Whether `source` has a definition of that name. */
export function defines(source: Source, definition: string): boolean {
  return definition in definitionsOf(schemaOf(source));
}

/** Returns what in `value` breaks the definition, or undefined. */
export function violation(source: Source, definition: string, value: unknown): string | undefined {
  const key = `${source} ${definition}`;
  let validate = compiled.get(key);
  if (!validate) {
    const keyword = "$defs" in schemaOf(source) ? "$defs" : "definitions";
    validate = compilerOf(source).compile({ $ref: `mcp:${source}#/${keyword}/${definition}` });
    compiled.set(key, validate);
  }
  if (validate(value)) return undefined;
  const problems = validate.errors?.map(({ instancePath, message }) =>
    `${instancePath} ${message}`
  );
  return `${definition} of ${source}: ${problems?.join("; ")}`;
}

function schemaOf(source: Source): PublishedSchema {
  return source === "tasks" ? TASKS_SCHEMA : PUBLISHED[source];
}

function definitionsOf({ $defs, definitions }: PublishedSchema): Readonly<Record<string, unknown>> {
  return $defs ?? definitions ?? {};
}

function compilerOf(source: Source): Ajv {
  const present = compilers.get(source);
  if (present) return present;
  const schema = schemaOf(source);
  // The published schemas use forms that ajv's strict mode takes for slips of the pen.
  const options = { strict: false };
  const compiler = schema.$schema.includes("2020-12") ? new Ajv2020(options) : new Ajv(options);
  formats.default(compiler);
  // Base64, which only 2024's and 2025's drafts name so.
  compiler.addFormat("byte", true);
  compiler.addSchema({ ...schema, $id: `mcp:${source}` });
  compilers.set(source, compiler);
  return compiler;
}
