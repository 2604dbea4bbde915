/**
 * The bottle of examples/compose, as its README says: an agent is refused, asks, is approved and goes
 * on, and has no other way out. Needs root, podman-compose, and SUPERVISE_COMPOSE=1 once the images
 * of the example are there.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { supervisectl } from "../support/programs.ts";
import { finish, type Finished, Running } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";
import { makeCertificate } from "../support/tls_site.ts";
import { eventually } from "../support/within.ts";

const ignore = Deno.env.get("SUPERVISE_COMPOSE") !== "1";

const EXAMPLE = fromFileUrl(new URL("../../examples/compose", import.meta.url));
const SITE = fromFileUrl(new URL("./compose/", import.meta.url));
const SITE_HOSTS = ["api.example", "files.example"];

const ASK = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: {
    name: "egress-block",
    arguments: {
      host: "api.example",
      path_allowlist: ["/repos/acme/"],
      justification: "to read the issues",
    },
  },
};

interface Bottle extends AsyncDisposable {
  readonly slug: string;
  /** Runs a command in the agent's container. */
  agent(...command: string[]): Running;
  ctl(...args: string[]): Promise<Finished>;
}

/** What is the same for all bottles of a test. */
interface House {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
}

async function house(stack: AsyncDisposableStack): Promise<House> {
  const { path: home } = stack.use(await temporary());
  const site = join(home, "site");
  await Deno.mkdir(site);
  await makeCertificate(site, SITE_HOSTS);
  await Deno.copyFile(join(SITE, "site.js"), join(site, "site.js"));
  const containers = join(home, "containers.conf");
  await Deno.writeTextFile(
    containers,
    '[engine]\nruntime = "runc"\n[containers]\n' +
      'default_ulimits = ["nofile=8192:8192", "nproc=4096:4096"]\n',
  );
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: home,
    CONTAINERS_CONF: containers,
    BOTTLE_HOME: join(home, ".bot-bottle"),
    OPERATOR: "0:0",
    SITE_DIRECTORY: site,
  };
  await Deno.writeTextFile(
    join(home, "config.yaml"),
    `bottles:
  - routes:
      file: ${home}/.bot-bottle/bottles/{slug}/routes.yaml
      reload: [podman, kill, --signal=HUP, "egress-{slug}"]
      check: [podman, exec, "egress-{slug}", python3, /opt/egress/egress_in_force.py]
`,
    { mode: 0o600 },
  );
  return { home, env };
}

async function bottle({ home, env }: House, slug: string): Promise<Bottle> {
  const queueRoot = join(home, ".bot-bottle/queue");
  const ctl = (...args: string[]) =>
    supervisectl(queueRoot, args, {
      env: {
        CONTAINERS_CONF: env["CONTAINERS_CONF"]!,
        SUPERVISE_CONFIG: join(home, "config.yaml"),
        SUPERVISE_STATE_DIR: join(home, "state"),
      },
    });
  succeeded(await ctl("init", slug));
  const compose = async (...args: string[]) => {
    const files = ["-f", join(EXAMPLE, "compose.yaml"), "-f", join(SITE, "site.yaml")];
    const command = ["-p", `bottle-${slug}`, ...files, ...args];
    return await finish("podman-compose", command, { env: { ...env, BOTTLE: slug } });
  };
  const end = () => compose("down", "-v", "-t", "1");
  try {
    succeeded(await compose("up", "-d", "--no-build"));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    slug,
    ctl,
    agent: (...command) =>
      new Running("podman", { args: ["exec", `agent-${slug}`, ...command], env }),
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

function succeeded<T extends Finished>(result: T): T {
  assert.equal(result.code, 0, result.stdout + result.stderr);
  return result;
}

async function curl(
  { agent }: Bottle,
  ...args: string[]
): Promise<{ status: string; body: string }> {
  const command = ["curl", "-s", "-m", "20", "-w", "\n%{http_code}", ...args];
  await using process = agent(...command);
  await process.status;
  const { stdout } = process;
  const end = stdout.lastIndexOf("\n");
  return { status: stdout.slice(end + 1), body: stdout.slice(0, end) };
}

Deno.test({
  name: "an agent in the bottle of examples/compose is refused, asks, is approved, and goes on",
  ignore,
  async fn(t) {
    await using stack = new AsyncDisposableStack();
    const shared = await house(stack);
    const first = stack.use(await bottle(shared, "compose-1"));
    const asked = "https://api.example/repos/acme/issues";

    await t.step("the proxy refuses over TLS, and names the tool", async () => {
      await eventually(
        60,
        "an answer of the proxy",
        async () => (await curl(first, asked)).status === "403",
      );
      const { tool, host } = JSON.parse((await curl(first, asked)).body);
      assert.deepEqual([tool, host], ["egress-block", "api.example"]);
    });
    await t.step("there is no way out but the proxy", async () => {
      for (const url of ["https://api.example/", "https://1.1.1.1/", "http://169.254.169.254/"]) {
        assert.equal((await curl(first, "--noproxy", "*", "-m", "5", url)).status, "000", url);
      }
      assert.equal((await curl(first, "http://supervise:9100/health")).status, "200");
    });

    const answer = curl(
      first,
      ...["-m", "60", "-H", "Content-Type: application/json", "-d", JSON.stringify(ASK)],
      "http://supervise:9100/",
    );
    let id = "";
    await t.step("the ask reaches the operator", async () => {
      await eventually(60, "the ask", async () => {
        const { proposals } = JSON.parse((await first.ctl("list", "--json")).stdout);
        id = proposals[0]?.id ?? "";
        return id !== "";
      });
    });
    await t.step("approved, the same request passes by its path rule", async () => {
      succeeded(await first.ctl("approve", id, "--notes", "Only to read."));
      assert.match((await answer).body, /status: approved\\nnotes: Only to read\./);
      assert.deepEqual(await curl(first, asked), {
        status: "200",
        body: "api.example/repos/acme/issues",
      });
      assert.equal((await curl(first, "https://api.example/repos/other")).status, "403");
    });
    await t.step(
      "undone, it is refused again, and a download of another host lives on",
      async () => {
        const routes = join(shared.home, ".bot-bottle/bottles/compose-1/routes.yaml");
        const text = await Deno.readTextFile(routes);
        await Deno.writeTextFile(routes, `${text}  - host: files.example\n`);
        const files = "https://files.example/download";
        await eventually(60, "the route by hand", async () => {
          return (await curl(first, "-m", "3", "-r", "0-0", "https://files.example/")).status ===
            "200";
        });
        await using download = first.agent("curl", "-s", "-N", files);
        await download.output("stdout", /more\n/);
        succeeded(await first.ctl("undo", id));
        assert.equal((await curl(first, asked)).status, "403");
        const before = download.stdout.length;
        await eventually(60, "more of the download", () => download.stdout.length > before);
      },
    );
    await t.step("a second bottle beside it has its own routes, queue and network", async () => {
      await using second = await bottle(shared, "compose-2");
      await eventually(60, "an answer of its proxy", async () => {
        return (await curl(second, "https://files.example/")).status === "403";
      });
      assert.equal((await curl(first, "https://files.example/")).status, "200");
      assert.equal((await curl(second, "http://supervise:9100/health")).status, "200");
    });
  },
});
