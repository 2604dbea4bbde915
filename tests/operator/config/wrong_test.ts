/** Wrong configurations: the line, the key and what is wanted, for all bottles or for one. */

import assert from "node:assert/strict";
import { parseConfig } from "../../../src/operator/config/parse.ts";
import { FILE, file, of, R, routes } from "./config_text.ts";
import { WRONG_ENTRIES } from "./wrong_entries.ts";
import { WRONG_TARGETS } from "./wrong_targets.ts";

for (const { name, text, problems, more = "" } of [...WRONG_ENTRIES, ...WRONG_TARGETS]) {
  Deno.test(`parseConfig() names line, key and what is wanted: ${name}`, () => {
    assert.throws(() => parseConfig(text, FILE, "/home/a"), {
      code: "bad-config",
      message: problems.map((problem) => `${FILE}:${problem}`).join("; also ") + more,
    });
  });
}

Deno.test("parseConfig() without HOME refuses a file below it", () => {
  assert.throws(() => parseConfig(file("~/a"), FILE, undefined), {
    message: `${FILE}:3: ${R}.file must be an absolute path, got "~/a", and HOME is not set`,
  });
});

/** What is wrong for one bottle alone is found when that one is asked for. */
const WRONG_FOR: readonly (readonly [string, string, string, string])[] = [
  [
    "one file for two targets",
    "bottles:\n  - routes: {file: '/{slug}'}\n    pipelock: {file: /dev}\n",
    "dev",
    '3: bottles[0].pipelock.file must be a file of its own, got "/dev", ' +
    "which routes has",
  ],
  [
    "a name that no address has",
    routes("check:", "  url: 'http://{slug}/'"),
    "1.2.3.4.5",
    `5: ${R}.check.url must be an http:// URL with a host, got "http://1.2.3.4.5/"`,
  ],
];

for (const [name, text, slug, problem] of WRONG_FOR) {
  Deno.test(`targetsOf() refuses one bottle and not the others: ${name}`, () => {
    const config = parseConfig(text, FILE, "/home/a");
    assert.throws(() => config.targetsOf(of(slug)), {
      code: "bad-config",
      message: `${FILE}:${problem}`,
    });
    assert.ok(config.targetsOf(of("web")).routes);
  });
}
