/** The egress proxy and TLS: with a look inside, and without. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { hasMitmproxy } from "../../support/mitmproxy.ts";
import { get, getSecurely, send } from "../../support/proxied.ts";
import { temporary } from "../../support/temporary.ts";
import { tlsSite } from "../../support/tls_site.ts";
import { eventually } from "../../support/within.ts";
import { type Scene, scene } from "./egress_fixture.ts";

const ignore = !hasMitmproxy();

const ROUTES = `routes:
  - host: every.example
  - host: paths.example
    path_allowlist: [/public/]
  - host: secret.example
    auth: { scheme: Bearer, token_ref: TOKEN_A }
`;
const HOSTS = ["every.example", "paths.example", "secret.example", "other.example"];

/** A proxy for which every name is this machine, so that real TLS runs on both of its sides. */
function beside(port: number, env: Readonly<Record<string, string>>): Promise<Scene> {
  const names = Object.fromEntries(HOSTS.map((host) => [host, ["127.0.0.1"]]));
  return scene({
    upstream: undefined,
    env: { EGRESS_NAMES: JSON.stringify(names), EGRESS_PORTS: String(port), ...env },
  }, ROUTES);
}

Deno.test({
  name: "egress proxy that intercepts hands its certificate to agents, and looks at paths",
  ignore,
  async fn() {
    await using site = await tlsSite(HOSTS);
    await using shared = await temporary();
    const caFile = join(shared.path, "ca.pem");
    await using stage = await beside(site.port, { EGRESS_CA_FILE: caFile });
    assert.equal(await Deno.readTextFile(caFile), stage.egress.authority);
    assert.ok(!stage.egress.authority.includes("PRIVATE KEY"));
    const refused = await getSecurely(stage.egress, `https://paths.example:${site.port}/other`);
    assert.equal(refused.status, 403);
    // It does not trust this site's own certificate, and must not pass anything on to it.
    const unverified = await getSecurely(stage.egress, `https://every.example:${site.port}/`);
    assert.equal(unverified.status, 502);
    assert.match(unverified.body, /certificate verify failed/i);
    assert.equal(site.requests, 0);
  },
});

Deno.test({
  name: "egress proxy that passes TLS through opens whole hosts only",
  ignore,
  async fn(t) {
    await using site = await tlsSite(HOSTS);
    await using stage = await beside(site.port, { EGRESS_TLS: "passthrough" });
    const { egress } = stage;
    const through = { ...egress, authority: site.certificate };
    await t.step("a listed host is reached, with the site's own certificate", async () => {
      const { status, body } = await getSecurely(through, `https://every.example:${site.port}/`);
      assert.deepEqual([status, body], [200, "over TLS"]);
      assert.equal((await stage.status()).tls, "passthrough");
      assert.equal((await stage.status()).uses["every.example"]?.requests, 1);
    });
    const refused = [
      ["other.example", /other\.example is not in the routes/],
      ["paths.example", /has paths or a credential in its route/],
      ["secret.example", /has paths or a credential in its route/],
    ] as const;
    for (const [host, reason] of refused) {
      await t.step(`${host} is refused`, async () => {
        const { status, body } = await getSecurely(through, `https://${host}:${site.port}/`);
        assert.equal(status, 403);
        assert.match(JSON.parse(body).reason, reason);
      });
    }
    await t.step("another name in TLS ends the tunnel", async () => {
      const url = `https://every.example:${site.port}/`;
      await assert.rejects(getSecurely(through, url, {}, "other.example"));
    });
    await t.step("what is not TLS is looked at like any request", async () => {
      const head = `every.example:${site.port} HTTP/1.1\r\nHost: every.example:${site.port}\r\n`;
      const inner = "GET /x HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n";
      assert.match(await send(egress, `CONNECT ${head}\r\n${inner}`), /Host header must be/);
      assert.equal((await get(egress, `http://paths.example:${site.port}/other`)).status, 403);
    });
    await t.step("a tunnel to what is no longer allowed is cut", async () => {
      using tunnel = await Deno.connect({ hostname: "127.0.0.1", port: egress.port });
      const head =
        `every.example:${site.port} HTTP/1.1\r\nHost: every.example:${site.port}\r\n\r\n`;
      await tunnel.write(new TextEncoder().encode(`CONNECT ${head}`));
      await tunnel.read(new Uint8Array(1_024));
      await stage.enforce("routes: []\n");
      await eventually(60, "end of the tunnel", async () => {
        return await tunnel.read(new Uint8Array(1)).catch(() => null) === null;
      });
      assert.equal((await stage.status()).connections_cut, 1);
    });
    assert.equal(site.requests, 1);
  },
});
