/** The forward proxy of the end-to-end tests is what they take it for: it enforces and reloads. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { EchoSite } from "../support/echo_site.ts";
import { type Egress, hasMitmproxy, startEgress } from "../support/mitmproxy.ts";
import { Download, get, getSecurely, KeptConnection } from "../support/proxied.ts";
import { PATHS } from "../support/paths.ts";
import { temporary } from "../support/temporary.ts";
import { eventually, within } from "../support/within.ts";

const ignore = !hasMitmproxy();

const ROUTES = `# who may be reached
routes:
  - host: Api.Example
    path_allowlist: [/repos/acme/, /user]
  - host: every.example
  - host: none.example
    path_allowlist: []
  - host: secret.example
    auth: { scheme: Bearer, token_ref: TOKEN_A }
`;

interface Stage extends AsyncDisposable {
  readonly site: EchoSite;
  readonly egress: Egress;
  readonly routesFile: string;
}

async function stage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporary());
  const site = stack.use(new EchoSite());
  const routesFile = join(path, "routes.yaml");
  await Deno.writeTextFile(routesFile, ROUTES);
  const env = { TOKEN_A: "s3cret" };
  const egress = stack.use(await startEgress({ routesFile, upstream: site.address, env }));
  const owned = stack.move();
  return { site, egress, routesFile, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function hosts(egress: Egress): Promise<string[]> {
  const { body } = await get(egress, "http://_egress.local/allowlist");
  return JSON.parse(body).routes.map(({ host }: { host: string }) => host);
}

const ALLOWED = [
  { name: "a path below a listed one", url: "http://api.example/repos/acme/issues?all=1" },
  { name: "another of the listed paths", url: "http://api.example/user" },
  { name: "a host in other letters", url: "http://API.example/user" },
  { name: "a host without a path list", url: "http://every.example/any/thing" },
  { name: "a host with an empty path list", url: "http://none.example/any/thing" },
];

const REFUSED = [
  { name: "a host that is not listed", url: "http://other.example/x", says: /other\.example.*\/x/ },
  {
    name: "a path that is not listed",
    url: "http://api.example/repos/other/",
    says: /\/repos\/other\/.*api\.example/,
  },
  {
    name: "a host below a listed one",
    url: "http://x.every.example/",
    says: /x\.every\.example.*\//,
  },
  {
    name: "another name of the introspection host",
    url: "http://_egress.local/other",
    says: /_egress\.local.*\/other/,
  },
];

Deno.test({
  name: "egress proxy enforces the routes file",
  ignore,
  async fn(t) {
    await using scene = await stage();
    const { egress, site } = scene;
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
        assert.match(body, says);
        assert.equal(site.requests.length, before);
      });
    }
    await t.step("sends the named secret in place of what the agent sent", async () => {
      const own = { Authorization: "Bearer mine" };
      const { body } = await get(egress, "http://secret.example/", own);
      assert.equal(JSON.parse(body).authorization, "Bearer s3cret");
    });
    await t.step("looks at paths inside of TLS", async () => {
      const { status, body } = await getSecurely(egress, "https://api.example/user");
      assert.equal(status, 200, body);
      assert.deepEqual(JSON.parse(body), {
        host: "api.example",
        path: "/user",
        authorization: null,
      });
      const refused = await getSecurely(egress, "https://api.example/other");
      assert.equal(refused.status, 403);
      assert.match(refused.body, /\/other.*api\.example/);
    });
    await t.step("refuses a tunnel to a host that is not listed", async () => {
      const { status, body } = await getSecurely(egress, "https://other.example/");
      assert.equal(status, 403);
      // A refusal inside of the tunnel would name the path.
      assert.equal(body, "egress: other.example is not in the routes\n");
    });
    await t.step("tells its table", async () => {
      const { body } = await get(egress, "http://_egress.local/allowlist");
      assert.deepEqual(JSON.parse(body), {
        routes: [
          { host: "api.example", path_allowlist: ["/repos/acme/", "/user"] },
          { host: "every.example", path_allowlist: [] },
          { host: "none.example", path_allowlist: [] },
          {
            host: "secret.example",
            path_allowlist: [],
            auth_scheme: "Bearer",
            token_env: "TOKEN_A",
          },
        ],
      });
    });
  },
});

Deno.test({
  name: "egress proxy reads its file again on SIGHUP, and other connections stay open",
  ignore,
  async fn() {
    await using scene = await stage();
    const { egress, site, routesFile } = scene;
    using download = await Download.start(egress, "http://every.example/download");
    using kept = await KeptConnection.open(egress);
    site.feed("before;");
    await download.until("before;");
    assert.equal((await kept.get("http://late.example/")).status, 403);

    await Deno.writeTextFile(routesFile, ROUTES + "  - host: late.example\n");
    // Nothing is read before it is told to.
    assert.equal((await kept.get("http://late.example/")).status, 403);
    egress.process.kill("SIGHUP");
    await eventually(60, "new route", async () => (await hosts(egress)).includes("late.example"));

    assert.equal((await kept.get("http://late.example/")).status, 200);
    site.feed("after;");
    await download.until("after;");
  },
});

Deno.test({
  name: "egress proxy compares paths by whole segments",
  ignore,
  async fn(t) {
    await using scene = await stage();
    const { egress, routesFile } = scene;
    const routes = PATHS.covered.map(({ prefix }, index) => ({
      host: `h${index}.example`,
      path_allowlist: [prefix],
    }));
    await Deno.writeTextFile(routesFile, JSON.stringify({ routes }));
    egress.process.kill("SIGHUP");
    await eventually(60, "new table", async () => (await hosts(egress)).length === routes.length);
    for (const [index, { prefix, path, covered }] of PATHS.covered.entries()) {
      await t.step(`${prefix} ${covered ? "opens" : "does not open"} ${path}`, async () => {
        const { status } = await get(egress, `http://h${index}.example${path}?x=/`);
        assert.equal(status, covered ? 200 : 403);
      });
    }
  },
});

const WRONG_FILES = [
  { name: "no YAML", text: "routes: [\n" },
  { name: "a path list that is no list", text: "routes:\n  - {host: a, path_allowlist: /x}\n" },
  { name: "a route without a host", text: "routes:\n  - path_allowlist: [/x]\n" },
  { name: "a host twice", text: "routes:\n  - host: a\n  - host: A\n" },
  { name: "a list", text: "- host: a\n" },
  { name: "half a token", text: "routes:\n  - {host: a, auth: {scheme: Bearer}}\n" },
];

Deno.test({
  name: "egress proxy keeps its table when the file is wrong, and says so",
  ignore,
  async fn(t) {
    await using scene = await stage();
    const { egress, routesFile } = scene;
    const table = await hosts(egress);
    for (const { name, text } of WRONG_FILES) {
      await t.step(name, async () => {
        await Deno.writeTextFile(routesFile, text);
        const before = egress.log.length;
        egress.process.kill("SIGHUP");
        const hasSaid = () => egress.log.slice(before).includes("egress: keeps the old table");
        await eventually(60, "word of it in the log", hasSaid);
        assert.deepEqual(await hosts(egress), table);
      });
    }
    await t.step("and a file that is right again is read", async () => {
      await Deno.writeTextFile(routesFile, "routes: []\n");
      egress.process.kill("SIGHUP");
      await eventually(60, "new table", async () => (await hosts(egress)).length === 0);
    });
  },
});

Deno.test({
  name: "egress proxy does not start with a file that is wrong",
  ignore,
  async fn() {
    await using directory = await temporary();
    const routesFile = join(directory.path, "routes.yaml");
    await Deno.writeTextFile(routesFile, "routes: [\n");
    const start = startEgress({ routesFile, upstream: "127.0.0.1:1" });
    await assert.rejects(within(60, "refusal to start", start), /ended without/);
  },
});
