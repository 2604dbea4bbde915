/** A directory as `doctor` finds it, and a run of `doctor` in it that may change nothing. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { CommandContext } from "../../../src/operator/cli/command.ts";
import { remedyLine } from "../../../src/operator/cli/command_line.ts";
import { doctor } from "../../../src/operator/cli/doctor.ts";
import { readConfig } from "../../../src/operator/config/read.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { Output } from "../../../src/operator/output.ts";
import { parseSlug } from "../../../src/queue/layout.ts";
import { appOn, script } from "../fixture.ts";

export const ROUTES = "routes: []\n";
export const CHECK = "check: none, a reload that ends well is taken for the effect";

export const write = (path: string) => Deno.writeTextFile(path, ROUTES);

/** A state directory, a program called reload, and a queue for each bottle. */
export async function world(directory: string, slugs: readonly string[]): Promise<void> {
  await programs(directory);
  await Deno.mkdir(join(directory, "state"), { mode: 0o700 });
  await Deno.mkdir(join(directory, "queue"));
  for (const slug of slugs) await Deno.mkdir(join(directory, "queue", slug));
}

export async function programs(directory: string): Promise<void> {
  await Deno.mkdir(join(directory, "bin"));
  await script(join(directory, "bin"), "reload", "touch $0.ran");
  await Deno.writeTextFile(join(directory, "bin", "plain"), "", { mode: 0o600 });
}

export async function config(directory: string, text: string): Promise<string> {
  const path = join(directory, "config.yaml");
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return path;
}

interface RunOptions {
  readonly slug?: string;
  readonly json?: boolean;
  readonly columns?: number;
}

interface Outcome {
  /** With DIR for the directory. */
  readonly stdout: string;
  readonly failure: Failure | undefined;
}

/** Runs `doctor`, and fails when that changed anything. */
export async function run(directory: string, options: RunOptions = {}): Promise<Outcome> {
  const before = await snapshot(directory);
  let stdout = "";
  const out = new Output({
    columns: options.columns ?? 400,
    isTerminal: true,
    styled: false,
    write(bytes) {
      stdout += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  const env: Record<string, string> = {
    HOME: directory,
    PATH: `${directory}/bin`,
  };
  const path = join(directory, "config.yaml");
  const isThere = await Deno.stat(path).then(() => true, () => false);
  const context: Partial<CommandContext> = {
    app: appOn(join(directory, "queue"), {
      stateDirectory: () => join(directory, "state"),
      readConfig: () => readConfig(isThere ? path : undefined, (name) => env[name]),
      searchPath: env["PATH"],
    }),
    slug: options.slug === undefined ? undefined : parseSlug(options.slug),
    out,
    json: options.json ?? false,
    text: () => undefined,
    env: (name: string) => env[name],
    remedyLine: (remedy) => remedyLine(remedy, undefined),
  };
  let failure: Failure | undefined;
  try {
    await doctor.run(context as CommandContext);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  await out.flush();
  assert.deepEqual(await snapshot(directory), before, "something was changed");
  return { stdout: stdout.replaceAll(directory, "DIR"), failure };
}

/** Names, sizes and times of all that is in a directory. */
export async function snapshot(directory: string): Promise<readonly string[]> {
  const { mtime, ctime } = await Deno.lstat(directory);
  const rows = [`${basename(directory)} ${mtime?.getTime()} ${ctime?.getTime()}`];
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) rows.push(...await snapshot(path));
    const info = await Deno.lstat(path);
    rows.push(`${path} ${info.size} ${info.mtime?.getTime()} ${info.ctime?.getTime()}`);
  }
  return rows.sort();
}
