/** Hints on a host: which ones are said to be shared, local or a place to drop data. */

import assert from "node:assert/strict";
import { hostNotices } from "../../src/operator/review/host.ts";

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  "": ["api.github.com", "github.com", "registry.npmjs.org", "sts.amazonaws.com", "notgithub.io"],
  "WILDCARD-LIKE": [
    ...["github.io", "acme.github.io", "s3.amazonaws.com", "acme.s3.eu-west-1.amazonaws.com"],
    ...["s3-eu-west-1.amazonaws.com", "a1b2.execute-api.eu-west-1.amazonaws.com", "co.uk"],
    ...["acme.blob.core.windows.net", "storage.googleapis.com", "a.b.workers.dev", "x.ngrok.io"],
  ],
  "DROP SITE": ["pastebin.com", "gist.github.com", "webhook.site", "discord.com", "0x0.st"],
  "LOCAL,WILDCARD-LIKE": ["com", "io"],
  "LOCAL": ["localhost", "egress-1"],
};

for (const [expected, hosts] of Object.entries(HOSTS)) {
  for (const host of hosts) {
    Deno.test(`hostNotices() of ${host}: ${expected || "none"}`, () => {
      assert.equal(hostNotices(host).map(({ label }) => label).join(), expected);
    });
  }
}

Deno.test("hostNotices() says whose site a shared host may be", () => {
  assert.deepEqual(hostNotices("acme.github.io").map(({ text }) => text), [
    "anyone can have a site below github.io: make sure whose acme.github.io is",
  ]);
  assert.deepEqual(hostNotices("github.io").map(({ text }) => text), [
    "anyone can have a site or files at or below github.io",
  ]);
  assert.deepEqual(hostNotices("b.s3.amazonaws.com").map(({ text }) => text), [
    "anyone can have a site below s3.amazonaws.com: make sure whose b.s3.amazonaws.com is",
  ]);
});
