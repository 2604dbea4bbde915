/** The egress proxy lets through what the routes file allows, and tells the agent what to do else. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { EGRESS_DIRECTORY, hasMitmproxy, startEgress } from "../../support/mitmproxy.ts";
import { PATHS } from "../../support/paths.ts";
import { get, getSecurely, KeptConnection, send } from "../../support/proxied.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import { scene } from "./egress_fixture.ts";

const ignore = !hasMitmproxy();

const ALLOWED = [
  { name: "a path below a listed one", url: "http://api.example/repos/acme/issues?all=1" },
  { name: "another of the listed paths", url: "http://api.example/user" },
  { name: "a host in other letters", url: "http://API.example/user" },
  { name: "a host without a path list", url: "http://every.example/any/thing" },
  { name: "a host with an empty path list", url: "http://none.example/any/thing" },
];

const NOT_LISTED = { tool: "egress-block" };
const NO_USE_IN_ASKING = { tool: null };

const REFUSED = [
  {
    name: "a host that is not listed",
    url: "http://other.example/x?token=t",
    says: {
      ...NOT_LISTED,
      host: "other.example",
      path: "/x",
      method: "GET",
      reason: "other.example is not in the routes",
      arguments: {
        host: "other.example",
        path_allowlist: ["/x"],
        justification: "<what you need it for>",
      },
    },
  },
  {
    name: "a path that is not listed",
    url: "http://api.example/repos/other/",
    says: { ...NOT_LISTED, reason: "/repos/other/ is not among the paths of api.example" },
  },
  {
    name: "a path that no route can have, and asks for the host",
    url: "http://other.example/a//b",
    says: {
      ...NOT_LISTED,
      arguments: { host: "other.example", justification: "<what you need it for>" },
    },
  },
  {
    name: "a host below a listed one",
    url: "http://x.every.example/",
    says: { ...NOT_LISTED, reason: "x.every.example is not in the routes" },
  },
  {
    name: "a name of the bottle itself",
    url: "http://supervise/",
    says: {
      ...NOT_LISTED,
      reason: "supervise is not in the routes; hosts of the bottle itself belong in NO_PROXY",
    },
  },
  {
    name: "another port",
    url: "http://every.example:8080/",
    says: { ...NO_USE_IN_ASKING, reason: "port 8080 is not open: only [80, 443] are" },
  },
  {
    name: "to send a credential in the clear",
    url: "http://secret.example/",
    says: {
      ...NO_USE_IN_ASKING,
      reason: "secret.example has a credential, which is sent over https only",
    },
  },
];

Deno.test({
  name: "egress proxy enforces the routes file",
  ignore,
  async fn(t) {
    await using stage = await scene();
    const { egress, site } = stage;
    for (const { name, url } of ALLOWED) {
      await t.step(`passes ${name}`, async () => {
        const { status, body } = await get(egress, url);
        assert.equal(status, 200, body);
        const { host, pathname: path } = new URL(url);
        assert.deepEqual(JSON.parse(body), { host, path, authorization: null });
      });
    }
    for (const { name, url, says } of REFUSED) {
      await t.step(`refuses ${name}`, async () => {
        const before = site.requests.length;
        const { status, body } = await get(egress, url);
        assert.equal(status, 403, body);
        const told = JSON.parse(body);
        assert.equal(told.error, "egress-refused");
        for (const [key, value] of Object.entries(says)) assert.deepEqual(told[key], value, key);
        assert.ok(told.message.includes(told.reason));
        assert.equal(told.message.includes("call the tool 'egress-block'"), says.tool !== null);
        // A query may hold a secret.
        assert.ok(!body.includes("token=t"));
        assert.equal(site.requests.length, before);
      });
    }
    await t.step("says the same as text to a client that reads no JSON", async () => {
      const { body } = await get(egress, "http://other.example/x", { Accept: "text/plain" });
      assert.equal(
        body,
        "egress: refused GET /x at other.example: other.example is not in the routes. A person can " +
          "allow it: call the tool 'egress-block' of the MCP server 'supervise' with " +
          '{"host": "other.example", "path_allowlist": ["/x"], ' +
          '"justification": "<what you need it for>"}, then try again.\n',
      );
    });
    await t.step("keeps a connection through refusals and answers to HEAD", async () => {
      using kept = await KeptConnection.open(egress);
      assert.equal((await kept.get("http://other.example/")).status, 403);
      assert.equal((await kept.head("http://other.example/")).status, 403);
      assert.equal((await kept.get("http://every.example/")).status, 200);
    });
    await t.step("looks at paths inside of TLS, and says there why it refuses", async () => {
      const { status, body } = await getSecurely(egress, "https://api.example/user");
      assert.equal(status, 200, body);
      const refused = await getSecurely(egress, "https://api.example/other");
      assert.equal(refused.status, 403);
      assert.equal(JSON.parse(refused.body).path, "/other");
      const unlisted = await getSecurely(egress, "https://other.example/x");
      assert.equal(unlisted.status, 403);
      assert.equal(JSON.parse(unlisted.body).tool, "egress-block");
    });
    await t.step("sends the named secret in place of what the agent sent", async () => {
      const own = { Authorization: "Bearer mine" };
      const { body } = await getSecurely(egress, "https://secret.example/", own);
      assert.equal(JSON.parse(body).authorization, "Bearer s3cret");
    });
    await t.step("refuses where it does not know the secret", async () => {
      const { status, body } = await getSecurely(egress, "https://unknown-secret.example/");
      assert.equal(status, 403);
      assert.equal(
        JSON.parse(body).reason,
        "the credential TOKEN_B of unknown-secret.example is not known to the proxy",
      );
    });
    await t.step("tells its table, and no secret", async () => {
      const { body } = await get(egress, "http://_egress.local/allowlist");
      const entry = { path_allowlist: [] };
      assert.deepEqual(JSON.parse(body), {
        routes: [
          { host: "api.example", path_allowlist: ["/repos/acme/", "/user"] },
          { host: "every.example", ...entry },
          { host: "none.example", ...entry },
          { host: "secret.example", ...entry, auth_scheme: "Bearer", token_env: "TOKEN_A" },
          { host: "unknown-secret.example", ...entry, auth_scheme: "token", token_env: "TOKEN_B" },
        ],
      });
      assert.ok(!egress.log.includes("s3cret"));
    });
    await t.step("counts what is used", async () => {
      const { uses } = await stage.status();
      assert.deepEqual(Object.keys(uses).sort(), [
        "api.example",
        "every.example",
        "none.example",
        "secret.example",
      ]);
      assert.equal(uses["api.example"]?.requests, 4);
      assert.ok(Date.now() - Date.parse(uses["api.example"]!.last_used) < 600_000);
    });
    for (const path of ["/", "/other", "/allowlist/"]) {
      await t.step(`has nothing at its own ${path}`, async () => {
        assert.equal((await get(egress, `http://_egress.local${path}`)).status, 404);
      });
    }
  },
});

/** Requests that say one host to the proxy and another to the site, or hide one in another. */
const DOUBLE = [
  {
    name: "another Host header",
    bytes: "GET http://every.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "two Host headers",
    bytes:
      "GET http://every.example/ HTTP/1.1\r\nHost: every.example\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "no Host header",
    bytes: "GET http://every.example/ HTTP/1.1\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a user before the host",
    bytes:
      "GET http://every.example@evil.example/ HTTP/1.1\r\nHost: every.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "no scheme, and a Host header that is not listed",
    bytes: "GET /x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a tunnel in a tunnel",
    until: "CONNECT request even though",
    bytes: "CONNECT every.example:80 HTTP/1.1\r\nHost: every.example:80\r\n\r\n" +
      "CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n" +
      "GET /x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "what is not HTTP, in a tunnel",
    bytes: "CONNECT every.example:80 HTTP/1.1\r\nHost: every.example:80\r\n\r\n" +
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
  },
  {
    name: "a second host in the request line, in a tunnel",
    bytes: "CONNECT every.example:80 HTTP/1.1\r\nHost: every.example:80\r\n\r\n" +
      "GET http://evil.example/ HTTP/1.1\r\nHost: every.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a header in a header",
    bytes: "GET http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      "X-Any: x\rHost: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a header over two lines",
    bytes: "GET http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      "X-Any: x\r\n Host: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a length that is read in two ways",
    bytes: "POST http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      "Content-Length: 1_0\r\nConnection: close\r\n\r\n0123456789",
  },
  {
    name: "chunks in a version without them",
    bytes: "POST http://every.example/ HTTP/1.0\r\nHost: every.example\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  },
  {
    name: "two codings of one body",
    bytes: "POST http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
  },
  {
    name: "a version that is none",
    bytes: "GET http://every.example/ HTTP/2.0\r\nHost: every.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a second path in a header",
    bytes: "GET http://api.example/user HTTP/1.1\r\nHost: api.example\r\n" +
      "X-Original-URL: /admin\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a path that climbs behind '#'",
    bytes: "GET http://api.example/user#/../../admin HTTP/1.1\r\nHost: api.example\r\n" +
      "Connection: close\r\n\r\n",
  },
  {
    name: "a path that climbs before '#'",
    bytes: "GET http://api.example/user/..#/user HTTP/1.1\r\nHost: api.example\r\n" +
      "Connection: close\r\n\r\n",
  },
  {
    name: "a method that is no name",
    bytes: "GE\0T http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      "Connection: close\r\n\r\n",
  },
  {
    name: "a control character in a path",
    bytes: "GET http://every.example/\0 HTTP/1.1\r\nHost: every.example\r\n" +
      "Connection: close\r\n\r\n",
  },
  {
    name: "a path that takes long to compare",
    bytes: `GET http://api.example/user/${"a".repeat(8_192)} HTTP/1.1\r\nHost: api.example\r\n` +
      "Connection: close\r\n\r\n",
  },
  {
    name: "headers without an end",
    bytes: "GET http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      `X-Any: ${"x".repeat(300_000)}`,
  },
  {
    name: "to have a credential shown",
    bytes: "TRACE https://secret.example/ HTTP/1.1\r\nHost: secret.example\r\n" +
      "Connection: close\r\n\r\n",
  },
  {
    name: "two lengths of one body",
    bytes: "POST http://every.example/ HTTP/1.1\r\nHost: every.example\r\n" +
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "0\r\n\r\nGET /x HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
  },
  {
    name: "a large body for a host that is not listed",
    bytes: "POST http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n" +
      "Content-Length: 2000000\r\n\r\n" + "x".repeat(10),
  },
  {
    name: "an endless body for a host that is not listed",
    bytes: "POST http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n" + "1\r\nx\r\n",
  },
];

Deno.test({
  name: "egress proxy lets no second host slip through with a listed one",
  ignore,
  async fn(t) {
    await using stage = await scene();
    const { egress, site } = stage;
    for (const { name, bytes, until } of DOUBLE) {
      await t.step(`refuses ${name}`, async () => {
        const answers = await send(egress, bytes, until);
        assert.doesNotMatch(answers, /HTTP\/1\.1 200 OK/);
        assert.deepEqual(site.requests, []);
      });
    }
    await t.step("and goes on", async () => {
      assert.equal((await get(egress, "http://every.example/")).status, 200);
    });
    await t.step("refuses another name in TLS than that of the tunnel", async () => {
      const before = site.requests.length;
      const { status } = await getSecurely(egress, "https://every.example/", {}, "evil.example");
      assert.equal(status, 403);
      assert.equal(site.requests.length, before);
    });
  },
});

Deno.test({
  name: "egress proxy compares paths as supervise and supervisectl do",
  ignore,
  async fn(t) {
    const cases = [
      ...PATHS.covered.map(({ prefix, path, covered }) => ({ prefix, path, allowed: covered })),
      ...PATHS.requests,
    ];
    const routes = cases.map(({ prefix }, index) => ({
      host: `h${index}.example`,
      path_allowlist: [prefix],
    }));
    await using stage = await scene({}, JSON.stringify({ routes }));
    for (const [index, { prefix, path, allowed }] of cases.entries()) {
      await t.step(`${prefix} ${allowed ? "opens" : "does not open"} ${path}`, async () => {
        const host = `h${index}.example`;
        const bytes = `GET http://${host}${path}?x=/ HTTP/1.1\r\nHost: ${host}\r\n` +
          "Connection: close\r\n\r\n";
        const answer = await send(stage.egress, bytes);
        assert.match(answer, allowed ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 403 /);
      });
    }
  },
});

Deno.test({
  name: "egress proxy knows a host of other letters by its name in ASCII",
  ignore,
  async fn() {
    const host = "xn--bcher-kva.example";
    await using stage = await scene({}, JSON.stringify({ routes: [{ host }] }));
    assert.equal((await get(stage.egress, `http://${host}/`)).status, 200);
    assert.equal((await getSecurely(stage.egress, `https://${host}/`)).status, 200);
    const { body } = await get(stage.egress, `http://x.${host}/`);
    assert.equal(JSON.parse(body).arguments.host, `x.${host}`);
  },
});

const WRONG_STARTS: readonly {
  readonly name: string;
  readonly text?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
  readonly says?: RegExp;
}[] = [
  { name: "a routes file that is wrong", text: "routes: [\n" },
  { name: "a setting that is wrong", env: { EGRESS_TLS: "off" } },
  { name: "networks that are none", env: { EGRESS_ALLOW_NETWORKS: "all" } },
  {
    name: "another mode of mitmproxy",
    options: { mode: "socks5" },
    says: /egress: cannot start: mode must be regular, got socks5/,
  },
];

for (
  const { name, text = "routes: []\n", says = /egress: cannot start/, ...rest } of WRONG_STARTS
) {
  Deno.test({
    name: `egress proxy does not start with ${name}`,
    ignore,
    async fn() {
      await using directory = await temporary();
      const routesFile = join(directory.path, "routes.yaml");
      await Deno.writeTextFile(routesFile, text);
      const start = startEgress({ routesFile, upstream: "127.0.0.1:1", ...rest });
      await assert.rejects(within(60, "refusal to start", start), says);
    },
  });
}

const LOST_SCRIPTS = [
  { name: "is gone", change: (script: string) => Deno.remove(script) },
  {
    name: "no longer loads",
    change: (script: string) => Deno.writeTextFile(script, "(", { append: true }),
  },
];

for (const { name, change } of LOST_SCRIPTS) {
  Deno.test({
    name: `egress proxy ends when its script ${name}, since mitmproxy would go on without it`,
    ignore,
    async fn() {
      await using copy = await temporary();
      for await (const { name } of Deno.readDir(EGRESS_DIRECTORY)) {
        if (name.endsWith(".py")) {
          await Deno.copyFile(join(EGRESS_DIRECTORY, name), join(copy.path, name));
        }
      }
      await using stage = await scene({ directory: copy.path });
      await change(join(copy.path, "supervise_egress.py"));
      assert.equal((await stage.egress.process.status).code, 1);
      assert.match(stage.egress.log, /nothing may pass without its script/);
    },
  });
}
