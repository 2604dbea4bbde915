/** Errors of the file system become one sentence each; bugs stay what they are. */

import assert from "node:assert/strict";
import { Failure, fromSystem } from "../../src/operator/failure.ts";

const coded = (message: string, code: string) => Object.assign(new Error(message), { code });

const SYSTEM_ERRORS = [
  [
    "Deno's",
    coded("No such file or directory (os error 2): readdir '/x'", "ENOENT"),
    "no such file or directory",
  ],
  ["Node's", coded("EACCES: permission denied, open '/x, y'", "EACCES"), "permission denied"],
  [
    "full disk",
    coded("No space left on device (os error 28): writefile '/x'", "ENOSPC"),
    "no space left on device",
  ],
  [
    "a permission this program lacks",
    new Deno.errors.NotCapable(
      'Requires write access to "/x", specify the required permissions during compilation',
    ),
    'requires write access to "/x"',
  ],
] as const;

for (const [name, error, words] of SYSTEM_ERRORS) {
  Deno.test(`fromSystem() puts an error into words: ${name}`, () => {
    const failure = fromSystem(error, "cannot-write", "write it");
    assert.ok(failure instanceof Failure);
    assert.equal(failure.message, `cannot write it: ${words}`);
  });
}

Deno.test("fromSystem() gives back what is no error of the system", () => {
  for (const error of [new Failure("gone", "x"), new TypeError("x"), "x"]) {
    assert.equal(fromSystem(error, "cannot-read", "read it"), error);
  }
});
