/** Any sidecar as a process with a queue of its own: the bench knows no more of it than this. */

import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { sidecarArguments } from "../support/programs.ts";
import { delay } from "../support/chance.ts";
import { RawConnection } from "./raw_http.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const START_LIMIT_MS = 15_000;
const PROPOSAL = ".proposal.json";

/** How a server is named in the table, and the command that runs it. */
export interface ServerSpec {
  readonly name: string;
  command(queueDirectory: string, port: number): readonly string[];
}

/** This repository's sidecar, run from source under its production permissions. */
export const OWN_SERVER: ServerSpec = {
  name: "supervise",
  command: (queueDirectory) => [Deno.execPath(), ...sidecarArguments(queueDirectory)],
};

export class Server implements AsyncDisposable {
  readonly port: number;
  readonly queueDirectory: string;
  readonly pid: number;
  /** From starting the process to its first accepted connection. */
  readonly startMs: number;
  readonly #child: Deno.ChildProcess;
  readonly #directory: string;

  private constructor(
    child: Deno.ChildProcess,
    directory: string,
    queueDirectory: string,
    port: number,
    startMs: number,
  ) {
    this.#child = child;
    this.#directory = directory;
    this.pid = child.pid;
    this.queueDirectory = queueDirectory;
    this.port = port;
    this.startMs = startMs;
  }

  /** Starts a server and waits for its first accepted connection. Throws when it does not come. */
  static async start(spec: ServerSpec): Promise<Server> {
    const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "supervise-bench-" }));
    const queueDirectory = join(directory, "bench");
    const port = freePort();
    const startedAt = performance.now();
    const child = new Deno.Command("sh", {
      // The shell only redirects; with `exec` the process measured is the server itself.
      args: ["-c", 'exec "$@" 2>"$0"', join(directory, "stderr")].concat(
        spec.command(queueDirectory, port),
      ),
      env: { ...inherited(), ...settings(queueDirectory, port) },
      clearEnv: true,
      cwd: ROOT,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const ended = { status: undefined as Deno.CommandStatus | undefined };
    child.status.then((status) => ended.status = status);
    while (!await accepts(port)) {
      if (ended.status || performance.now() - startedAt > START_LIMIT_MS) {
        if (!ended.status) child.kill("SIGKILL");
        await child.status;
        const said = await Deno.readTextFile(join(directory, "stderr")).catch(() => "");
        await Deno.remove(directory, { recursive: true });
        throw new Error(`Server "${spec.name}" did not start listening: ${said.slice(-500)}`);
      }
      await delay(1);
    }
    const startMs = performance.now() - startedAt;
    return new Server(child, directory, queueDirectory, port, startMs);
  }

  /** The names of the proposals in the queue now; none before the server has made it. */
  proposals(): string[] {
    try {
      return [...Deno.readDirSync(this.queueDirectory)].map((entry) => entry.name)
        .filter((name) => name.endsWith(PROPOSAL));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** Ends the server at once and takes its directory away. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // Ended meanwhile.
    }
    await this.#child.status;
    await Deno.remove(this.#directory, { recursive: true }).catch(() => {});
  }
}

/** What every server is told; other servers may not know the last three. */
function settings(queueDirectory: string, port: number): Record<string, string> {
  return {
    SUPERVISE_BOTTLE_SLUG: "bench",
    SUPERVISE_QUEUE_DIR: queueDirectory,
    SUPERVISE_PORT: `${port}`,
    SUPERVISE_BIND: "127.0.0.1",
    SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "600",
    SUPERVISE_EGRESS_PROXY: "http://127.0.0.1:1",
    SUPERVISE_MAX_PENDING: "20000",
    SUPERVISE_MAX_WAITING: "20000",
    SUPERVISE_RATE_LIMIT_PER_MINUTE: "1000000",
  };
}

/** What interpreters and runtimes need to find themselves. */
export function inherited(): Record<string, string> {
  const env: Record<string, string> = { NO_COLOR: "1" };
  for (const name of ["PATH", "HOME", "DENO_DIR"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function accepts(port: number): Promise<boolean> {
  try {
    using _ = await RawConnection.open(port);
    return true;
  } catch {
    return false;
  }
}
