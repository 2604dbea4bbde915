/** The egress proxy dials public addresses only, and the very address that it has checked. */

import assert from "node:assert/strict";
import { EchoSite } from "../../support/echo_site.ts";
import { hasMitmproxy } from "../../support/mitmproxy.ts";
import { get } from "../../support/proxied.ts";
import { scene } from "./egress_fixture.ts";

const ignore = !hasMitmproxy();

/** Each is what one name resolves to. */
const NOT_PUBLIC = [
  "127.0.0.1",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "169.254.169.254",
  "168.63.129.16",
  "100.100.100.200",
  "0.0.0.0",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fd00:ec2::254",
  "::ffff:127.0.0.1",
  "::ffff:169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "2002:7f00:1::",
  "fec0::1",
  "::7f00:1",
  "::ffff:0:7f00:1",
];

/** Addresses that are written as hosts. */
const LITERALS = ["127.0.0.1", "169.254.169.254"];

Deno.test({
  name: "egress proxy dials no address of a private network",
  ignore,
  async fn(t) {
    const names = NOT_PUBLIC.map((address, index) => [`h${index}.example`, [address]] as const);
    const hosts = [...names.map(([host]) => host), ...LITERALS];
    const routes = hosts.map((host) => ({ host }));
    const env = {
      EGRESS_NAMES: JSON.stringify(Object.fromEntries(names)),
      EGRESS_ALLOW_NETWORKS: "",
    };
    await using stage = await scene({ env, upstream: undefined }, JSON.stringify({ routes }));
    for (const host of hosts) {
      await t.step(`${host} ${names.find(([name]) => name === host)?.[1] ?? ""}`, async () => {
        const { status, body } = await get(stage.egress, `http://${host}/`);
        assert.equal(status, 502);
        assert.match(body, /is not a public address/);
      });
    }
  },
});

Deno.test({
  name: "egress proxy checks the address that it dials, however often a name changes",
  ignore,
  async fn() {
    await using site = new EchoSite();
    const [, port = ""] = site.address.split(":");
    const names = {
      // Allowed at first, and private ever after.
      "turns.example": ["127.0.0.1", "127.0.0.2"],
      "private.example": ["127.0.0.2", "127.0.0.1"],
    };
    const env = {
      EGRESS_NAMES: JSON.stringify(names),
      EGRESS_ALLOW_NETWORKS: "127.0.0.1/32",
      EGRESS_PORTS: port,
    };
    const routes = Object.keys(names).map((host) => ({ host }));
    await using stage = await scene({ env, upstream: undefined }, JSON.stringify({ routes }));
    const ask = async (host: string) => (await get(stage.egress, `http://${host}:${port}/`)).status;
    assert.equal(await ask("turns.example"), 200);
    assert.equal(await ask("turns.example"), 502);
    assert.equal(await ask("turns.example"), 502);
    assert.equal(await ask("private.example"), 502);
    assert.equal(await ask("private.example"), 200);
    assert.equal(site.requests.length, 2);
  },
});
