/** What can be wrong before the first request, each as one line that says what to do. */

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
  const where = `cannot use the queue directory ${queueDirectory}`;
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES" || code === "EPERM") {
    return `${where}: permission denied. It must belong to the user this program runs as ` +
      "(uid 65532 in the image): chown it, or run with --user";
  }
  if (code === "EROFS") return `${where}: the file system is read-only. Mount it writable`;
  if (code === "ENOSPC") return `${where}: no space is left. Free some`;
  if (code === "ENOTDIR" || error instanceof Deno.errors.AlreadyExists) {
    return `${where}: it is not a directory. Remove it or set SUPERVISE_QUEUE_DIR to another path`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `${where}: ${reason}. Set SUPERVISE_QUEUE_DIR to a directory that can be written`;
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
