/**
 * The specification's own JSON schemas, one a revision. They are not on npm by themselves; the
 * official conformance suite carries them in its bundle, where they are read out as data.
 */

import bundle from "@modelcontextprotocol/conformance/dist/index.js" with { type: "text" };
import { readLiteral } from "./literal.ts";

export const LEGACY_REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const;
export const MODERN_REVISION = "2026-07-28";
export const REVISIONS = [...LEGACY_REVISIONS, MODERN_REVISION] as const;
export type Revision = typeof REVISIONS[number];

/** `definitions` up to 2025-06-18, `$defs` since. */
export interface PublishedSchema {
  readonly $schema: string;
  readonly definitions?: Readonly<Record<string, unknown>>;
  readonly $defs?: Readonly<Record<string, unknown>>;
}

/** Where the bundle lists its schemas: revision to variable, the newest under a constant. */
const TABLE =
  /\{"2025-03-26":([$\w]+),"2025-06-18":([$\w]+),"2025-11-25":([$\w]+),\[[$\w]+\]:([$\w]+)\}/;

const variables = TABLE.exec(bundle)?.slice(1);
if (!variables) throw new Error("The conformance suite's bundle no longer lists its schemas");

function read(variable: string): PublishedSchema {
  const start = `${variable}={$schema:`;
  const at = bundle.indexOf(start);
  if (at < 0) throw new Error(`The conformance suite's bundle no longer has ${start}`);
  return readLiteral(bundle, at + variable.length + 1) as PublishedSchema;
}

const [march, june, november, newest] = variables.map(read) as [
  PublishedSchema,
  PublishedSchema,
  PublishedSchema,
  PublishedSchema,
];

export const PUBLISHED: Readonly<Record<Revision, PublishedSchema>> = {
  "2024-11-05": withoutAudio(march),
  "2025-03-26": march,
  "2025-06-18": june,
  "2025-11-25": november,
  "2026-07-28": newest,
};

/**
 * The suite lacks 2024-11-05. As to what a server may answer, that differs from 2025-03-26 only in
 * tool results, which had no audio yet; new members are allowed by both, since their objects are open.
 */
function withoutAudio(later: PublishedSchema): PublishedSchema {
  const schema = structuredClone(later) as unknown as {
    $schema: string;
    definitions: {
      [name: string]: unknown;
      CallToolResult: { properties: { content: { items: { anyOf: { $ref: string }[] } } } };
    };
  };
  const { items } = schema.definitions.CallToolResult.properties.content;
  items.anyOf = items.anyOf.filter(({ $ref }) => !$ref.endsWith("/AudioContent"));
  return schema;
}
