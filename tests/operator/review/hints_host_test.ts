/** Hints on a host: which ones are said to be shared, local or a place to drop data. */

import assert from "node:assert/strict";
import { hostNotices } from "../../../src/operator/review/host.ts";

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  "": [
    ...["api.github.com", "github.com", "registry.npmjs.org", "sts.amazonaws.com", "notgithub.io"],
    ...[
      "notlvh.me",
      "mylocal.com",
      "corp.example",
      "a.services",
      "vpn.example",
      "notlocaldev.me",
      "internal.example",
    ],
    ...["v1-2-3-4.example", "ec2-54-1-2-3.example", "999-0-0-1.example"],
  ],
  "WILDCARD-LIKE": [
    ...["github.io", "acme.github.io", "s3.amazonaws.com", "acme.s3.eu-west-1.amazonaws.com"],
    ...["s3-eu-west-1.amazonaws.com", "a1b2.execute-api.eu-west-1.amazonaws.com", "co.uk"],
    ...["acme.blob.core.windows.net", "storage.googleapis.com", "a.b.workers.dev", "x.ngrok.io"],
  ],
  "DROP SITE": ["pastebin.com", "gist.github.com", "webhook.site", "discord.com", "0x0.st"],
  "LOCAL,WILDCARD-LIKE": ["com", "io"],
  "LOCAL": [
    ...["localhost", "egress-1", "a.localhost", "localhost.localdomain", "host.docker.internal"],
    ...[
      "kubernetes.default",
      "kubernetes.default.svc",
      "x.y.svc.cluster.local",
      "vault.service.consul",
    ],
    ...[
      "lvh.me",
      "a.lvh.me",
      "localtest.me",
      "vcap.me",
      "lacolhost.com",
    ],
    ...[
      "127.0.0.1.nip.io",
      "10-0-0-1.sslip.io",
      "7f000001.nip.io",
      "nip.io",
      "7f000001.08080808.rbndr.us",
    ],
    ...["git.corp", "wiki.intranet", "nas.home", "a.internal", "a.lan", "a.local", "a.private"],
    ...["vault.service", "git.vpn", "git.priv", "localdev.me", "a.localdev.me"],
    ...[
      "a.localdomain",
      "localhost.example",
      "a.home.arpa",
      "fritz.box",
      "metadata.google.internal",
    ],
    ...["metadata.tencentyun.com", "10-0-0-1.example", "a.169.254.169.254.example"],
    ...["1.10.0.0.1.example", "x-192-168-1-1.example"],
  ],
  "LOCAL,DROP SITE": ["spoofed.burpcollaborator.net"],
  "IP ADDRESS": [
    "8.8.8.8",
    "[2606:4700::1111]",
    "[64:ff9b::808:808]",
    "[2002:808:808::1]",
    "[::5efe:808:808]",
  ],
  "IP ADDRESS,LOCAL": [
    ...["169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "127.8.8.8"],
    ...["0.0.0.0", "10.1.1.1", "172.31.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1"],
    ...["224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fec0::1]", "[fd00::1]"],
    ...["[fd00:ec2::254]", "[fd20:ce::254]", "[ff02::1]", "[::ffff:a9fe:a9fe]", "[::7f00:1]"],
    ...["[::ffff:0:a00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]", "[2002:a9fe:a9fe::1]"],
    ...["[2002:7f00:1::]", "[2001:0:808:808::5601:5601]"],
    ...["[::5efe:7f00:1]", "[::5efe:a9fe:a9fe]", "[::200:5efe:a00:1]", "[fe80::5efe:a00:1]"],
  ],
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

const SAID: Readonly<Record<string, string>> = {
  "169.254.169.254": "a cloud's metadata service, which hands out credentials",
  "168.63.129.16": "a cloud's metadata service, which hands out credentials",
  "[64:ff9b::a9fe:a9fe]":
    "169.254.169.254 in NAT64 form: a cloud's metadata service, which hands out credentials",
  "[2002:a00:1::1]": "10.0.0.1 in 6to4 form: an address of a private network",
  "[2001:0:808:808::5601:5601]":
    "169.254.169.254 in Teredo form: a cloud's metadata service, which hands out credentials",
  "[::ffff:7f00:1]": "127.0.0.1 in IPv4-mapped form: the proxy's own machine or container",
  "lvh.me": "the proxy's own machine or container",
  "kubernetes.default.svc": "a service of the cluster that the proxy runs in",
  "127.0.0.1.nip.io":
    "whatever address is written in it, also this machine's or a metadata service's",
  "a-10-0-0-1.example":
    "a name with the address 10.0.0.1 in it, and may lead there: an address of a private network",
};

for (const [host, what] of Object.entries(SAID)) {
  Deno.test(`hostNotices() says what ${host} is`, () => {
    const local = hostNotices(host).filter(({ label }) => label === "LOCAL");
    assert.deepEqual(local.map(({ text }) => text), [`${host} is ${what}`]);
  });
}

Deno.test("hostNotices() reads an address in whatever form a URL has it", () => {
  for (const written of ["127.1", "0x7f.1", "0177.0.0.1", "2130706433", "[::ffff:127.0.0.1]"]) {
    const { hostname } = new URL(`http://${written}/`);
    assert.equal(
      hostNotices(hostname).map(({ label }) => label).join(),
      "IP ADDRESS,LOCAL",
      written,
    );
  }
});
