/** Approved means applied, with nothing made up: proxy, sidecar, agent and operator are processes. */

import assert from "node:assert/strict";
import { sha256Hex } from "../../src/queue/sha256.ts";
import type { ControlResult } from "../support/programs.ts";
import { hasMitmproxy } from "../support/mitmproxy.ts";
import { Download, get, getSecurely, KeptConnection } from "../support/proxied.ts";
import { eventually, within } from "../support/within.ts";
import { PIPELOCK, ROUTES, SLUG, type Stage, stage } from "./stage.ts";

const ignore = !hasMitmproxy();

const HOST = "api.example";
const URL_ASKED = `http://${HOST}/repos/acme/issues`;
const ASK = { host: HOST, path_allowlist: ["/repos/acme/"], justification: "to read the issues" };

const ROUTES_AFTER = ROUTES + `  - host: api.example
    path_allowlist:
      - /repos/acme/
`;
const PIPELOCK_AFTER = PIPELOCK.replace("docs.example\n", "docs.example\n  - api.example\n");

function succeeded(result: ControlResult): ControlResult {
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return result;
}

async function statusOf({ egress }: Stage, url: string): Promise<number> {
  return (await get(egress, url)).status;
}

/** What the agent is told that it may reach. */
async function routesTold({ bottle }: Stage) {
  const { isError, text } = await bottle.agent.call("list-egress-routes", {});
  assert.equal(isError, false, text);
  return JSON.parse(text).routes as readonly { host: string }[];
}

async function untouched({ routesFile, pipelockFile }: Stage): Promise<void> {
  assert.equal(await Deno.readTextFile(routesFile), ROUTES);
  assert.equal(await Deno.readTextFile(pipelockFile), PIPELOCK);
}

/** The command line that `show` offers first, as words after `supervisectl`. */
function offered({ stdout }: ControlResult): string[] {
  const [, line = ""] = /^Try: supervisectl (approve .*)$/m.exec(stdout) ?? [];
  assert.notEqual(line, "", stdout);
  return line.split(" ");
}

