/** The compiled sidecar where it will live: in a root directory without a shell, and in its image. */

import { join } from "node:path";
import { Running } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";

/** Who the sidecar is in its image. */
export const UID = 65_532;

/** What was compiled in: the binary may listen nowhere else. */
export const PORT = 9100;
export const URL_BASE = `http://127.0.0.1:${PORT}`;

/** What the bottle is built from, as the sidecar is shown it. */
export const DOCKERFILE = "FROM debian:12\n";

export interface Deployment extends AsyncDisposable {
  readonly queueRoot: string;
  readonly slug: string;
  readonly process: Running;
  /** Runs `supervise --health` beside the sidecar, and returns its exit code. */
  health(): Promise<number>;
}

/**
 * `queueRoot`: where the queue is; by default a directory of its own that goes away with it. `env`:
 * further settings.
 */
export type Deploy = (
  queueRoot?: string,
  env?: Readonly<Record<string, string>>,
) => Promise<Deployment>;

const SLUG = "deployed";

/** Starts `binary` in a root that holds nothing but it, libc and libgcc; read-only, as uid 65532. */
export function inDistrolessRoot(binary: string): Deploy {
  return async (givenRoot, settings) => {
    const directory = await temporary();
    const root = join(directory.path, "root");
    const queueRoot = givenRoot ?? join(directory.path, "queues");
    await makeQueue(queueRoot);
    for (const name of ["etc", "proc", "run/supervise/queue"]) {
      await Deno.mkdir(join(root, name), { recursive: true });
    }
    await makeCurrentConfig(join(root, "etc/bot-bottle/current-config"));
    await Deno.writeTextFile(join(root, "etc/hosts"), "127.0.0.1 localhost egress\n");
    await Deno.copyFile(binary, join(root, "supervise"));
    await copyLibraries(binary, root);
    // The mounts live in a namespace of this process and are gone with it.
    const script = `set -e
      mount --bind "$ROOT" "$ROOT"
      mount --bind "$QUEUE" "$ROOT/run/supervise/queue"
      mount -t proc proc "$ROOT/proc"
      mount -o remount,bind,ro "$ROOT"
      exec chroot --userspec=${UID}:${UID} "$ROOT" /supervise "$@"`;
    const env = {
      ...{ ROOT: root, QUEUE: join(queueRoot, SLUG), SUPERVISE_BOTTLE_SLUG: SLUG },
      ...settings,
    };
    const run = (...args: string[]) =>
      new Running("unshare", { args: ["-m", "sh", "-c", script, "sh", ...args], env });
    const process = run();
    return await whenListening(
      process,
      queueRoot,
      async () => (await run("--health").status).code,
      {
        async [Symbol.asyncDispose]() {
          process.kill("SIGTERM");
          await process[Symbol.asyncDispose]();
          await directory[Symbol.asyncDispose]();
        },
      },
    );
  };
}

/** Starts the image with podman as a platform would: read-only, no capabilities. */
export function inContainer(image: string): Deploy {
  return async (givenRoot, settings = {}) => {
    const directory = await temporary();
    const queueRoot = givenRoot ?? join(directory.path, "queues");
    await makeQueue(queueRoot);
    const currentConfig = join(directory.path, "current-config");
    await makeCurrentConfig(currentConfig);
    await Deno.chmod(directory.path, 0o755);
    const name = `supervise-test-${crypto.randomUUID().slice(0, 8)}`;
    const podman = (...args: string[]) =>
      new Running("podman", { args: ["--runtime", "/usr/sbin/runc", ...args] });
    const process = podman(
      ...["run", "--rm", "--name", name, "--network=host", "--add-host=egress:127.0.0.1"],
      ...["--ulimit", "nofile=8192:8192", "--ulimit", "nproc=4096:4096"],
      ...["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges"],
      ...["-e", `SUPERVISE_BOTTLE_SLUG=${SLUG}`],
      ...Object.entries(settings).flatMap(([name, value]) => ["-e", `${name}=${value}`]),
      ...["-v", `${currentConfig}:/etc/bot-bottle/current-config:ro`],
      ...["-v", `${join(queueRoot, SLUG)}:/run/supervise/queue`, image],
    );
    const health = async () =>
      (await podman("exec", name, "/usr/local/bin/supervise", "--health").status).code;
    return await whenListening(process, queueRoot, health, {
      async [Symbol.asyncDispose]() {
        await podman("rm", "-f", "-t", "0", name).status;
        await process[Symbol.asyncDispose]();
        await directory[Symbol.asyncDispose]();
      },
    });
  };
}

async function makeQueue(queueRoot: string): Promise<void> {
  const queue = join(queueRoot, SLUG);
  await Deno.mkdir(queue, { recursive: true, mode: 0o700 });
  await Deno.chown(queue, UID, UID);
}

async function makeCurrentConfig(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(join(directory, "Dockerfile"), DOCKERFILE);
}

/** Copies the loader and the libraries that `binary` names, to the same paths below `root`. */
async function copyLibraries(binary: string, root: string): Promise<void> {
  await using ldd = new Running("ldd", { args: [binary] });
  await ldd.status;
  for (const [path] of ldd.stdout.matchAll(/\/\S+\.so\S*/g)) {
    const target = join(root, path);
    await Deno.mkdir(join(target, ".."), { recursive: true });
    await Deno.copyFile(path, target);
  }
}

async function whenListening(
  process: Running,
  queueRoot: string,
  health: () => Promise<number>,
  end: AsyncDisposable,
): Promise<Deployment> {
  try {
    await process.output("stderr", /listening on \S+:9100;/);
  } catch (error) {
    await end[Symbol.asyncDispose]();
    throw error;
  }
  return { queueRoot, slug: SLUG, process, health, ...end };
}
