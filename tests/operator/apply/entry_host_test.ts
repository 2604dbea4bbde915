/** Which entries of a live file may mean a host that they do not name letter by letter. */

import assert from "node:assert/strict";
import { mayCover } from "../../../src/operator/apply/entry_host.ts";

const HOST = "api.github.com";

for (
  const entry of [
    ..."* ** *.com *.github.com **.github.com .github.com *github.com api.* a*i.git*.com".split(
      " ",
    ),
    ..."*.GitHub.com. api.github.com:443 api.github.com:* https://api.github.com/x".split(" "),
    ...["ａｐｉ.github.com", "api。github.com", " api.github.com ", ".api.github.com"],
    ...["^.*\\.github\\.com$", "/^(.+\\.)?github\\.com$/", "~(api|www)\\.github\\.com"],
    ...["^api\\.github\\.com$", "[a-z]+\\.github\\.com", "www.example|api.github.com"],
    ...["?pi.github.com", "[a-z]pi.github.com", "{api,uploads}.github.com", "_", "default"],
    ...["api.github.com,uploads.github.com", "//api.github.com", "user@api.github.com"],
    ...["re:^api.*", "regex:api\\.github\\.com", "^(a(p)i|b)\\.github\\.com$", "/github/"],
    ...["%61pi.github.com", "$HOST", "!evil.example", "^apis*\\.github", "^apix?\\.github"],
  ]
) {
  Deno.test(`mayCover() takes ${JSON.stringify(entry)} for ${HOST}`, () => {
    assert.equal(mayCover(entry, HOST), true);
  });
}

for (
  const entry of [
    ..."api.github.com API.github.com. github.com *.example.com *.api.github.com".split(" "),
    ..."api.github.com.evil *.github.co xapi.github.com api.github.com*.x a*b*c".split(" "),
    ...["", "^api\\.gitlab\\.com$", "[::1]", "/gitlab/", "?pi.gitlab.com"],
  ]
) {
  Deno.test(`mayCover() takes ${JSON.stringify(entry)} for no other name of ${HOST}`, () => {
    assert.equal(mayCover(entry, HOST), false);
  });
}

Deno.test("mayCover() of a hostile entry comes to an end", () => {
  for (const entry of ["*a".repeat(50_000), "(".repeat(50_000), "(a|".repeat(20_000)]) {
    assert.equal(typeof mayCover(entry, HOST), "boolean");
  }
});
