/** Finds the operator's configuration and reads it, if no other user can have written it. */

import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { Failure, fromSystem } from "../failure.ts";
import { readBounded } from "../read_bounded.ts";
import type { Environment } from "../settings.ts";
import { requireApart } from "./among_queues.ts";
import { type Config, NO_CONFIG } from "./config.ts";
import { canOthersWrite, foreignOwner } from "./owner.ts";
import { parseConfig } from "./parse.ts";

const MAX_CONFIG_BYTES = 1_048_576;

/** In a directory with it, only who owns a file can put another in its place. */
const STICKY = 0o1000;

/**
 * Reads the configuration: `option`, else `SUPERVISE_CONFIG`, else `supervise/config.yaml` in
 * `XDG_CONFIG_HOME` or `~/.config`. Returns {@linkcode NO_CONFIG} when only the last is meant and
 * there is none. Throws a failure when it is wrong, or when others could have written it, such as a
 * bottle under `queueRoot`.
 */
export async function readConfig(
  option: string | undefined,
  env: Environment,
  queueRoot?: string,
): Promise<Config> {
  const { home, named, path } = whereabouts(option, env);
  if (path === undefined) return NO_CONFIG;
  try {
    await using file = await openFile(path);
    await requireOwn(file.handle, path);
    if (queueRoot !== undefined) {
      await requireApart({ what: "the configuration", path }, queueRoot, "bad-config");
    }
    return parseConfig(await readText(file.handle, path), path, home);
  } catch (error) {
    if (named === undefined && isAbsent(error) && !await isThere(path)) return NO_CONFIG;
    throw fromSystem(error, "cannot-read", `read the configuration ${path}`);
  }
}

/** A file that was written at most so long before it was read may be written again unseen, in ms. */
const SAME_TIME_MS = 20;

/**
 * {@linkcode readConfig} for a program that lives long: what it read last, until the file is another.
 * A wrong one is never kept, and nor is what was there before it.
 */
export function configReader(
  option: string | undefined,
  env: Environment,
  queueRoot: () => string,
  now = Date.now,
): () => Promise<Config> {
  let known: { readonly stamp: string; readonly config: Config } | undefined;
  return async () => {
    const stamp = await stampOf(whereabouts(option, env).path, now());
    if (known && known.stamp === stamp) return known.config;
    known = undefined;
    const config = await readConfig(option, env, queueRoot());
    if (stamp !== undefined) known = { stamp, config };
    return config;
  };
}

/** What tells a file from itself after a change; undefined where nothing does. */
async function stampOf(path: string | undefined, now: number): Promise<string | undefined> {
  try {
    const { dev, ino, mode, size, mtime, ctime } = await Deno.stat(path ?? "");
    const times = [mtime, ctime].map((time) => time?.getTime() ?? Infinity);
    if (now - Math.max(...times) < SAME_TIME_MS) return undefined;
    return [dev, ino, mode, size, ...times].join(" ");
  } catch (error) {
    return isAbsent(error) ? "none" : undefined;
  }
}

/** Where the configuration is or would be; undefined without HOME. */
export function configPath(option: string | undefined, env: Environment): string | undefined {
  return whereabouts(option, env).path;
}

function whereabouts(option: string | undefined, env: Environment) {
  const home = env("HOME")?.trim() || undefined;
  const named = option ?? (env("SUPERVISE_CONFIG")?.trim() || undefined);
  const path = named === undefined ? defaultPath(env, home) : resolve(expanded(named, home));
  return { home, named, path };
}

function defaultPath(env: Environment, home: string | undefined): string | undefined {
  // By its specification a relative one counts as none.
  const base = env("XDG_CONFIG_HOME")?.trim();
  if (base && isAbsolute(base)) return join(base, "supervise", "config.yaml");
  return home && resolve(home, ".config", "supervise", "config.yaml");
}

/** Shells expand "~" only at the start of a word, so not in "--config=~/config.yaml". */
function expanded(path: string, home: string | undefined): string {
  return home && path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

/** A pipe of that name must not keep the program waiting. */
async function openFile(path: string): Promise<AsyncDisposable & { handle: FileHandle }> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}

/** Who can write the configuration runs commands as the operator. */
async function requireOwn(file: FileHandle, path: string): Promise<void> {
  const info = await file.stat();
  if (!info.isFile()) {
    throw new Failure("cannot-read", `the configuration ${path} is not a regular file`);
  }
  if (canOthersWrite(info)) {
    throw new Failure(
      "bad-config",
      `${path} can be written by others than its owner, who would run commands as you; ` +
        "it must be writable by you alone",
      { do: "protect", path: path },
    );
  }
  requireOwner(info, path);
  const directory = dirname(await Deno.realPath(path));
  const above = await Deno.stat(directory);
  if (canOthersWrite(above) && !((above.mode ?? 0) & STICKY)) {
    throw new Failure(
      "bad-config",
      `${path} can be replaced by others, since they can write its directory ${directory}; ` +
        "it must be writable by you alone",
      { do: "protect", path: directory },
    );
  }
  requireOwner(above, directory);
}

function requireOwner(info: { readonly uid: number | null }, path: string): void {
  const uid = foreignOwner(info);
  if (uid === undefined) return;
  throw new Failure(
    "bad-config",
    `${path} belongs to user ${uid}, who would run commands as you; it must be yours or ` +
      "root's",
  );
}

async function readText(file: FileHandle, path: string): Promise<string> {
  const bytes = await readBounded(file, MAX_CONFIG_BYTES);
  if (!bytes) {
    throw new Failure("too-large", `the configuration ${path} must be at most 1 MiB, got more`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure("bad-config", `${path} must be UTF-8 text, got other bytes`);
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** A link that leads nowhere was meant to lead to a configuration. */
async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
