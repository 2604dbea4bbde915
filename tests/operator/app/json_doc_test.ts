/**
 * `docs/json.md` says what the schemas say; `-- --write` after the path of this test writes the
 * tables, those of new sections at their places in the order of `wire.ts`.
 */

import assert from "node:assert/strict";
import { type Printed, WIRE } from "../../../src/operator/app/wire.ts";
import { tables } from "./json_doc.ts";
import { assertOfSchema } from "./wire_check.ts";

const DOCUMENT = new URL("../../../docs/json.md", import.meta.url);

/** What stands below each heading, up to the next. */
function sectionsOf(text: string): Map<string, string> {
  const parts = text.split(/^(#{2,3} .*)\n/m);
  const sections = new Map<string, string>();
  for (let at = 1; at < parts.length; at += 2) sections.set(parts[at] ?? "", parts[at + 1] ?? "");
  return sections;
}

const TABLE = /^\|.*\|\n(?:\|.*\|\n)*/m;

async function read(): Promise<string> {
  const text = await Deno.readTextFile(DOCUMENT);
  if (!Deno.args.includes("--write")) return text;
  let written = text;
  let before = "";
  for (const [heading, table] of tables()) {
    const section = sectionsOf(written).get(heading);
    const place = section === undefined ? before : `${heading}\n${section}`;
    const now = section === undefined
      ? `${before.trimEnd()}\n\n${heading}\n\n${table}\n\n`
      : place.replace(TABLE, () => `${table}\n`);
    written = written.replace(place, () => now);
    before = `${heading}\n${sectionsOf(written).get(heading)}`;
  }
  await Deno.writeTextFile(DOCUMENT, written);
  return written;
}

Deno.test("docs/json.md has a table for every record and part, as the schemas have them", async () => {
  const found = [...sectionsOf(await read())].filter(([, section]) => TABLE.test(section));
  const documented = found.map(([heading, section]) => [
    heading,
    (TABLE.exec(section)?.[0] ?? "").trimEnd(),
  ]);
  assert.deepEqual(documented, [...tables()]);
});

Deno.test("docs/json.md has an example of every record, in the form of its schema", async () => {
  const sections = sectionsOf(await read());
  for (const [name, { schema, isLines }] of Object.entries<Printed>(WIRE)) {
    const section = sections.get(`## ${name}`) ?? "";
    const [, example] = /^```json\n([^]*?)^```$/m.exec(section) ?? [];
    assert.ok(example, `${name} has no example in docs/json.md`);
    assertOfSchema(schema, JSON.parse(example));
    assert.equal(section.includes("One object a line."), isLines ?? false, name);
  }
});
