/** A real Prometheus, Debian's, that scrapes one page every second and answers queries about it. */

import { join } from "node:path";
import { finish, Running } from "./process.ts";
import { temporary } from "./temporary.ts";
import { within } from "./within.ts";

const START_SECONDS = 60;
const END_SECONDS = 10;

/** One series as the query API gives it. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ScrapeTarget {
  readonly health: "up" | "down" | "unknown";
  readonly lastError: string;
}

export interface Prometheus extends AsyncDisposable {
  /** The page as it was found at the latest scrape. */
  target(): Promise<ScrapeTarget>;
  /** What an expression of PromQL comes to now. */
  query(expression: string): Promise<Sample[]>;
  /** The type of a metric as the page gave it; undefined before the first scrape. */
  typeOf(metric: string): Promise<string | undefined>;
}

/** Whether Prometheus and its promtool are there; a line on stderr says so when they are not. */
export function hasPrometheus(): boolean {
  try {
    return ["prometheus", "promtool"].every((program) =>
      new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
        .outputSync().success
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: prometheus is not installed\n"));
    return false;
  }
}

/** What promtool has to say about a page; "" when it is as it should be. */
export async function promtool(text: string): Promise<string> {
  const { code, stdout, stderr } = await finish("promtool", ["check", "metrics"], { stdin: text });
  const said = stdout + stderr;
  return code === 0 ? said : said || `exit ${code}`;
}

/** Starts one on a port of the system's choice that scrapes `http://<address>/metrics`. */
export async function startPrometheus(address: string): Promise<Prometheus> {
  await using stack = new AsyncDisposableStack();
  const files = stack.use(await temporary());
  const config = join(files.path, "prometheus.yml");
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      scrape_configs: [{ job_name: "supervise", static_configs: [{ targets: [address] }] }],
    }),
  );
  const process = new Running("prometheus", {
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(files.path, "data")}`,
      "--web.listen-address=127.0.0.1:0",
    ],
    cwd: files.path,
    env: { PATH: Deno.env.get("PATH") ?? "", HOME: files.path },
    clearEnv: true,
  });
  stack.defer(() => end(process));
  const started = Promise.all([
    process.output("stderr", /msg="Listening on" address=127\.0\.0\.1:(\d+)/),
    process.output("stderr", /ready to receive web requests/),
  ]);
  const [[, port]] = await within(START_SECONDS, "Prometheus that listens", started);
  const url = `http://127.0.0.1:${port}/api/v1`;
  const owned = stack.move();
  return {
    async target() {
      const { activeTargets } = await ask<{ activeTargets: ScrapeTarget[] }>(`${url}/targets`);
      return activeTargets[0] ?? { health: "unknown", lastError: "" };
    },
    async query(expression) {
      const path = `${url}/query?query=${encodeURIComponent(expression)}`;
      const { result } = await ask<{ result: Found[] }>(path);
      return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async typeOf(metric) {
      const found = await ask<Record<string, { type: string }[]>>(`${url}/metadata`);
      return found[metric]?.[0]?.type;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Found {
  readonly metric: Record<string, string>;
  readonly value: readonly [atSeconds: number, value: string];
}

async function ask<T>(url: string): Promise<T> {
  const response = await fetch(url);
  const body: { status: string; error?: string; data: T } = await response.json();
  if (body.status !== "success") throw new Error(`Prometheus refused ${url}: ${body.error}`);
  return body.data;
}

async function end(process: Running): Promise<void> {
  process.kill("SIGTERM");
  await within(END_SECONDS, "end of Prometheus", process.status).catch(() => {});
  await process[Symbol.asyncDispose]();
}
