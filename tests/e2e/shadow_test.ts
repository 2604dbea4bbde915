/** A trial run, with nothing made up: what the agent was refused is recorded, exported, and lets it pass. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { CLIENTS } from "../support/clients/agent_client.ts";
import { type Scene, scene } from "../support/clients/scene.ts";
import { EchoSite } from "../support/echo_site.ts";
import { type Egress, hasMitmproxy, startEgress } from "../support/mitmproxy.ts";
import { type ControlResult, supervisectl } from "../support/programs.ts";
import { get, getSecurely } from "../support/proxied.ts";
import { temporary } from "../support/temporary.ts";

const ignore = !hasMitmproxy();

const SLUG = "web-1";

/** What the agent's work needs, in its order: it comes back to some of it. */
const WORK: readonly { readonly url: string; readonly path?: string; readonly why: string }[] = [
  { url: "http://pypi.example/simple/left-pad/", path: "/simple/", why: "to install left-pad" },
  { url: "http://api.example/repos/acme/issues", path: "/repos/acme/", why: "to read the issues" },
  { url: "https://api.example/user", path: "/user", why: "to know who I am" },
  { url: "http://docs.example/guide/intro", why: "to read the guide" },
  { url: "http://api.example/repos/acme/pulls", path: "/repos/acme/", why: "to read the pulls" },
  // A name that some readers of YAML take for a truth value.
  { url: "http://on/", path: "/", why: "a name in the bottle's network" },
];

const NEVER_ASKED = [
  "http://other.example/",
  "http://api.example/admin",
  "http://pypi.example/",
  "http://x.docs.example/",
];

function request(egress: Egress, url: string): Promise<{ status: number }> {
  return url.startsWith("https:") ? getSecurely(egress, url) : get(egress, url);
}

/** The agent's run: all its requests in order, and an ask for each that is refused. */
async function work(egress: Egress, bottle?: Scene): Promise<number[]> {
  const statuses: number[] = [];
  for (const { url, path, why } of WORK) {
    const { status } = await request(egress, url);
    statuses.push(status);
    if (status !== 403 || !bottle) continue;
    const { isError, text, structured } = await bottle.agent.call("egress-block", {
      host: new URL(url).hostname,
      ...path !== undefined && { path_allowlist: [path] },
      justification: why,
    });
    assert.equal(isError, false, text);
    const { proposal_id, status: told } = structured as Record<string, string>;
    assert.equal(told, "shadow");
    const later = await bottle.agent.call("proposal-status", { proposal_id });
    assert.match(later.text, /^status: shadow\n/);
  }
  return statuses;
}

function succeeded(result: ControlResult): ControlResult {
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return result;
}

Deno.test({
  name: "a trial run's routes file lets the same run pass through the proxy, and nothing else",
  ignore,
  async fn(t) {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await temporary());
    const site = stack.use(new EchoSite());
    const empty = join(path, "empty.yaml");
    await Deno.writeTextFile(empty, "routes: []\n");
    const closed = stack.use(await startEgress({ routesFile: empty, upstream: site.address }));
    const bottle = stack.use(
      await scene(CLIENTS["@modelcontextprotocol/client"]!, {
        slug: SLUG,
        env: { SUPERVISE_MODE: "shadow", SUPERVISE_EGRESS_PROXY: closed.url },
      }),
    );
    const { queueRoot } = bottle.sidecar;
    const output = join(path, "routes.yaml");

    await t.step(
      "each request is refused, and each ask is recorded and answered at once",
      async () => {
        assert.deepEqual(await work(closed, bottle), WORK.map(() => 403));
        assert.deepEqual(site.requests, []);
      },
    );

    await t.step("nothing waits for the operator", async () => {
      const { stdout } = succeeded(await supervisectl(queueRoot, ["list", "--all", "--json"]));
      assert.deepEqual(JSON.parse(stdout), { proposals: [], skipped: [], undelivered: [] });
    });

    await t.step("the operator exports what the run would have needed", async () => {
      const args = ["shadow", "export", "--slug", SLUG, "--output", output];
      const { stdout, stderr } = succeeded(await supervisectl(queueRoot, args));
      assert.match(stdout, /^Wrote 4 hosts to /);
      assert.equal(stderr, "");
      const text = await Deno.readTextFile(output);
      assert.match(text, /^# 6 asks, /m);
      for (const { why } of WORK) assert.ok(text.includes(`# why: "${why}"`), why);
    });

    await t.step("with that file the proxy lets the same run pass", async () => {
      await using open = await startEgress({ routesFile: output, upstream: site.address });
      assert.deepEqual(await work(open), WORK.map(() => 200));
      assert.equal(site.requests.length, WORK.length);
      for (const url of NEVER_ASKED) assert.equal((await request(open, url)).status, 403, url);
      assert.equal(site.requests.length, WORK.length);
    });
  },
});
