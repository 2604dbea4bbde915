/** docs/routes.md and its schema: the example is right, and the schema sees what it can. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { WRONG_FILES } from "../examples/egress/wrong_files.ts";
import { PATHS } from "../support/paths.ts";

const DOCS = fromFileUrl(new URL("../../docs/", import.meta.url));
const TEXT = await Deno.readTextFile(join(DOCS, "routes.md"));
const SCHEMA = JSON.parse(await Deno.readTextFile(join(DOCS, "routes.schema.json")));
const isValid = new Ajv2020().compile(SCHEMA);

function oneRoute(path: string) {
  return { routes: [{ host: "a.example", path_allowlist: [path] }] };
}

Deno.test("docs/routes.md: the example passes the schema", () => {
  const [, example = ""] = /```yaml\n([^]*?)```/.exec(TEXT) ?? [];
  const { routes } = parse(example);
  assert.equal(routes.length, 2);
  assert.ok(isValid({ routes }), JSON.stringify(isValid.errors));
});

for (const { name, text } of WRONG_FILES.filter(({ isBeyondSchema }) => !isBeyondSchema)) {
  Deno.test(`docs/routes.schema.json refuses ${name}`, () => {
    assert.equal(isValid(parse(text)), false);
  });
}

Deno.test("docs/routes.schema.json takes each path that the programs take", () => {
  for (const path of PATHS.taken) assert.ok(isValid(oneRoute(path)), path);
});

Deno.test("docs/routes.schema.json refuses paths of a wrong form, and those that climb", () => {
  const { start, form, dots } = PATHS.refused;
  for (const path of [...start, ...form, ...dots]) assert.ok(!isValid(oneRoute(path)), path);
});
