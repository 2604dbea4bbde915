/** What can be wrong before the first request, each as one line that says what to do. */

import { basename, dirname, join, relative, resolve } from "node:path";
import { PROCESSED_DIRECTORY, SHADOW_DIRECTORY } from "../queue/layout.ts";
import { mayReach } from "./egress/route_table.ts";
import { CURRENT_CONFIG_DIRECTORY, type Settings } from "./settings.ts";

/** Whether the permissions the program was built with reach the queue; undefined when they do. */
export function checkQueuePermission({ queueDirectory }: Settings): string | undefined {
  for (const name of ["read", "write"] as const) {
    const { state } = Deno.permissions.querySync({ name, path: queueDirectory });
    if (state === "granted") continue;
    return `may not ${name} the queue directory ${queueDirectory}: this program was built for ` +
      `another one (/run/supervise/queue). Mount the queue there and leave SUPERVISE_QUEUE_DIR ` +
      `unset, or build it with --allow-read and --allow-write for this one`;
  }
  return undefined;
}

/** Why the queue directory could not be opened. */
export function explainQueueFailure(error: unknown, { queueDirectory }: Settings): string {
  if (isNoDirectory(error) && statIfReadable(queueDirectory)?.isDirectory) {
    return explainFailureBelow(error, join(queueDirectory, PROCESSED_DIRECTORY));
  }
  const where = `cannot use the queue directory ${queueDirectory}`;
  const known = explainKnown(error);
  if (known) return `${where}: ${known}`;
  if (isNoDirectory(error)) {
    return `${where}: it is not a directory. Remove it or set SUPERVISE_QUEUE_DIR to another path`;
  }
  return `${where}: ${text(error)}. Set SUPERVISE_QUEUE_DIR to a directory that can be written`;
}

/** Why the directory for the records of trial runs could not be opened. */
export function explainShadowFailure(error: unknown, { queueDirectory }: Settings): string {
  return explainFailureBelow(error, join(queueDirectory, SHADOW_DIRECTORY));
}

/** Never names the queue directory as what to remove: it may hold asks and decisions. */
function explainFailureBelow(error: unknown, directory: string): string {
  const where = `cannot use the directory ${directory}`;
  const known = explainKnown(error);
  if (known) return `${where}: ${known}`;
  if (isNoDirectory(error)) {
    return `${where}: it is a file or a link. Move it away, and leave all else in the queue ` +
      "directory as it is";
  }
  return `${where}: ${text(error)}. Mend it or move it away, and leave all else in the queue ` +
    "directory as it is";
}

function explainKnown(error: unknown): string | undefined {
  const code = codeOf(error);
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES" || code === "EPERM") {
    return "permission denied. It must belong to the user this program runs as " +
      "(uid 65532 in the image): chown it, or run with --user";
  }
  if (code === "EROFS") return "the file system is read-only. Mount it writable";
  if (code === "ENOSPC") return "no space is left. Free some";
  return undefined;
}

function isNoDirectory(error: unknown): boolean {
  return codeOf(error) === "ENOTDIR" || error instanceof Deno.errors.AlreadyExists;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a current-config directory that was chosen can be shown; undefined when it can. */
export function checkConfigPermission({ currentConfigDirectory }: Settings): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "read", path: currentConfigDirectory });
  if (state === "granted" || currentConfigDirectory === CURRENT_CONFIG_DIRECTORY) return undefined;
  return `supervise://dockerfile will not be there: this program was built without the permission ` +
    `to read ${currentConfigDirectory}. Mount the directory at ${CURRENT_CONFIG_DIRECTORY}, or ` +
    `build it with --allow-read for this one`;
}

/** What will not work although the program can start; undefined when everything will. */
export function checkEgressPermission({ egressProxy }: Settings): string | undefined {
  if (mayReach(egressProxy)) return undefined;
  return `list-egress-routes will not work: this program was built without the permission to ` +
    `reach ${egressProxy.host}. Build it with --allow-net for that host`;
}

/**
 * Whether the socket or the port file would lie in the queue directory, and so show the queue to the
 * agent that is to find it; undefined when not.
 */
export function checkListenPlace(settings: Settings): string | undefined {
  const { listen, portFile, queueDirectory } = settings;
  if (settings.transport === "stdio") return undefined;
  const [variable, path] = listen.transport === "unix"
    ? ["SUPERVISE_BIND", listen.path]
    : ["SUPERVISE_PORT_FILE", portFile];
  if (path === undefined || !isWithin(path, queueDirectory)) return undefined;
  return `${variable} must not lie in the queue directory ${queueDirectory}: sharing it with the ` +
    `agent would show it the queue (got ${JSON.stringify(path)}). Set it to a path in a ` +
    `directory of its own, such as /run/supervise/listen/${DEFAULT_NAMES[variable]}`;
}

const DEFAULT_NAMES: Readonly<Record<string, string>> = {
  SUPERVISE_BIND: "supervise.sock",
  SUPERVISE_PORT_FILE: "port",
};

/** Whether a port file was asked for where there is no port; undefined when not. */
export function checkPortFile(settings: Settings): string | undefined {
  const { portFile, transport, listen } = settings;
  if (portFile === undefined) return undefined;
  if (transport === "http" && listen.transport === "tcp") return undefined;
  const where = transport === "stdio" ? "on stdio" : "on a Unix socket";
  return `SUPERVISE_PORT_FILE has no effect ${where}, where there is no port: ` +
    `${portFile} is not written`;
}

/** What clients that count no progress wait for an answer, mostly; official ones by default. */
const PATIENCE_SECONDS = 60;

/** Whether a call waits longer than most clients do; undefined when not. */
export function checkResponseTimeout(settings: Settings): string | undefined {
  const { responseTimeoutSeconds: seconds, mode } = settings;
  if (mode !== "live" || seconds <= PATIENCE_SECONDS) return undefined;
  return `SUPERVISE_RESPONSE_TIMEOUT_SECONDS is ${seconds}: most clients give up after ` +
    `${PATIENCE_SECONDS} s, and then see an error in place of 'status: pending'. Set it to less, ` +
    "unless yours waits longer or counts progress as a sign of life";
}

/** A link counts as lying where it is and where it leads. */
function isWithin(path: string, directory: string): boolean {
  const queue = realPath(directory);
  const places = [realPath(path), join(realPath(dirname(path)), basename(path))];
  const isBelow = (place: string) => !/^\.\.(\/|$)/.test(relative(queue, place));
  return places.some((place) => isBelow(place) || isBelowSame(place, directory));
}

/** One directory may be mounted in two places. */
function isBelowSame(place: string, directory: string): boolean {
  const queue = statIfReadable(directory);
  const above = dirname(place);
  const found = statIfReadable(above);
  if (queue && found && found.dev === queue.dev && found.ino === queue.ino) return true;
  return above !== place && isBelowSame(above, directory);
}

/** The path without links, as far as it is there and may be read; the rest as it is written. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? resolve(path) : join(realPath(above), basename(path));
  }
}

function statIfReadable(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}
