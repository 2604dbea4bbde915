/** Starts the true programs as processes, under the permissions they have in production. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { join } from "node:path";
import { type Finished, Running } from "./process.ts";
import { temporary, type TemporaryDirectory } from "./temporary.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

export interface SidecarOptions {
  /** Added to the environment, which holds nothing else. */
  readonly env?: Record<string, string>;
  /** The queue root to use; by default one of its own that goes away with the sidecar. */
  readonly queueRoot?: string;
  readonly slug?: string;
  /** Further hosts (`name:port`) it may reach. */
  readonly net?: readonly string[];
  /** Further paths it may read. */
  readonly read?: readonly string[];
  /** Further paths it may read and write. */
  readonly write?: readonly string[];
}

export interface Sidecar extends AsyncDisposable {
  readonly process: Running;
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
  /** NaN on a Unix socket. */
  readonly port: number;
  readonly slug: string;
  readonly queueRoot: string;
  /** `queueRoot/slug` */
  readonly queueDirectory: string;
}

/**
 * Starts `main.ts` and waits until it listens: on a port of the system's choice, unless the
 * environment says otherwise. A Unix socket must be permitted: `net: ["unix:PATH"]` and `write`.
 */
export async function startSidecar(options: SidecarOptions = {}): Promise<Sidecar> {
  const own: TemporaryDirectory | undefined = options.queueRoot ? undefined : await temporary();
  const queueRoot = options.queueRoot ?? own!.path;
  const slug = options.slug ?? "dev";
  const queueDirectory = join(queueRoot, slug);
  const process = new Running(Deno.execPath(), {
    args: sidecarArguments(queueDirectory, options.net, options.read, options.write),
    env: {
      ...runtimeEnvironment(),
      SUPERVISE_BOTTLE_SLUG: slug,
      SUPERVISE_QUEUE_DIR: queueDirectory,
      SUPERVISE_BIND: "127.0.0.1",
      SUPERVISE_PORT: "0",
      // The most that is taken: few tests are about asking too often.
      SUPERVISE_RATE_LIMIT_PER_MINUTE: "1000000",
      ...options.env,
    },
    clearEnv: true,
    cwd: ROOT,
  });
  const dispose = async () => {
    await process[Symbol.asyncDispose]();
    await own?.[Symbol.asyncDispose]();
  };
  try {
    const [, port] = await process.output("stderr", /listening on \S+?(?::(\d+))?;/);
    return {
      process,
      url: `http://127.0.0.1:${port}/`,
      port: Number(port),
      slug,
      queueRoot,
      queueDirectory,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** The arguments that run `main.ts` with its production permissions, for a queue directory. */
export function sidecarArguments(
  queueDirectory: string,
  net: readonly string[] = [],
  read: readonly string[] = [],
  write: readonly string[] = [],
): string[] {
  return [
    "run",
    "--quiet",
    "--no-prompt",
    "--cached-only",
    `--allow-read=${[queueDirectory, ...read, ...write].join(",")}`,
    `--allow-write=${[queueDirectory, ...write].join(",")}`,
    `--allow-net=${["127.0.0.1", ...net].join(",")}`,
    "--allow-env=SUPERVISE_*",
    "main.ts",
  ];
}

export type ControlResult = Finished;

export interface ControlOptions {
  readonly env?: Record<string, string>;
  /** What standard input holds; nothing without. */
  readonly stdin?: string;
}

/** Runs `supervisectl` to its end. */
export async function supervisectl(
  queueRoot: string,
  args: readonly string[],
  options: ControlOptions = {},
): Promise<ControlResult> {
  await using process = startSupervisectl(queueRoot, args, options);
  if (options.stdin !== undefined) await process.feed(options.stdin);
  const { code } = await process.status;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

/** Starts `supervisectl` and leaves it running, for `watch` and for tests that kill it. */
export function startSupervisectl(
  queueRoot: string,
  args: readonly string[],
  options: ControlOptions = {},
): Running {
  return new Running(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--cached-only",
      "-P=supervisectl",
      "src/operator/main.ts",
      ...args,
    ],
    env: {
      ...runtimeEnvironment(),
      SUPERVISE_QUEUE_ROOT: queueRoot,
      SUPERVISE_STATE_DIR: join(queueRoot, ".state"),
      USER: "alice",
      ...options.env,
    },
    clearEnv: true,
    cwd: ROOT,
    ...options.stdin === undefined ? {} : { stdin: "piped" },
  });
}

/** What the Deno runtime itself needs to find its caches, and a locale that reads UTF-8. */
export function runtimeEnvironment(): Record<string, string> {
  const env: Record<string, string> = { NO_COLOR: "1", LANG: "C.UTF-8" };
  for (const name of ["PATH", "HOME", "DENO_DIR", "DENORT_BIN"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) env[name] = value;
  }
  return env;
}
