/** Path prefixes: which form may stand in a route, and what one covers. The cases are those of all. */

import assert from "node:assert/strict";
import { parseHostName } from "../../src/queue/host_name.ts";
import { isCovered, whyNotPathPrefix } from "../../src/queue/path_prefix.ts";
import { PATHS } from "../support/paths.ts";

for (const { prefix, path, covered } of PATHS.covered) {
  Deno.test(`isCovered() says that ${prefix} ${covered ? "covers" : "does not cover"} ${path}`, () => {
    assert.equal(isCovered(path, new Set([prefix])), covered);
    // Among others, it is the same.
    assert.equal(isCovered(path, new Set(["", "/other/", prefix])), covered);
    // What is told to be covered is so too where plain text is compared.
    assert.ok(!covered || path.startsWith(prefix));
  });
}

Deno.test("isCovered() takes an empty prefix for none", () => {
  assert.equal(isCovered("/a", new Set([""])), false);
  assert.equal(isCovered("", new Set([""])), false);
});

for (const path of PATHS.taken) {
  Deno.test(`whyNotPathPrefix() has nothing against ${path}`, () => {
    assert.equal(whyNotPathPrefix(path), undefined);
  });
}

const WHY: Readonly<Record<keyof typeof PATHS.refused, RegExp>> = {
  start: /^must start with '\/'$/,
  form:
    /^must be a URL path prefix in|^must be a path alone|^must be a prefix without|^must not contain '\/\/'$/,
  dots: /^must not contain '\.' or '\.\.' segments/,
  encoding: /^must be percent-encoded correctly/,
  unreserved: /^must have letters, digits, .* as they are/,
  control: /^must not contain an encoded control character/,
  not_utf8: /^must be percent-encoded UTF-8/,
};

for (const [kind, paths] of Object.entries(PATHS.refused)) {
  for (const path of paths) {
    Deno.test(`whyNotPathPrefix() names what is wrong with ${JSON.stringify(path)}`, () => {
      assert.match(whyNotPathPrefix(path) ?? "", WHY[kind as keyof typeof WHY]);
    });
  }
}

Deno.test("whyNotPathPrefix() takes 1,024 characters and no more", () => {
  assert.equal(whyNotPathPrefix(`/${"a".repeat(1_023)}`), undefined);
  assert.equal(whyNotPathPrefix(`/${"a".repeat(1_024)}`), "must be at most 1024 characters");
});

Deno.test("parseHostName() takes no letter that only lower case makes an ASCII one", () => {
  assert.equal(parseHostName("KUBE.example"), "kube.example");
  assert.equal(parseHostName("\u212aube.example"), undefined);
});
