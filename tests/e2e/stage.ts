/** A whole bottle: a site, the forward proxy before it, the sidecar, an agent, and its operator. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { CLIENTS, type Told } from "../support/clients/agent_client.ts";
import { type Scene, scene } from "../support/clients/scene.ts";
import { EchoSite } from "../support/echo_site.ts";
import { type Egress, startEgress } from "../support/mitmproxy.ts";
import { type ControlResult, supervisectl } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";

export const SLUG = "web-1";

export const ROUTES = `# what web-1 may reach
routes:
  - host: pypi.example   # packages
    path_allowlist:
      - /simple/
  # everything here
  - host: docs.example
`;

export const PIPELOCK = `# pipelock of web-1
api_allowlist:
  - pypi.example
  - docs.example
mode: strict
`;

/** What is configured otherwise than usual for the routes file. */
export interface RoutesTarget {
  readonly reload?: readonly string[];
  readonly check?: unknown;
}

export interface Stage extends AsyncDisposable {
  readonly site: EchoSite;
  readonly egress: Egress;
  readonly bottle: Scene;
  readonly routesFile: string;
  readonly pipelockFile: string;
  /** What pipelock was last told to read; missing before it was told. */
  readonly pipelockLoaded: string;
  /** Runs `supervisectl` as the operator of this bottle. */
  ctl(...args: string[]): Promise<ControlResult>;
  /** Writes the operator's configuration; without an argument the one that works. */
  configure(routes?: RoutesTarget): Promise<void>;
  /** The answer to an `egress-block`, which may be long in coming, and the proposal's id. */
  ask(args: Record<string, unknown>): Promise<{ id: string; answer: Promise<Told> }>;
  /** The steps of the audit log about one proposal. */
  audited(id: string): Promise<Readonly<Record<string, string>>[]>;
}

export async function stage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporary());
  const home = join(path, SLUG);
  await Deno.mkdir(home);
  const routesFile = join(home, "routes.yaml");
  const pipelockFile = join(home, "pipelock.yaml");
  const pipelockLoaded = join(home, "pipelock.loaded");
  await Deno.writeTextFile(routesFile, ROUTES);
  await Deno.writeTextFile(pipelockFile, PIPELOCK);

  const site = stack.use(new EchoSite());
  // It reads the file only when it is told to.
  const env = { GH_TOKEN: "s3cret", EGRESS_WATCH_SECONDS: "0" };
  const egress = stack.use(
    await startEgress({ routesFile, upstream: site.address, env }),
  );
  const bottle = stack.use(
    await scene(CLIENTS["@modelcontextprotocol/client"]!, {
      slug: SLUG,
      env: { SUPERVISE_EGRESS_PROXY: egress.url, SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "300" },
    }),
  );

  const configFile = join(path, "config.yaml");
  const state = join(path, "state");
  const configure = async (routes: RoutesTarget = {}) => {
    const entry = {
      match: "web-*",
      routes: {
        file: join(path, "{slug}", "routes.yaml"),
        reload: ["kill", "-HUP", String(egress.pid)],
        check: { url: "http://_egress.local/allowlist", proxy: egress.url },
        ...routes,
      },
      pipelock: {
        file: join(path, "{slug}", "pipelock.yaml"),
        reload: ["cp", pipelockFile, pipelockLoaded],
      },
    };
    // JSON is YAML too.
    const text = JSON.stringify({ bottles: [entry] }, null, 2);
    await Deno.writeTextFile(configFile, text, { mode: 0o600 });
  };
  await configure();

  const owned = stack.move();
  return {
    ...{ site, egress, bottle, routesFile, pipelockFile, pipelockLoaded, configure },
    ctl: (...args) =>
      supervisectl(bottle.sidecar.queueRoot, args, {
        env: { SUPERVISE_CONFIG: configFile, SUPERVISE_STATE_DIR: state },
      }),
    async ask(args) {
      const answer = bottle.agent.call("egress-block", args, { timeout: 300_000 });
      return { id: await bottle.probe.nextProposal(), answer };
    },
    async audited(id) {
      const log = await Deno.readTextFile(join(state, "audit.jsonl"));
      assert.ok(log.endsWith("\n"), "the last line of the audit log is whole");
      const entries = log.trimEnd().split("\n").map((line) => JSON.parse(line));
      return entries.filter((entry) => entry.proposal_id === id);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
