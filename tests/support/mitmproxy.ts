/** The egress proxy that is shipped, examples/egress, in Debian's mitmproxy, before one site. */

import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { Running } from "./process.ts";
import { temporary } from "./temporary.ts";
import { within } from "./within.ts";

/** The scripts that are shipped. */
export const EGRESS_DIRECTORY = fromFileUrl(new URL("../../examples/egress", import.meta.url));
const SITE_SCRIPT = fromFileUrl(new URL("./egress_site.py", import.meta.url));

/** It makes its certificate authority first, which takes seconds on a busy machine. */
const START_SECONDS = 60;
const END_SECONDS = 5;

export interface EgressOptions {
  readonly routesFile: string;
  /** `address:port` of the site that stands for every host. */
  readonly upstream?: string | undefined;
  /** Its settings, and the secrets that routes name. */
  readonly env?: Readonly<Record<string, string>>;
  /** Options of mitmproxy's own. */
  readonly options?: Readonly<Record<string, string>>;
  /** A copy of what is shipped. */
  readonly directory?: string;
}

export interface Egress extends AsyncDisposable {
  readonly process: Running;
  readonly pid: number;
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The certificate of its own authority, with which it answers for every host, as PEM. */
  readonly authority: string;
  /** What it has logged. */
  readonly log: string;
}

/** Whether mitmproxy is there; a line on stderr says so when it is not. */
export function hasMitmproxy(): boolean {
  try {
    return new Deno.Command("mitmdump", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: mitmdump is not installed\n"));
    return false;
  }
}

/** Starts it on a port of the system's choice. */
export async function startEgress(options: EgressOptions): Promise<Egress> {
  await using stack = new AsyncDisposableStack();
  const files = stack.use(await temporary());
  const settings = {
    confdir: files.path,
    listen_host: "127.0.0.1",
    listen_port: "0",
    flow_detail: "0",
    ...options.options,
  };
  const scripts = [join(options.directory ?? EGRESS_DIRECTORY, "supervise_egress.py"), SITE_SCRIPT];
  const process = new Running("mitmdump", {
    args: [
      ...Object.entries(settings).flatMap(([name, value]) => ["--set", `${name}=${value}`]),
      ...scripts.flatMap((file) => ["--scripts", file]),
    ],
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: files.path,
      PYTHONUNBUFFERED: "1",
      PYTHONDONTWRITEBYTECODE: "1",
      EGRESS_ROUTES: options.routesFile,
      EGRESS_ALLOW_NETWORKS: "127.0.0.0/8",
      ...options.upstream === undefined ? {} : { EGRESS_SITE: options.upstream },
      ...options.env,
    },
    clearEnv: true,
  });
  stack.defer(() => end(process));
  const started = Promise.all([
    process.output("stdout", /listening at \S+:(\d+)/),
    process.output("stdout", /egress: enforces/),
  ]);
  const [[, port]] = await within(START_SECONDS, "egress proxy that listens", started);
  const authority = await Deno.readTextFile(join(files.path, "mitmproxy-ca-cert.pem"));
  const owned = stack.move();
  return {
    process,
    pid: process.pid,
    port: Number(port),
    url: `http://127.0.0.1:${port}`,
    authority,
    get log() {
      return process.stdout + process.stderr;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function end(process: Running): Promise<void> {
  process.kill("SIGTERM");
  await within(END_SECONDS, "end of the egress proxy", process.status).catch(() => {});
  await process[Symbol.asyncDispose]();
}