Deno.test({
  name: "an approval opens the way for the agent, and its undo closes it again",
  ignore,
  async fn(t) {
    await using scene = await stage();
    const { egress, site, routesFile, pipelockFile, pipelockLoaded } = scene;
    using download = await Download.start(egress, "http://docs.example/download");
    using kept = await KeptConnection.open(egress);
    assert.equal((await kept.get("http://pypi.example/simple/")).status, 200);
    site.feed("begun;");
    await download.until("begun;");

    await t.step("the proxy refuses what is not in the routes", async () => {
      const { status, body } = await get(egress, URL_ASKED);
      assert.equal(status, 403);
      const { tool, host, path } = JSON.parse(body);
      assert.deepEqual([tool, host, path], ["egress-block", HOST, "/repos/acme/issues"]);
      assert.deepEqual((await routesTold(scene)).map(({ host }) => host), [
        "pypi.example",
        "docs.example",
      ]);
    });

    const { id, answer } = await scene.ask(ASK);
    const short = id.slice(0, 8);

    await t.step("the operator is shown the ask and what would change", async () => {
      const { stdout: listed } = succeeded(await scene.ctl("list"));
      assert.match(listed, new RegExp(`${short}.*${SLUG}.*${HOST}`, "s"));
      const { stdout: shown } = succeeded(await scene.ctl("show", short));
      for (const path of [routesFile, pipelockFile]) {
        assert.ok(shown.replace(/\n */g, "").includes(path), shown);
      }
      assert.match(shown, /^ *\+\| +- host: api\.example$/m);
      assert.match(shown, /^ *\+\| +- \/repos\/acme\/$/m);
      assert.match(shown, /^ *\+\| +- api\.example$/m);
      assert.match(shown, /NEW HOST/);
    });

    await t.step("a dry run changes nothing", async () => {
      succeeded(await scene.ctl("approve", short, "--dry-run"));
      await untouched(scene);
      assert.equal(await statusOf(scene, URL_ASKED), 403);
    });

    await t.step("what was shown is approved and takes effect", async () => {
      const words = offered(succeeded(await scene.ctl("show", short)));
      succeeded(await scene.ctl(...words, "--notes", "go ahead"));
      assert.equal(await statusOf(scene, URL_ASKED), 200);
      assert.equal((await getSecurely(egress, URL_ASKED.replace("http", "https"))).status, 200);
      assert.equal(await statusOf(scene, `http://${HOST}/repos/other/`), 403);
      assert.deepEqual(await within(60, "answer", answer), {
        isError: false,
        text: "status: approved\nnotes: go ahead",
        structured: { proposal_id: id, status: "approved", notes: "go ahead" },
      });
    });

    await t.step(
      "the files say it, their comments kept, and pipelock has read its own",
      async () => {
        assert.equal(await Deno.readTextFile(routesFile), ROUTES_AFTER);
        assert.equal(await Deno.readTextFile(pipelockFile), PIPELOCK_AFTER);
        assert.equal(await Deno.readTextFile(pipelockLoaded), PIPELOCK_AFTER);
      },
    );

    await t.step("the agent is told the route", async () => {
      const routes = await routesTold(scene);
      assert.deepEqual(routes.at(-1), { host: HOST, path_allowlist: ["/repos/acme/"] });
      const { stdout } = succeeded(await scene.ctl("routes", SLUG));
      assert.match(stdout, /api\.example.*\/repos\/acme\//s);
    });

    await t.step("other connections were not disturbed", async () => {
      assert.equal((await kept.get("http://pypi.example/simple/")).status, 200);
      assert.equal((await kept.get(URL_ASKED)).status, 200);
      site.feed("still there;");
      await download.until("still there;");
    });

    await t.step("undo closes the way", async () => {
      succeeded(await scene.ctl("undo", short));
      assert.equal(await statusOf(scene, URL_ASKED), 403);
      await untouched(scene);
      assert.equal(await Deno.readTextFile(pipelockLoaded), PIPELOCK);
      assert.ok(!(await routesTold(scene)).some(({ host }) => host === HOST));
      assert.equal((await kept.get(URL_ASKED)).status, 403);
      assert.equal((await kept.get("http://pypi.example/simple/")).status, 200);
      site.feed("to the end;");
      await download.until("to the end;");
    });

    await t.step("the audit log tells it all, and verifies", async () => {
      const entries = await scene.audited(id);
      assert.deepEqual([...new Set(entries.map(({ step }) => step))], [
        "claimed",
        "applied",
        "reloaded",
        "effective",
        "answered",
        "undone",
      ]);
      const applied = entries.find(({ step, file }) => step === "applied" && file === routesFile);
      assert.equal(applied?.before, sha256Hex(ROUTES));
      assert.equal(applied?.after, sha256Hex(ROUTES_AFTER));
      assert.match(applied?.diff ?? "", /^\+ {2}- host: api\.example$/m);
      assert.match(entries[0]?.who ?? "", /^alice@/);
      succeeded(await scene.ctl("audit", "verify"));
    });
  },
});

const FAILURES = [
  {
    name: "the reload fails",
    routes: { reload: ["false"] },
    says: /reload.*false.*exited with 1/,
  },
  {
    name: "the reload cannot be started",
    routes: { reload: ["/no/such/command"] },
    says: /reload.*\/no\/such\/command.*cannot be started/,
  },
  {
    name: "the proxy is not told and keeps its table",
    routes: { reload: ["true"] },
    // The last look at the table has only what is left of the time.
    says: /does not show.*(api\.example|did not answer within)/,
  },
  {
    name: "the check of effect never passes, though the proxy has read its file",
    routes: { check: ["false"] },
    says: /does not show.*false/,
  },
];

Deno.test({
  name: "an approval that fails leaves everything as it was, and the proposal pending",
  ignore,
  async fn(t) {
    await using scene = await stage();
    const { id, answer } = await scene.ask(ASK);
    let isAnswered = false;
    answer.finally(() => isAnswered = true).catch(() => {});

    for (const { name, routes, says } of FAILURES) {
      await t.step(name, async () => {
        await scene.configure(routes);
        const { code, stdout, stderr } = await scene.ctl("approve", id);
        assert.equal(code, 1, stdout + stderr);
        const words = stderr.replace(/\s+/g, " ");
        assert.match(words, says);
        assert.match(words, /the old text is back/);
        await untouched(scene);
        const { stdout: listed } = succeeded(await scene.ctl("list", "--json"));
        const [proposal] = JSON.parse(listed).proposals;
        assert.deepEqual([proposal.id, proposal.state], [id, "pending"]);
        assert.equal(isAnswered, false);
        // The signal that follows the old text may still be on its way.
        await eventually(60, "refusal", async () => await statusOf(scene, URL_ASKED) === 403);
        assert.equal((await scene.audited(id)).at(-1)?.step, "failed");
      });
    }

    await t.step("once the configuration is right, the same approval goes through", async () => {
      await scene.configure();
      succeeded(await scene.ctl("approve", id));
      assert.equal(await statusOf(scene, URL_ASKED), 200);
      assert.equal((await within(60, "answer", answer)).isError, false);
      succeeded(await scene.ctl("audit", "verify"));
    });
  },
});

Deno.test({
  name: "a secret goes to a host only once that is approved",
  ignore,
  async fn() {
    await using scene = await stage();
    const auth = { scheme: "Bearer", token_ref: "GH_TOKEN" };
    const url = URL_ASKED.replace("http:", "https:");
    const secureStatus = async () => (await getSecurely(scene.egress, url)).status;
    const { id, answer } = await scene.ask({ ...ASK, auth });
    const { stdout } = succeeded(await scene.ctl("show", id));
    assert.match(stdout, /NEW SECRET/);
    assert.equal(await secureStatus(), 403);
    succeeded(await scene.ctl("approve", id));
    assert.equal((await within(60, "answer", answer)).isError, false);
    assert.equal(await secureStatus(), 200);
    assert.deepEqual(scene.site.requests.map(({ authorization }) => authorization), [
      "Bearer s3cret",
    ]);
    const told = (await routesTold(scene)).at(-1);
    assert.deepEqual(told, {
      host: HOST,
      path_allowlist: ["/repos/acme/"],
      auth_scheme: "Bearer",
      token_env: "GH_TOKEN",
    });
    succeeded(await scene.ctl("undo", id));
    assert.equal(await secureStatus(), 403);
    await untouched(scene);
  },
});
