/** A bottle with live files, a configuration and reload commands that write down that they ran. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { TargetKind } from "../../../src/operator/apply/edit.ts";
import type { Target } from "../../../src/operator/config/config.ts";
import { Failure, type FailureCode } from "../../../src/operator/failure.ts";
import { sha256Hex } from "../../../src/queue/sha256.ts";
import type { Running } from "../../support/process.ts";
import { eventually } from "../../support/within.ts";
import { type ControlResult, startSupervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { ctl, type RunOptions } from "../fixture.ts";

export const ROUTES = `# what dev may reach
routes:
  - host: pypi.example   # packages
    path_allowlist:
      - /simple/
`;

export const PIPELOCK = `# pipelock of dev
api_allowlist:
  - pypi.example
mode: strict
`;

export const DOCKERFILE = "FROM debian:13\nRUN apt-get install -y git\n";

const TEXTS: Readonly<Record<TargetKind, string>> = {
  routes: ROUTES,
  pipelock: PIPELOCK,
  dockerfile: DOCKERFILE,
};

/** A target as the configuration file has it; null: not configured. */
export type Configured = Readonly<Record<string, unknown>> | null;

export interface Stand extends AsyncDisposable {
  readonly path: string;
  /** The queue root. */
  readonly root: string;
  readonly configFile: string;
  file(kind: TargetKind): string;
  read(kind: TargetKind): Promise<string>;
  /** Writes the configuration; what is given of a target stands instead of the usual. */
  configure(targets?: Partial<Record<TargetKind, Configured>>): Promise<void>;
  /** An executable script, which the configuration can name. */
  command(name: string, body: string): Promise<string>;
  /** What reload commands have written down, in their order. */
  reloads(): Promise<string[]>;
  ctl(args: readonly string[], options?: RunOptions): Promise<ControlResult>;
  /** The same as a process. */
  start(args: readonly string[], env?: Record<string, string>): Running;
  entries(): Promise<Readonly<Record<string, string>>[]>;
}

export async function stand(within?: string): Promise<Stand> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporary(within));
  const [root, live, configFile] = ["queue", "live", "config.yaml"].map((name) => join(path, name));
  assert.ok(root && live && configFile);
  await Deno.mkdir(root, { mode: 0o700 });
  await Deno.mkdir(live, { mode: 0o700 });
  const file = (kind: TargetKind) => join(live, kind);
  for (const [kind, text] of Object.entries(TEXTS)) {
    await Deno.writeTextFile(file(kind as TargetKind), text, { mode: 0o644 });
  }
  const told = join(path, "reloads");
  const command = async (name: string, body: string) => {
    const place = join(path, name);
    await Deno.writeTextFile(place, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
    return place;
  };
  const reload = await command("reload", `echo "$1" >> ${told}`);
  const configure = async (targets: Partial<Record<TargetKind, Configured>> = {}) => {
    const entry: Record<string, unknown> = {};
    for (const kind of Object.keys(TEXTS) as TargetKind[]) {
      const usual = { file: file(kind), reload: [reload, kind] };
      if (targets[kind] !== null) entry[kind] = { ...usual, ...targets[kind] };
    }
    // JSON is YAML too.
    const text = JSON.stringify({ bottles: [entry] }, null, 2);
    await Deno.writeTextFile(configFile, text, { mode: 0o600 });
  };
  await configure();
  const owned = stack.move();
  return {
    ...{ path, root, configFile, file, configure, command },
    read: (kind) => Deno.readTextFile(file(kind)),
    reloads: async () => (await textOf(told)).split("\n").filter((line) => line !== ""),
    ctl: (args, options) =>
      ctl(root, args, { ...options, env: { SUPERVISE_CONFIG: configFile, ...options?.env } }),
    start: (args, env) =>
      startSupervisectl(root, args, { env: { SUPERVISE_CONFIG: configFile, ...env } }),
    entries: async () => {
      const log = await textOf(join(root, ".state", "audit.jsonl"));
      return log.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function textOf(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
}

export function target(path: string, more: Partial<Target> = {}): Target {
  return {
    ...{ kind: "routes", path, write: "in-place", reload: undefined },
    ...{ reloadTimeoutMs: 30_000, check: undefined },
    ...more,
  };
}

/** A reload of the routes file that, the first time, says it is under way and waits to be let go. */
export async function heldReload(
  place: Stand,
): Promise<{ underWay(): Promise<void>; letGo(): Promise<void> }> {
  const [began, go] = ["began", "go"].map((name) => join(place.path, name)) as [string, string];
  // What says so is whole from the first moment, and the loop ends with the test's directory.
  const body = `[ -e ${began} ] && exit 0; echo $$ > ${began}.new; mv ${began}.new ${began}
    while [ -e ${began} ] && [ ! -e ${go} ]; do sleep 0.02; done`;
  await place.configure({ routes: { reload: [await place.command("slow", body)] } });
  return {
    underWay: () => eventually(60, "reload", () => Deno.stat(began).then(() => true, () => false)),
    letGo: () => Deno.writeTextFile(go, ""),
  };
}

/** Runs a command, alice's, that is killed in the first reload of the routes file: all is written. */
export async function killInReload(
  place: Stand,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { underWay, letGo } = await heldReload(place);
  await using process = place.start(args, { SUPERVISE_OPERATOR: "alice", ...env });
  await underWay();
  process.kill("SIGKILL");
  await process.status;
  await letGo();
}

/** Where the changes that are under way, or were interrupted, are recorded. */
export async function openRecords({ root }: Stand): Promise<string[]> {
  const open = join(root, ".state", "open");
  return (await Array.fromAsync(Deno.readDir(open))).map(({ name }) => join(open, name));
}

/** Every file below `directory` with what it holds, to see that nothing was touched. */
export async function snapshot(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name } of Deno.readDir(directory)) {
    const path = join(directory, name);
    const { isDirectory, isFile, mode, ino } = await Deno.lstat(path);
    const content = isFile ? sha256Hex(await Deno.readTextFile(path)) : "";
    found[path] = `${mode} ${ino} ${content}`;
    if (isDirectory) Object.assign(found, await snapshot(path));
  }
  return found;
}

export async function failure(code: FailureCode, promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    (value) => assert.fail(`no failure, but ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(error instanceof Failure)) throw error;
  assert.equal(error.code, code, error.message);
  return error;
}
